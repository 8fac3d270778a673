"""Exits that the broker holds, and the turn in which exitd takes over."""

from __future__ import annotations

import pytest

from core.entering import ENTRY, NATIVE, EnteringWorld
from core.worlds import D, S
from exitd.core.entry_inputs import LegsMissing
from exitd.core.events import FactKind
from exitd.core.inputs import IfCrossed, OrderStatus
from exitd.core.intents import CancelLeg, ProvePosition
from exitd.core.policy import Policies

WORKING, FILLED = OrderStatus.WORKING, OrderStatus.FILLED
CANCELLED, EXPIRED = OrderStatus.CANCELLED, OrderStatus.EXPIRED
SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"


def bracketed(**changed: object) -> EnteringWorld:
    """A bracket whose entry has filled, and whose two legs rest."""
    world = EnteringWorld(**changed)
    world.enter(attached=NATIVE)
    world.fills("10")
    world.leg("leg-tp", WORKING)
    world.leg("leg-sl", WORKING)
    world.position("10")
    return world


def test_given_the_broker_holds_the_exits_then_exitd_arms_none():
    world = bracketed()

    assert world.exits_cover() == ("-", "-")
    assert world.entry().legs == ("leg-tp", "leg-sl")
    world.leg("leg-sl", WORKING)
    assert world.entry().legs == ("leg-tp", "leg-sl")
    world.mark("90")
    assert world.sent == []
    assert not world.entry().is_over


def test_given_the_legs_expire_with_the_day_then_ours_are_armed_in_that_turn():
    world = bracketed()

    world.leg("leg-tp", EXPIRED)

    assert world.exits_cover() == ("10", "10")
    told = world.told(FactKind.EXITS_TAKEN_OVER)
    assert told[0].fields["why"] == "the broker's exit leg-tp is expired"
    world.leg("leg-sl", EXPIRED)
    world.leg("leg-sl", EXPIRED)
    assert len(world.told(FactKind.EXITS_TAKEN_OVER)) == 1
    world.mark("95")
    assert world.sizes() == ["10"]


def test_given_a_leg_is_cancelled_after_a_part_then_ours_cover_the_rest():
    world = bracketed()

    world.leg("leg-tp", CANCELLED, "4")

    assert world.exits_cover() == ("6", "6")
    assert world.wants(ProvePosition)


def test_given_a_leg_fills_then_the_position_report_retires_the_rest():
    world = bracketed()

    world.leg("leg-tp", FILLED, "10")
    assert world.wants(ProvePosition)
    assert world.exits_cover() == ("-", "-")
    world.position("0")

    assert world.wants(CancelLeg)[0].venue_order_id == "leg-sl"
    world.leg("leg-sl", CANCELLED)
    assert world.entry().is_over
    assert world.told(FactKind.EXITS_TAKEN_OVER) == []


def test_given_the_other_leg_is_cancelled_first_then_a_target_that_is_crossed_waits():
    world = bracketed()
    world.mark("111")

    world.leg("leg-sl", CANCELLED)

    assert world.state(TP) == "waiting: already crossed"
    assert world.state(SL) == "armed"
    world.leg("leg-tp", FILLED, "10")
    world.position("0")
    assert world.sent == []
    assert world.state(SL) == "done: retired"


def test_given_a_target_is_crossed_when_the_day_ends_then_it_fires():
    world = bracketed()
    world.mark("111")

    world.leg("leg-tp", EXPIRED)
    world.leg("leg-sl", EXPIRED)

    assert world.who() == [TP]
    assert world.sizes() == ["10"]


@pytest.mark.parametrize("status", [CANCELLED, EXPIRED])
def test_given_a_target_waits_when_the_last_leg_ends_unfilled_then_it_fires(status):
    world = bracketed()
    world.mark("111")
    world.leg("leg-sl", CANCELLED)
    assert world.sent == []

    world.leg("leg-tp", status)

    assert world.who() == [TP]


def test_given_only_an_old_price_when_the_day_ends_then_the_next_one_decides():
    world = bracketed()
    world.mark("111")
    world.wait(20 * S)

    world.leg("leg-tp", EXPIRED)
    world.leg("leg-sl", EXPIRED)
    assert world.sent == []
    world.mark("111")

    assert world.who() == [TP]


def test_given_an_old_price_and_a_leg_that_may_have_filled_then_the_next_price_waits():
    world = bracketed()
    world.mark("111")
    world.wait(20 * S)
    world.leg("leg-sl", CANCELLED)
    world.mark("111")
    assert world.state(TP) == "waiting: already crossed"

    world.leg("leg-tp", CANCELLED)

    assert world.who() == [TP]


def test_given_told_to_wait_when_the_day_ends_then_a_crossed_target_waits():
    world = bracketed(policies=Policies(crossed_exits=IfCrossed.WAIT))
    world.mark("111")

    world.leg("leg-tp", EXPIRED)

    assert world.state(TP) == "waiting: already crossed"
    assert world.sent == []


def test_given_the_stop_is_crossed_at_the_takeover_then_it_fires():
    world = bracketed()
    world.mark("94")

    world.leg("leg-sl", EXPIRED)
    world.leg("leg-tp", EXPIRED)

    assert world.who() == [SL]


def test_given_the_position_is_gone_when_a_leg_expires_then_nothing_is_armed():
    world = bracketed()
    world.wait(20 * S)
    world.position("0")

    world.leg("leg-sl", EXPIRED)

    assert world.exits_cover() == ("-", "-")


def test_given_a_partial_bracket_entry_ends_then_exitd_covers_what_filled():
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.fills("4")

    world.said(CANCELLED, "4")

    assert world.exits_cover() == ("4", "4")


def test_given_a_partial_bracket_entry_ends_with_legs_then_the_broker_holds_on():
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.fills("4")
    world.leg("leg-sl", WORKING)

    world.said(CANCELLED, "4")

    assert world.exits_cover() == ("-", "-")


def test_given_the_broker_lists_no_leg_then_exitd_takes_over():
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.legs_missing()
    world.fills("10")

    world.legs_missing()

    assert world.exits_cover() == ("10", "10")
    world.do(LegsMissing("nobody", world.later()))
    assert len(world.told(FactKind.EXITS_TAKEN_OVER)) == 1


def test_given_legs_are_there_then_missing_ones_are_not_believed():
    world = bracketed()

    world.legs_missing()

    assert world.exits_cover() == ("-", "-")


def test_given_a_restart_then_the_legs_are_known_by_their_ids():
    world = bracketed()

    world.restart()
    world.position("10")
    world.leg("leg-sl", EXPIRED, parent="")

    assert world.exits_cover() == ("10", "10")


def test_given_an_order_of_another_parent_then_it_is_no_leg():
    world = bracketed()

    world.leg("leg-x", EXPIRED, parent="b-other")

    assert world.entry().legs_over == ()
    assert world.entry().closed == D(0)
