"""Entries that a broker had taken and lists no more."""

from __future__ import annotations

from core.entering import BROKER, ENTRY, NATIVE, EnteringWorld
from core.worlds import D, S
from exitd.core.entry import EntryState
from exitd.core.entry_inputs import EntryNotFound
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelEntry

WORKING, PARTIALLY = OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED


def resting(filled: str = "0", **changed: object) -> EnteringWorld:
    """An entry that rests at its broker, a day old."""
    world = EnteringWorld(capabilities=BROKER)
    world.enter(**changed)
    world.said(PARTIALLY if D(filled) else WORKING, filled)
    if D(filled):
        world.position(filled)
    world.wait(86_400 * S)
    return world


def missed(world: EnteringWorld, filled: str = "0", id: str = ENTRY) -> None:
    """Two reads that do not list it, and what its executions say."""
    for _ in range(2):
        now_ns = world.later()
        world.do(
            EntryNotFound(id, now_ns, now_ns, D(filled), D(filled) * 100, now_ns - S)
        )
        world.wait(20 * S)


def test_b072_given_an_entry_is_listed_no_more_unfilled_then_it_has_ended_and_told():
    world = resting()

    missed(world)

    assert world.entry().state is EntryState.EXPIRED
    assert world.exits_cover() == ("-", "-")
    (told,) = world.told(FactKind.ENTRY_RESOLVED)
    assert told.fields["alert"] is True
    assert "lists it no more" in str(told.fields["why"])
    assert world.entry().is_over


def test_b072_given_one_read_misses_an_entry_then_it_works_on():
    world = resting()

    now_ns = world.later()
    world.do(EntryNotFound(ENTRY, now_ns, now_ns))
    world.do(EntryNotFound(ENTRY, now_ns + S, now_ns + S))

    assert world.entry().state is EntryState.WORKING
    assert world.told(FactKind.ENTRY_RESOLVED) == []


def test_b071_given_its_executions_say_all_then_it_is_filled_and_guarded():
    world = resting()
    world.mark("100")

    missed(world, "10")

    assert world.entry().state is EntryState.FILLED
    assert world.entry().average_price == 100
    assert world.exits_cover() == ("10", "10")


def test_b071_given_its_executions_say_a_part_then_it_has_ended_with_that():
    world = resting("4")
    world.mark("100")

    missed(world, "6")

    assert world.entry().state is EntryState.EXPIRED
    assert world.exits_cover() == ("6", "6")
    assert world.wants(CancelEntry) == []


def test_b071_given_executions_are_no_longer_listed_then_what_is_known_stays():
    world = resting("4")

    missed(world)

    assert world.entry().state is EntryState.EXPIRED
    assert world.entry().filled == D(4)
    assert world.exits_cover() == ("4", "4")


def test_b072_given_a_bracket_is_listed_no_more_in_part_then_ours_take_over():
    world = resting("4", attached=NATIVE)

    missed(world)

    assert world.exits_cover() == ("4", "4")


def test_b072_given_it_fills_after_all_then_guarded_and_the_rest_taken_back():
    world = resting()
    missed(world)
    world.mark("100")

    world.said(PARTIALLY, "4")

    assert world.exits_cover() == ("4", "4")
    assert len(world.wants(CancelEntry)) == 1


def test_given_an_entry_that_is_not_known_then_its_absence_says_nothing():
    world = resting()

    missed(world, id="nobody")

    assert world.entry().state is EntryState.WORKING
