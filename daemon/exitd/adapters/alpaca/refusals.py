"""What each refusal of Alpaca means; the one table.

Alpaca uses one code for many things and one text under several, so a refusal is judged
by its text first, then by code, then by HTTP status. A server's own failure (5xx) says
nothing about the order: it is in doubt.

Sources: the OpenAPI document 2.0.1 of docs.alpaca.markets for codes, texts as users of
other clients report them.
"""

from __future__ import annotations

from types import MappingProxyType

from msgspec import Struct

from exitd.adapters.alpaca.wire import WireError
from exitd.core.attempt import RefusalKind as Kind
from exitd.core.units import NS_PER_S, ZERO

RETRY_NS_MIN = NS_PER_S // 10
RETRY_NS_MAX = 60 * NS_PER_S


class InDoubt(Struct, frozen=True):
    """The venue may have acted on the request."""


class Duplicate(Struct, frozen=True):
    """It has an order of this client id already, which is to be compared."""


IN_DOUBT = InDoubt()
DUPLICATE = Duplicate()
Verdict = Kind | InDoubt | Duplicate

#: Parts of texts, lower case, the first that occurs counts.
BY_TEXT: MappingProxyType[str, Verdict] = MappingProxyType(
    {
        "client_order_id must be unique": DUPLICATE,
        # Which of the two it is, `held_for_orders` says; see `judge`.
        "insufficient qty available": Kind.NOT_REDUCED,
        "insufficient balance for": Kind.NOT_REDUCED,
        # It would open: what was to be closed is not there any more.
        "position intent mismatch": Kind.NOT_REDUCED,
        "not allowed to short": Kind.NOT_REDUCED,
        "cannot be sold short": Kind.NOT_REDUCED,
        "position does not exist": Kind.NOT_REDUCED,
        "wash trade": Kind.OWN_ORDERS,
        "buying power": Kind.MARGIN,
        "pattern day trading": Kind.MARGIN,
        "rate limit exceeded": Kind.RATE_LIMITED,
        "too many requests": Kind.RATE_LIMITED,
        "is not tradable": Kind.HALTED,
        "is not active": Kind.HALTED,
        "trading halt": Kind.HALTED,
        "market is closed": Kind.HALTED,
        "market is not open": Kind.HALTED,
        "not authorized": Kind.UNAUTHORIZED,
        "unauthorized": Kind.UNAUTHORIZED,
        "forbidden": Kind.UNAUTHORIZED,
        "trading is blocked": Kind.UNAUTHORIZED,
        "account is blocked": Kind.UNAUTHORIZED,
        "account is restricted": Kind.UNAUTHORIZED,
    }
)

BY_CODE: MappingProxyType[str, Verdict] = MappingProxyType(
    {
        "40010000": Kind.INVALID,
        "40010001": Kind.INVALID,
        "40110000": Kind.UNAUTHORIZED,
        "40310000": Kind.INVALID,
        "40310100": Kind.MARGIN,
        "40410000": Kind.INVALID,
        "42210000": Kind.INVALID,
        "42910000": Kind.RATE_LIMITED,
    }
)

#: Only for answers that name no known code: a proxy's page, plain text.
BY_STATUS: MappingProxyType[int, Verdict] = MappingProxyType(
    {
        400: Kind.INVALID,
        401: Kind.UNAUTHORIZED,
        403: Kind.UNAUTHORIZED,
        404: Kind.INVALID,
        422: Kind.INVALID,
        429: Kind.RATE_LIMITED,
    }
)


def judge(status: int, error: WireError) -> Verdict:
    """Say what an answer that is not a success means for an order."""
    if status >= 500:
        return IN_DOUBT
    if status in (401, 429):
        return BY_STATUS[status]
    said = error.message.lower()
    verdict = next((v for part, v in BY_TEXT.items() if part in said), None)
    is_short = verdict is Kind.NOT_REDUCED and "insufficient" in said
    if is_short and (error.held_for_orders or ZERO) > ZERO:
        return Kind.OWN_ORDERS
    if verdict is not None:
        return verdict
    return BY_CODE.get(str(error.code), BY_STATUS.get(status, IN_DOUBT))


def told(error: WireError) -> str:
    """Give what a refusal said, and the orders that it named as in the way."""
    message = error.message[:200]
    if error.related_orders:
        message += f" (in the way: {', '.join(error.related_orders[:5])})"
    return message


def retry_after_ns(reset: str | None, venue_now_ns: int) -> int | None:
    """Read `X-RateLimit-Reset`, in seconds since 1970; None where it is not there.

    What is absurd is kept within 0.1 to 60 s.
    """
    text = (reset or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    wait_ns = int(text) * NS_PER_S - venue_now_ns
    return min(max(wait_ns, RETRY_NS_MIN), RETRY_NS_MAX)
