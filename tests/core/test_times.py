"""Exits at a time: after so long, at an instant, by the clocks of a zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from core.worlds import D, S, World, stop, target, trail
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    BeforeClose,
    Condition,
    MaxHold,
)
from exitd.core.inputs import (
    Amend,
    CancelTrigger,
    IfCrossed,
    Pause,
    Resume,
    SessionsKnown,
)
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import TriggerDefinition

HOUR = 3_600 * S


def timed(
    condition: Condition, id: str = "late", **changed: object
) -> TriggerDefinition:
    return replace(stop(id, "1", **changed), condition=condition)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


def test_b138_given_a_time_limit_then_it_fires_at_any_price():
    world = World()
    opened_ns = world.now_ns
    world.arm(timed(MaxHold(HOUR)))
    world.mark("250")

    world.wait(HOUR - 2 * S)
    assert world.sent == []
    world.wait(2 * S)

    assert world.who() == ["late"]
    fired = world.firing("late")
    assert (fired.cause, fired.level, fired.observed) == ("time", None, D(250))
    assert fired.ts_hit_ns - opened_ns <= HOUR


def test_b138_given_no_price_at_all_then_it_fires_too():
    world = World(mark=None)
    world.arm(timed(MaxHold(HOUR)))

    world.wait(HOUR)

    assert world.who() == ["late"]


def test_b120_given_a_time_limit_that_passed_while_down_then_it_fires_at_the_start():
    world = World()
    world.arm(timed(MaxHold(HOUR)))
    world.now_ns += 5 * HOUR

    world.restart()
    world.wait(0)

    assert world.who() == ["late"]


def test_b138_given_a_new_lifetime_then_its_own_time_counts():
    world = World()
    world.arm(timed(MaxHold(HOUR), template=True, owner="file:a:1"))
    world.wait(HOUR // 2)
    world.position("0")
    world.wait(HOUR // 4)
    world.position("10")

    world.wait(HOUR // 2)
    assert world.sent == []
    world.wait(HOUR // 2)

    assert world.who() == ["late"]


def test_given_an_instant_then_it_fires_there():
    world = World()
    due_ns = world.now_ns + HOUR
    world.arm(timed(AtInstant(due_ns)))

    world.wait(due_ns - world.now_ns - 1)
    assert world.sent == []
    world.wait(1)

    assert world.who() == ["late"]


@pytest.mark.parametrize(
    ("now", "clock", "zone", "due"),
    [
        ("2026-03-02T10:00:00", "15:55:00", "America/New_York", "2026-03-02T20:55:00"),
        ("2026-03-02T21:00:00", "15:55:00", "America/New_York", "2026-03-03T20:55:00"),
        # The clocks of New York leave 02:00 to 03:00 out on 8 March 2026.
        ("2026-03-08T06:00:00", "02:30:00", "America/New_York", "2026-03-08T07:00:00"),
        # And show 01:00 to 02:00 twice on 1 November 2026: the first one.
        ("2026-11-01T04:00:00", "01:30:00", "America/New_York", "2026-11-01T05:30:00"),
        ("2026-11-01T05:45:00", "01:30:00", "America/New_York", "2026-11-02T06:30:00"),
        ("2026-06-01T00:00:00", "00:00:00", "UTC", "2026-06-02T00:00:00"),
        ("2026-06-01T00:00:00", "23:59:59", "Asia/Kolkata", "2026-06-01T18:29:59"),
    ],
)
def test_given_a_time_of_day_then_the_next_time_the_clocks_show_it(
    now, clock, zone, due
):
    hour, minute, second = map(int, clock.split(":"))
    world = World()
    world.now_ns = instant(now) - S
    world.position("10")
    world.now_ns = instant(now) - 1_000_000

    world.arm(timed(AtTimeOfDay(hour * 3600 + minute * 60 + second, zone)))

    due_ns = instant(due)
    world.wait(due_ns - world.now_ns - 1)
    assert world.sent == []
    world.wait(1)
    assert world.who() == ["late"]


def test_given_a_restart_after_the_time_of_day_then_it_fires_at_the_start():
    world = World()
    world.now_ns = instant("2026-06-01T10:00:00")
    world.arm(timed(AtTimeOfDay(12 * 3600, "UTC")))
    world.now_ns = instant("2026-06-01T18:00:00")

    world.restart()
    world.wait(0)

    assert world.who() == ["late"]


FRIDAY = (instant("2026-07-03T13:30:00"), instant("2026-07-03T17:00:00"))
MONDAY = (instant("2026-07-06T13:30:00"), instant("2026-07-06T20:00:00"))


def test_given_a_calendar_then_so_long_before_the_next_close():
    world = World()
    world.now_ns = instant("2026-07-03T12:00:00")
    world.arm(timed(BeforeClose(300 * S, "XNYS")))
    assert world.engine.next_deadline_ns() is None

    world.do(SessionsKnown("XNYS", (FRIDAY, MONDAY), world.later()))
    world.wait(FRIDAY[1] - 300 * S - world.now_ns - 1)
    assert world.sent == []
    world.wait(1)

    assert world.who() == ["late"]


def test_given_a_calendar_when_armed_after_the_last_moment_then_the_next_session():
    world = World()
    world.now_ns = FRIDAY[1] - 200 * S
    world.do(SessionsKnown("XNYS", (FRIDAY, MONDAY), world.later()))

    world.arm(timed(BeforeClose(300 * S, "XNYS")))

    assert world.engine.next_deadline_ns() == MONDAY[1] - 300 * S


def test_given_a_time_of_day_with_a_calendar_then_on_session_days_only():
    world = World()
    world.now_ns = instant("2026-07-03T18:00:00")
    world.do(SessionsKnown("XNYS", (FRIDAY, MONDAY), world.later()))

    world.arm(timed(AtTimeOfDay(15 * 3600, "UTC", "XNYS")))

    assert world.engine.next_deadline_ns() == instant("2026-07-06T15:00:00")


def test_given_sessions_that_come_later_then_each_calendar_reaches_its_own_exits():
    world = World()
    world.now_ns = instant("2026-07-03T12:00:00")
    ids = ("a", "b", "c", "d")
    codes = ("XNYS", "XLON", "XNYS", "XLON")
    for id, code in zip(ids, codes, strict=True):
        world.arm(timed(BeforeClose(300 * S, code), id))
    world.arm(timed(AtTimeOfDay(15 * 3600, "UTC"), "always"))
    before_lunch = timed(BeforeClose(600 * S, "XNYS"), "b")
    world.do(
        Amend(
            definition=before_lunch, if_crossed=IfCrossed.REFUSE, now_ns=world.later()
        )
    )
    world.do(CancelTrigger(trigger_id="c", by="test", now_ns=world.later()))
    assert world.engine.next_deadline_ns() == instant("2026-07-03T15:00:00")

    goers = world.engine.state.goers_by
    assert {record.id for record in goers("XNYS")} == {"a", "b", "c"}
    assert {record.id for record in goers("XLON")} == {"d"}
    world.restart()
    state = world.engine.state
    assert [record.id for record in state.goers_by("XNYS")] == ["a", "b", "c"]
    assert [record.id for record in state.goers_by("XLON")] == ["d"]
    world.do(SessionsKnown("XNYS", (FRIDAY, MONDAY), world.later()))
    due = {timer.trigger_id: due_ns for due_ns, _, timer in state.timers}

    assert due["a"] == FRIDAY[1] - 300 * S
    assert due["b"] == FRIDAY[1] - 600 * S
    assert "c" not in due
    assert "d" not in due


def test_given_many_triggers_when_sessions_come_then_only_their_goers_are_looked_at():
    world = World()
    world.now_ns = instant("2026-07-03T12:00:00")
    for n in range(200):
        world.arm(stop(f"sl{n}", str(50 + n / 100)))
    world.arm(timed(BeforeClose(300 * S, "XNYS")))
    looked_at: list[str] = []

    class Watched(dict):
        def __getitem__(self, id):
            looked_at.append(id)
            return super().__getitem__(id)

        def values(self):
            raise AssertionError("all of them are gone through")

    world.engine.state.triggers = Watched(world.engine.state.triggers)
    world.do(SessionsKnown("XNYS", (FRIDAY, MONDAY), world.later()))

    assert set(looked_at) == {"late"}
    assert world.engine.next_deadline_ns() == FRIDAY[1] - 300 * S


def test_given_a_pause_when_its_time_comes_then_nothing_and_resume_is_refused():
    world = World()
    world.arm(timed(MaxHold(HOUR)))
    world.do(Pause(trigger_id="late", by="test", now_ns=world.later()))
    world.wait(2 * HOUR)
    assert world.sent == []

    reply = world.do(Resume(trigger_id="late", by="test", now_ns=world.later())).reply

    assert isinstance(reply, Refused)
    assert "its time has come" in reply.sentence


def test_given_an_amended_time_then_only_the_new_one_counts():
    world = World()
    world.arm(timed(MaxHold(HOUR)))
    world.do(
        Amend(
            definition=timed(MaxHold(3 * HOUR)),
            if_crossed=IfCrossed.REFUSE,
            now_ns=world.later(),
        )
    )

    world.wait(2 * HOUR)
    assert world.sent == []
    world.wait(2 * HOUR)

    assert world.who() == ["late"]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (MaxHold(0), "above zero"),
        (AtTimeOfDay(86_400, "UTC"), "time of day"),
    ],
)
def test_given_a_time_that_makes_no_sense_when_armed_then_refused(condition, why):
    reply = World().arm(timed(condition))

    assert isinstance(reply, Refused)
    assert why in reply.sentence


def test_given_a_time_and_levels_then_whatever_comes_first_closes():
    world = World()
    reply = world.arm(
        timed(MaxHold(HOUR)),
        stop("sl", "95"),
        target("tp", "110", "4"),
        trail("t", "8"),
    )
    assert isinstance(reply, Accepted)

    world.mark("94")
    world.fill()
    world.position("0")
    world.wait(2 * HOUR)

    assert world.who() == ["sl"]
    assert world.state("late") == "done: retired"


def test_given_an_amend_to_a_time_of_day_that_has_passed_then_tomorrow():
    world = World()
    world.now_ns = instant("2026-06-01T10:00:00")
    world.arm(stop("late", "95"))
    world.now_ns = instant("2026-06-03T18:00:00")
    world.mark("100")

    world.do(
        Amend(
            definition=timed(AtTimeOfDay(16 * 3600, "UTC")),
            if_crossed=IfCrossed.REFUSE,
            now_ns=world.later(),
        )
    )
    world.wait(3 * HOUR)

    assert world.sent == []
    assert world.engine.next_deadline_ns() == instant("2026-06-04T16:00:00")


def test_given_sessions_that_open_the_evening_before_then_the_day_of_their_close():
    world = World()
    world.now_ns = instant("2026-07-10T11:00:00")
    evening = (instant("2026-07-09T22:00:00"), instant("2026-07-10T21:00:00"))
    sunday = (instant("2026-07-12T22:00:00"), instant("2026-07-13T21:00:00"))
    world.do(SessionsKnown("CME", (evening, sunday), world.later()))

    world.arm(timed(AtTimeOfDay(14 * 3600, "America/Chicago", "CME")))

    assert world.engine.next_deadline_ns() == instant("2026-07-10T19:00:00")
