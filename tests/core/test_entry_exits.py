"""Exits of an entry: sized to what has filled, and gone with it (behaviours 71, 72)."""

from __future__ import annotations

from core.entering import ENTRY, EnteringWorld, entered
from core.worlds import LONG, MS, SHORT, D, S, trail
from exitd.core.entry import EntryState
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import ProvePosition
from exitd.core.position import OrderSide

SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"
WORKING, CANCELLED = OrderStatus.WORKING, OrderStatus.CANCELLED


def test_b071_given_an_entry_of_10_when_4_fill_then_its_exits_cover_4_and_then_10():
    world = entered("4")

    assert world.exits_cover() == ("4", "4")
    assert (world.state(SL), world.state(TP)) == ("armed", "armed")
    world.fills("10")

    assert world.exits_cover() == ("10", "10")
    assert world.trigger(SL).arming == 1
    assert world.entry().state is EntryState.FILLED


def test_b072_given_an_entry_cancelled_unfilled_then_it_has_no_exits():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.said(CANCELLED)

    assert world.exits_cover() == ("-", "-")
    assert world.engine.state.triggers == {}


def test_b072_given_an_entry_cancelled_after_4_then_its_exits_cover_4():
    world = entered("4")

    world.said(CANCELLED, "4")
    world.position("4")

    assert world.exits_cover() == ("4", "4")
    world.mark("95")
    assert world.sizes() == ["4"]


def test_b072_given_a_late_fill_after_the_cancel_then_it_is_covered_too():
    world = entered("4")
    world.said(CANCELLED, "4")

    world.said(CANCELLED, "6")

    assert world.exits_cover() == ("6", "6")
    assert world.entry().state is EntryState.CANCELLED


def test_given_a_fill_then_the_position_is_there_before_any_report():
    world = entered("4")

    position = world.engine.state.position(LONG)
    assert (position.live, position.quantity, position.lifetime) == (D(4), D(0), 1)
    assert position.entry_price == D(100)
    opened = world.told(FactKind.POSITION_OPENED)
    assert [fact.fields["quantity"] for fact in opened] == [D(4)]
    world.position("4")
    assert world.engine.state.position(LONG).live == D(4)
    assert world.exits_cover() == ("4", "4")


def test_given_the_report_comes_first_then_the_fill_is_not_counted_again():
    world = EnteringWorld()
    world.enter()
    filled_ns = world.now_ns
    world.position("4")

    world.fills("4", ts_ns=filled_ns)

    assert world.engine.state.position(LONG).live == D(4)
    assert world.exits_cover() == ("4", "4")


def test_given_two_fills_of_one_instant_then_both_count():
    world = EnteringWorld()
    world.enter()
    now_ns = world.now_ns

    world.fills("4", ts_ns=now_ns)
    world.fills("10", ts_ns=now_ns)

    assert world.engine.state.position(LONG).live == D(10)
    assert world.engine.state.position(LONG).initial == D(10)


def test_given_a_report_between_two_fills_then_the_later_one_still_counts():
    world = EnteringWorld()
    world.enter()
    first_ns = world.now_ns
    world.fills("4", ts_ns=first_ns)
    world.fills("10", ts_ns=first_ns + 50 * MS)

    world.position("4", ts_ns=first_ns + 10 * MS)

    position = world.engine.state.position(LONG)
    assert (position.quantity, position.live) == (D(4), D(10))
    world.position("10", ts_ns=first_ns + 60 * MS)
    assert world.engine.state.position(LONG).entered == ()


def test_given_many_fills_between_two_reports_then_never_more_than_they_are():
    world = EnteringWorld()
    world.enter(quantity="40")

    for n in range(1, 41):
        world.fills(str(n))

    position = world.engine.state.position(LONG)
    assert len(position.entered) == 16
    assert position.live == D(40)
    assert world.exits_cover() == ("40", "40")


def test_given_a_flat_report_that_is_too_early_then_the_exits_stay():
    world = entered()

    world.position("0")
    assert world.exits_cover() == ("10", "10")
    assert not world.engine.state.position(LONG).proven
    world.intents.clear()
    world.wait(12 * S)
    assert world.wants(ProvePosition)
    world.position("0")

    assert world.exits_cover() == ("-", "-")
    assert world.state(SL) == "done: retired"
    assert world.entry().closed == D(10)


def test_given_the_position_is_shown_then_its_proof_is_not_asked_for():
    world = entered()
    world.position("10")
    world.intents.clear()

    world.wait(20 * S)

    assert world.wants(ProvePosition) == []


def test_given_all_was_closed_again_when_a_flat_report_comes_early_then_believed():
    world = entered()
    world.mark("95")
    world.fill()

    world.position("0")

    assert world.state(SL) == "done: filled"
    assert world.engine.state.position(LONG).live == D(0)


def test_given_the_other_side_came_meanwhile_then_the_position_is_asked_for():
    world = EnteringWorld()
    world.enter()
    world.position("3", key=SHORT)

    world.fills("10")

    assert world.engine.state.position(LONG).live == D(0)
    assert world.wants(ProvePosition)
    assert world.state(SL) == "waiting: position"
    world.position("7")
    assert world.state(SL) == "armed"


def test_given_a_short_entry_then_its_exits_are_those_of_a_short():
    world = EnteringWorld()
    world.enter(side=OrderSide.SELL)
    world.fills("10")

    world.mark("110")

    assert world.who() == [SL]
    assert world.sent[0].side is OrderSide.BUY
    assert world.engine.state.position(SHORT).live == D(10)


def test_given_a_trailing_exit_when_its_entry_fills_in_pieces_then_it_trails_for_all():
    world = EnteringWorld()
    world.enter(exits=(trail(f"{ENTRY}/trail", "2%", owner="webhook:desk"),))
    world.fills("4")
    world.position("4")
    world.mark("100", "110")
    world.fills("10")
    world.position("10")

    world.mark("107.81")
    assert world.sent == []
    world.mark("107.8")

    assert (world.who(), world.sizes()) == ([f"{ENTRY}/trail"], ["10"])
