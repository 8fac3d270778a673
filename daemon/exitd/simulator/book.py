"""One side-by-side order book with price-time priority."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from exitd.simulator.values import ZERO, Order, Side


class BookSide:
    """
    The resting orders of one side.

    A dictionary per price keeps arrival order, so the first entry of the best price
    is the next to be matched, and any order can be taken out without a search.
    """

    def __init__(self, side: Side) -> None:
        self.side = side
        self.prices: list[Decimal] = []  # ascending on both sides
        self._levels: dict[Decimal, dict[str, Order]] = {}

    def add(self, order: Order) -> None:
        assert order.price is not None, "only priced orders rest"
        level = self._levels.get(order.price)
        if level is None:
            level = self._levels[order.price] = {}
            insort(self.prices, order.price)
        level[order.id] = order

    def remove(self, order: Order) -> bool:
        """Take *order* out; False when it was not here."""
        assert order.price is not None, "only priced orders rest"
        level = self._levels.get(order.price)
        if level is None or level.pop(order.id, None) is None:
            return False
        if not level:
            del self._levels[order.price]
            del self.prices[bisect_left(self.prices, order.price)]
        return True

    def best(self) -> Order | None:
        if not self.prices:
            return None
        price = self.prices[-1 if self.side is Side.BID else 0]
        return next(iter(self._levels[price].values()))

    def in_priority(self) -> Iterator[Order]:
        """Every order, in the order in which it would be matched."""
        prices = reversed(self.prices) if self.side is Side.BID else iter(self.prices)
        for price in prices:
            yield from self._levels[price].values()

    def best_level(self) -> tuple[Decimal, Decimal]:
        """(price, quantity) of the best level; zeros when the side is empty."""
        if not self.prices:
            return ZERO, ZERO
        price = self.prices[-1 if self.side is Side.BID else 0]
        orders = self._levels[price].values()
        return price, sum((order.leaves for order in orders), ZERO)

    def levels(self) -> list[tuple[Decimal, Decimal]]:
        """(price, quantity) of each level, ascending by price."""
        return [
            (price, sum((o.leaves for o in self._levels[price].values()), ZERO))
            for price in self.prices
        ]


class Book:
    """Both sides of one market."""

    def __init__(self) -> None:
        self.bids = BookSide(Side.BID)
        self.asks = BookSide(Side.ASK)

    def side(self, side: Side) -> BookSide:
        return self.bids if side is Side.BID else self.asks

    def top(self) -> tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]]:
        """Best bid and best ask as (price, quantity); zeros where a side is empty."""
        return self.bids.best_level(), self.asks.best_level()


def crosses(side: Side, limit: Decimal | None, resting: Decimal) -> bool:
    """Whether an order of *side* bounded by *limit* may trade at *resting*."""
    if limit is None:
        return True
    return resting <= limit if side is Side.BID else resting >= limit
