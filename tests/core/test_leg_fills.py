"""What exits that a broker held have closed: noted with the entry, and told once."""

from __future__ import annotations

from typing import Any

import pytest

from core.entering import ENTRY, NATIVE, EnteringWorld
from core.worlds import D
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import AttachedExits
from exitd.core.trigger import OrderType

FILLED, CANCELLED = OrderStatus.FILLED, OrderStatus.CANCELLED
TP, SL = ConditionKind.TAKE_PROFIT, ConditionKind.STOP_LOSS
STOP: dict[str, Any] = {"is_trigger": True, "order": OrderType.MARKET}
TOUCHED = AttachedExits(take_profit_price=D(110), touch_price=D(109), stop_price=D(95))


def bracketed(
    attached: AttachedExits | None = NATIVE, side: OrderSide = OrderSide.BUY
) -> EnteringWorld:
    """Ten, bought or sold at 100."""
    world = EnteringWorld()
    world.enter(attached=attached, side=side)
    world.fills("10")
    return world


def told(world: EnteringWorld) -> dict[str, Any]:
    (fact,) = world.told(FactKind.EXIT_FILLED_AT_BROKER)
    return dict(fact.fields)


def test_given_a_take_profit_of_the_broker_when_it_fills_then_told_with_its_result():
    world = bracketed()

    world.leg("leg-tp", FILLED, "10", price=D("110.5"), filled_quote=D(1106))

    fields = told(world)
    assert fields["entry"] == ENTRY
    assert (fields["leg"], fields["kind"], fields["alert"]) == (
        "leg-tp",
        "take_profit",
        True,
    )
    assert (fields["filled"], fields["average_price"]) == (D(10), D("110.6"))
    assert (fields["level"], fields["result"]) == (D("110.5"), D(106))
    (noted,) = world.entry().leg_fills
    assert (noted.leg, noted.kind, noted.ended) == ("leg-tp", TP, "filled")
    assert noted.ts_venue_ns == fields["ts_venue_ns"]
    world.leg("leg-tp", FILLED, "10")
    assert len(world.entry().leg_fills) == 1


def test_given_a_short_when_its_stop_fills_higher_then_a_loss():
    world = bracketed(
        AttachedExits(take_profit_price=D(90), stop_price=D(105)), OrderSide.SELL
    )

    world.leg("l", FILLED, "10", filled_quote=D(1052), side=OrderSide.BUY, **STOP)

    fields = told(world)
    assert (fields["kind"], fields["level"]) == ("stop_loss", D(105))
    assert fields["result"] == D(-52)


def test_given_a_part_when_a_leg_is_cancelled_then_that_part_is_told():
    world = bracketed()

    world.leg("leg-tp", CANCELLED, "4", filled_quote=D(440))

    assert (told(world)["filled"], told(world)["result"]) == (D(4), D(40))
    assert world.entry().leg_fills[0].ended == "cancelled"


def test_given_nothing_closed_when_a_leg_ends_then_nothing_is_told():
    world = bracketed()

    world.leg("leg-tp", CANCELLED)

    assert world.told(FactKind.EXIT_FILLED_AT_BROKER) == []
    assert world.entry().leg_fills == ()


def test_given_no_price_when_a_leg_fills_then_no_result_is_guessed():
    world = bracketed()

    world.leg("leg-tp", FILLED, "10")

    fields = told(world)
    assert (fields["average_price"], fields["result"]) == (None, None)
    assert fields["level"] == D(110)


@pytest.mark.parametrize("filled", ["", "10"])
def test_given_an_entry_of_unknown_price_when_a_leg_fills_then_no_result(filled):
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.said(OrderStatus.WORKING)
    if filled:
        world.fills(filled, filled_quote=D(0))

    world.leg("leg-tp", FILLED, "10", filled_quote=D(1100))

    assert told(world)["average_price"] == D(110)
    assert told(world)["result"] is None


@pytest.mark.parametrize(
    ("attached", "report", "kind", "level"),
    [
        (NATIVE, {**STOP, "trigger_price": D("95.5")}, SL, "95.5"),
        (AttachedExits(take_profit_price=D(110)), STOP, TP, "110"),
        (AttachedExits(stop_price=D(95)), {"order": None}, SL, "95"),
        (TOUCHED, {"is_trigger": True, "trigger_price": D(109)}, TP, "110"),
        (TOUCHED, {"is_trigger": True, "trigger_price": D(95)}, SL, "95"),
        (NATIVE, {"order": OrderType.MARKET}, None, None),
        (None, {}, TP, None),
    ],
)
def test_given_what_a_leg_says_when_it_fills_then_its_kind_as_far_as_that_goes(
    attached, report, kind, level
):
    world = bracketed(attached)

    world.leg("leg-1", FILLED, "10", **report)

    (noted,) = world.entry().leg_fills
    assert noted.kind is kind
    assert noted.level == (None if level is None else D(level))


def test_given_a_restart_when_asked_then_what_a_leg_has_closed_is_known():
    world = bracketed()
    world.leg("leg-tp", FILLED, "4", filled_quote=D(440))

    world.restart()

    assert world.entry().leg_fills[0].average_price == D(110)
