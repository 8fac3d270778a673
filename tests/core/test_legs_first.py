"""Exits that a broker holds are taken back before a close of ours goes out."""

from __future__ import annotations

from core.bracket_world import RESERVING, asked, bracketed, close_by_hand, unnamed
from core.entering import BROKER, ENTRY, NATIVE, EnteringWorld
from core.worlds import MS, S, close, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import FindLegs

WORKING, FILLED = OrderStatus.WORKING, OrderStatus.FILLED
CANCELLED, EXPIRED = OrderStatus.CANCELLED, OrderStatus.EXPIRED
SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"


def test_b084_given_legs_rest_when_closed_by_hand_then_cancelled_before_it_goes():
    world = bracketed()

    close_by_hand(world)

    assert asked(world) == ["leg-tp", "leg-sl"]
    assert world.sent == []
    assert world.firing("hand").held_by == (
        "exits that the broker holds are being cancelled first"
    )
    world.leg("leg-tp", CANCELLED)
    assert world.sent == []
    world.leg("leg-sl", CANCELLED)
    assert world.who() == ["hand"]
    assert world.sizes() == ["10"]
    world.fill()
    world.position("0")
    assert world.state(SL) == "done: retired"
    assert world.entry().is_over


def test_b064_given_legs_are_being_cancelled_then_ours_guard_from_that_turn_on():
    world = bracketed()

    close_by_hand(world)

    assert world.exits_cover() == ("10", "10")
    assert len(world.told(FactKind.EXITS_TAKEN_OVER)) == 1
    world.mark("94")
    assert world.sent == []
    world.leg("leg-tp", CANCELLED)
    world.leg("leg-sl", CANCELLED)
    assert world.sizes() == ["10"]


def test_b064_given_the_close_is_not_filled_then_ours_guard_what_is_left():
    world = bracketed()
    world.arm(target("near", "105", action=close("100%", "0")))
    world.mark("105")
    world.leg("leg-tp", CANCELLED)
    world.leg("leg-sl", CANCELLED)
    assert world.who() == ["near"]

    world.fill(filled="4")
    world.end(filled="4")
    world.wait(20 * S)
    world.position("6")
    world.mark("104")

    assert world.exits_cover() == ("6", "6")
    world.mark("95")
    assert world.sizes()[-1] == "6"


def test_b064_given_the_price_came_back_while_legs_go_then_nothing_leaves():
    world = bracketed()
    world.arm(target("near", "105"))
    world.mark("105")
    world.mark("104")

    world.leg("leg-tp", CANCELLED)
    world.leg("leg-sl", CANCELLED)

    assert world.sent == []
    assert world.state("near") == "armed"
    assert world.exits_cover() == ("10", "10")


def test_b084_given_a_leg_fills_while_it_is_cancelled_then_the_close_ends():
    world = bracketed()
    close_by_hand(world)

    world.leg("leg-sl", FILLED, "10")
    world.leg("leg-tp", CANCELLED)
    assert world.sent == []
    assert "yet to show" in world.firing("hand").held_by
    world.position("0")

    assert world.sent == []
    assert world.state("hand") == "done: retired"


def test_b084_given_a_leg_filled_in_part_then_the_close_takes_what_is_left():
    world = bracketed()
    close_by_hand(world)
    world.leg("leg-tp", CANCELLED, "4")
    world.leg("leg-sl", CANCELLED)
    assert world.sent == []

    world.position("6")
    world.wait(S)

    assert world.sizes() == ["6"]
    assert world.exits_cover() == ("6", "6")


def test_b084_given_a_leg_fills_piece_by_piece_then_each_is_counted_once():
    world = bracketed()
    world.leg("leg-tp", OrderStatus.PARTIALLY_FILLED, "3")
    world.position("7")
    world.leg("leg-tp", OrderStatus.PARTIALLY_FILLED, "3")
    assert world.entry().left == 7
    close_by_hand(world)
    world.leg("leg-tp", OrderStatus.PARTIALLY_FILLED, "4")
    assert world.exits_cover() == ("6", "6")
    world.leg("leg-sl", CANCELLED)
    world.leg("leg-tp", CANCELLED, "5")
    assert world.sent == []

    world.position("6")
    world.wait(S)
    assert world.sent == []
    world.position("5")
    world.wait(S)

    assert world.sizes() == ["5"]


def test_b084_given_reports_that_are_older_or_lag_then_the_fill_of_a_leg_is_awaited():
    world = bracketed()
    close_by_hand(world)
    world.wait(S)
    world.leg("leg-tp", CANCELLED, "4")
    world.leg("leg-sl", CANCELLED)
    world.position("6", ts_ns=world.now_ns - 10 * MS)
    world.wait(S)
    assert world.sent == []
    world.position("10")
    world.wait(S)
    assert world.sent == []

    # Older than the slack, a report is believed: somebody has added to it since.
    world.wait(10 * S)
    world.position("10")
    world.wait(S)

    assert world.sizes() == ["10"]


def test_given_no_answer_to_a_cancel_then_asked_again_slower_until_it_is_over():
    world = bracketed()
    close_by_hand(world)

    world.wait(S)
    assert asked(world).count("leg-sl") == 3
    world.leg("leg-tp", CANCELLED)
    world.wait(S)
    world.leg("leg-sl", CANCELLED)
    many = len(asked(world))
    world.wait(60 * S)

    assert len(asked(world)) == many
    assert world.who() == ["hand"]


def test_b084_given_no_answer_for_long_then_the_close_waits_on_with_an_alert():
    world = bracketed()
    close_by_hand(world)

    world.wait(30 * S)

    assert world.sent == []
    alerts = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields.get("alert")]
    assert "could sell twice" in str(alerts[0].fields["why"])
    assert len(alerts) == 1


def test_b084_given_no_answer_where_shares_are_reserved_then_it_is_tried():
    world = bracketed(capabilities=RESERVING)
    close_by_hand(world)
    world.wait(9 * S)
    assert world.sent == []

    world.wait(10 * S)

    assert world.sizes() == ["10"]
    world.refuse(RefusalKind.OWN_ORDERS)
    world.wait(5 * S)
    assert world.sizes() == ["10", "10"]


def test_given_refused_for_own_orders_without_entries_then_nothing_else_is_cancelled():
    world = EnteringWorld("10", capabilities=RESERVING)
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(RefusalKind.OWN_ORDERS)

    assert asked(world) == []


def test_b084_given_a_venue_that_reduces_only_then_no_fill_of_a_leg_is_awaited():
    world = bracketed(capabilities=None)
    close_by_hand(world)

    world.leg("leg-tp", CANCELLED, "4")
    world.leg("leg-sl", CANCELLED)

    assert world.who() == ["hand"]


def test_b084_given_legs_that_nobody_has_named_then_looked_for_before_it_goes():
    world = unnamed()

    close_by_hand(world)

    assert world.sent == []
    assert len(world.wants(FindLegs)) == 1
    world.leg("leg-sl", WORKING)
    assert asked(world) == ["leg-sl"]
    world.leg("leg-tp", WORKING)
    assert asked(world) == ["leg-sl", "leg-tp"]
    world.leg("leg-sl", CANCELLED)
    assert world.sent == []
    world.leg("leg-tp", CANCELLED)
    assert world.who() == ["hand"]


def test_b084_given_the_broker_names_none_twice_then_ours_are_armed_and_it_goes():
    world = unnamed()
    close_by_hand(world)

    world.legs_missing()
    assert world.exits_cover() == ("10", "10")
    world.wait(S)
    assert world.sent == []
    world.wait(10 * S)
    world.legs_missing()

    assert world.who() == ["hand"]


def test_b084_given_one_leg_ended_and_the_other_was_never_named_then_looked_for():
    world = unnamed()
    world.mark("94")

    world.leg("leg-tp", CANCELLED)

    assert len(world.wants(FindLegs)) == 1
    assert world.sent == []
    world.leg("leg-sl", FILLED, "10")
    world.position("0")
    world.wait(S)
    assert world.sent == []


def test_b084_given_one_leg_ended_and_no_other_is_named_then_ours_go_after_two_reads():
    world = unnamed()
    world.leg("leg-tp", CANCELLED)
    world.mark("94")
    world.legs_missing()
    world.wait(10 * S)

    world.legs_missing()

    assert world.who() == [SL]


def test_b084_given_one_leg_rests_and_no_other_is_named_then_only_it_is_awaited():
    world = unnamed()
    world.leg("leg-sl", WORKING)
    close_by_hand(world)
    world.legs_missing()
    world.wait(10 * S)
    world.legs_missing()
    assert world.sent == []

    world.leg("leg-sl", CANCELLED)

    assert world.who() == ["hand"]


def test_given_legs_are_looked_for_when_the_position_is_gone_then_no_more():
    world = unnamed()
    close_by_hand(world)
    world.wait(20 * S)

    world.position("0")
    world.wait(5 * S)
    many = len(world.wants(FindLegs))
    world.wait(60 * S)

    assert len(world.wants(FindLegs)) == many


def test_b072_given_an_entry_that_has_not_filled_then_its_legs_stay():
    world = EnteringWorld("5", capabilities=BROKER)
    world.enter(attached=NATIVE)
    world.said(WORKING)
    world.leg("leg-sl", WORKING)

    close_by_hand(world)

    assert asked(world) == []
    assert world.sizes() == ["5"]


def test_b072_given_one_leg_ended_then_the_other_is_taken_back_and_ours_wait_for_it():
    world = bracketed()

    world.leg("leg-tp", EXPIRED)
    assert asked(world) == ["leg-sl"]
    world.mark("94")
    assert world.state(SL) == "firing"
    assert world.sent == []
    world.leg("leg-sl", CANCELLED)

    assert world.who() == [SL]
    assert world.sizes() == ["10"]


def test_b072_given_one_leg_ended_when_the_other_fills_then_ours_send_nothing():
    world = bracketed()
    world.leg("leg-tp", CANCELLED)
    world.mark("94")

    world.leg("leg-sl", FILLED, "10")
    world.position("0")

    assert world.sent == []
    assert world.state(SL) == "done: retired"


def test_b072_given_the_other_leg_still_rests_at_a_reconcile_then_asked_again():
    world = bracketed()
    world.leg("leg-tp", EXPIRED)
    world.restart()
    world.position("10")
    before = len(asked(world))

    world.leg("leg-sl", WORKING)

    assert len(asked(world)) == before + 1


def test_b078_given_the_position_is_closed_then_a_leg_is_cancelled_until_it_is_over():
    world = bracketed()
    world.wait(20 * S)

    world.position("0")
    world.wait(2 * S)

    assert asked(world).count("leg-sl") > 2
    world.leg("leg-tp", CANCELLED)
    world.leg("leg-sl", CANCELLED)
    many = len(asked(world))
    world.wait(20 * S)
    assert len(asked(world)) == many


def test_b078_given_a_leg_shows_up_when_nothing_is_held_then_it_is_taken_back():
    world = unnamed()
    world.wait(20 * S)
    world.position("0")

    world.leg("leg-sl", WORKING)

    assert asked(world) == ["leg-sl"]
