"""
Price-time priority matching of one order against one book.

The loop decides who trades with whom, at which price and for how much; what a trade
means for orders, positions and streams is the sink's business. The sink may change
the book between two trades (a reduce-only order of the maker may have to go), so the
best order is looked up again each time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from exitd.simulator.book import Book, crosses
from exitd.simulator.values import HOUSE, ZERO, Expiry, Order, floor_to


class Sink(Protocol):
    """What happens to the orders that the loop names."""

    def execute(
        self, taker: Order, maker: Order, quantity: Decimal, ts_us: int
    ) -> None:
        """Book a trade at the maker's price; a filled maker leaves the book."""

    def expire(self, order: Order, reason: Expiry, ts_us: int) -> None:
        """End a resting order and take it out of the book."""


def wanted(taker: Order, price: Decimal, step: Decimal) -> Decimal:
    """What *taker* still wants at *price*, in base units."""
    if taker.quantity is not None:
        return taker.leaves
    assert taker.quote_quantity is not None
    affordable = (taker.quote_quantity - taker.executed_quote) / price
    if taker.quantity_cap is not None:
        affordable = min(affordable, taker.quantity_cap - taker.executed)
    return floor_to(affordable, step)


def sweep(
    book: Book,
    taker: Order,
    bound: Decimal | None,
    step: Decimal,
    sink: Sink,
    ts_us: int,
) -> Expiry | None:
    """
    Trade *taker* against the book until it is done or nothing more may trade.

    Args:
        bound: The worst price that may trade; None for any.
        step: The quantity step, in base units.

    Returns:
        Why it stopped short: `SelfTradePrevention`, `InsufficientLiquidity` for an
        empty side, `InvalidPrice` for the bound. None when nothing more is wanted.
    """
    resting = book.side(taker.side.opposite)
    while True:
        maker = resting.best()
        if maker is None:
            return None if _is_done(taker) else Expiry.INSUFFICIENT_LIQUIDITY
        assert maker.price is not None
        quantity = wanted(taker, maker.price, step)
        if quantity <= 0:
            return None
        if not crosses(taker.side, bound, maker.price):
            return Expiry.INVALID_PRICE
        if maker.account == taker.account and taker.account != HOUSE:
            if taker.self_trade_prevention != "RejectTaker":
                sink.expire(maker, Expiry.SELF_TRADE_PREVENTION, ts_us)
            if taker.self_trade_prevention != "RejectMaker":
                return Expiry.SELF_TRADE_PREVENTION
            continue
        sink.execute(taker, maker, min(quantity, maker.leaves), ts_us)


def _is_done(taker: Order) -> bool:
    if taker.quantity is not None:
        return taker.leaves <= 0
    assert taker.quote_quantity is not None
    if taker.quantity_cap is not None and taker.executed >= taker.quantity_cap:
        return True
    return taker.executed_quote >= taker.quote_quantity


def can_fill(book: Book, taker: Order, bound: Decimal | None) -> bool:
    """Whether *taker* would fill completely at once, for fill-or-kill."""
    missing = taker.leaves
    for maker in book.side(taker.side.opposite).in_priority():
        assert maker.price is not None
        if missing <= 0 or not crosses(taker.side, bound, maker.price):
            break
        if maker.account == taker.account and taker.account != HOUSE:
            if taker.self_trade_prevention == "RejectMaker":
                continue
            break
        missing -= maker.leaves
    return missing <= ZERO


def would_take(book: Book, order: Order) -> bool:
    """Whether *order* would trade at once, for post-only."""
    maker = book.side(order.side.opposite).best()
    return maker is not None and crosses(order.side, order.price, maker.price or ZERO)
