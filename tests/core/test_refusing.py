"""Refusals, partial fills and budgets (behaviours 91 to 101)."""

from __future__ import annotations

import pytest

from core.worlds import D, S, World, close, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import (
    FireNow,
    OrderStatus,
)
from exitd.core.intents import (
    CancelOrder,
    ProvePosition,
    RefreshInstrument,
    SyncClock,
)
from exitd.core.trigger import OrderType


def test_b092_given_a_price_band_refusal_then_a_limit_stop_escalates_to_market():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0.5")))
    world.mark("95")
    assert world.sent[-1].price == D("94.53")

    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)
    assert (world.sent[-1].order, world.sent[-1].price) == (OrderType.LIMIT, D("93.58"))
    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)
    assert world.sent[-1].order is OrderType.MARKET
    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)

    assert world.sent[-1].order is OrderType.MARKET
    told = [fact.fields["to"] for fact in world.told(FactKind.ORDER_ESCALATED)]
    assert told == ["a wider limit", "market"]
    assert all(f.fields["alert"] for f in world.told(FactKind.ORDER_REFUSED))


def test_b092_given_a_limit_stop_without_a_bound_then_market_is_next():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0")))
    world.mark("95")
    assert world.sent[-1].price == 95

    world.refuse(RefusalKind.LIQUIDITY)
    world.wait(S)

    assert world.sent[-1].order is OrderType.MARKET


def test_b096_given_a_hard_limit_then_the_bound_is_never_left():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0.5", hard=True)))
    world.mark("95")

    for _ in range(5):
        world.end()
        world.wait(2 * S)

    assert {order.price for order in world.sent} == {D("94.53")}
    assert world.state("sl") == "firing"


def test_b096_given_a_take_profit_then_its_bound_is_never_left():
    world = World()
    world.arm(target("tp", "110", action=close("100%", "0.5")))
    world.mark("110")

    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)

    assert [order.price for order in world.sent] == [D("109.45"), D("109.45")]


@pytest.mark.parametrize(
    ("kind", "intent"),
    [
        (RefusalKind.EXPIRED, SyncClock),
        (RefusalKind.NOT_REDUCED, ProvePosition),
        (RefusalKind.HALTED, RefreshInstrument),
        (RefusalKind.INVALID, RefreshInstrument),
    ],
)
def test_given_a_refusal_then_what_it_says_of_our_view_is_checked(kind, intent):
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(kind)

    assert world.wants(intent)


def test_b091_given_not_reduced_and_flat_then_closed_as_position_gone():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(RefusalKind.NOT_REDUCED)
    world.position("0")
    world.wait(10 * S)

    assert world.state("sl") == "done: retired"
    assert len(world.sent) == 1


def test_b093_given_retry_after_then_honoured_to_the_nanosecond():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.RATE_LIMITED, retry_after_ns=7 * S)

    world.wait(7 * S - 1)
    assert len(world.sent) == 1
    world.wait(1)

    assert len(world.sent) == 2


def test_b098_given_401_then_no_hammering_and_evaluation_goes_on():
    world = World()
    world.arm(stop("sl", "95", "5"), stop("other", "94", "2"))
    world.mark("95")

    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(14 * S)
    assert len(world.sent) == 1
    world.mark("94")
    assert world.who() == ["sl", "other"]
    world.wait(2 * S)

    assert world.who() == ["sl", "other", "sl"]


def test_b099_given_request_expired_then_next_attempt_at_once_with_a_new_id():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(RefusalKind.EXPIRED)

    assert [order.attempt.n for order in world.sent] == [1, 2]
    assert len({order.client_order_id for order in world.sent}) == 2
    assert world.wants(SyncClock)


def test_b099_given_request_expired_again_then_it_does_not_hammer():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.EXPIRED)

    world.refuse(RefusalKind.EXPIRED)
    assert len(world.sent) == 2
    world.wait(S)

    assert len(world.sent) == 3


def test_b094_given_6_of_10_filled_then_attempt_2_for_4():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.end(filled="6")

    assert world.sizes() == ["10", "4"]
    assert world.sent[1].attempt.n == 2


def test_b095_given_a_limit_stop_unfilled_then_the_rest_by_market():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0")))
    world.mark("95")

    world.end(filled="4")

    assert world.sizes() == ["10", "6"]
    assert world.sent[1].order is OrderType.MARKET


def test_b095_given_a_late_fill_of_the_cancelled_close_then_it_is_counted():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.end(filled="0")

    world.report(0, OrderStatus.CANCELLED, "6")
    assert world.firing("sl").filled == 6
    world.wait(S)

    assert world.sizes() == ["10", "4"]


def test_b095_given_a_late_fill_of_all_then_nothing_more_is_sent():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.end(filled="0")

    world.report(0, OrderStatus.FILLED)
    world.wait(S)
    world.position("0")

    assert world.sizes() == ["10"]
    assert world.state("sl") == "done: filled"


def test_b097_given_downtime_then_a_stop_goes_on_and_a_target_only_if_still_beyond():
    world = World(slots=False)
    world.arm(stop("sl", "95", "2"), target("tp", "110", "2"))
    world.mark("110")
    world.mark("105")

    world.open_slots()
    assert world.state("tp") == "armed"
    world.mark("95")
    world.mark("100")
    world.open_slots()

    assert world.who() == ["sl"]


def test_b097_given_downtime_and_still_beyond_then_the_target_goes():
    world = World(slots=False)
    world.arm(target("tp", "110"))
    world.mark("110", "112")

    world.open_slots()

    assert world.who() == ["tp"]


def test_b101_given_a_stop_over_its_budget_then_it_goes_on_with_repeated_alerts():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))
    world.mark("95")

    for _ in range(60):
        world.refuse(RefusalKind.BUSY)
        world.wait(6 * S)

    assert world.state("sl") == "firing"
    assert world.state("tp") == "armed"
    alerts = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields.get("alert")]
    assert len(alerts) >= 5
    assert len(world.sent) == 61


def test_b101_given_a_target_over_its_budget_then_armed_again_with_an_alert():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")
    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(16 * S)
    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(31 * S)
    world.refuse(RefusalKind.UNAUTHORIZED)

    world.wait(30 * S)

    assert world.state("tp") == "armed"
    assert world.trigger("tp").arming == 2
    fact = world.told(FactKind.TRIGGER_ARMED)[-1]
    assert fact.fields["alert"] is True


def test_b101_given_a_part_was_filled_when_armed_again_then_only_the_rest_is_closed():
    world = World()
    world.arm(target("tp", "110", action=close("50%", "0.5")))
    world.mark("110")
    world.report(status=OrderStatus.PARTIALLY_FILLED, filled="2")
    world.position("8")

    world.wait(60 * S)
    assert len(world.wants(CancelOrder)) == 1
    world.end(filled="2")
    assert world.state("tp") == "armed"
    world.mark("111")

    assert world.sizes() == ["5", "3"]
    assert world.trigger("tp").filled == 2


def test_b101_given_a_late_fill_after_it_was_armed_again_then_it_is_counted():
    world = World()
    world.arm(target("tp", "110", action=close("5", "0.5")))
    world.mark("110")
    world.works()
    world.wait(60 * S)
    world.end()
    world.mark("100")

    world.report(0, OrderStatus.CANCELLED, "2")
    world.mark("110")

    assert world.sizes() == ["5", "3"]


def test_b101_given_a_target_in_doubt_over_its_budget_then_it_is_not_armed_again():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")
    world.lose()

    world.wait(61 * S)

    assert world.state("tp") == "firing"
    assert world.wants(CancelOrder) == []


def test_given_its_time_is_over_when_it_would_be_armed_again_then_expired():
    world = World()
    world.arm(
        target("tp", "110", action=close("5", "0.5"), expires_ns=world.now_ns + S)
    )
    world.mark("110")
    world.works()

    world.wait(60 * S)
    world.end()

    assert world.state("tp") == "done: expired"


def test_b092_given_no_liquidity_then_a_target_tries_again_while_crossed():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")

    world.end()
    world.wait(S)
    assert world.sizes() == ["10", "10"]
    world.end()
    world.mark("105")
    world.wait(S)

    assert world.state("tp") == "armed"
    assert len(world.sent) == 2


def test_given_a_limit_close_was_placed_by_hand_then_it_rests_beyond_its_budget():
    world = World()
    world.arm(target("tp", "110", action=close("5", "0.5")))
    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    world.works()

    world.wait(300 * S)

    assert world.wants(CancelOrder) == []
    assert world.state("tp") == "firing"
