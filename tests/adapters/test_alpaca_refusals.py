"""What each refusal of Alpaca means for the next attempt."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.adapters.alpaca.refusals import (
    DUPLICATE,
    IN_DOUBT,
    judge,
    retry_after_ns,
    told,
)
from exitd.adapters.alpaca.wire import WireError
from exitd.core.attempt import RefusalKind as Kind
from exitd.core.units import NS_PER_S

SHORT = "insufficient qty available for order (requested: 10, available: 4)"
WASH = "potential wash trade detected. use complex orders"
PATTERN = "trade denied due to pattern day trading protection"
INTENT = "position intent mismatch, inferred: sell_to_open, specified: sell_to_close"


@pytest.mark.parametrize(
    ("status", "code", "message", "verdict"),
    [
        (401, 40110000, "request is not authorized", Kind.UNAUTHORIZED),
        (403, 40310000, "insufficient buying power", Kind.MARGIN),
        (403, 40310000, "insufficient day trading buying power", Kind.MARGIN),
        (403, 40310000, SHORT, Kind.NOT_REDUCED),
        (403, 40310000, "account is not allowed to short", Kind.NOT_REDUCED),
        (403, 40310000, 'asset "X" cannot be sold short', Kind.NOT_REDUCED),
        (403, 40310000, 'asset "X" is not fractionable', Kind.INVALID),
        (403, 40310000, "potential wash trade detected", Kind.OWN_ORDERS),
        (
            422,
            42210000,
            "potential wash trade detected. use complex orders",
            Kind.OWN_ORDERS,
        ),
        (
            403,
            40310100,
            "trade denied due to pattern day trading protection",
            Kind.MARGIN,
        ),
        (404, 40410000, "position does not exist", Kind.NOT_REDUCED),
        (404, 40410000, "endpoint not found.", Kind.INVALID),
        (422, 40010001, "client_order_id must be unique", DUPLICATE),
        (422, 40010001, "qty must be > 0", Kind.INVALID),
        (422, 42210000, INTENT, Kind.NOT_REDUCED),
        (422, 42210000, "fractional orders must be DAY orders", Kind.INVALID),
        (422, 42210000, 'asset "X" is not tradable', Kind.HALTED),
        (429, 42910000, "rate limit exceeded", Kind.RATE_LIMITED),
        (429, "", "too many requests", Kind.RATE_LIMITED),
        (403, "", "<html>Forbidden</html>", Kind.UNAUTHORIZED),
        (400, "", "<html>Bad Request</html>", Kind.INVALID),
        (500, 50010000, "internal server error occurred", IN_DOUBT),
        (503, "", "<html>", IN_DOUBT),
        (504, "", "", IN_DOUBT),
        # A failure of the server that quotes a refusal is a failure all the same.
        (500, 40010001, "client_order_id must be unique", IN_DOUBT),
        (302, "", "", IN_DOUBT),
        (418, 99, "nobody has described this", IN_DOUBT),
    ],
)
def test_given_an_answer_when_judged_then_by_text_code_and_status(
    status, code, message, verdict
):
    assert judge(status, WireError(code, message)) == verdict


def test_given_shares_that_our_orders_hold_when_refused_then_these_are_in_the_way():
    error = WireError(
        40310000, SHORT, held_for_orders=Decimal(6), related_orders=["a-1", "b-2"]
    )

    assert judge(403, error) is Kind.OWN_ORDERS
    assert told(error).endswith("(in the way: a-1, b-2)")


@pytest.mark.parametrize(
    ("reset", "wait_ns"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("1000003", 3 * NS_PER_S),
        ("1", NS_PER_S // 10),
        ("99999999", 60 * NS_PER_S),
    ],
)
def test_given_a_reset_when_limited_then_waited_until_it_within_reason(reset, wait_ns):
    assert retry_after_ns(reset, 1_000_000 * NS_PER_S) == wait_ns
