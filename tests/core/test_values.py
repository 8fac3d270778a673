"""Small rules of values: directions, sides, names, what is a stop."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from core.builders import percent
from core.worlds import ACCOUNT, LONG, MARK, SYMBOL, D, close, rule, stop, target, trail
from exitd.core.attempt import AttemptKey
from exitd.core.condition import (
    ConditionKind,
    Direction,
    FixedLevel,
    Immediately,
    MaxHold,
)
from exitd.core.intents import SendClose
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import OrderSide, PositionRecord, Side, UnreflectedFill
from exitd.core.refusals import RESPONSES, delay_ns
from exitd.core.resting import is_crossed
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    FireRecord,
    Notify,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.units import NS_PER_S

K = ConditionKind
_UP, _DOWN = Direction.RISING, Direction.FALLING


@pytest.mark.parametrize(
    ("kind", "side", "way"),
    [
        (K.STOP_LOSS, Side.LONG, _DOWN),
        (K.STOP_LOSS, Side.SHORT, _UP),
        (K.TAKE_PROFIT, Side.LONG, _UP),
        (K.TAKE_PROFIT, Side.SHORT, _DOWN),
        (K.ABOVE, None, _UP),
        (K.BELOW, None, _DOWN),
        (K.ABOVE, Side.SHORT, _UP),
        (K.BELOW, Side.LONG, _DOWN),
    ],
)
def test_b003_given_kind_and_side_then_the_way_a_price_must_come(kind, side, way):
    assert rule("x", kind, "95", side=side).direction is way


@pytest.mark.parametrize(
    ("kind", "side", "action", "is_stop"),
    [
        (K.STOP_LOSS, Side.LONG, close(), True),
        (K.TAKE_PROFIT, Side.LONG, close(), False),
        (K.BELOW, Side.LONG, close(), True),
        (K.ABOVE, Side.LONG, close(), False),
        (K.ABOVE, Side.SHORT, close(), True),
        (K.STOP_LOSS, Side.LONG, CancelAndClose(Cancel(), close()), True),
        (K.STOP_LOSS, Side.LONG, Notify(), False),
        (K.BELOW, None, Cancel(), False),
    ],
)
def test_given_a_rule_then_it_is_a_stop_where_it_closes_on_the_adverse_side(
    kind, side, action, is_stop
):
    assert rule("x", kind, "95", action, side=side).is_stop is is_stop


def test_given_a_close_now_then_it_goes_as_a_stop_and_has_no_level():
    definition = TriggerDefinition(
        id="now",
        owner="cli:me",
        account=ACCOUNT,
        symbol=SYMBOL,
        side=Side.LONG,
        source=MARK,
        condition=Immediately(),
        action=close(),
    )

    assert definition.is_stop
    assert definition.level is None
    with pytest.raises(AssertionError):
        _ = definition.direction


def test_given_keys_then_they_read_as_people_write_them():
    assert str(LONG) == "main/SOL_USDC_PERP/long"
    assert str(AttemptKey("sl", 2, 3)) == "sl#2.3"
    assert str(MARK) == "main/SOL_USDC_PERP/mark"
    closed = PriceSource("m", "S", PriceKind.LAST_CLOSE, "1m", closed=True)
    assert str(closed) == "m/S/last_close.1m.closed"


def test_given_a_side_then_its_close_is_on_the_other():
    assert Side.LONG.close_side is OrderSide.SELL
    assert Side.SHORT.close_side is OrderSide.BUY


def test_given_fills_that_no_report_shows_then_live_is_less_and_never_negative():
    fills = (UnreflectedFill(1, D(4)), UnreflectedFill(2, D(3)))
    position = PositionRecord(key=LONG, quantity=D(10), unreflected=fills)

    assert position.live == 3
    assert position.is_open
    flat = PositionRecord(key=LONG, quantity=D(5), unreflected=fills)
    assert flat.live == 0
    assert not flat.is_open


def test_given_a_fire_that_has_not_filled_then_it_has_an_id_and_no_price():
    fire = FireRecord(
        trigger_id="sl",
        arming=2,
        account=ACCOUNT,
        symbol=SYMBOL,
        side=Side.LONG,
        lifetime=1,
        level=D(95),
        observed=None,
        source=MARK,
        ts_venue_ns=1,
        ts_recv_ns=1,
        ts_hit_ns=1,
    )

    assert fire.fire_id == "sl#2"
    assert fire.average_price is None
    assert fire.gap_percent is None
    assert fire.slippage is None


def test_given_refusals_in_a_row_then_the_delay_doubles_up_to_its_most():
    for kind, response in RESPONSES.items():
        delays = [delay_ns(kind, n, None) for n in range(1, 40)]
        assert delays == sorted(delays)
        assert delays[-1] == response.most_ns
        assert delay_ns(kind, 1, 9 * NS_PER_S) == 9 * NS_PER_S


def test_given_an_intent_to_close_then_it_says_whose():
    order = rule("x", K.BELOW, "1")
    assert SendClose(order).account == ACCOUNT  # type: ignore[arg-type]
    assert isinstance(order.level, Decimal)


@pytest.mark.parametrize(
    ("side", "price", "is_there"),
    [
        (Side.LONG, "95.01", False),
        (Side.LONG, "95", True),
        (Side.SHORT, "94.99", False),
        (Side.SHORT, "95", True),
    ],
)
def test_b001_given_a_level_as_a_price_then_touching_it_is_crossing(
    side, price, is_there
):
    assert is_crossed(stop("sl", "95", side=side), D(price)) is is_there


def test_b001_given_no_level_as_a_price_then_none_crosses_it():
    relative = FixedLevel(K.STOP_LOSS, percent("-3"))

    assert not is_crossed(replace(stop("sl", "95"), condition=relative), D(1))
    assert not is_crossed(trail("t", "5"), D(1))


@pytest.mark.parametrize(
    ("definition", "trail_seq", "is_protected"),
    [
        (stop("sl", "95"), 0, True),
        (target("tp", "110"), 0, False),
        (rule("n", K.BELOW, "95", Notify()), 0, False),
        (trail("t", "5", after="110"), 0, False),
        (trail("t", "5", after="110"), 7, True),
        (replace(stop("late", "95"), condition=MaxHold(1)), 0, False),
    ],
)
def test_b146_given_a_trigger_then_it_protects_where_it_stops_a_loss_now(
    definition, trail_seq, is_protected
):
    record = TriggerRecord(
        definition=definition, state=TriggerState.ARMED, trail_seq=trail_seq
    )

    assert record.protects is is_protected
