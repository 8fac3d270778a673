"""Exits that go by a trading calendar get its sessions, or say why they have none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from api.daemons import World, build
from exitd.core.condition import AtTimeOfDay, BeforeClose, Condition
from exitd.core.inputs import Arm, CancelTrigger, IfCrossed
from exitd.core.schedule import due_of
from exitd.core.trigger import TriggerDefinition, TriggerState
from exitd.core.units import NS_PER_S
from exitd.logs import Event
from exitd.ports.alerts import AlertLevel
from exitd.runtime.sessions import AHEAD_NS, Calendars
from fakes.exchange import SOL
from fakes.sessions import FakeSessions
from runtime.desk import stop

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
HOLD = """\
positions:
  sol-core:
    venue: main
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 90}
      late: {at_time: 5m before close, calendar: XNYS}
"""
LATE = BeforeClose(300 * NS_PER_S, "XNYS")


@asynccontextmanager
async def running(
    folder: Path, source: FakeSessions | None, *, exits: str = ""
) -> AsyncIterator[World]:
    world = build(folder, exits=exits)
    if source is not None:
        world.daemon.calendars.source = source
    world.venue.hold(SOL, "10")
    world.mark("100")
    await world.daemon.start()
    try:
        yield world
    finally:
        await world.daemon.stop()


def timed(id: str, condition: Condition = LATE) -> TriggerDefinition:
    return replace(stop(id), condition=condition)


async def arm(world: World, *definitions: TriggerDefinition) -> None:
    now_ns = world.daemon.clock.now_ns()
    await world.daemon.loop.command(
        Arm(definitions=definitions, if_crossed=IfCrossed.REFUSE, now_ns=now_ns)
    )


def days(world: World, closes_in_ns: int) -> tuple[tuple[int, int], ...]:
    """Give sessions of six hours, one a day; one closes so soon."""
    close_ns = world.daemon.clock.now_ns() + closes_in_ns
    closes = (close_ns + day * DAY_NS for day in range(-30, 30))
    return tuple((close_ns - 6 * HOUR_NS, close_ns) for close_ns in closes)


def due_ns(world: World, id: str) -> int | None:
    state = world.daemon.loop.engine.state
    return due_of(state, state.triggers[id])


def why(world: World, id: str) -> str:
    record = world.daemon.loop.engine.state.triggers[id]
    return world.daemon.calendars.why_no_time(record)


async def test_given_a_file_that_names_a_calendar_when_started_then_its_exit_has_a_time(
    tmp_path: Path,
):
    source = FakeSessions()
    async with running(tmp_path, source, exits=HOLD) as world:
        await world.until(lambda: "XNYS" in world.daemon.calendars.unknown)
        source.known["XNYS"] = days(world, HOUR_NS)

        await arm(world, timed("again"))
        await world.until(lambda: due_ns(world, "sol-core/late") is not None)

        now_ns = world.daemon.clock.now_ns()
        (*_, (calendar, from_ns, to_ns)) = source.asked
        assert calendar == "XNYS"
        assert from_ns < now_ns - DAY_NS
        assert now_ns - 10 * NS_PER_S < to_ns - AHEAD_NS <= now_ns
        due = due_ns(world, "sol-core/late")
        assert due is not None
        assert 54 * 60 * NS_PER_S < due - now_ns <= 55 * 60 * NS_PER_S
        assert why(world, "sol-core/late") == ""
        assert why(world, "sol-core/sl") == ""


async def test_given_an_exit_before_the_close_when_its_time_comes_then_it_fires(
    tmp_path: Path,
):
    source = FakeSessions()
    async with running(tmp_path, source) as world:
        source.known["XNYS"] = days(world, 300 * NS_PER_S + NS_PER_S // 2)

        await arm(world, timed("late"))

        await world.until(lambda: world.state_of("late") != TriggerState.ARMED)


async def test_given_a_calendar_that_is_known_when_named_again_then_it_is_not_asked_for(
    tmp_path: Path,
):
    source = FakeSessions()
    async with running(tmp_path, source) as world:
        source.known["XNYS"] = days(world, HOUR_NS)
        source.known["XLON"] = days(world, 2 * HOUR_NS)
        assert source.asked == []

        await arm(world, timed("first"))
        await world.until(lambda: due_ns(world, "first") is not None)
        await arm(world, timed("second"))
        await arm(world, timed("third", AtTimeOfDay(0, "UTC", "XLON")))
        await world.until(lambda: due_ns(world, "third") is not None)

        assert due_ns(world, "second") == due_ns(world, "first")
        assert [calendar for calendar, _, _ in source.asked] == ["XNYS", "XLON"]


async def test_given_no_calendar_is_named_then_nobody_is_asked(tmp_path: Path):
    source = FakeSessions()
    async with running(tmp_path, source) as world:
        await arm(world, stop("sl", "90"))
        await arm(world, timed("daily", AtTimeOfDay(0, "UTC")))
        await asyncio.sleep(0)

        assert source.asked == []
        assert world.daemon.calendars.waiting() == ()


async def test_given_sessions_that_cannot_be_had_then_it_waits_visibly_until_they_can(
    tmp_path: Path,
):
    source = FakeSessions()
    source.trouble = "the library is not installed"
    async with running(tmp_path, source) as world:
        calendars = world.daemon.calendars
        calendars.retry_ns = NS_PER_S // 100
        await arm(world, timed("late"))
        await world.until(lambda: len(source.asked) > 2)

        told = [a for a in world.heard.alerts if a.topic == Event.SESSIONS_UNKNOWN]
        assert [(a.level, a.about, a.text) for a in told] == [
            (
                AlertLevel.CRITICAL,
                "XNYS",
                "XNYS: 1 exit goes by it, and its sessions are not known: "
                "the library is not installed",
            )
        ]
        reason = "the sessions of XNYS are not known: the library is not installed"
        assert reason in world.daemon.reasons_not_ready()
        assert reason in why(world, "late")
        assert world.state_of("late") == TriggerState.ARMED

        source.trouble, source.known["XNYS"] = "", days(world, HOUR_NS)
        await world.until(lambda: why(world, "late") == "")

        assert due_ns(world, "late") is not None
        await world.until(lambda: calendars.waiting() == ())
        assert [a.text for a in world.heard.alerts if a.cleared] == [
            "XNYS: its sessions are known again"
        ]


async def test_given_the_question_is_under_way_then_it_says_so(tmp_path: Path):
    source = FakeSessions()
    source.answers.clear()
    async with running(tmp_path, source) as world:
        await arm(world, timed("late"))
        await world.until(lambda: source.asked != [])

        assert why(world, "late").endswith("the sessions of XNYS are being looked up")
        assert world.daemon.calendars.waiting() == ()


async def test_given_no_session_for_two_weeks_then_it_says_so(tmp_path: Path):
    source = FakeSessions({"XNYS": ()})
    async with running(tmp_path, source) as world:
        await arm(world, timed("late"))
        await world.until(lambda: "no session of XNYS" in why(world, "late"))


async def test_given_nobody_goes_by_it_any_more_then_it_is_asked_for_no_longer(
    tmp_path: Path,
):
    source = FakeSessions()
    async with running(tmp_path, source) as world:
        world.daemon.calendars.retry_ns = NS_PER_S // 100
        await arm(world, timed("late"))
        await world.until(lambda: "XNYS" in world.daemon.calendars.unknown)

        now_ns = world.daemon.clock.now_ns()
        await world.daemon.loop.command(
            CancelTrigger(trigger_id="late", by="test", now_ns=now_ns)
        )
        assert world.daemon.calendars.waiting() == ()
        assert why(world, "late") == ""
        await world.until(lambda: world.daemon.calendars.unknown == {})

        assert [a.text for a in world.heard.alerts if a.cleared] == [
            "XNYS: no exit goes by it any more"
        ]


async def test_given_a_day_has_passed_then_it_is_asked_again(tmp_path: Path):
    source = FakeSessions()
    async with running(tmp_path, source) as world:
        source.known["XNYS"] = days(world, HOUR_NS)
        world.daemon.calendars.refresh_ns = NS_PER_S // 100

        await arm(world, timed("late"))

        await world.until(lambda: len(source.asked) > 2)
        assert world.state_of("late") == TriggerState.ARMED


async def test_given_what_was_stored_when_started_then_its_calendars_are_asked_for(
    tmp_path: Path,
):
    source = FakeSessions()
    async with running(tmp_path, FakeSessions()) as world:
        await arm(world, timed("late"))
        daemon = world.daemon
        source.known["XNYS"] = days(world, HOUR_NS)

        # Facts told the one before; this one finds what is there, as after a restart.
        after = Calendars(source, daemon.loop, daemon.clock, world.heard.tell)
        following = asyncio.create_task(after.run())
        await world.until(lambda: due_ns(world, "late") is not None)

        following.cancel()


async def test_given_no_time_is_known_when_explained_then_it_says_why_until_one_is(
    tmp_path: Path,
):
    source = FakeSessions()
    source.trouble = "the library is not installed"
    async with running(tmp_path, source, exits=HOLD) as world:
        reading = world.control.reading
        await world.until(lambda: "XNYS" in world.daemon.calendars.unknown)

        without = await reading.explain("sol-core/late")
        assert without.sentences[0] == (
            "it has no time yet, as the sessions of XNYS are not known: the library is "
            "not installed; should its time pass meanwhile, it fires once they are"
        )

        source.trouble, source.known["XNYS"] = "", days(world, HOUR_NS)
        await arm(world, timed("again"))
        await world.until(lambda: due_ns(world, "sol-core/late") is not None)

        known = await reading.explain("sol-core/late")
        assert known.sentences[0].startswith("its time comes at 20")
        assert not any("no time yet" in sentence for sentence in known.sentences)


async def test_given_a_waiting_exit_of_unknown_sessions_when_explained_then_both_told(
    tmp_path: Path,
):
    source = FakeSessions()
    source.trouble = "the library is not installed"
    async with running(tmp_path, source, exits=HOLD.replace("long", "short")) as world:
        await world.until(lambda: "XNYS" in world.daemon.calendars.unknown)

        said = (await world.control.reading.explain("sol-core/late")).sentences

        assert said[0] == "it waits for its position to be opened"
        assert "the sessions of XNYS are not known" in said[1]


async def test_given_a_daemon_without_calendars_then_it_says_so(tmp_path: Path):
    async with running(tmp_path, None) as world:
        calendars = world.daemon.calendars
        await arm(world, timed("late"))
        await world.until(lambda: "XNYS" in calendars.unknown)

        assert "was given nothing that knows" in calendars.unknown["XNYS"]
