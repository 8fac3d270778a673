"""Dialects, spellings and conflicts, and what can be wrong with a field."""

import json
from decimal import Decimal
from typing import Any

import pytest

from exitd.core.ticket import PositionIntent, TicketTime, TicketType
from exitd.signals.json_form import signal_json, signal_of
from exitd.signals.model import Direction, LossType, ProfitType
from exitd.signals.normalising import normalise
from exitd.signals.reading import read_body
from signals.alerts import dec, errors, normalised, validated

NOT_GIVEN = {"qty": None, "marketPrice": None}


def test_given_the_dialect_before_then_as_the_page_says():
    found = normalise(
        read_body(
            b'{"price": 150.25, "action": "buy", "ticker": "AAPL",'
            b' "extras": {"stop": 150.50, "limit": 151.00, "risk": 2}}'
        )
    )

    signal = found.signal
    assert json.loads(signal_json(signal)) == {
        "ticker": "AAPL",
        "direction": "long",
        "marketPrice": 150.25,
        "stopPrice": 150.5,
        "limitPrice": 151,
        "orderType": "stop_limit",
        "metadata": {"extras": {"risk": 2}},
    }
    assert found.errors == ()


@pytest.mark.parametrize(
    ("written", "direction", "intent"),
    [
        ("entryLong", Direction.LONG, PositionIntent.BUY_TO_OPEN),
        ("exitLong", Direction.SHORT, PositionIntent.SELL_TO_CLOSE),
        ("entryShort", Direction.SHORT, PositionIntent.SELL_TO_OPEN),
        ("exitShort", Direction.LONG, PositionIntent.BUY_TO_CLOSE),
    ],
)
def test_given_the_dialect_after_then_direction_and_intent(
    written: str, direction: Direction, intent: PositionIntent
):
    signal = normalised(direction=None, positionDirection=written).signal

    assert (signal.direction, signal.intent) == (direction, intent)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"action": "sell"}, "conflicting values for direction and action"),
        (
            {"positionDirection": "entryShort"},
            "conflicting values for direction and positionDirection",
        ),
        (
            {"positionDirection": "entryLong", "positionIntent": "buy_to_close"},
            "conflicting values for positionIntent and positionDirection",
        ),
        ({"price": 99}, "conflicting values for marketPrice and price"),
        (
            {"stopPrice": 101, "extras": {"stop": 102}},
            "conflicting values for stopPrice and extras.stop",
        ),
        (
            {"profitTarget": 120, "profitTargetLimitPrice": 121},
            "conflicting values for profitTargetLimitPrice and profitTarget",
        ),
        (
            {"takeProfit": {"limitPrice": 120}, "profitTarget": 121},
            "conflicting values for takeProfit.limitPrice and profitTarget",
        ),
        (
            {"stopLossTarget": 90, "stopLossStopPrice": 91},
            "conflicting values for stopLossStopPrice and stopLossTarget",
        ),
        (
            {"stopLossTarget": 90, "stopLossLimit": 89, "stopLossLimitPrice": 88},
            "conflicting values for stopLossLimitPrice and stopLossLimit",
        ),
        (
            {
                "stopLoss": {"type": "stop", "stopPrice": 90, "limitPrice": 89},
                "stopLossType": "stop_limit",
            },
            "conflicting values for stopLoss.type and stopLossType",
        ),
        ({"action": "hold"}, "action must be one of buy, long, sell, short"),
        (
            {"positionDirection": "flat"},
            "positionDirection must be one of entryLong, exitLong, entryShort,"
            " exitShort",
        ),
        ({"qty": "ten"}, "qty must be a number"),
        ({"qty": True}, "qty must be a number"),
        ({"qty": [1]}, "qty must be a number"),
        ({"qty": "1_000"}, "qty must be a number"),
        ({"qty": "1,000"}, "qty must be a number"),
        ({"qty": "١٢"}, "qty must be a number"),
        ({"qty": "Infinity"}, "qty must be a number"),
        ({"qty": 0}, "qty must be greater than 0"),
        ({"qty": "-5"}, "qty must be greater than 0"),
        ({"qty": 10**15}, "qty must be below 1000000000000000 and have at most 28"),
        ({"qty": "1." + "1" * 28}, "qty must be below 1000000000000000 and have"),
        ({"qty": "1e-40"}, "qty must be below 1000000000000000 and have"),
        ({"extras": {"stop": "x"}}, "extras.stop must be a number"),
        ({"ticker": 7}, "ticker must be a string"),
        ({"ticker": "Ä"}, "ticker must have at most 64 printable characters"),
        ({"ticker": "X" * 65}, "ticker must have at most 64 printable characters"),
        ({"clientOrderId": 1.5}, "clientOrderId must be a string"),
        ({"accountId": "a\u0007"}, "accountId must have at most 4096 printable"),
        ({"extendedHours": 1}, "extendedHours must be true or false"),
        ({"metadata": "x"}, "metadata must be an object"),
        ({"takeProfit": 150}, "takeProfit must be an object"),
        ({"stopLoss": [1]}, "stopLoss must be an object"),
        ({"auth_key": 31415926}, "auth_key must be a string"),
        ({"auth_key": ["k"]}, "auth_key must be a string"),
        ({"ticker": "{{ticker}}"}, "ticker still holds the placeholder {{ticker}}"),
        (
            {"clientOrderId": "x-{{timenow}}"},
            "clientOrderId still holds the placeholder {{timenow}}",
        ),
        (
            {"metadata": {"a": {"comment": ["{{strategy.order.comment}}"]}}},
            "metadata.a.comment still holds the placeholder {{strategy.order.comment}}",
        ),
        ({"my_field": "{{plot_0}}"}, "my_field still holds the placeholder {{plot_0}}"),
    ],
    ids=str,
)
def test_given_a_field_that_cannot_be_used_then_one_sentence_with_a_remedy(
    changes: dict[str, Any], message: str
):
    found = normalised(**changes)

    assert next(finding.message for finding in found.errors).startswith(message)
    assert len(found.errors) == 1
    assert found.errors[0].cause
    assert found.errors[0].remedy


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("takeProfit", 'Write "takeProfit": {"limitPrice": 155}'),
        ("stopLoss", 'Write "stopLoss": {"stopPrice": 145}'),
    ],
)
def test_given_an_exit_that_is_no_object_then_what_to_write_makes_one(
    name: str, remedy: str
):
    (finding,) = normalised(**{name: 150}).errors
    made = json.loads("{" + finding.remedy.removeprefix("Write ") + "}")

    assert finding.remedy == remedy
    assert validated(**made).errors == ()


def test_given_a_key_without_quotes_then_nothing_says_what_it_is():
    (finding,) = normalised(auth_key=31415926).errors

    assert "31415926" not in str(finding)


def test_given_spellings_that_agree_then_no_conflict():
    assert (
        errors(
            action="buy",
            price=100,
            positionDirection="entryLong",
            positionIntent="BUY_TO_OPEN",
            profitTarget=120,
            profitTargetLimitPrice="120.00",
            takeProfit={"limitPrice": 120, "type": "LIMIT"},
            stopLossTarget=90,
            stopLossStopPrice=90.0,
        )
        == []
    )


def test_given_a_float_of_a_caller_then_the_digits_that_were_written():
    fields: dict[str, object] = {"qty": 0.1, "stopPrice": 1e-7, "limitPrice": 1e22}
    found = normalise({**fields, "marketPrice": float("nan"), "trailPrice": 1e200})

    assert (found.signal.qty, found.signal.stop_price) == (dec("0.1"), dec("0.0000001"))
    assert [finding.message.split()[:4] for finding in found.errors] == [
        ["marketPrice", "must", "be", "a"],
        ["limitPrice", "must", "be", "below"],
        ["trailPrice", "must", "be", "below"],
    ]


def test_given_a_tag_beside_a_position_direction_then_both_are_kept():
    signal = normalised(positionDirection="entryLong", positionIntent="dca").signal

    assert signal.intent is PositionIntent.BUY_TO_OPEN
    assert signal.extra == {"positionIntent": "dca"}


def test_given_words_in_any_case_then_read():
    signal = normalised(
        ticker=" aapl ",
        direction="LONG",
        orderType="Limit",
        limitPrice="1e2",
        timeInForce="GTC",
        extendedHours="True",
        clientOrderId=1234,
        accountId=" DU1 ",
        positionIntent="Buy_To_Open",
    ).signal

    assert signal.ticker == "AAPL"
    assert signal.direction is Direction.LONG
    assert signal.order_type is TicketType.LIMIT
    assert signal.limit_price == 100
    assert signal.time_in_force is TicketTime.GTC
    assert signal.extended_hours is True
    assert signal.client_order_id == "1234"
    assert signal.account_id == "DU1"
    assert signal.position_intent == "buy_to_open"
    assert signal.tag is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1705329000000", "2024-01-15T14:30:00Z"),
        (1705329000, "2024-01-15T14:30:00Z"),
        ("1705329000123", "2024-01-15T14:30:00.123Z"),
        ("2024-01-15T14:30:00Z", "2024-01-15T14:30:00Z"),
        ("yesterday", "yesterday"),
        ("999999999999999", "999999999999999"),
        ("17053290000000000", "17053290000000000"),
        (1.5, Decimal("1.5")),
        (True, True),
    ],
)
def test_given_a_timestamp_then_counts_become_iso_and_the_rest_stays(
    written: object, expected: object
):
    signal = normalised(metadata={"timestamp": written}).signal

    assert signal.metadata["timestamp"] == expected


def test_given_exits_without_a_type_then_their_prices_tell():
    plain = normalised(profitTarget=120, stopLossTarget=90).signal
    full = normalised(
        profitTargetStopPrice=120,
        profitTarget=119,
        stopLossTarget=90,
        stopLossLimit=89,
    ).signal

    assert plain.take_profit
    assert plain.take_profit.type is ProfitType.LIMIT
    assert plain.stop_loss
    assert plain.stop_loss.type is LossType.STOP
    assert full.take_profit
    assert full.take_profit.type is ProfitType.STOP_LIMIT
    assert full.stop_loss
    assert full.stop_loss.type is LossType.STOP_LIMIT
    assert full.has_exits


def test_given_empty_fields_of_a_template_then_they_are_not_there():
    found = normalised(
        stopPrice="", limitPrice=None, takeProfit={}, stopLoss={"stopPrice": ""}
    )

    assert found.signal == normalised().signal
    assert found.errors == ()


def test_given_unknown_fields_then_kept_and_never_an_error():
    found = normalised(
        foo=1, extra={"bar": 2}, stopLoss={"stopPrice": 90, "trail": 1}, extras="x"
    )

    assert found.errors == ()
    assert found.signal.extra == {
        "foo": 1,
        "bar": 2,
        "stopLoss": {"trail": 1},
        "extras": "x",
    }


def test_given_extras_twice_then_neither_is_lost():
    signal = normalised(metadata={"extras": 1}, extras={"risk": 2}).signal

    assert signal.metadata == {"extras": 1}
    assert signal.extra == {"extras": {"risk": 2}}


def test_given_a_secret_anywhere_then_it_is_in_no_signal():
    found = normalised(
        auth_key="kept",
        AuthKey="kept",
        passphrase="kept",
        metadata={"auth_key": "kept", "list": [{"api-key": "kept"}], "comment": "x"},
        extra={"my_secret": "kept"},
    )

    assert "kept" not in signal_json(found.signal)
    assert "kept" not in repr(found)
    assert found.has_auth_key
    assert found.signal.metadata["comment"] == "x"


def test_given_a_stored_signal_then_it_is_read_as_it_was():
    deep: object = 1
    for _ in range(18):
        deep = {"a": deep}
    signal = normalised(
        stopPrice="101.000000000000001", metadata={"n": 1.5, "deep": deep}
    ).signal

    assert signal.stop_price == dec("101.000000000000001")
    assert signal_of(signal_json(signal)) == signal


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, TicketType.MARKET),
        ({"stopPrice": 1}, TicketType.STOP),
        ({"limitPrice": 1}, TicketType.LIMIT),
        ({"stopPrice": 1, "limitPrice": 1}, TicketType.STOP_LIMIT),
        ({"trailPercent": 1}, TicketType.TRAILING_STOP),
        ({"trailPrice": 1, "stopPrice": 1}, TicketType.STOP),
        ({"profitTarget": 120, "stopLossTarget": 90}, TicketType.MARKET),
        ({"orderType": "market", "stopPrice": 1}, TicketType.MARKET),
    ],
)
def test_given_no_order_type_then_the_entry_prices_tell(
    changes: dict[str, Any], expected: TicketType
):
    assert normalised(**changes).signal.order_type is expected


def test_given_a_caller_with_whole_numbers_then_read_like_any_other():
    found = normalise(
        {"qty": 10, "metadata": {"timestamp": 1705329000}, "direction": "up\x07"}
    )

    assert found.signal.qty == 10
    assert found.signal.metadata["timestamp"] == "2024-01-15T14:30:00Z"
    assert found.errors[0].cause == "It is 'up?'"
