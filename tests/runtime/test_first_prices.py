"""A stop before its first price: how long it counts, and who may fail to give one."""

from __future__ import annotations

from pathlib import Path

from api.daemons import POSITIONS_YAML, ClosedFeed, World, build, started
from exitd.core.inputs import Pause
from exitd.core.market import PriceSource, Tick
from exitd.core.trigger import WaitingFor
from exitd.errors import VenueUnavailable
from exitd.runtime.protect import Hole, audit
from exitd.runtime.steady import SteadyClock
from fakes.clocks import ManualClock


class SilentFeed(ClosedFeed):
    """A feed whose queries are not answered."""

    async def poll(self, source: PriceSource) -> Tick | None:
        self.polls += 1
        raise VenueUnavailable("the exchange did not answer within 3 s")


def write(world: World) -> None:
    (world.folder / "config/conf.d/sol.yaml").write_text(POSITIONS_YAML)


def holes_after(world: World, after_ns: int) -> tuple[Hole, ...]:
    state = world.daemon.loop.engine.state
    changed_ns = state.triggers["sol-core/sl"].ts_changed_ns
    return audit(state, frozenset(), now_ns=changed_ns + after_ns)


async def test_b146_given_a_stop_before_its_first_price_then_it_counts_for_a_while(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        world.feed.polled.clear()
        write(world)
        await world.daemon.files.reload()
        state = world.daemon.loop.engine.state
        age_ns = state.policies.price_max_age_ns
        record = state.triggers["sol-core/sl"]
        assert record.waiting_for is WaitingFor.FIRST_PRICE

        assert world.daemon.audit_protection() == ()
        assert (await world.control.reading.positions()).positions[0].unprotected == ""
        assert holes_after(world, age_ns) == ()
        (hole,) = holes_after(world, age_ns + 1)
        assert hole.reason == "sol-core/sl waits: first price"


async def test_b146_given_a_paused_stop_before_its_first_price_then_it_does_not_count(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        world.feed.polled.clear()
        write(world)
        await world.daemon.files.reload()
        now_ns = world.daemon.clock.now_ns()
        await world.daemon.loop.command(
            Pause(trigger_id="sol-core/sl", by="test", now_ns=now_ns)
        )

        (hole,) = world.daemon.audit_protection()
        assert hole.reason == "sol-core/sl is paused"


async def test_given_a_venue_that_does_not_give_a_price_when_reloaded_then_it_goes_on(
    tmp_path: Path,
):
    feed = SilentFeed(SteadyClock(ManualClock()), "main")
    world = build(tmp_path, feed=feed)
    world.venue.hold("SOL_USDC_PERP", "10")
    await world.daemon.start()
    try:
        write(world)
        outcome = await world.daemon.files.reload()

        assert outcome.applied
        assert feed.polls > 0
        record = world.daemon.loop.engine.state.triggers["sol-core/sl"]
        assert record.waiting_for is WaitingFor.FIRST_PRICE
    finally:
        await world.daemon.stop()
