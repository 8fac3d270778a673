"""Exits of an entry that fire: together never more than has filled."""

from __future__ import annotations

from msgspec.structs import replace

from core.entering import BROKER, ENTRY, EnteringWorld, entered, exits_of
from core.worlds import LONG, MARK, MS, D, S, close, stop, target, trail
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelEntry, CancelOrder
from exitd.core.market import Tick
from exitd.core.position import Side

SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"
WORKING, CANCELLED = OrderStatus.WORKING, OrderStatus.CANCELLED


def test_given_the_stop_fires_then_it_closes_what_filled_and_all_ends():
    world = entered()
    world.position("10")

    world.mark("95")
    world.fill()
    world.position("0")

    assert world.sizes() == ["10"]
    assert world.state(TP) == "done: retired"
    assert not world.entry().is_guarded


def test_given_a_position_was_there_before_then_exits_never_close_more_than_filled():
    world = entered("10", size="5")
    world.position("15")

    world.mark("110")
    world.fill()
    world.position("5")
    assert world.sizes() == ["10"]
    assert world.state(SL) == "done: retired"
    world.mark("90")

    assert world.sizes() == ["10"]


def test_given_the_target_fills_in_part_then_the_stop_covers_the_rest():
    world = entered("10", size="5")
    world.position("15")

    world.mark("110")
    world.fill(filled="3")

    assert world.covers(SL) == "7"
    world.end(filled="3")
    world.position("12")
    world.wait(100 * S)
    assert world.exits_cover()[0] == "7"


def test_given_both_legs_under_way_then_together_never_more_than_filled():
    exits = exits_of()
    limit = replace(exits[1], action=close("100%", "0"))
    world = EnteringWorld("5")
    world.enter(exits=(exits[0], limit))
    world.fills("10")
    world.position("15")
    world.mark("110")
    world.works()

    world.mark("95")
    assert world.sizes() == ["10"]
    assert world.wants(CancelOrder)
    assert "unresolved" in world.firing(SL).held_by
    world.end(filled="4")

    assert world.sizes() == ["10", "6"]


def test_given_a_target_back_on_watch_then_it_and_the_stop_cover_the_rest():
    exits = exits_of()
    limit = replace(exits[1], action=close("100%", "0"))
    world = EnteringWorld()
    world.enter(exits=(exits[0], limit))
    world.fills("10")
    world.position("10")
    world.mark("110")
    world.fill(filled="4")

    world.end(filled="4")
    world.position("6")

    assert world.trigger(TP).filled == D(4)
    assert world.exits_cover() == ("6", "10")
    world.mark("105")
    world.mark("110")
    assert world.sizes() == ["10", "6"]


def test_given_the_stop_fires_while_the_entry_fills_then_the_rest_is_taken_back():
    world = entered("4")
    world.mark("95")

    assert world.sizes() == ["4"]
    assert world.wants(CancelEntry)[0].venue_order_id == "b-desk-1"


def test_given_more_fills_while_the_stop_fires_then_that_is_closed_too():
    world = entered("4")
    world.mark("95")

    world.fills("6")
    world.fill()

    assert world.sizes() == ["4", "2"]
    world.fill()
    world.position("0")
    assert world.state(SL) == "done: filled"


def test_given_more_fills_before_the_stop_is_sized_then_it_takes_all():
    world = entered("4", slots=False)
    world.mark("95")

    world.fills("6")
    world.open_slots()

    assert world.sizes() == ["6"]


def test_given_more_fills_while_the_last_close_waits_for_proof_then_closed_too():
    world = entered("4", size="5")
    world.position("9")
    world.mark("95")
    world.fill()
    assert world.firing(SL).confirm_ns

    world.fills("6")

    assert world.sizes() == ["4", "2"]


def test_given_more_fills_after_the_position_was_closed_then_the_exits_come_back():
    world = entered("4")
    world.position("4")
    world.position("0")
    assert world.exits_cover() == ("-", "-")

    world.fills("10")

    assert world.exits_cover() == ("6", "6")
    assert world.trigger(SL).arming == 2


def test_given_one_exit_was_cancelled_by_hand_when_more_fills_then_it_stays_so():
    world = entered("4")
    world.cancel(TP)

    world.fills("10")

    assert world.exits_cover() == ("10", "-")


def test_given_crossed_when_it_fills_then_the_stop_fires_first():
    world = EnteringWorld()
    world.enter()
    world.mark("94")

    # Its report comes after a price that is younger than the fill.
    world.fills("10", ts_venue_ns=world.now_ns - S)

    assert world.who() == [SL]
    assert world.sizes() == ["10"]


def test_b014_given_a_price_older_than_the_fill_then_it_fires_no_exit_of_it():
    world = EnteringWorld()
    world.enter()
    world.mark("111")

    world.fills("10")
    assert world.who() == []
    assert world.exits_cover() == ("10", "10")
    world.mark("111")

    assert world.who() == [TP]


def test_b014_given_a_price_that_comes_late_then_it_fires_no_exit_of_a_younger_fill():
    world = EnteringWorld()
    world.enter()
    filled_ns = world.now_ns + 3 * S
    world.fills("10", ts_venue_ns=filled_ns)

    world.do(Tick(MARK, D(94), filled_ns - S, world.later()))
    assert world.who() == []
    world.do(Tick(MARK, D(94), filled_ns, world.later()))

    assert world.who() == [SL]


def test_given_no_price_is_known_when_it_fills_then_armed_and_judged_by_the_next():
    world = EnteringWorld(mark=None)
    world.enter()
    world.fills("10")
    assert world.state(SL) == "armed"

    world.mark("94")

    assert world.who() == [SL]


def test_given_a_trail_as_an_exit_then_it_trails_from_the_fill():
    world = EnteringWorld()
    world.enter(exits=(trail(f"{ENTRY}/trail", "5"),))
    world.fills("4")
    world.fills("10")

    world.mark("110")
    world.mark("105")

    assert world.sizes() == ["10"]


def test_given_an_entry_without_exits_then_it_fills_and_ends():
    world = EnteringWorld()
    world.enter(exits=())
    world.fills("10")

    assert world.engine.state.position(LONG).live == D(10)
    assert world.entry().is_over


def test_given_two_entries_with_the_same_levels_then_each_has_its_exits():
    world = entered()
    world.enter("desk-2")
    world.fills("10", "desk-2")
    world.position("20")

    world.mark("95")

    assert sorted(world.who()) == [SL, "desk-2/sl"]
    assert world.sizes() == ["10", "10"]


def test_given_exits_beside_those_of_a_file_then_all_of_the_position():
    world = EnteringWorld()
    world.arm(stop("file", "90", template=True, owner="file:a.yaml:1"))
    world.enter()

    world.fills("10")

    assert world.state("file") == "armed"
    assert world.exits_cover() == ("10", "10")


def test_given_a_restart_while_guarded_then_the_exits_are_fitted_as_before():
    world = entered("10", size="5")
    world.position("15")

    world.restart()
    world.position("15")
    world.mark("100")
    world.mark("110")
    world.fill(filled="3")

    assert world.covers(SL) == "7"


def test_given_no_reduce_only_when_the_position_is_not_shown_then_closes_wait():
    world = entered(capabilities=BROKER)
    world.mark("95")
    assert world.sent == []
    assert "not shown" in world.firing(SL).held_by

    world.position("10")
    world.wait(S)

    assert world.sizes() == ["10"]


def test_given_no_reduce_only_when_an_early_flat_report_came_then_closes_wait():
    world = entered(capabilities=BROKER)
    world.position("10", ts_ns=world.now_ns - 2 * MS)
    world.position("0")

    world.mark("95")

    assert world.sent == []


def test_given_a_refusal_for_own_orders_without_legs_then_only_ours_are_cancelled():
    world = entered()
    world.position("10")
    world.mark("95")

    world.refuse(RefusalKind.OWN_ORDERS)
    world.wait(S)

    assert world.sizes() == ["10", "10"]


def test_given_sides_then_exits_of_the_other_do_not_matter():
    world = entered()
    world.arm(target("short", "90", side=Side.SHORT, template=True, owner="file:a:1"))

    assert world.state("short") == "waiting: position"
