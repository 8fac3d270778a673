"""Every row of the refusal table, and what is in none of them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.adapters.backpack.refusals import (
    BY_CODE,
    BY_EXPIRY_REASON,
    IN_DOUBT,
    RETRY_NS_MAX,
    RETRY_NS_MIN,
    expiry_kind,
    judge,
    retry_after_ns,
)
from exitd.core.attempt import RefusalKind as Kind
from exitd.core.units import NS_PER_S

CODES = [
    ("ACCOUNT_DEACTIVATED", Kind.UNAUTHORIZED),
    ("ACCOUNT_LIQUIDATING", Kind.HALTED),
    ("BORROW_LIMIT", Kind.MARGIN),
    ("BORROW_REQUIRES_LEND_REDEEM", Kind.MARGIN),
    ("FORBIDDEN", Kind.UNAUTHORIZED),
    ("INSUFFICIENT_FUNDS", Kind.MARGIN),
    ("INSUFFICIENT_MARGIN", Kind.MARGIN),
    ("INSUFFICIENT_SUPPLY", Kind.MARGIN),
    ("INVALID_ASSET", Kind.INVALID),
    ("INVALID_CLIENT_REQUEST", Kind.INVALID),
    ("INVALID_MARKET", Kind.INVALID),
    ("INVALID_ORDER", Kind.INVALID),
    ("INVALID_PRICE", Kind.PRICE_BOUND),
    ("INVALID_POSITION_ID", Kind.INVALID),
    ("INVALID_QUANTITY", Kind.INVALID),
    ("INVALID_RANGE", Kind.INVALID),
    ("INVALID_SIGNATURE", Kind.UNAUTHORIZED),
    ("INVALID_SOURCE", Kind.INVALID),
    ("INVALID_SYMBOL", Kind.INVALID),
    ("INVALID_TWO_FACTOR_CODE", Kind.UNAUTHORIZED),
    ("LEND_LIMIT", Kind.MARGIN),
    ("LEND_REQUIRES_BORROW_REPAY", Kind.MARGIN),
    ("MAINTENANCE", Kind.HALTED),
    ("MAX_LEVERAGE_REACHED", Kind.MARGIN),
    ("NOT_IMPLEMENTED", Kind.INVALID),
    ("ORDER_LIMIT", Kind.OWN_ORDERS),
    ("POSITION_LIMIT", Kind.MARGIN),
    ("PRECONDITION_FAILED", Kind.INVALID),
    ("RESOURCE_NOT_FOUND", Kind.INVALID),
    ("SERVER_ERROR", IN_DOUBT),
    ("SERVICE_UNAVAILABLE", IN_DOUBT),
    ("TIMEOUT", IN_DOUBT),
    ("TOO_EARLY", Kind.BUSY),
    ("TOO_MANY_REQUESTS", Kind.RATE_LIMITED),
    ("TRADING_PAUSED", Kind.HALTED),
    ("UNAUTHORIZED", Kind.UNAUTHORIZED),
]
MESSAGES = [
    ("INVALID_CLIENT_REQUEST", "Invalid signature", Kind.UNAUTHORIZED),
    ("INVALID_CLIENT_REQUEST", "Request has expired", Kind.EXPIRED),
    ("INVALID_CLIENT_REQUEST", "Invalid X-Signature header", Kind.UNAUTHORIZED),
    ("INVALID_CLIENT_REQUEST", "Quantity decimal too long", Kind.INVALID),
    ("INVALID_CLIENT_REQUEST", "Price decimal too long", Kind.INVALID),
    (
        "INVALID_CLIENT_REQUEST",
        "Must specify both `triggerPrice` and `triggerQuantity` or neither",
        Kind.INVALID,
    ),
    (
        "INVALID_CLIENT_REQUEST",
        'parse request payload error: failed to parse "MarketSymbol"',
        Kind.INVALID,
    ),
    ("INVALID_ORDER", "Order would immediately match and take", Kind.HALTED),
    ("INVALID_ORDER", "Reduce only order not reduced", Kind.NOT_REDUCED),
    ("WHATEVER", "Reduce only order not reduced", Kind.NOT_REDUCED),
    (
        "INVALID_PRICE",
        "Price is too far from the last active price",
        Kind.PRICE_BOUND,
    ),
    ("RESOURCE_NOT_FOUND", "Not Found", Kind.INVALID),
    ("", "Market orders must specify a positive `quantity`", Kind.INVALID),
    ("", "Quantity is below the minimum allowed value", Kind.INVALID),
    ("", "Maximum stop orders per position reached", Kind.OWN_ORDERS),
    ("", "You have exceeded the rate limit", Kind.RATE_LIMITED),
]
REASONS = [
    ("AccountTradingSuspended", Kind.HALTED),
    ("BorrowRequiresLendRedeem", Kind.MARGIN),
    ("FillOrKill", Kind.LIQUIDITY),
    ("InsufficientBorrowableQuantity", Kind.MARGIN),
    ("InsufficientFunds", Kind.MARGIN),
    ("InsufficientLiquidity", Kind.LIQUIDITY),
    ("InvalidPrice", Kind.PRICE_BOUND),
    ("InvalidQuantity", Kind.INVALID),
    ("ImmediateOrCancel", Kind.LIQUIDITY),
    ("InsufficientMargin", Kind.MARGIN),
    ("Liquidation", Kind.HALTED),
    ("NegativeEquity", Kind.MARGIN),
    ("PostOnlyMode", Kind.HALTED),
    ("PostOnlyTaker", Kind.HALTED),
    ("PriceOutOfBounds", Kind.PRICE_BOUND),
    ("ReduceOnlyNotReduced", Kind.NOT_REDUCED),
    ("SelfTradePrevention", Kind.OWN_ORDERS),
    ("StopWithoutPosition", Kind.NOT_REDUCED),
    ("PriceImpact", Kind.PRICE_BOUND),
    ("Unknown", Kind.BUSY),
    ("UserPermissions", Kind.UNAUTHORIZED),
    ("MaxStopOrdersPerPosition", Kind.OWN_ORDERS),
    ("PositionLimit", Kind.MARGIN),
    ("SlippageToleranceExceeded", Kind.PRICE_BOUND),
    ("PRICE_BAND", Kind.PRICE_BOUND),
]


@pytest.mark.parametrize(("code", "verdict"), CODES)
def test_given_a_code_when_judged_then_its_row_decides(code, verdict):
    assert judge(400, code, "") == verdict


@pytest.mark.parametrize(("code", "verdict"), CODES)
def test_given_any_status_when_judged_then_the_code_decides(code, verdict):
    assert {judge(status, code, "") for status in (400, 500, 503)} == {verdict}


def test_given_the_table_when_counted_then_no_row_is_untested():
    assert set(BY_CODE) == {code for code, _ in CODES}
    assert set(BY_EXPIRY_REASON) == {
        reason.replace("_", "").lower() for reason, _ in REASONS
    }


@pytest.mark.parametrize(("code", "message", "verdict"), MESSAGES)
def test_given_a_message_when_judged_then_it_says_more_than_its_code(
    code, message, verdict
):
    assert judge(400, code, message) == verdict


@pytest.mark.parametrize("code", ["TIMEOUT", "SERVER_ERROR", "SERVICE_UNAVAILABLE"])
def test_given_an_unclear_code_when_judged_then_no_message_makes_it_definite(code):
    assert judge(400, code, "Reduce only order not reduced") == IN_DOUBT


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Kind.INVALID),
        (401, Kind.UNAUTHORIZED),
        (403, Kind.UNAUTHORIZED),
        (404, Kind.INVALID),
        (418, Kind.UNAUTHORIZED),
        (429, Kind.RATE_LIMITED),
        (408, IN_DOUBT),
        (409, IN_DOUBT),
        (500, IN_DOUBT),
        (502, IN_DOUBT),
        (503, IN_DOUBT),
        (504, IN_DOUBT),
    ],
)
def test_given_no_code_when_judged_then_the_status_decides(status, verdict):
    assert judge(status, "", "<html>some page</html>") == verdict


def test_given_an_unknown_code_when_judged_then_in_doubt():
    assert judge(400, "BRAND_NEW", "something") == IN_DOUBT


@pytest.mark.parametrize(("reason", "kind"), REASONS)
def test_given_an_expiry_reason_when_read_then_casing_does_not_matter(reason, kind):
    snake = "".join(f"_{c}" if c.isupper() else c for c in reason).strip("_").upper()

    assert expiry_kind(reason) == kind
    assert expiry_kind(snake.replace("__", "_")) == kind


def test_given_no_reason_or_a_new_one_when_read_then_none_or_busy():
    assert expiry_kind("") is None
    assert expiry_kind("SomethingNew") == Kind.BUSY


NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * NS_PER_S


@pytest.mark.parametrize(
    ("header", "wait_ns"),
    [
        ("2", 2 * NS_PER_S),
        ("1.5", 3 * NS_PER_S // 2),
        (format_datetime(NOW + timedelta(seconds=5), usegmt=True), 5 * NS_PER_S),
        (format_datetime(NOW - timedelta(days=5), usegmt=True), RETRY_NS_MIN),
        ("99999999999999999999", RETRY_NS_MAX),
        ("0", RETRY_NS_MIN),
        ("-7", RETRY_NS_MIN),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("Wed, 99 Foo 2026 99:99:99 GMT", None),
        (None, None),
    ],
)
def test_given_a_retry_after_when_read_then_clamped_or_ignored(header, wait_ns):
    assert retry_after_ns(header, NOW_NS) == wait_ns


@given(st.text(max_size=40))
def test_given_any_text_as_retry_after_when_read_then_bounded_or_none(text):
    wait_ns = retry_after_ns(text, NOW_NS)

    assert wait_ns is None or RETRY_NS_MIN <= wait_ns <= RETRY_NS_MAX
