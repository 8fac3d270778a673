"""Prices that several sources make together: a spread, or what they agree on."""

from collections.abc import Callable
from decimal import Decimal

from exitd.core.market import PriceSource, Quorum, Spread

Known = Callable[[PriceSource], Decimal | None]
IsStale = Callable[[PriceSource], bool]


def combined_price(source: PriceSource, known: Known, stale: IsStale) -> Decimal | None:
    """Give the price of a combined source; None while it cannot be judged.

    A spread needs both of its prices. A stale source has no voice in a quorum: those
    that are left decide, so that one dead feed does not hold a stop for ever. One
    that is not stale and has no price yet is waited for.
    """
    if isinstance(source.combined, Spread):
        return _difference(source, known, stale)
    if isinstance(source.combined, Quorum):
        return _agreed(source, source.combined, known, stale)
    return known(source)


def is_unjudged(source: PriceSource, stale: IsStale) -> bool:
    """Whether staleness keeps a source from being judged.

    One price makes no spread; one voice is enough for a quorum.
    """
    if source.combined is None:
        return stale(source)
    found = [stale(part) for part in source.parts]
    return any(found) if source.is_spread else all(found)


def _difference(source: PriceSource, known: Known, stale: IsStale) -> Decimal | None:
    prices = [None if stale(part) else known(part) for part in source.parts]
    first, less = prices
    return None if first is None or less is None else first - less


def _agreed(
    source: PriceSource, quorum: Quorum, known: Known, stale: IsStale
) -> Decimal | None:
    prices: list[Decimal] = []
    for part in source.parts:
        if stale(part):
            continue
        price = known(part)
        if price is None:
            return None
        prices.append(price)
    if not prices:
        return None
    prices.sort(reverse=not quorum.is_falling)
    return prices[min(quorum.agree, len(prices)) - 1]
