"""Thousands that were on watch in one hole: told in slices, and all of them in one."""

from __future__ import annotations

from core.unwatched import MINUTE, candles, down, fill
from core.worlds import MARK, D, World, stop, target
from exitd.core.events import FactKind
from exitd.core.hole_inputs import HoleFilled, HoleUnknown
from exitd.core.inputs import IfCrossed


def test_given_thousands_on_watch_when_filled_then_in_slices_and_stops_first():
    world = World()
    for n in range(300):
        further = D(n) / 100
        world.arm(target(f"tp{n}", str(110 + further), "0.01"))
        world.arm(stop(f"sl{n}", str(95 - further), "0.01"))
    since_ns = down(world)
    told = candles(since_ns, ("90", "120"))

    world.do(HoleFilled(MARK, told, world.later()))
    first = world.told(FactKind.TRIGGER_MISSED)
    is_open = bool(world.engine.state.book(MARK).hole_ns)
    fill(world, told)

    everyone = world.told(FactKind.TRIGGER_MISSED)
    assert is_open, "a price may come in between"
    assert 0 < len(first) < 300
    assert [fact.trigger_id for fact in everyone] == [
        *(f"sl{n}" for n in range(300)),
        *(f"tp{n}" for n in range(300)),
    ]
    assert [fact.fields["alert"] for fact in everyone].count(True) == 5
    (all_in_one,) = world.told(FactKind.PRICE_UNWATCHED)
    assert all_in_one.fields["missed"] == 600
    assert all_in_one.fields["since_ts_ns"] == since_ns


def test_given_a_longer_hole_between_two_slices_then_all_see_its_candles():
    world = World()
    world.arm(*(stop(f"sl{n}", str(95 - D(n) / 100), "0.01") for n in range(300)))
    since_ns = down(world)
    world.do(HoleFilled(MARK, candles(since_ns, ("90", "98")), world.later()))
    begun = len(world.told(FactKind.TRIGGER_MISSED))
    down(world, MINUTE)

    fill(world, candles(since_ns, ("90", "98"), ("97", "98")))

    assert 0 < begun < 300
    assert len(world.told(FactKind.TRIGGER_MISSED)) == 300, "each of them once"


def test_given_no_candles_for_many_then_doubted_in_one():
    world = World()
    world.arm(*(stop(f"sl{n}", str(95 - n), "0.01") for n in range(7)))
    down(world)

    world.do(HoleUnknown(MARK, "no answer", world.later(), is_final=False))

    doubted = world.told(FactKind.TRIGGER_UNCERTAIN)
    assert [fact.fields["alert"] for fact in doubted].count(True) == 5
    assert world.told(FactKind.PRICE_UNWATCHED)[0].fields["unsure"] == 7


def test_given_what_ended_before_candles_came_then_it_is_left_out():
    world = World()
    world.arm(stop("sl", "95"), stop("later", "94"))
    since_ns = down(world)
    world.cancel("sl")

    fill(world, candles(since_ns, ("93", "98")))

    assert [f.trigger_id for f in world.told(FactKind.TRIGGER_MISSED)] == ["later"]


def test_given_what_ended_before_nobody_knew_then_only_the_others_are_doubted():
    world = World()
    world.arm(stop("sl", "95"), stop("later", "94"))
    world.arm(stop("waits", "105"), if_crossed=IfCrossed.WAIT)
    down(world)
    world.cancel("sl")

    world.do(HoleUnknown(MARK, "never", world.later()))

    doubted = world.told(FactKind.TRIGGER_UNCERTAIN)
    assert [fact.trigger_id for fact in doubted] == ["later"]
