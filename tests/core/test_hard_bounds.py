"""Bounds that are never left, and take-profits with patience (b095, b096, b101)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.exchanges import WHOLE_LIMIT, Exchange, closes, hit, patient
from core.worlds import MS, D, S, World, stop, target
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.condition import AtInstant
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow
from exitd.core.intents import CancelOrder
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import OrderType, TriggerDefinition

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC


# A bound that is never left


def test_b096_given_a_hard_bound_and_patience_then_it_rests_at_the_bound_and_alerts():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S, hard=True)))

    exchange.wait(200 * S)

    assert closes(world) == [("sl", "10", "94.05", GTC)]
    assert world.state("sl") == "firing"
    alerts = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields.get("alert")]
    assert len(alerts) == 3
    exchange.mark("94.05")
    assert world.state("sl") == "done: filled"


def test_b096_given_a_hard_resting_close_is_cancelled_then_again_at_the_same_bound():
    world, _ = hit(stop("sl", "95", action=patient(5 * S, hard=True)))

    for n in range(3):
        world.end(n, "1" if n == 1 else "0")
        world.wait(2 * S)

    assert [order[1:] for order in closes(world)] == [
        ("10", "94.05", GTC),
        ("10", "94.05", GTC),
        ("9", "94.05", GTC),
        ("9", "94.05", GTC),
    ]


def test_b096_given_a_hard_close_without_a_level_then_the_price_at_its_hit_binds():
    world = World()
    world.arm(stop("sl", "90", action=patient(hard=True)))
    world.do(FireNow(trigger_id="sl", by="me", now_ns=world.later()))

    prices = []
    for mark in ("100", "98", "96"):
        world.mark(mark)
        prices.append(world.sent[-1].price)
        world.end()
        world.wait(2 * S)

    # Its level is 90 and counts, however far from there it was fired by hand.
    assert set(prices) == {D("89.1")}
    assert {order.order for order in world.sent} == {OrderType.LIMIT}


@pytest.mark.parametrize(
    "moves", [("94", "93.9", "93"), ("80", "70", "60"), ("95", "97", "100")]
)
def test_b096_given_any_prices_then_no_close_of_a_hard_stop_is_beyond_its_bound(moves):
    world, exchange = hit(stop("sl", "95", action=patient(S, S, hard=True)), price="95")

    for price in moves:
        exchange.mark(price)
        exchange.wait(5 * S)

    assert all(order.price == D("94.05") for order in world.sent)


def timed(**changed: object) -> TriggerDefinition:
    """A stop that closes when its time has come, at no price of its own."""
    at_ns = 1_000 * S + 30 * S
    definition = stop("late", "90", action=patient(hard=True))
    return replace(definition, condition=AtInstant(at_ns), **changed)


def test_b096_given_a_timed_hard_stop_then_the_price_at_its_hit_binds_all_its_closes():
    world = World()
    world.arm(timed())
    world.wait(31 * S)

    prices = []
    for mark in ("98", "96", "94"):
        prices.append(world.sent[-1].price)
        world.mark(mark)
        world.end()
        world.wait(2 * S)

    assert prices == [99, 99, 99]
    assert world.firing("late").reference == 100


def test_b096_given_the_price_moved_before_the_first_close_then_that_at_the_hit_binds():
    world = World(slots=False)
    world.arm(timed())
    world.wait(31 * S)

    world.mark("95")
    world.open_slots()

    assert [order.price for order in world.sent] == [99]


def test_b096_given_a_timed_hard_stop_when_restarted_then_the_same_price_binds_it():
    world = World()
    world.arm(timed())
    world.wait(31 * S)

    world.restart()
    world.mark("95")
    world.end()
    world.wait(2 * S)

    assert [order.price for order in world.sent] == [99, 99]


def test_b096_given_no_price_when_a_timed_hard_stop_hits_then_it_waits_for_one():
    world = World(mark=None)
    world.arm(timed())
    world.wait(31 * S)
    assert world.sent == []
    assert world.firing("late").held_by == "no price says where its bound lies"

    world.mark("100")
    world.wait(S)

    assert [order.price for order in world.sent] == [99]


def test_b096_given_another_market_moves_then_the_first_own_price_binds_all_closes():
    world = World()
    bitcoin = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
    definition = stop("btc", "60000", action=patient(hard=True))
    world.arm(replace(definition, source=bitcoin))
    world.engine.state.book(bitcoin)
    world.tick(bitcoin, "59000")

    world.mark("90")
    world.end()
    world.wait(2 * S)

    assert [order.price for order in world.sent] == [99, 99]


# Take-profits


def test_b095_given_a_patient_target_then_taken_back_and_armed_again():
    world, exchange = hit(target("tp", "110", action=patient(5 * S)), price="110")
    hit_ns = world.now_ns

    exchange.wait(6 * S)

    assert closes(world) == [("tp", "10", "108.9", GTC)]
    assert world.state("tp") == "armed"
    assert world.trigger("tp").arming == 2
    assert world.trigger("tp").ts_changed_ns - hit_ns < 5 * S + 20 * MS
    assert world.told(FactKind.TRIGGER_ARMED)[-1].fields["alert"] is True


def test_b101_given_a_target_with_longer_patience_then_its_budget_does_not_end_it():
    world, exchange = hit(target("tp", "110", action=patient(300 * S)), price="110")

    exchange.wait(299 * S)
    assert exchange.cancels == 0
    assert world.state("tp") == "firing"
    exchange.wait(2 * S)

    assert world.state("tp") == "armed"
    assert exchange.cancels == 1


def test_b101_given_a_target_over_its_budget_when_its_cancel_is_lost_then_asked_again():
    world, exchange = hit(
        target("tp", "110", action=WHOLE_LIMIT), price="110", at="100"
    )
    exchange.is_deaf = True
    exchange.wait(61 * S)
    assert exchange.cancels > 1

    exchange.is_deaf = False
    exchange.wait(2 * S)

    assert world.state("tp") == "armed"


def test_b101_given_a_patient_target_is_only_refused_then_its_budget_ends_it():
    world = World()
    world.arm(target("tp", "110", action=patient(300 * S)))
    world.mark("110")

    world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=50 * S)
    world.wait(49 * S)
    world.mark("110")
    world.wait(2 * S)
    assert len(world.sent) == 2
    world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=50 * S)
    world.wait(15 * S)

    assert world.state("tp") == "armed"


def test_b095_given_a_patient_target_fired_by_hand_then_its_patience_counts_too():
    world = World()
    world.arm(target("tp", "110", action=patient(5 * S)))
    exchange = Exchange(world, "100")
    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    exchange.answer()

    exchange.wait(6 * S)

    assert world.state("tp") == "armed"


def test_given_a_target_was_refused_when_it_rests_then_it_has_all_its_patience():
    world = World()
    world.arm(target("tp", "110", action=patient(5 * S)))
    world.mark("110")
    world.refuse(RefusalKind.BUSY, retry_after_ns=3 * S)
    for _ in range(4):
        world.wait(S)
        world.mark("110")
    world.works()
    sent_ns = world.attempt().ts_sent_ns

    assert len(world.sent) == 2
    assert world.firing("tp").rests_until_ns == sent_ns + 5 * S
    # The timer of the first is nobody's.
    world.wait(2 * S)
    assert world.wants(CancelOrder) == []
