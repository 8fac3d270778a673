"""What each refusal of Backpack means; the one table.

A refusal is judged by its code and message, not by its HTTP status: TIMEOUT in the body
of a 400 is as unclear as a 504. What is in no row is in doubt: a code that nobody has
described is not evidence that nothing was done.

Sources: the OpenAPI document of docs.backpack.exchange for codes and expiry reasons,
recorded traffic and other clients' tests for messages.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from types import MappingProxyType

from msgspec import Struct

from exitd.core.attempt import RefusalKind as Kind
from exitd.core.units import NS_PER_S

RETRY_NS_MIN = NS_PER_S // 10
RETRY_NS_MAX = 30 * NS_PER_S


class InDoubt(Struct, frozen=True):
    """The venue may have acted on the request."""


IN_DOUBT = InDoubt()
Verdict = Kind | InDoubt

BY_CODE: MappingProxyType[str, Verdict] = MappingProxyType(
    {
        "ACCOUNT_DEACTIVATED": Kind.UNAUTHORIZED,
        "ACCOUNT_LIQUIDATING": Kind.HALTED,
        "BORROW_LIMIT": Kind.MARGIN,
        "BORROW_REQUIRES_LEND_REDEEM": Kind.MARGIN,
        "FORBIDDEN": Kind.UNAUTHORIZED,
        "INSUFFICIENT_FUNDS": Kind.MARGIN,
        "INSUFFICIENT_MARGIN": Kind.MARGIN,
        "INSUFFICIENT_SUPPLY": Kind.MARGIN,
        "INVALID_ASSET": Kind.INVALID,
        "INVALID_CLIENT_REQUEST": Kind.INVALID,
        "INVALID_MARKET": Kind.INVALID,
        "INVALID_ORDER": Kind.INVALID,
        "INVALID_POSITION_ID": Kind.INVALID,
        "INVALID_PRICE": Kind.PRICE_BOUND,
        "INVALID_QUANTITY": Kind.INVALID,
        "INVALID_RANGE": Kind.INVALID,
        "INVALID_SIGNATURE": Kind.UNAUTHORIZED,
        "INVALID_SOURCE": Kind.INVALID,
        "INVALID_SYMBOL": Kind.INVALID,
        "INVALID_TWO_FACTOR_CODE": Kind.UNAUTHORIZED,
        "LEND_LIMIT": Kind.MARGIN,
        "LEND_REQUIRES_BORROW_REPAY": Kind.MARGIN,
        "MAINTENANCE": Kind.HALTED,
        "MAX_LEVERAGE_REACHED": Kind.MARGIN,
        "NOT_IMPLEMENTED": Kind.INVALID,
        "ORDER_LIMIT": Kind.OWN_ORDERS,
        "POSITION_LIMIT": Kind.MARGIN,
        "PRECONDITION_FAILED": Kind.INVALID,
        "RESOURCE_NOT_FOUND": Kind.INVALID,
        "SERVER_ERROR": IN_DOUBT,
        "SERVICE_UNAVAILABLE": IN_DOUBT,
        "TIMEOUT": IN_DOUBT,
        "TOO_EARLY": Kind.BUSY,
        "TOO_MANY_REQUESTS": Kind.RATE_LIMITED,
        "TRADING_PAUSED": Kind.HALTED,
        "UNAUTHORIZED": Kind.UNAUTHORIZED,
    }
)

#: Codes of a venue that takes nobody's orders.
FOR_ALL = frozenset({"MAINTENANCE"})

# Beginnings of messages, lower case; they say more than the code they come with.
BY_MESSAGE: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "invalid signature": Kind.UNAUTHORIZED,
        "invalid x-signature header": Kind.UNAUTHORIZED,
        "market orders must specify a positive": Kind.INVALID,
        "maximum stop orders per position reached": Kind.OWN_ORDERS,
        "must specify both `triggerprice`": Kind.INVALID,
        # Closes are never post-only; only a book that takes nothing else says this.
        "order would immediately match and take": Kind.HALTED,
        "price decimal too long": Kind.INVALID,
        "price is too far from the last active price": Kind.PRICE_BOUND,
        "quantity decimal too long": Kind.INVALID,
        "quantity is below the minimum allowed value": Kind.INVALID,
        "reduce only order not reduced": Kind.NOT_REDUCED,
        "request has expired": Kind.EXPIRED,
        "you have exceeded the rate limit": Kind.RATE_LIMITED,
    }
)

# Only for answers whose body names no known code: a proxy's page, plain text. 403 and
# 418 come from the firewall in front of the venue.
BY_STATUS: MappingProxyType[int, Kind] = MappingProxyType(
    {
        400: Kind.INVALID,
        401: Kind.UNAUTHORIZED,
        403: Kind.UNAUTHORIZED,
        404: Kind.INVALID,
        418: Kind.UNAUTHORIZED,
        429: Kind.RATE_LIMITED,
    }
)

# Keyed without underscores in lower case: REST writes PascalCase, the stream's sample
# in the documents UPPER_SNAKE.
BY_EXPIRY_REASON: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "accounttradingsuspended": Kind.HALTED,
        "borrowrequireslendredeem": Kind.MARGIN,
        "fillorkill": Kind.LIQUIDITY,
        "immediateorcancel": Kind.LIQUIDITY,
        "insufficientborrowablequantity": Kind.MARGIN,
        "insufficientfunds": Kind.MARGIN,
        "insufficientliquidity": Kind.LIQUIDITY,
        "insufficientmargin": Kind.MARGIN,
        "invalidprice": Kind.PRICE_BOUND,
        "invalidquantity": Kind.INVALID,
        "liquidation": Kind.HALTED,
        "maxstopordersperposition": Kind.OWN_ORDERS,
        "negativeequity": Kind.MARGIN,
        "positionlimit": Kind.MARGIN,
        "postonlymode": Kind.HALTED,
        "postonlytaker": Kind.HALTED,
        "priceband": Kind.PRICE_BOUND,
        "priceimpact": Kind.PRICE_BOUND,
        "priceoutofbounds": Kind.PRICE_BOUND,
        "reduceonlynotreduced": Kind.NOT_REDUCED,
        "selftradeprevention": Kind.OWN_ORDERS,
        "slippagetoleranceexceeded": Kind.PRICE_BOUND,
        "stopwithoutposition": Kind.NOT_REDUCED,
        "unknown": Kind.BUSY,
        "userpermissions": Kind.UNAUTHORIZED,
    }
)


def judge(status: int, code: str, message: str) -> Verdict:
    """Say what an answer that is not a success means for an order.

    *code* is empty when the body named none.
    """
    by_code = BY_CODE.get(code)
    if by_code == IN_DOUBT:
        return IN_DOUBT
    said = message.lower()
    for beginning, kind in BY_MESSAGE.items():
        if said.startswith(beginning):
            return kind
    if by_code is not None:
        return by_code
    # An unknown code is in doubt, unless the status alone rules out an execution.
    if code and status in (400, 404):
        return IN_DOUBT
    return BY_STATUS.get(status, IN_DOUBT)


def expiry_kind(reason: str) -> Kind | None:
    """Say what an order's expiry reason means, whatever its casing.

    A reason that is not in the table gives `BUSY`: the order has ended, and the
    remainder is asked for again.
    """
    if not reason:
        return None
    return BY_EXPIRY_REASON.get(reason.replace("_", "").lower(), Kind.BUSY)


def retry_after_ns(value: str | None, now_ns: int) -> int | None:
    """Read a `Retry-After` header: seconds or an HTTP date.

    What is there but absurd is kept within 0.1 to 30 s: a venue cannot talk a stop
    into waiting for an hour. None without the header, or when it cannot be read.
    """
    if value is None:
        return None
    text = value.strip()
    whole, _, fraction = text.lstrip("+-").partition(".")
    if whole.isascii() and whole.isdigit() and (not fraction or fraction.isdigit()):
        digits = (fraction + "000000000")[:9] if fraction.isascii() else "000000000"
        wait_ns = int(whole[:12]) * NS_PER_S + int(digits)
        wait_ns = -wait_ns if text.startswith("-") else wait_ns
    else:
        try:
            when = parsedate_to_datetime(text)
            wait_ns = int(when.timestamp()) * NS_PER_S - now_ns
        except (ValueError, TypeError, OverflowError, OSError):
            return None
    return min(max(wait_ns, RETRY_NS_MIN), RETRY_NS_MAX)
