"""Exits that a broker held and lists no more."""

from __future__ import annotations

import pytest

from core.bracket_world import bracketed, close_by_hand
from core.entering import BROKER, ENTRY, NATIVE, EnteringWorld
from core.worlds import D, S
from exitd.core.entry_inputs import LegGone
from exitd.core.inputs import OrderStatus
from exitd.core.intents import ProvePosition

WORKING, CANCELLED = OrderStatus.WORKING, OrderStatus.CANCELLED


def gone(world: EnteringWorld, leg: str = "leg-sl", id: str = ENTRY) -> None:
    now_ns = world.later()
    world.do(LegGone(id, leg, now_ns, now_ns))


def test_b084_given_a_leg_is_listed_no_more_then_two_reads_let_the_close_go():
    world = bracketed()
    close_by_hand(world)
    world.leg("leg-tp", CANCELLED)

    gone(world)
    gone(world)
    assert world.sent == []
    world.wait(10 * S)
    gone(world)
    assert world.entry().legs == ()
    assert world.wants(ProvePosition)
    assert world.sent == []
    world.position("3")
    world.wait(S)
    assert world.sent == []

    # What it has filled is not known: only time shows that the position has it all.
    world.wait(10 * S)
    world.position("3")
    world.wait(S)

    assert world.sizes() == ["3"]


def test_given_a_leg_is_listed_in_between_then_it_is_not_gone():
    world = bracketed()
    gone(world)
    world.wait(10 * S)
    world.leg("leg-sl", WORKING)

    gone(world)

    assert "leg-sl" in world.entry().legs


def test_given_reads_that_lie_far_apart_then_they_begin_anew():
    world = bracketed()
    gone(world)
    world.wait(900 * S)
    gone(world)
    assert "leg-sl" in world.entry().legs
    world.wait(10 * S)

    gone(world)

    assert world.entry().legs == ("leg-tp",)
    assert world.exits_cover() == ("10", "10")


@pytest.mark.parametrize(("leg", "id"), [("leg-x", ENTRY), ("leg-sl", "nobody")])
def test_given_a_leg_that_is_not_known_then_its_absence_says_nothing(leg, id):
    world = bracketed()
    before = world.entry()

    for _ in range(2):
        gone(world, leg, id)
        world.wait(10 * S)

    assert world.entry() == before
    assert world.entry().closed == D(0)


def test_given_legs_are_looked_for_for_long_then_their_entry_is_not_forgotten():
    world = EnteringWorld(capabilities=BROKER)
    world.enter(attached=NATIVE, exits=())
    world.fills("10")
    world.position("10")
    close_by_hand(world)

    world.wait(2000 * S)
    assert world.sent == []
    world.legs_missing()
    world.wait(10 * S)
    world.legs_missing()
    world.wait(S)

    assert world.sizes() == ["10"]
    world.fill()
    world.position("0")
    world.wait(2000 * S)
    assert ENTRY not in world.engine.state.entries
