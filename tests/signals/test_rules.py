"""Every error of the format, word for word and in its order."""

from typing import Any

import pytest

from exitd.signals.validating import validate
from signals.alerts import errors, normalised, validated

LIMITED = {"orderType": "stop_limit", "stopPrice": 101, "limitPrice": 102}
SHORT = {"direction": "short"}
BOTH = {"profitTarget": 120, "stopLossTarget": 90}
ONE_OF = {
    "orderType": "orderType must be one of market, limit, stop, stop_limit,"
    " trailing_stop",
    "timeInForce": "timeInForce must be one of day, gtc, opg, cls, ioc, fok",
    "profitTargetType": "profitTargetType must be one of limit, stop_limit",
    "stopLossType": "stopLossType must be one of stop, stop_limit",
}
EXCLUSIVE = (
    "trailPrice and trailPercent are mutually exclusive for trailing_stop orders"
)


def required(name: str, of: str) -> str:
    return f"{name} is required for {of}"


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("E1", {"ticker": None}, ["ticker is required"]),
    ("E1", {"ticker": "  "}, ["ticker is required"]),
    ("E2", {"direction": ""}, ["direction is required"]),
    ("E3", {"auth_key": ""}, ["auth_key is required"]),
    ("E4", {"orderType": "limit"}, [required("limitPrice", "limit orders")]),
    ("E5", {"orderType": "stop"}, [required("stopPrice", "stop orders")]),
    (
        "E6",
        {"orderType": "stop_limit", "stopPrice": 101},
        [required("limitPrice", "stop_limit orders")],
    ),
    (
        "E6",
        {"orderType": "stop_limit", "limitPrice": 101},
        [required("stopPrice", "stop_limit orders")],
    ),
    (
        "E7",
        {"orderType": "trailing_stop"},
        [required("trailPrice or trailPercent", "trailing_stop orders")],
    ),
    ("E8", {**LIMITED, "stopPrice": 102}, ["stopPrice must be less than limitPrice"]),
    ("E9", {**LIMITED, **SHORT}, ["stopPrice must be greater than limitPrice"]),
    ("E10", {"direction": "up"}, ["direction must be 'long' or 'short'"]),
    ("E11", {"orderType": "oco"}, [ONE_OF["orderType"]]),
    ("E12", {"timeInForce": "gtd"}, [ONE_OF["timeInForce"]]),
    (
        "E13",
        {"clientOrderId": "x" * 129},
        ["clientOrderId must be at most 128 characters"],
    ),
    ("E14", {"notional": 5}, ["qty and notional are mutually exclusive"]),
    (
        "E15",
        {"orderType": "trailing_stop", "trailPrice": 1, "trailPercent": 1},
        [EXCLUSIVE],
    ),
    (
        "E16",
        {"positionIntent": "sell_to_open"},
        ["positionIntent 'sell_to_open' conflicts with direction 'long'"],
    ),
    (
        "E16",
        {**SHORT, "positionIntent": "buy_to_close"},
        ["positionIntent 'buy_to_close' conflicts with direction 'short'"],
    ),
    (
        "E17",
        {"positionIntent": "buy_to_close", "stopLossTarget": 90},
        ["exit targets are not allowed with positionIntent 'buy_to_close'"],
    ),
    (
        "E18",
        {"profitTargetType": "stop_limit", "profitTarget": 120},
        [required("profitTargetStopPrice", "stop_limit profit targets")],
    ),
    (
        "E18",
        {"profitTargetType": "limit"},
        [required("profitTargetLimitPrice", "limit profit targets")],
    ),
    (
        "E18",
        {"stopLossType": "stop_limit", "stopLossTarget": 90},
        [required("stopLossLimitPrice", "stop_limit stop losses")],
    ),
    (
        "E18",
        {"stopLoss": {"limitPrice": 90}},
        [required("stopLossStopPrice", "stop_limit stop losses")],
    ),
    (
        "E18",
        {"profitTargetType": "stop", "profitTarget": 120},
        [ONE_OF["profitTargetType"]],
    ),
    ("E18", {"stopLossType": "limit"}, [ONE_OF["stopLossType"]]),
    (
        "E19",
        {"profitTarget": 90, "stopLossTarget": 90},
        ["take profit must be above stop loss for long orders"],
    ),
    (
        "E19",
        {**SHORT, **BOTH},
        ["take profit must be below stop loss for short orders"],
    ),
    (
        "E20",
        {"stopLossTarget": 90, "stopLossLimit": 91},
        ["stopLossLimitPrice must not be above stopLossStopPrice for long orders"],
    ),
    (
        "E20",
        {**SHORT, "stopLossTarget": 110, "stopLossLimit": 109},
        ["stopLossLimitPrice must not be below stopLossStopPrice for short orders"],
    ),
    (
        "E20",
        {"profitTargetStopPrice": 120, "profitTargetLimitPrice": 121},
        [
            "profitTargetLimitPrice must not be above profitTargetStopPrice"
            " for long orders"
        ],
    ),
    (
        "E20",
        {**SHORT, "profitTargetStopPrice": 80, "profitTargetLimitPrice": 79},
        [
            "profitTargetLimitPrice must not be below profitTargetStopPrice"
            " for short orders"
        ],
    ),
]


@pytest.mark.parametrize(
    ("rule", "changes", "expected"), CASES, ids=lambda case: str(case)[:60]
)
def test_given_an_alert_that_breaks_a_rule_then_its_sentence_and_a_remedy(
    rule: str, changes: dict[str, Any], expected: list[str]
):
    found = validated(**changes)

    assert [finding.message for finding in found.errors] == expected
    assert not found.valid
    assert [finding.rule for finding in found.errors] == [rule]
    assert all(finding.cause and finding.remedy for finding in found.errors)


def test_given_the_rules_then_each_of_the_twenty_has_a_test():
    assert {rule for rule, _, _ in CASES} == {f"E{number}" for number in range(1, 21)}


def test_given_a_good_alert_then_no_error():
    assert errors() == []
    assert errors(**LIMITED, **BOTH) == []
    assert errors(**SHORT, profitTarget=80, stopLossTarget=110) == []


def test_given_many_faults_then_all_are_reported_in_order():
    found = errors(
        ticker=None,
        auth_key=None,
        qty="ten",
        notional=5,
        orderType="stop_limit",
        stopPrice=103,
        limitPrice=102,
        timeInForce="soon",
        clientOrderId="x" * 200,
        positionIntent="sell_to_close",
        profitTarget=90,
        stopLossTarget=95,
    )

    assert found == [
        "qty must be a number",
        "ticker is required",
        "auth_key is required",
        "stopPrice must be less than limitPrice",
        ONE_OF["timeInForce"],
        "clientOrderId must be at most 128 characters",
        "positionIntent 'sell_to_close' conflicts with direction 'long'",
        "exit targets are not allowed with positionIntent 'sell_to_close'",
        "take profit must be above stop loss for long orders",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"orderType": "limit", "limitPrice": "abc"}, "limitPrice must be a number"),
        (
            {"orderType": "trailing_stop", "trailPercent": True},
            "trailPercent must be a number",
        ),
        ({"stopLoss": {"type": "stop", "stopPrice": "x"}}, "stopLoss.stopPrice must"),
        ({"profitTargetType": "limit", "profitTarget": "x"}, "profitTarget must be a"),
    ],
)
def test_given_a_price_that_cannot_be_read_then_nobody_says_it_is_missing(
    changes: dict[str, Any], message: str
):
    found = errors(**changes)

    assert len(found) == 1
    assert found[0].startswith(message)


def test_given_a_door_that_has_compared_the_key_then_it_is_not_asked_for():
    found = validate(normalised(auth_key=None), needs_auth_key=False)

    assert found.errors == ()


def test_given_a_route_that_is_not_strict_then_equal_prices_pass_and_no_others():
    equal = normalised(orderType="stop_limit", stopPrice=101, limitPrice=101)
    beyond = normalised(orderType="stop_limit", stopPrice=102, limitPrice=101)

    assert validate(equal, is_strict=False).errors == ()
    assert not validate(equal).valid
    assert not validate(beyond, is_strict=False).valid


def test_given_what_the_page_says_about_errors_then_its_remedies():
    found = validated(ticker=None, direction=None, orderType="limit").errors

    assert [(finding.cause, finding.remedy) for finding in found] == [
        ("Missing symbol", 'Add "ticker": "AAPL"'),
        ("Missing direction", 'Add "direction": "long"'),
        ("Limit order without price", 'Add "limitPrice": 150.00'),
    ]
