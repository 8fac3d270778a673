"""What each refusal of Schwab means; the one table.

A refusal is judged by its words, then by its HTTP status; a 5xx to an order is in
doubt. None of these words were heard from the broker itself.
"""

from __future__ import annotations

from types import MappingProxyType

from msgspec import Struct

from exitd.core.attempt import RefusalKind as Kind


class InDoubt(Struct, frozen=True):
    """The broker may have acted on the request."""


IN_DOUBT = InDoubt()
Verdict = Kind | InDoubt

# Parts of sentences, lower case, the more particular first.
BY_TEXT: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "oversold": Kind.NOT_REDUCED,
        "overbought": Kind.NOT_REDUCED,
        "position_sys_0001": Kind.NOT_REDUCED,
        "no position": Kind.NOT_REDUCED,
        "buying power": Kind.MARGIN,
        "insufficient": Kind.MARGIN,
        "funds": Kind.MARGIN,
        "borrow": Kind.MARGIN,
        "halted": Kind.HALTED,
        "market is closed": Kind.HALTED,
        "not open for trading": Kind.HALTED,
        "too many": Kind.RATE_LIMITED,
        "throttle": Kind.RATE_LIMITED,
        "token": Kind.UNAUTHORIZED,
        "not authorized": Kind.UNAUTHORIZED,
        "account_sys_0005": Kind.UNAUTHORIZED,
        "order_sys_0002": Kind.PRICE_BOUND,
        "limit price": Kind.PRICE_BOUND,
    }
)
BY_STATUS: MappingProxyType[int, Kind] = MappingProxyType(
    {
        400: Kind.INVALID,
        401: Kind.UNAUTHORIZED,
        403: Kind.UNAUTHORIZED,
        404: Kind.INVALID,
        422: Kind.INVALID,
        429: Kind.RATE_LIMITED,
    }
)


def kind_of(said: str) -> Kind | None:
    """Read what a sentence means; None for one that nobody has described."""
    lower = said.lower()
    for part, kind in BY_TEXT.items():
        if part in lower:
            return kind
    return None


def judge(status: int, said: str) -> Verdict:
    """Say what an answer that is not a success means for an order."""
    if status >= 500:
        return IN_DOUBT
    kind = kind_of(said)
    return BY_STATUS.get(status, IN_DOUBT) if kind is None else kind
