"""What each refusal of Interactive Brokers means; the one table.

The gateway speaks in sentences, so a refusal is judged by what it says, then by its
HTTP status. An order to which it answered 5xx is in doubt: the gateway may have passed
it on before it failed. None of these words were heard from the broker itself.
"""

from __future__ import annotations

from types import MappingProxyType

from msgspec import Struct

from exitd.core.attempt import RefusalKind as Kind


class InDoubt(Struct, frozen=True):
    """The broker may have acted on the request."""


class Duplicate(Struct, frozen=True):
    """An order with this cOID is there already."""


class NoSession(Struct, frozen=True):
    """Nobody is logged in: a person has to."""


IN_DOUBT = InDoubt()
DUPLICATE = Duplicate()
NO_SESSION = NoSession()
Verdict = Kind | InDoubt | Duplicate | NoSession

# Parts of sentences, lower case, the more particular first.
BY_TEXT: MappingProxyType[str, Verdict] = MappingProxyType(
    {
        "is already registered": DUPLICATE,
        "local order id=": DUPLICATE,
        "not authenticated": NO_SESSION,
        "no bridge": NO_SESSION,
        "please query /accounts first": NO_SESSION,
        "please query /portfolio/accounts first": NO_SESSION,
        "too many requests": Kind.RATE_LIMITED,
        "insufficient": Kind.MARGIN,
        "equity with loan value": Kind.MARGIN,
        "available funds": Kind.MARGIN,
        "not available for short": Kind.NOT_REDUCED,
        "short stock": Kind.NOT_REDUCED,
        "close-only": Kind.NOT_REDUCED,
        "trading permission": Kind.UNAUTHORIZED,
        "minimum price variation": Kind.INVALID,
        "percentage constraint": Kind.PRICE_BOUND,
        "too far": Kind.PRICE_BOUND,
        "exchange is closed": Kind.HALTED,
        "market is closed": Kind.HALTED,
        "halted": Kind.HALTED,
        "doesn't exist": Kind.INVALID,
        "order is inactive": Kind.INVALID,
        "invalid": Kind.INVALID,
        "order size": Kind.INVALID,
        "is required": Kind.INVALID,
    }
)
BY_STATUS: MappingProxyType[int, Verdict] = MappingProxyType(
    {
        400: Kind.INVALID,
        401: NO_SESSION,
        403: Kind.UNAUTHORIZED,
        404: Kind.INVALID,
        429: Kind.RATE_LIMITED,
    }
)

#: What a question that exitd does not confirm means, by its message id.
BY_QUESTION: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "o163": Kind.PRICE_BOUND,
        "o382": Kind.INVALID,
        "o383": Kind.INVALID,
        "o451": Kind.INVALID,
        "p12": Kind.PRICE_BOUND,
    }
)


def judge(status: int, said: str) -> Verdict:
    """Say what an answer that is not a success means for an order.

    A sentence that comes with HTTP 200 is a definite no too: that is how the broker
    refuses what it has read.
    """
    lower = said.lower()
    for part, verdict in BY_TEXT.items():
        if part in lower:
            is_definite = status < 500 or not isinstance(verdict, Kind)
            return verdict if is_definite else IN_DOUBT
    if status == 200 and said:
        return Kind.INVALID
    return BY_STATUS.get(status, IN_DOUBT)
