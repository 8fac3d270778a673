"""Every warning of the format, word for word, and when it is not given."""

from typing import Any

import pytest

from exitd.core.ticket import AssetClass
from exitd.signals.validating import validate
from signals.alerts import normalised, validated, warnings

TDA = {"brokerPlatform": "td_ameritrade"}
SCHWAB = {"brokerPlatform": "schwab"}
IB = {"brokerPlatform": "interactive_brokers"}
LONG_STOP = {"orderType": "stop", "stopPrice": 102}
TOUCH = {"profitTargetStopPrice": 120, "profitTargetLimitPrice": 119}
GTC = {"timeInForce": "gtc"}
CASES: list[tuple[str, dict[str, Any], str]] = [
    (
        "W1",
        {"orderType": "trailing_stop", "trailPercent": 2, "metadata": TDA},
        "Order type 'trailing_stop' not supported on td_ameritrade",
    ),
    (
        "W1",
        {"ticker": "BTC/USD", **LONG_STOP, **GTC},
        "Order type 'stop' not supported on alpaca",
    ),
    (
        "W1",
        {"ticker": "BTC/USD", **GTC, "metadata": SCHWAB},
        "Crypto not supported on schwab",
    ),
    ("W1", {"qty": 0.5, "metadata": SCHWAB}, "Fractional quantity not supported on"),
    (
        "W1",
        {"qty": None, "notional": 50, "metadata": SCHWAB},
        "Notional not supported on schwab",
    ),
    (
        "W1",
        {"extendedHours": True},
        "Extended hours for market orders not supported on alpaca",
    ),
    (
        "W2",
        {"orderType": "stop", "stopPrice": 105.2},
        "Entry stop price is 5.2% from market price",
    ),
    (
        "W3",
        {"orderType": "limit", "limitPrice": 94.44},
        "Entry limit price is 5.6% from market price",
    ),
    (
        "W4",
        {"orderType": "stop", "stopPrice": 100},
        "Entry stop price is already through the market price",
    ),
    (
        "W4",
        {"direction": "short", "orderType": "stop", "stopPrice": 101},
        "Entry stop price is already through the market price",
    ),
    ("W5", {"marketPrice": None}, "marketPrice missing: analytics unavailable"),
    (
        "W6",
        {"qty": None},
        "Neither qty nor notional was given; the configured default quantity applies",
    ),
    (
        "W7",
        {
            "orderType": "stop_limit",
            "stopPrice": 101,
            "limitPrice": 102,
            "trailPercent": 1,
        },
        "trailPrice and trailPercent ignored for stop_limit orders",
    ),
    (
        "W7",
        {"orderType": "limit", "limitPrice": 99, "stopPrice": 98},
        "stopPrice ignored for limit orders",
    ),
    ("W7", {"orderType": "market", "limitPrice": 99}, "limitPrice ignored for market"),
    (
        "W7",
        {**GTC, "profitTargetType": "limit", **TOUCH},
        "profitTargetStopPrice ignored for limit profit targets",
    ),
    (
        "W7",
        {**GTC, "stopLossType": "stop", "stopLossTarget": 90, "stopLossLimit": 89},
        "stopLossLimitPrice ignored for stop stop losses",
    ),
    (
        "W8",
        {"metadata": {"brokerPlatform": "coinbase"}},
        "Unknown broker platform 'coinbase'",
    ),
    (
        "W9",
        {"timeInForce": "opg", "ticker": "BTC-USD"},
        "Time in force 'opg' not supported for crypto on alpaca",
    ),
    (
        "W9",
        {"timeInForce": "gtc", "ticker": "AAPL240119C00150000"},
        "Time in force 'gtc' not supported for options on alpaca",
    ),
    (
        "W9",
        {"timeInForce": "ioc", **LONG_STOP},
        "Time in force 'ioc' not supported for stop orders on alpaca",
    ),
    (
        "W9",
        {"timeInForce": "gtc", "qty": 0.5},
        "Time in force 'gtc' not supported for fractional orders on alpaca",
    ),
    (
        "W9",
        {"timeInForce": "opg", "metadata": SCHWAB},
        "Time in force 'opg' not supported for equities on schwab",
    ),
    (
        "W10",
        {"positionIntent": "momentum"},
        "positionIntent 'momentum' is not an Alpaca value and is kept as a tag",
    ),
    (
        "W11",
        {**GTC, **TOUCH},
        "Stop-limit profit target is not native on alpaca; managed locally",
    ),
    (
        "C21",
        {"stopLossTarget": 90},
        "Exit targets on a day order end with the session at the broker",
    ),
]


@pytest.mark.parametrize(
    ("rule", "changes", "message"), CASES, ids=lambda case: str(case)[:60]
)
def test_given_an_odd_alert_then_its_sentence_and_what_to_do(
    rule: str, changes: dict[str, Any], message: str
):
    found = validated(**changes)

    assert found.valid
    assert [finding.rule for finding in found.warnings] == [rule]
    assert found.warnings[0].message.startswith(message)
    assert found.warnings[0].meaning
    assert found.warnings[0].action


def test_given_exits_that_exitd_holds_then_none_of_them_ends_with_the_day():
    alert = normalised(stopLossTarget=90)

    found = validate(alert, may_be_native=False)

    assert found.warnings == ()


def test_given_a_touch_exit_that_exitd_holds_on_a_day_order_then_it_does_not_end():
    found = validated(**TOUCH)

    assert [finding.rule for finding in found.warnings] == ["W11"]


def test_given_a_fraction_of_a_trailing_stop_then_the_order_type_is_why():
    (alpaca,) = validated(qty=0.5, orderType="trailing_stop", trailPercent=2).warnings
    (schwab,) = validated(qty=0.5, metadata=SCHWAB).warnings

    assert alpaca.message == "Fractional quantity not supported on alpaca"
    assert alpaca.cause == (
        "It is the order type: alpaca takes fractions in market, limit, stop, "
        "stop_limit orders (day), and not in trailing_stop orders"
    )
    assert "market, limit, stop, stop_limit" in alpaca.remedy
    assert (schwab.cause, schwab.field) == ("Feature not available", "orderType")


def test_given_the_rules_then_each_warning_has_a_test():
    numbers = {f"W{number}" for number in range(1, 12)}

    assert {rule for rule, _, _ in CASES} == numbers | {"C21"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"orderType": "stop", "stopPrice": 105},
        {"orderType": "limit", "limitPrice": 95},
        {"orderType": "trailing_stop", "trailPercent": 2},
        {"timeInForce": "opg"},
        {"timeInForce": "fok", "orderType": "limit", "limitPrice": 99},
        {"ticker": "BTC/USD", "timeInForce": "ioc"},
        {"ticker": "BTC/USD", "stopLossTarget": 90},
        {**TOUCH, **GTC, "metadata": IB},
        {"positionIntent": "buy_to_open", "metadata": {"brokerPlatform": "Alpaca"}},
        {"orderType": "trailing_stop", "trailPercent": 2, "metadata": SCHWAB},
    ],
    ids=str,
)
def test_given_an_ordinary_alert_then_no_warning(changes: dict[str, Any]):
    assert warnings(**changes) == []


def test_given_a_route_that_knows_better_then_its_platform_and_class_count():
    alert = normalised(timeInForce="opg", metadata=TDA)

    found = validate(alert, platform="alpaca", asset_class=AssetClass.CRYPTO)

    assert [finding.message for finding in found.warnings] == [
        "Time in force 'opg' not supported for crypto on alpaca"
    ]


def test_given_what_the_page_says_about_warnings_then_its_actions():
    found = validated(orderType="stop", stopPrice=110, metadata=TDA).warnings
    other = validated(orderType="trailing_stop", trailPrice=1, metadata=TDA).warnings

    assert (found[0].meaning, found[0].action) == (
        "Large price gap",
        "Review order setup",
    )
    assert (other[0].meaning, other[0].action) == (
        "Feature not available",
        "Use supported order type",
    )
