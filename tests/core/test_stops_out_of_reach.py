"""A stop whose hard bound cannot be met now holds nobody up (b064, b065, b096).

Unless told otherwise: a stop at 95 that never closes below 94.05 fires, and the price
is 93.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from core.exchanges import LIMIT, Exchange, closes, hit, patient, sliced
from core.worlds import D, S, World, close, rule, stop, target
from exitd.core.attempt import TimeInForce
from exitd.core.condition import (
    ConditionKind,
    Confirmation,
    FixedLevel,
    MaxHold,
)
from exitd.core.inputs import FireNow
from exitd.core.intents import CancelOrder
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import Close, TriggerDefinition
from exitd.core.units import text

GTC = TimeInForce.GTC
BITCOIN = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
HARD, RESTS = patient(hard=True), patient(5 * S, hard=True)
STOP_FIRES = "a stop of the position is firing"


def elsewhere(action: Close | None = None, **changed: object) -> TriggerDefinition:
    """Close when another market rises to 60,000; that is no stop."""
    base = target("btc", "60000", source=BITCOIN, action=action or close("4"))
    condition = FixedLevel(ConditionKind.ABOVE, D(60_000))
    return replace(base, condition=condition, **changed)


def out_of_reach(
    *others: TriggerDefinition, how: Close = HARD
) -> tuple[World, Exchange]:
    """The stop has hit, and its close could not be filled."""
    world, exchange = hit(stop("sl", "95", action=how), *others, price="93", at="93")
    world.engine.state.book(BITCOIN)
    world.tick(BITCOIN, "59999")
    assert world.state("sl") == "firing"
    return world, exchange


def rises(world: World, exchange: Exchange) -> None:
    """The other market reaches its level."""
    world.tick(BITCOIN, "60001")
    exchange.answer()


def fire(world: World, exchange: Exchange, id: str) -> None:
    world.do(FireNow(trigger_id=id, by="me", now_ns=world.later()))
    exchange.answer()


def closed(world: World) -> dict[str, str]:
    """How much each trigger has closed."""
    total: dict[str, Decimal] = {}
    for n, order in enumerate(world.sent):
        id = order.attempt.trigger_id
        total[id] = total.get(id, D(0)) + world.attempt(n).filled
    return {id: text(quantity) for id, quantity in total.items()}


# Take-profits


def test_b064_given_a_stop_out_of_reach_when_a_target_hits_then_it_goes_at_once():
    world, exchange = out_of_reach(elsewhere())

    rises(world, exchange)

    assert world.state("btc") == "done: filled"
    assert closed(world) == {"sl": "0", "btc": "4"}


def test_b096_given_a_target_went_meanwhile_then_the_stop_closes_the_rest_in_reach():
    world, exchange = out_of_reach(elsewhere())
    rises(world, exchange)

    exchange.mark("94.05")
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "6", "btc": "4"}
    assert world.state("sl") == "done: filled"


def test_b064_given_a_short_then_its_bound_lies_above_and_holds_nobody_up_either():
    world = World(side=Side.SHORT)
    stop_up = stop("sl", "105", side=Side.SHORT, action=HARD)
    world.arm(stop_up, target("tp", "90", "4", side=Side.SHORT))
    exchange = Exchange(world, "107")
    exchange.mark("107")

    fire(world, exchange, "tp")
    assert closed(world) == {"sl": "0", "tp": "4"}
    exchange.mark("106.05")
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "6", "tp": "4"}


def test_b064_given_a_target_fired_by_hand_while_a_stop_is_out_of_reach_then_it_goes():
    world, exchange = out_of_reach(target("tp", "110"))

    fire(world, exchange, "tp")

    assert closed(world) == {"sl": "0", "tp": "10"}
    assert world.state("sl") == "done: retired"


def test_b065_given_a_hard_stop_in_reach_when_a_target_hits_then_the_stop_goes_first():
    world, exchange = out_of_reach(elsewhere())
    exchange.liquidity = D(0)
    exchange.mark("94.05")

    rises(world, exchange)
    assert world.state("btc") == "armed"
    exchange.liquidity = None
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "10"}
    assert world.state("btc") == "done: retired"


def test_b065_given_a_stop_that_is_not_hard_beside_it_then_the_target_waits_for_that():
    world, exchange = out_of_reach(elsewhere(), stop("soft", "92", "3"))
    exchange.liquidity = D(0)
    exchange.mark("92")

    rises(world, exchange)

    assert world.state("soft") == "firing"
    assert world.state("btc") == "armed"


def test_b065_given_the_bound_is_of_an_unknown_price_then_the_target_waits():
    world = World(mark=None)
    hard = stop("sl", "60000", action=HARD, source=BITCOIN)
    world.engine.state.book(BITCOIN)
    world.arm(hard, target("tp", "110"))
    world.tick(BITCOIN, "59000")
    exchange = Exchange(world, "93")

    fire(world, exchange, "tp")

    assert world.sent == []
    assert world.firing("tp").held_by == STOP_FIRES


def test_b065_given_a_restart_then_a_target_waits_until_a_price_says_out_of_reach():
    world, exchange = out_of_reach(target("tp", "110", "4"))
    world.restart()
    world.position("10")
    fire(world, exchange, "tp")
    assert world.firing("tp").held_by == STOP_FIRES

    exchange.mark("93")
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "0", "tp": "4"}


def test_b065_given_both_met_by_one_tick_then_the_target_is_judged_after_the_stop():
    world = World(mark=None)
    below = rule("sl", ConditionKind.BELOW, "105", HARD)
    world.arm(target("tp", "101", "4"), below)
    exchange = Exchange(world, "102")

    exchange.mark("102")
    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"
    exchange.mark("102")

    assert world.state("tp") == "done: filled"
    assert closed(world) == {"sl": "0", "tp": "4"}


def test_b064_given_the_close_of_the_stop_is_in_doubt_then_the_target_waits_for_it():
    world = World()
    world.arm(stop("sl", "95", action=HARD), target("tp", "110", "4"))
    world.mark("93")
    world.lose(0)

    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    assert world.who() == ["sl"]
    world.end(0)

    assert world.who() == ["sl", "tp"]


def test_b065_given_a_confirmed_target_and_a_stop_out_of_reach_then_it_does_not_wait():
    held = elsewhere(confirmation=Confirmation(for_ns=5 * S))
    world, exchange = out_of_reach(held)
    rises(world, exchange)
    assert world.state("btc") == "armed"

    exchange.wait(5 * S)

    assert world.state("btc") == "done: filled"


def test_b131_given_a_confirmed_target_held_for_a_stop_then_judged_out_of_reach():
    held = elsewhere(confirmation=Confirmation(for_ns=5 * S))
    world, exchange = out_of_reach(held)
    exchange.liquidity = D(0)
    exchange.mark("94.05")
    rises(world, exchange)
    exchange.wait(7 * S)
    assert world.state("btc") == "armed"

    exchange.liquidity = None
    exchange.mark("93")
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "0", "btc": "4"}


# A stop that rests at its bound


def test_b064_given_a_stop_rests_out_of_reach_when_a_target_hits_then_taken_back():
    world, exchange = out_of_reach(elsewhere(), how=RESTS)
    assert list(exchange.resting) == [0]

    rises(world, exchange)
    assert closed(world) == {"sl": "0", "btc": "4"}
    exchange.wait(S)

    assert closes(world)[2:] == [("sl", "6", "94.05", GTC)]
    exchange.mark("94.05")
    assert world.state("sl") == "done: filled"


def test_b064_given_two_stops_out_of_reach_then_only_what_rests_is_taken_back():
    near = stop("near", "94.5", action=patient(size="2", hard=True))
    rests = patient(5 * S, size="4", hard=True)
    world, exchange = out_of_reach(elsewhere(close("8")), near, how=rests)
    assert len(exchange.resting) == 1

    rises(world, exchange)

    assert exchange.cancels == 1
    assert closed(world) == {"sl": "0", "near": "0", "btc": "8"}


@pytest.mark.parametrize("after", ["the price came back", "no price for long"])
def test_b064_given_a_target_that_may_not_go_then_what_rests_is_left_alone(after: str):
    world, exchange = out_of_reach(elsewhere(), how=RESTS)
    world.slots = False
    world.tick(BITCOIN, "60001")
    if after == "the price came back":
        world.tick(BITCOIN, "59000")
    else:
        world.wait(20 * S)

    world.open_slots()

    assert world.firing("btc").held_by == "other closes of the position are unresolved"
    assert world.wants(CancelOrder) == []
    assert list(exchange.resting) == [0]


def test_b064_given_it_rests_in_reach_and_the_price_leaves_then_the_target_goes_soon():
    world, exchange = out_of_reach(target("tp", "110", "4"), how=RESTS)
    # It rests where nobody buys; to us it could be met.
    world.mark("94.05")
    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    assert world.firing("tp").held_by == "other closes of the position are unresolved"

    world.mark("93")
    exchange.wait(61 * S)

    assert closed(world) == {"sl": "0", "tp": "4"}


# What rests for a target


LIMITED = Close(quantity=close("4").quantity, **LIMIT)


def resting_target(world: World, exchange: Exchange) -> None:
    exchange.price = D(93)
    fire(world, exchange, "tp")
    assert world.attempt(-1).order.time_in_force is GTC


def test_b064_given_a_target_rests_when_another_stop_hits_then_it_is_taken_back():
    world, exchange = out_of_reach(
        target("tp", "110", action=LIMITED), stop("soft", "90")
    )
    resting_target(world, exchange)
    assert exchange.cancels == 0
    world.slots = False

    exchange.mark("90")
    assert exchange.cancels == 1
    world.slots = True
    world.open_slots()
    exchange.wait(S)

    assert closed(world) == {"sl": "0", "tp": "0", "soft": "10"}


def test_b064_given_a_target_rests_when_the_stop_is_in_reach_then_it_is_taken_back():
    world, exchange = out_of_reach(target("tp", "110", action=LIMITED))
    resting_target(world, exchange)

    exchange.mark("94.05")
    exchange.wait(2 * S)

    assert exchange.cancels == 1
    assert closed(world) == {"sl": "10", "tp": "0"}


def test_b064_given_a_target_rests_on_all_of_it_then_the_stop_looks_until_in_reach():
    whole = replace(LIMITED, quantity=close().quantity)
    world, exchange = out_of_reach(target("tp", "110", action=whole))
    resting_target(world, exchange)
    exchange.wait(100 * S)
    assert exchange.cancels == 0
    assert world.firing("sl").held_by == "other closes of the position are unresolved"

    exchange.mark("94.05")
    exchange.wait(2 * S)

    assert closed(world) == {"sl": "10", "tp": "0"}


def test_b111_given_a_restart_while_a_target_rests_then_another_stop_takes_it_back():
    world, exchange = out_of_reach(
        target("tp", "110", action=LIMITED), stop("soft", "90")
    )
    resting_target(world, exchange)
    world.restart()
    world.position("10")
    world.mark("93")
    assert world.wants(CancelOrder) == []

    exchange.mark("90")
    exchange.wait(S)

    assert closed(world) == {"sl": "0", "tp": "0", "soft": "10"}


# Closes in slices


def timed(every_ns: int = 10 * S) -> TriggerDefinition:
    """A stop that closes in two slices, 30 s after the position has begun."""
    base = stop("late", "90", action=sliced(2, every_ns))
    return replace(base, condition=MaxHold(30 * S))


def test_b096_given_a_stop_out_of_reach_then_a_close_in_slices_goes_on():
    world, exchange = out_of_reach(timed())

    exchange.wait(60 * S)

    assert closed(world) == {"sl": "0", "late": "10"}


def test_b096_given_a_stop_rests_out_of_reach_then_it_is_taken_back_for_each_slice():
    world, exchange = out_of_reach(timed(), how=RESTS)

    exchange.wait(60 * S)

    assert closed(world) == {"sl": "0", "late": "10"}
    assert [c[1] for c in closes(world) if c[0] == "sl"] == ["10", "5"]


def test_b064_given_the_stop_comes_in_reach_between_slices_then_it_takes_all():
    world, exchange = out_of_reach(timed(60 * S))
    exchange.wait(35 * S)
    assert closed(world) == {"sl": "0", "late": "5"}

    exchange.mark("94.05")
    exchange.wait(100 * S)

    assert closed(world) == {"sl": "5", "late": "5"}
