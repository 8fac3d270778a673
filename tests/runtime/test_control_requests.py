"""What may be asked for, and in which words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.configuration.values import read_expiry
from exitd.core.condition import ConditionKind
from exitd.core.market import PriceKind
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)
from exitd.runtime.control.amending import changed
from exitd.runtime.control.definitions import asked_for
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.control.keys import digest
from exitd.runtime.control.requests import (
    Market,
    TriggerChange,
    TriggerRequest,
    market_of,
)
from exitd.runtime.problems import ControlError
from fakes.clocks import ManualClock

NOW_NS = 1_700_000_000_000_000_000
LONG = Market("main", "SOL_USDC_PERP", Side.LONG)
NO_SIDE = Market("main", "SOL_USDC_PERP", None)


def request(kind: ConditionKind = ConditionKind.STOP_LOSS, **words) -> TriggerRequest:
    return TriggerRequest(kind=kind, level=Decimal(95), **words)


def made(asked: TriggerRequest, market: Market = LONG) -> TriggerDefinition:
    asked_exit = asked_for(asked, market, id="t", owner="api:me", now_ns=NOW_NS)
    return asked_exit.definition


def refused(work) -> str:
    with pytest.raises(ControlError) as caught:
        work()
    return caught.value.code


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ({}, Close()),
        ({"close": Quantity(QuantityKind.REST)}, Close(Quantity(QuantityKind.REST))),
        (
            {"order": OrderType.LIMIT, "slippage_limit": Decimal("0.5")},
            Close(order=OrderType.LIMIT, slippage_limit=Decimal("0.5")),
        ),
        (
            {"do": "cancel_and_close", "orders": "limit"},
            CancelAndClose(Cancel(CancelScope.LIMIT), Close()),
        ),
    ],
)
def test_given_words_of_a_stop_when_made_then_its_action(words, action):
    assert made(request(**words)).action == action


@pytest.mark.parametrize(
    ("do", "orders", "action"),
    [
        ("cancel", "", Cancel(CancelScope.ALL)),
        ("cancel", "trigger", Cancel(CancelScope.TRIGGER)),
        ("cancel", "4242", Cancel(CancelScope.ONE, "4242")),
        ("notify", "", Notify()),
    ],
)
def test_given_a_market_without_side_when_asked_to_cancel_or_tell_then_done(
    do, orders, action
):
    asked = request(ConditionKind.BELOW, do=do, orders=orders)

    assert made(asked, NO_SIDE).action == action


@pytest.mark.parametrize(
    ("kind", "words", "market", "code"),
    [
        (ConditionKind.BELOW, {}, LONG, "no_action"),
        (ConditionKind.STOP_LOSS, {"do": "notify"}, LONG, "bad_action"),
        (ConditionKind.STOP_LOSS, {}, NO_SIDE, "no_side"),
        (ConditionKind.BELOW, {"do": "close"}, NO_SIDE, "no_side"),
        (ConditionKind.BELOW, {"do": "notify", "price": "bid_ask"}, NO_SIDE, "no_side"),
        (ConditionKind.STOP_LOSS, {"orders": "all"}, LONG, "idle_key"),
        (ConditionKind.STOP_LOSS, {"candle": "5m"}, LONG, "idle_key"),
        (ConditionKind.STOP_LOSS, {"slippage_limit": Decimal(1)}, LONG, "idle_key"),
        (
            ConditionKind.BELOW,
            {"do": "notify", "order": OrderType.LIMIT},
            LONG,
            "idle_key",
        ),
    ],
)
def test_given_words_that_do_not_go_together_when_made_then_refused(
    kind, words, market, code
):
    assert refused(lambda: made(request(kind, **words), market)) == code


@pytest.mark.parametrize(
    ("side", "kind"), [(Side.LONG, PriceKind.BID), (Side.SHORT, PriceKind.ASK)]
)
def test_given_bid_ask_when_made_then_the_side_that_a_close_would_hit(side, kind):
    asked = request(price="bid_ask")

    assert made(asked, Market("main", "X", side)).source.kind is kind


def test_given_last_close_when_made_then_its_candle_and_expiry_from_now():
    asked = request(price="last_close", closed_candles=True, expires=read_expiry("2s"))

    trigger = made(asked)

    assert (trigger.source.candle, trigger.source.closed) == ("1m", True)
    assert trigger.expires_ns == NOW_NS + 2_000_000_000


@pytest.mark.parametrize(
    ("words", "accounts", "code"),
    [
        ({}, ("main",), "no_market"),
        ({"symbol": "X", "name": "sl"}, ("main",), "ambiguous"),
        ({"position": "none"}, ("main",), "unknown_position"),
        ({"position": "p", "symbol": "X"}, ("main",), "ambiguous"),
        ({"symbol": "X", "account": "who"}, ("main",), "unknown_account"),
        ({"symbol": "X"}, ("main", "other"), "no_account"),
    ],
)
def test_given_no_clear_market_when_looked_for_then_refused(words, accounts, code):
    known = dict.fromkeys(accounts)

    assert refused(lambda: market_of(request(**words), (), known)) == code


def test_given_a_change_when_applied_then_only_what_was_said():
    before = made(request(close=Quantity(QuantityKind.SHARE, Decimal(50))))

    after, _ = changed(before, TriggerChange(level=Decimal(96)), now_ns=NOW_NS)

    assert (after.level, after.action, after.owner) == (96, before.action, "api:me")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (TriggerChange(slippage_limit=Decimal(1)), "idle_key"),
        (TriggerChange(order=OrderType.MARKET, slippage_limit=Decimal(1)), "idle_key"),
    ],
)
def test_given_a_change_that_makes_no_sense_when_applied_then_refused(change, code):
    trigger = made(request())

    assert refused(lambda: changed(trigger, change, now_ns=NOW_NS)) == code


def test_given_a_notice_when_its_close_is_changed_then_refused():
    trigger = made(request(ConditionKind.ABOVE, do="notify"))
    change = TriggerChange(close=Quantity(QuantityKind.REST))

    assert refused(lambda: changed(trigger, change, now_ns=NOW_NS)) == "no_close"


@given(st.lists(st.integers(0, 3_000_000), max_size=40), st.binary(max_size=80))
def test_given_any_clock_and_dice_when_ids_are_made_then_they_rise(waits, dice):
    clock = ManualClock()
    thrown = iter(dice)
    ids = Identifiers(clock, lambda n: bytes([next(thrown, 255)] * n))

    made_ids = []
    for wait_ns in waits:
        clock.advance(wait_ns)
        made_ids.append(ids.next("trg"))

    assert made_ids == sorted(set(made_ids))
    assert all(len(one) == 30 for one in made_ids)


def test_given_the_same_words_when_digested_then_the_same_and_else_not():
    assert digest((request(), "a")) == digest((request(), "a"))
    assert digest((request(), "a")) != digest((request(note="x"), "a"))
