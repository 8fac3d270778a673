"""The whole daemon: ready or not and why, what is unprotected, reloads and the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import (
    MARK,
    POSITIONS_YAML,
    World,
    build,
    soon_ns,
    started,
)
from exitd.core.inputs import Arm, CancelTrigger, FireNow, IfCrossed
from exitd.core.market import PriceKind
from exitd.core.trigger import DoneReason, TriggerState, WaitingFor
from exitd.core.units import NS_PER_S
from exitd.logs import Event
from exitd.ports.store import StoreHealth
from exitd.runtime.steady import SteadyClock
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.outcomes import Fill, Hold
from runtime.desk import stop

HOLD = """\
positions:
  sol-core:
    venue: main
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 90}
      tp: {take_profit: 120, close: 50%}
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as running:
        yield running


def write(world: World, text: str) -> None:
    (world.folder / "config/conf.d/sol.yaml").write_text(text)


def topics(world: World) -> list[str]:
    return [a.topic for a in world.heard.alerts if not a.cleared]


async def arm(world: World, *definitions: object) -> None:
    now_ns = world.daemon.clock.now_ns()
    await world.daemon.loop.command(
        Arm(definitions=definitions, if_crossed=IfCrossed.REFUSE, now_ns=now_ns)
    )


async def test_b144_given_not_started_when_asked_then_not_ready(tmp_path: Path):
    world = build(tmp_path)

    assert world.daemon.reasons_not_ready() == ("recovery is not finished",)
    await world.daemon.store.close()


async def test_b144_given_not_reconciled_or_stale_then_not_ready_and_says_why(
    world: World,
):
    await arm(world, stop("sl", "90"))
    await world.watched_mark("100")
    account = world.daemon.accounts["main"]
    account.prices.check_freshness()
    assert world.daemon.reasons_not_ready() == ()

    account.is_reconciled = False
    assert world.daemon.reasons_not_ready() == ("main has not been reconciled",)
    account.is_reconciled = True

    book = world.daemon.loop.engine.state.books[MARK]
    book.ts_recv_ns -= 60 * NS_PER_S
    account.prices.since_ns -= 60 * NS_PER_S
    account.prices.check_freshness()
    assert world.daemon.reasons_not_ready() == (
        f"{MARK}: no price arrives although the feed is up",
    )


async def test_b144_given_a_loop_that_does_not_turn_then_not_ready_and_not_turning(
    world: World,
):
    assert world.daemon.is_turning()

    world.daemon.ts_beat_ns -= soon_ns(6)

    assert not world.daemon.is_turning()
    assert "the evaluation loop does not turn" in world.daemon.reasons_not_ready()
    # The next beat shows that it does again.
    await world.until(world.daemon.is_turning)


async def test_b146_given_a_position_without_a_stop_then_told_and_its_end_too(
    world: World,
):
    (hole,) = world.daemon.audit_protection()
    assert hole.reason == "no stop watches it"
    assert Event.POSITION_UNPROTECTED in topics(world)

    await arm(world, stop("half", "90", "4"))
    (hole,) = world.daemon.audit_protection()
    assert hole.reason == "its stops cover only a part of it"

    await arm(world, stop("sl", "89"))
    assert world.daemon.audit_protection() == ()
    assert [a.topic for a in world.heard.alerts if a.cleared] == [
        Event.POSITION_UNPROTECTED
    ]


async def test_b038_given_a_broken_file_when_reloaded_then_the_set_stays_and_is_told(
    tmp_path: Path,
):
    async with started(tmp_path, exits=POSITIONS_YAML) as world:
        write(world, POSITIONS_YAML.replace("stop_loss", "stop_los"))
        outcome = await world.daemon.files.reload()

        assert not outcome.applied
        assert world.state_of("sol-core/sl") == TriggerState.ARMED
        assert Event.CONFIG_REJECTED in topics(world)

        write(world, POSITIONS_YAML)
        assert (await world.daemon.files.reload()).applied
        cleared = [a.topic for a in world.heard.alerts if a.cleared]
        assert Event.CONFIG_REJECTED in cleared


async def test_b039_given_a_stop_removed_while_open_then_held_until_confirmed(
    tmp_path: Path,
):
    async with started(tmp_path, exits=HOLD) as world:
        write(world, HOLD.replace("      sl: {stop_loss: 90}\n", ""))

        held = await world.daemon.files.reload()
        assert not held.applied
        assert world.daemon.files.held is not None
        assert world.state_of("sol-core/sl") == TriggerState.ARMED
        assert Event.CONFIG_HELD in topics(world)

        applied = await world.daemon.files.reload(confirmed=True)
        assert applied.applied
        assert world.daemon.files.held is None
        assert world.state_of("sol-core/sl") == TriggerState.DONE
        assert world.state_of("sol-core/tp") == TriggerState.ARMED


async def test_b039_given_an_identical_file_when_reloaded_then_nothing_is_written(
    tmp_path: Path,
):
    async with started(tmp_path, exits=HOLD) as world:
        await world.until(lambda: world.daemon.store.backlog == 0)
        turns = world.daemon.loop.turns
        records = dict(world.daemon.loop.engine.state.triggers)

        outcome = await world.daemon.files.reload()

        assert outcome.applied
        assert outcome.plan.is_empty
        assert world.daemon.loop.engine.state.triggers == records
        assert world.daemon.loop.turns - turns <= 2


async def test_b109_given_a_reload_during_a_fire_then_it_goes_on_as_asked(
    tmp_path: Path,
):
    async with started(tmp_path, exits=POSITIONS_YAML) as world:
        world.venue.script(Hold(Fill(), executes_first=False))
        await world.watched_mark("90")
        await world.until(lambda: len(world.venue.sent) == 1)

        write(world, POSITIONS_YAML.replace("90", "80"))
        await world.daemon.files.reload(confirmed=True)
        assert world.state_of("sol-core/sl") == TriggerState.FIRING
        world.venue.release()

        await world.until(lambda: world.state_of("sol-core/sl") == TriggerState.DONE)
        assert len(world.venue.sent) == 1


async def test_given_a_new_entry_without_a_known_price_then_it_waits_for_the_first(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        world.feed.polled.clear()
        write(world, POSITIONS_YAML.replace("stop_loss: 90", "stop_loss: 110"))
        assert (await world.daemon.files.reload()).applied
        record = world.daemon.loop.engine.state.triggers["sol-core/sl"]
        assert record.waiting_for is WaitingFor.FIRST_PRICE

        await world.watched_mark("100")

        record = world.daemon.loop.engine.state.triggers["sol-core/sl"]
        assert record.waiting_for is WaitingFor.RIGHT_SIDE
        assert world.venue.sent == []
        await world.watched_mark("111")
        assert world.state_of("sol-core/sl") == TriggerState.ARMED


async def test_given_the_disk_fills_and_has_room_again_then_both_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    health = [StoreHealth.FULL]
    monkeypatch.setattr(
        type(world.daemon.store), "health", property(lambda _: health[0])
    )
    world.daemon.check_health()
    world.daemon.check_health()
    assert topics(world).count(Event.STORE_FULL) == 1
    assert "the store is full" in world.daemon.reasons_not_ready()

    health[0] = StoreHealth.WRITABLE
    world.daemon.check_health()
    assert [a.topic for a in world.heard.alerts if a.cleared] == [Event.STORE_FULL]


async def test_b108_given_stopped_in_the_middle_of_a_fire_then_it_is_answered_first(
    tmp_path: Path,
):
    world = build(tmp_path)
    world.venue.hold(SOL, "10")
    world.mark("100")
    await world.daemon.start()
    await arm(world, stop("one", "95", "4"), stop("two", "90", "4"))
    world.venue.script(Hold(Fill()))
    await world.watched_mark("95")
    await world.until(lambda: len(world.venue.sent) == 1)

    world.daemon.is_stopping = True
    world.daemon.accounts["main"].dispatcher.stop()
    now_ns = world.daemon.clock.now_ns()
    world.daemon.loop.handle(FireNow(trigger_id="two", by="test", now_ns=now_ns))
    assert world.daemon.reasons_not_ready() == ("exitd is stopping",)
    world.venue.release()
    await world.daemon.stop()

    state = world.daemon.loop.engine.state
    assert [s.order.attempt.trigger_id for s in world.venue.sent] == ["one"]
    assert state.triggers["one"].reason is DoneReason.FILLED
    assert state.triggers["two"].state is TriggerState.FIRING


async def test_given_a_bug_in_a_task_when_it_ends_then_the_daemon_does(world: World):
    async def broken() -> None:
        raise AssertionError("a mistake of ours")

    world.daemon.spawn(broken(), "broken")

    with pytest.raises(AssertionError, match="a mistake of ours"):
        await world.daemon.wait()


async def test_b035_given_cancelled_over_the_loop_when_repeated_then_no_error(
    world: World,
):
    await arm(world, stop("sl", "90"))
    for _ in range(2):
        now_ns = world.daemon.clock.now_ns()
        await world.daemon.loop.command(
            CancelTrigger(trigger_id="sl", by="test", now_ns=now_ns)
        )
    assert world.state_of("sl") == TriggerState.DONE


def test_b123_given_a_wall_clock_that_steps_back_then_ours_does_not():
    machine = ManualClock()
    clock = SteadyClock(machine)
    before_ns = clock.now_ns()

    machine.step(-3_600 * NS_PER_S)
    machine.advance(5 * NS_PER_S)

    assert clock.now_ns() - before_ns == 5 * NS_PER_S
    assert clock.drift_ns() == -3_600 * NS_PER_S


async def test_given_a_venue_that_was_silent_when_it_answers_then_that_is_told(
    world: World,
):
    world.daemon.silent_venues.add("main")
    account = world.daemon.accounts["main"]
    account.is_reconciled = False
    world.daemon.check_health()
    assert world.daemon.silent_venues == {"main"}

    account.is_reconciled = True
    world.daemon.check_health()

    assert world.daemon.silent_venues == set()
    cleared = [a for a in world.heard.alerts if a.cleared]
    assert [(a.topic, a.about) for a in cleared] == [(Event.VENUE_FAILED, "main")]


async def test_b113_given_rows_set_aside_when_started_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = build(tmp_path)
    store = type(world.daemon.store)
    problem = "a trigger's row cannot be read and was set aside"
    monkeypatch.setattr(store, "set_aside", property(lambda _: (problem,)))
    world.mark("100")

    await world.daemon.start()

    told = [a for a in world.heard.alerts if a.topic == Event.STORE_ROW_SET_ASIDE]
    assert [a.text for a in told] == [problem]
    await world.daemon.stop()


async def test_given_a_price_that_is_gone_when_another_comes_then_that_is_subscribed(
    world: World,
):
    await arm(world, stop("sl", "90"))
    await world.watched_mark("100")
    state = world.daemon.loop.engine.state
    last = replace(MARK, kind=PriceKind.LAST)

    # As many books as before, and yet there is one that nobody listens for.
    del state.books[MARK]
    state.books_changed += 1
    await arm(world, stop("other", "80", source=last))

    await world.until(lambda: last in world.feed.watched)
