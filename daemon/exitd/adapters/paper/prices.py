"""What a paper account has seen of the markets, and what an order would get there."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.market import PriceKind, Tick
from exitd.core.position import OrderSide
from exitd.core.units import NS_PER_S

#: A quote or a trade this much older than the newest price is not the market any more.
FRESH_NS = 60 * NS_PER_S


#: What nobody of a side trades at: it is what the other side gets.
_OF_OTHERS = {OrderSide.BUY: PriceKind.BID, OrderSide.SELL: PriceKind.ASK}


class SeenPrices:
    """The last price of each kind, and the newest that one could trade at."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, PriceKind], tuple[Decimal, int]] = {}
        self._newest: dict[str, tuple[Decimal, int]] = {}
        self._newest_for: dict[tuple[str, OrderSide], Decimal] = {}

    def take(self, tick: Tick) -> None:
        symbol, kind = tick.source.symbol, tick.source.kind
        seen = tick.price, tick.ts_recv_ns
        self._seen[symbol, kind] = seen
        if kind is PriceKind.INDEX:
            return
        self._newest[symbol] = seen
        for side, others in _OF_OTHERS.items():
            if kind is not others:
                self._newest_for[symbol, side] = tick.price

    def note(self, symbol: str, price: Decimal, ts_ns: int) -> None:
        """Know a price that no stream told."""
        self._newest[symbol] = price, ts_ns
        for side in OrderSide:
            self._newest_for[symbol, side] = price

    def newest(self, symbol: str) -> Decimal | None:
        """The newest price that somebody could trade at: any kind but the index."""
        seen = self._newest.get(symbol)
        return None if seen is None else seen[0]

    def newest_for(self, symbol: str, side: OrderSide) -> Decimal | None:
        """The newest price that an order of *side* could have had.

        A sale does not get the ask, nor a purchase the bid, unless nothing else was
        seen.
        """
        price = self._newest_for.get((symbol, side))
        return self.newest(symbol) if price is None else price

    def of_kind(self, symbol: str, kind: PriceKind) -> Decimal | None:
        seen = self._seen.get((symbol, kind))
        return None if seen is None else seen[0]

    def traded(self, symbol: str, side: OrderSide) -> Decimal | None:
        """What trades are at: the last one seen, else what an order of *side* gets."""
        last = self._fresh(symbol, PriceKind.LAST)
        return self.taker(symbol, side) if last is None else last[0]

    def taker(self, symbol: str, side: OrderSide) -> Decimal | None:
        """What an order that takes gets: the ask or the bid, else the newest price.

        A trade that came after the quote says where the market has gone: of the two
        the worse one counts, as nobody gets a quote that has been left behind.
        """
        is_buy = side is OrderSide.BUY
        quote = self._fresh(symbol, PriceKind.ASK if is_buy else PriceKind.BID)
        last = self._fresh(symbol, PriceKind.LAST)
        if quote is None or last is None:
            known = quote or last
            return self.newest_for(symbol, side) if known is None else known[0]
        if last[1] <= quote[1]:
            return quote[0]
        return max(quote[0], last[0]) if is_buy else min(quote[0], last[0])

    def _fresh(self, symbol: str, kind: PriceKind) -> tuple[Decimal, int] | None:
        """A price of one kind and when it came, unless the market has long gone on."""
        seen, newest = self._seen.get((symbol, kind)), self._newest.get(symbol)
        if seen is None or newest is None or newest[1] - seen[1] > FRESH_NS:
            return None
        return seen
