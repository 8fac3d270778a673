"""OCO: what a stop does to its siblings (behaviours 62 to 73, 84, 103, 104, 106)."""

from __future__ import annotations

import pytest

from core.worlds import LAST, LONG, MS, SHORT, D, S, World, close, rule, stop, target
from exitd.core.attempt import Capabilities, RefusalKind, TimeInForce
from exitd.core.events import FactKind
from exitd.core.inputs import CancelsConfirmed, FireNow, OrderStatus
from exitd.core.intents import CancelOrder, CancelOrders, Priority
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    ConditionKind,
    OrderType,
)


def test_b062_given_take_profit_fills_whole_then_the_stop_is_retired():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.mark("110")
    world.fill()
    world.position("0")

    assert world.state("tp") == "done: filled"
    assert world.state("sl") == "done: retired"


def test_b063_given_take_profit_fills_4_of_10_then_the_stop_covers_6():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", "4"))

    world.mark("110")
    world.fill()
    world.position("6")
    world.mark("95")

    assert world.sizes() == ["4", "6"]


def test_b064_given_the_stop_is_refused_then_it_retries_and_the_target_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.mark("95")
    decision = world.refuse(RefusalKind.MARGIN)

    assert decision.facts[0].fields["alert"] is True
    assert world.state("sl") == "firing"
    assert world.state("tp") == "armed"
    world.wait(S)
    assert len(world.sent) == 2
    assert world.sent[0].client_order_id != world.sent[1].client_order_id


def test_b065_given_stop_and_target_met_by_one_tick_then_one_order_and_it_is_the_stop():
    world = World(mark=None)
    world.arm(target("tp", "104"), rule("sl", ConditionKind.BELOW, "105", close()))

    world.mark("104.5")

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"


def test_b065_given_a_target_is_crossed_while_a_stop_fires_then_it_is_held():
    world = World()
    world.arm(stop("sl", "95", source=LAST), target("tp", "110"))

    world.last("100")
    world.last("94")
    world.mark("111")

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"
    assert "tp" in world.engine.state.held[LONG]


def test_b065_given_a_held_target_when_the_stop_is_done_then_it_is_judged_again():
    world = World()
    world.arm(stop("sl", "95", "5", source=LAST), target("tp", "110"))
    world.last("94")
    world.mark("111")

    world.fill()
    world.position("5")
    assert world.engine.state.held == {}
    world.mark("111.5")

    assert world.who() == ["sl", "tp"]
    assert world.sizes() == ["5", "5"]


def test_given_a_held_target_when_cancelled_then_it_stays_cancelled():
    world = World()
    world.arm(stop("sl", "95", "5", source=LAST), target("tp", "110"))
    world.last("94")
    world.mark("111")

    world.cancel("tp")
    world.fill()
    world.position("5")
    world.mark("111.5")

    assert world.who() == ["sl"]


def test_given_two_stops_fire_then_the_held_target_waits_for_both():
    world = World()
    world.arm(
        stop("a", "95", "2", source=LAST),
        stop("b", "94", "3", source=LAST),
        target("tp", "110"),
    )
    world.last("93")
    world.mark("111")

    world.fill(0)
    world.position("8")
    assert "tp" in world.engine.state.held[LONG]
    world.fill(1)
    world.position("5")
    world.mark("112")

    assert world.sizes() == ["2", "3", "5"]


def test_b066_given_a_ladder_then_the_stop_covers_what_is_left_and_the_last_all():
    world = World("10.001")
    world.arm(
        stop("sl", "95"),
        target("tp1", "110", "30%"),
        target("tp2", "120", "30%"),
        target("tp3", "130", "40%"),
    )

    world.mark("110")
    world.fill()
    world.position("7.001")
    world.mark("120")
    world.fill()
    world.position("4.001")
    world.mark("130")

    assert world.sizes() == ["3", "3", "4.001"]


@pytest.mark.parametrize("first", ["fill", "position"])
def test_b067_given_a_gap_over_two_targets_then_both_close_and_the_stop_covers_4(first):
    world = World(slots=False)
    world.arm(
        stop("sl", "95"), target("tp1", "110", "30%"), target("tp2", "112", "30%")
    )

    world.mark("115")
    world.open_slots(1)
    if first == "fill":
        world.fill(0)
        world.position("7")
    else:
        # The stream shows the reduction before the reply tells of the fill.
        world.position("7", ts_ns=world.now_ns + 2 * MS)
    world.open_slots()
    if first == "position":
        world.report(0, ts_ns=world.now_ns)
    world.fill(1)
    world.position("4")
    world.mark("95")
    world.open_slots()

    assert world.sizes() == ["3", "3", "4"]


def test_b070_given_the_target_is_cancelled_then_the_stop_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.cancel("tp")
    world.mark("95")

    assert world.who() == ["sl"]


def test_b073_given_one_leg_expires_then_the_other_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", expires_ns=world.now_ns + S))

    world.wait(2 * S)

    assert world.state("tp") == "done: expired"
    assert world.state("sl") == "armed"


def test_b074_given_three_legs_of_thirds_then_they_sum_to_the_position():
    world = World()
    world.arm(
        target("a", "110", "33%"), target("b", "111", "33%"), target("c", "112", "34%")
    )

    left = D(10)
    for price in ("110", "111", "112"):
        world.mark(price)
        world.fill()
        left -= world.sent[-1].quantity
        world.position(str(left))

    assert world.sizes() == ["3.3", "3.3", "3.4"]
    assert left == 0


def test_b085_given_hedge_mode_then_a_long_trigger_never_touches_the_short():
    world = World(capabilities=Capabilities(hedge_mode=True))
    world.position("5", key=SHORT)
    world.arm(stop("sl", "95"))

    world.mark("95")
    world.fill()
    world.position("0")

    assert [str(order.side) for order in world.sent] == ["sell"]
    assert world.engine.state.position(SHORT).quantity == 5


def test_b103_given_cancel_before_the_tick_then_it_never_fires():
    world = World()
    world.arm(stop("sl", "95"))

    world.cancel("sl")
    world.mark("90")

    assert world.sent == []


def test_b104_given_cancel_after_the_hit_then_refused_and_no_half_state():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    reply = world.cancel("sl")

    assert reply.code == "firing"
    assert world.state("sl") == "firing"


def test_b106_given_closed_before_or_after_the_tick_then_at_most_one_order():
    before = World()
    before.arm(stop("sl", "95"))
    before.position("0")
    before.mark("95")
    assert before.sent == []

    after = World()
    after.arm(stop("sl", "95"))
    after.mark("95")
    after.position("0")
    after.refuse(RefusalKind.NOT_REDUCED)
    after.wait(60 * S)

    assert len(after.sent) == 1
    assert after.state("sl") == "done: retired"


def test_b110_given_a_fire_for_all_in_flight_when_another_hits_then_it_counts_it():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.arm(stop("new", "94"))
    world.mark("94")

    assert world.sizes() == ["10"]
    assert world.firing("new").held_by == "other closes of the position are unresolved"
    world.fill()
    world.position("0")
    assert world.state("new") == "done: retired"


def test_b010_given_half_and_whole_stops_in_one_tick_then_the_sum_is_the_position():
    for sizes, sent in [(("50%", "100%"), ["5", "5"]), (("100%", "50%"), ["10"])]:
        world = World()
        world.arm(stop("a", "95", sizes[0]), stop("b", "95", sizes[1]))

        world.mark("94")

        assert world.sizes() == sent


def limit_target_works(world):
    """A take-profit's limit close for 4 rests at the venue."""
    world.arm(stop("sl", "95"), target("tp", "110", action=close("4", "0.5")))
    world.mark("110")
    assert world.sent[0].order is OrderType.LIMIT
    assert world.sent[0].time_in_force is TimeInForce.GTC
    assert world.sent[0].price == D("109.45")
    world.works()


def test_given_a_limit_close_rests_when_the_stop_hits_then_it_is_cancelled():
    world = World()
    limit_target_works(world)

    world.mark("95")

    assert world.sizes() == ["4", "6"]
    assert [c.attempt.trigger_id for c in world.wants(CancelOrder)] == ["tp"]
    world.fill(1)
    world.position("4")
    world.end(0)
    assert world.state("tp") == "armed"
    assert world.sizes() == ["4", "6", "4"]
    assert world.who()[-1] == "sl"


def test_given_a_limit_close_fills_in_part_when_taken_back_then_the_stop_takes_less():
    world = World()
    limit_target_works(world)
    world.mark("95")

    world.fill(1)
    world.end(0, "1.5")
    world.position("2.5")

    assert world.sizes() == ["4", "6", "2.5"]


def test_given_a_close_begins_to_rest_while_a_stop_fires_then_it_is_cancelled():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", action=close("4", "0.5")))
    world.mark("110", "95")
    assert world.wants(CancelOrder) == []

    world.works(0)

    assert len(world.wants(CancelOrder)) == 1


def test_given_a_target_in_doubt_when_the_stop_hits_then_it_takes_what_is_closable():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", "4"))
    world.mark("110")
    world.lose()

    world.mark("95")
    assert world.sizes() == ["4", "6"]
    world.fill(1)
    world.position("4")
    assert world.firing("sl").held_by == "other closes of the position are unresolved"
    world.wait(20 * S)
    world.nothing_found(0)

    assert world.sizes() == ["4", "6", "4"]
    assert world.who()[-1] == "sl"


def test_given_a_target_in_doubt_had_filled_then_the_stop_ends_with_its_part():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", "4"))
    world.mark("110")
    world.lose()
    world.mark("95")
    world.fill(1)

    world.fill(0)
    world.position("0")

    assert world.sizes() == ["4", "6"]
    assert world.state("sl") == "done: filled"
    assert world.state("tp") == "done: filled"


def test_given_one_attempt_in_doubt_then_another_target_waits_for_it():
    world = World()
    world.arm(target("a", "110", "2"), target("b", "111", "2"))
    world.mark("110")
    world.lose()

    world.mark("111")

    assert world.sizes() == ["2"]
    assert world.firing("b").held_by == "an attempt of the position is in doubt"
    world.fill(0)
    assert world.sizes() == ["2", "2"]


def test_given_a_target_fired_by_hand_while_a_stop_fires_then_held_until_it_is_done():
    world = World()
    world.arm(stop("sl", "95", "5"), target("tp", "110", "2"))
    world.mark("95")

    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    assert world.firing("tp").held_by == "a stop of the position is firing"
    world.fill()
    world.position("5")

    assert world.sizes() == ["5", "2"]


def test_b084_given_not_reduced_then_own_resting_closes_are_cancelled_first():
    world = World()
    world.arm(target("a", "110", action=close("4", "0.5")), target("b", "111", "6"))
    world.mark("110")
    world.works()
    world.mark("111")

    decision = world.refuse(RefusalKind.NOT_REDUCED)

    assert decision.facts[0].fields["alert"] is True
    assert [c.attempt.trigger_id for c in world.wants(CancelOrder)] == ["a"]
    world.wait(S)
    assert world.who() == ["a", "b", "b"]


def test_b093_given_many_hits_then_stops_ask_with_the_first_priority():
    world = World(slots=False)
    world.arm(
        stop("sl", "95", source=LAST),
        target("tp", "110"),
        rule("cx", ConditionKind.ABOVE, "110", Cancel(), side=None),
    )
    world.mark("111")
    world.last("94")

    assert {r.trigger_id: r.priority for r in world.asked} == {
        "tp": Priority.CLOSE,
        "sl": Priority.STOP,
    }
    assert world.wants(CancelOrders)[0].priority is Priority.CANCEL
    world.open_slots()
    assert world.who() == ["sl"]


def test_given_a_cancel_when_hit_then_done_once_nothing_rests():
    world = World()
    cancel = Cancel(CancelScope.LIMIT)
    world.arm(rule("cx", ConditionKind.BELOW, "95", cancel, side=None))

    world.mark("95")
    (intent,) = world.wants(CancelOrders)
    assert intent.cancel is cancel
    assert world.state("cx") == "firing"
    world.do(CancelsConfirmed("cx", 9, 3, world.later()))
    assert world.state("cx") == "firing"
    world.do(CancelsConfirmed("cx", 1, 3, world.later()))

    assert world.state("cx") == "done: acted"
    assert world.told(FactKind.ORDERS_CANCELLED)[0].fields["cancelled"] == 3


def test_given_cancel_and_close_then_the_close_follows_the_confirmation():
    world = World()
    action = CancelAndClose(Cancel(), close())
    world.arm(rule("x", ConditionKind.STOP_LOSS, "95", action))

    world.mark("95")
    world.engine.state.fires["x"]
    assert world.sent == []
    world.do(FireNow(trigger_id="x", by="me", now_ns=world.later()))
    world.do(CancelsConfirmed("x", 1, 0, world.later()))

    assert world.sizes() == ["10"]


def test_given_a_market_trigger_with_cancel_of_one_then_only_that_is_named():
    world = World()
    cancel = Cancel(CancelScope.ONE, "42")
    world.arm(rule("x", ConditionKind.ABOVE, "110", cancel, side=None))

    world.mark("110")

    assert world.wants(CancelOrders)[0].cancel.client_order_id == "42"


def test_given_a_short_when_the_stop_hits_then_a_buying_limit_is_bounded_above():
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", side=Side.SHORT, action=close("100%", "1")))

    world.mark("105")

    assert world.sent[0].price == D("106.05")
    assert world.sent[0].time_in_force is TimeInForce.IOC


def test_given_an_expired_trigger_is_crossed_before_its_timer_then_it_expires():
    world = World()
    world.arm(stop("sl", "95", expires_ns=world.now_ns + 5 * MS))

    world.now_ns += 3 * MS
    world.mark("95")

    assert world.state("sl") == "done: expired"
    assert world.sent == []


def test_given_a_partial_fill_of_a_resting_close_while_a_stop_fires_then_cancelled():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", action=close("4", "0.5")))
    world.mark("110", "95")

    world.report(0, OrderStatus.PARTIALLY_FILLED, "1")

    assert len(world.wants(CancelOrder)) == 1
