"""A file that narrows a trail which has begun: what plan says, and who must agree."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from api.daemons import World, started
from exitd.configuration.plan_text import render_plan
from exitd.core.resting import level_now
from exitd.core.trigger import TriggerState

TRAIL = """\
positions:
  sol-core:
    venue: main
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {trailing: 5}
"""


def rewrite(world: World, offset: str) -> None:
    """Let the file ask for another offset."""
    text = TRAIL.replace("trailing: 5", f"trailing: {offset}")
    (world.folder / "config/conf.d/sol.yaml").write_text(text)


def stop_now(world: World) -> Decimal | None:
    state = world.daemon.loop.engine.state
    return level_now(state, state.triggers["sol-core/sl"])


async def rise_and_fall(world: World) -> None:
    """Let the trail see 110, and stand at 106 then: its stop is 105."""
    for price in ("100", "110", "106"):
        await world.watched_mark(price)
    await world.until(lambda: stop_now(world) == Decimal(105))


async def test_b051_given_a_narrowed_trail_that_is_crossed_then_apply_must_say_yes(
    tmp_path: Path,
):
    async with started(tmp_path, exits=TRAIL) as world:
        await rise_and_fall(world)
        rewrite(world, "3")

        _, planned = await world.daemon.files.plan()
        assert "! would fire now: at 107, mark 106, crossed" in render_plan(planned)
        for confirmed in (False, True):
            held = await world.daemon.files.reload(confirmed=confirmed)
            assert not held.applied
        assert world.state_of("sol-core/sl") == TriggerState.ARMED
        assert stop_now(world) == Decimal(105)

        agreed = await world.daemon.files.reload(confirmed=True, yes=True)

        assert agreed.applied
        await world.until(lambda: world.state_of("sol-core/sl") == TriggerState.DONE)


async def test_b051_given_a_narrowed_trail_that_is_not_crossed_then_it_just_follows(
    tmp_path: Path,
):
    async with started(tmp_path, exits=TRAIL) as world:
        await rise_and_fall(world)
        rewrite(world, "4.5")

        _, planned = await world.daemon.files.plan()
        outcome = await world.daemon.files.reload()

        assert "at 105.5, mark 106, 0.5% away" in render_plan(planned)
        assert outcome.applied
        assert stop_now(world) == Decimal("105.5")


async def test_b051_given_the_policy_wait_then_it_waits_until_the_price_is_back(
    tmp_path: Path,
):
    async with started(tmp_path, exits=TRAIL) as world:
        await rise_and_fall(world)
        daemon_file = world.folder / "config/exitd.yaml"
        policy = "policies: {crossed_at_arm_by_file: wait}\n"
        daemon_file.write_text(daemon_file.read_text() + policy)
        rewrite(world, "3")

        outcome = await world.daemon.files.reload()

        assert outcome.applied
        assert world.state_of("sol-core/sl") == TriggerState.WAITING
        await world.watched_mark("108")
        await world.until(lambda: world.state_of("sol-core/sl") == TriggerState.ARMED)
        assert stop_now(world) == Decimal(107)
