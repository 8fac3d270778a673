"""Slices that rest, their patience and their budget (b095, b096, b101)."""

from __future__ import annotations

from core.exchanges import LIMIT, Exchange, sent_at, sliced, slices_of
from core.worlds import (
    D,
    S,
    World,
    stop,
)
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.events import FactKind
from exitd.core.policy import Policies
from exitd.core.units import text

# Slices that rest


def test_given_limit_slices_then_each_rests_until_the_next_is_due():
    world, exchange = slices_of(sliced(3, 10 * S, **LIMIT), price="100")
    assert world.sent[0].time_in_force is TimeInForce.GTC

    exchange.wait(11 * S)

    assert world.sizes() == ["3.333", "5"]
    assert sent_at(world) == [0, 10]
    exchange.mark("110")
    exchange.wait(20 * S)
    assert world.sizes() == ["3.333", "5", "5"]
    assert world.state("tp") == "done: filled"


def test_b101_given_the_last_limit_slice_does_not_fill_then_armed_again_for_the_rest():
    world, exchange = slices_of(sliced(2, 10 * S, **LIMIT), price="110")

    exchange.price = D(100)
    exchange.wait(11 * S)
    assert world.sizes() == ["5", "5"]
    exchange.wait(300 * S)

    assert world.state("tp") == "armed"
    assert world.trigger("tp").filled == 5
    exchange.mark("110")
    assert world.sizes()[2:] == ["2.5"]


def test_b095_given_patience_shorter_than_the_interval_then_taken_back_meanwhile():
    how = sliced(2, 10 * S, patience_ns=(3 * S, 0), **LIMIT)
    world, exchange = slices_of(how, price="100")

    exchange.wait(4 * S)
    assert exchange.cancels == 1
    assert len(world.sent) == 1
    exchange.wait(7 * S)

    assert world.sizes() == ["5", "10"]


def test_b096_given_hard_slices_then_none_is_beyond_the_bound():
    how = sliced(3, 5 * S, is_hard=True, patience_ns=(2 * S, 0), **LIMIT)
    world = World()
    world.arm(stop("late", "97", action=how))
    exchange = Exchange(world, "90")
    exchange.mark("90")

    exchange.wait(300 * S)

    assert {order.price for order in world.sent} == {D("96.03")}
    assert world.state("late") == "firing"
    exchange.mark("97")
    assert exchange.size == 0


def test_b095_given_patient_slices_of_a_timed_exit_then_each_escalates_by_itself():
    how = sliced(2, 20 * S, patience_ns=(3 * S, 3 * S), **LIMIT)
    world = World()
    world.arm(stop("late", "97", action=how))
    exchange = Exchange(world, "90")
    exchange.mark("90")

    exchange.wait(30 * S)

    prices = [text(o.price) if o.price is not None else "market" for o in world.sent]
    assert prices == ["96.03", "94.09", "market"] * 2
    assert world.sizes() == ["5"] * 6
    assert sent_at(world) == [0, 3, 6, 20, 23, 26]
    assert world.state("late") == "done: filled"


# Their budget


def test_b101_given_slices_in_time_then_the_budget_does_not_end_them():
    world, exchange = slices_of(sliced(5, 50 * S))

    exchange.mark("100")
    exchange.wait(201 * S)

    assert len(world.sent) == 5
    assert world.state("tp") == "done: filled"
    assert len(world.told(FactKind.TRIGGER_ARMED)) == 1


def test_b101_given_a_slice_is_over_its_budget_then_armed_again_for_the_rest():
    world, exchange = slices_of(sliced(2, 10 * S))
    assert world.sizes() == ["5"]
    world.mark("100")

    world.wait(10 * S)
    for _ in range(8):
        world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=10 * S)
        world.wait(10 * S)
        if world.state("tp") == "armed":
            break

    assert world.state("tp") == "armed"
    assert world.trigger("tp").filled == 5
    exchange.mark("110")
    assert world.sizes()[-1] == "2.5"


def test_b101_given_timed_slices_in_time_then_no_alert_that_they_are_late():
    world = World(policies=Policies(stop_budget_ns=30 * S))
    world.arm(stop("late", "97", action=sliced(5, 50 * S)))
    exchange = Exchange(world, "96")
    exchange.mark("97")

    exchange.wait(240 * S)

    assert world.state("late") == "done: filled"
    assert world.told(FactKind.TRIGGER_HELD) == []


def test_b101_given_a_timed_slice_is_late_then_it_alerts_and_goes_on():
    world = World()
    world.arm(stop("late", "97", action=sliced(2, 10 * S)))
    world.mark("97")

    for _ in range(40):
        world.refuse(RefusalKind.BUSY)
        world.wait(6 * S)

    alerts = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields.get("alert")]
    assert len(alerts) >= 2
    assert world.state("late") == "firing"
