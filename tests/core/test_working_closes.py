"""Closes that rest or are in doubt when a stop hits, and triggers that cancel."""

from __future__ import annotations

from core.worlds import LAST, MS, D, S, World, close, rule, stop, target
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import CancelsConfirmed, FireNow, OrderStatus
from exitd.core.intents import CancelOrder, CancelOrders, Priority
from exitd.core.position import Side
from exitd.core.trigger import Cancel, CancelAndClose, CancelScope, OrderType


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


def test_given_the_cancel_of_a_resting_target_is_lost_then_asked_for_until_it_is_gone():
    world = World()
    limit_target_works(world)
    world.arm(stop("all", "94"))
    world.mark("94")
    assert len(world.wants(CancelOrder)) == 1

    world.wait(2 * S)
    assert len(world.wants(CancelOrder)) == 4
    world.end(0)

    assert world.sizes()[-1] == "4"
    world.wait(30 * S)
    assert len(world.wants(CancelOrder)) == 4


def test_given_a_target_given_up_still_rests_when_the_stop_hits_then_cancelled():
    world = World()
    limit_target_works(world)
    world.works()
    world.cancel("tp", abandon=True)
    before = len(world.wants(CancelOrder))

    world.mark("94")

    assert len(world.wants(CancelOrder)) == before + 1


def test_given_the_cancel_of_a_close_that_works_on_is_lost_then_asked_for_again():
    """A close at market is not to rest, and yet may wait for whom it is asked of."""
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", "4"))
    world.mark("110")
    assert world.sent[0].time_in_force is TimeInForce.IOC
    world.works()
    world.mark("95")
    assert len(world.wants(CancelOrder)) == 1

    world.wait(2 * S)

    assert len(world.wants(CancelOrder)) == 4
