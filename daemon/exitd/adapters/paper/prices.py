"""What a paper account has seen of the markets, and what an order would get there."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.market import PriceKind, Tick
from exitd.core.position import OrderSide
from exitd.core.units import NS_PER_S

#: A quote or a trade this much older than the newest price is not the market any more.
FRESH_NS = 60 * NS_PER_S


class SeenPrices:
    """The last price of each kind, and the newest that one could trade at."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, PriceKind], tuple[Decimal, int]] = {}
        self._newest: dict[str, tuple[Decimal, int]] = {}

    def take(self, tick: Tick) -> None:
        symbol, kind = tick.source.symbol, tick.source.kind
        seen = tick.price, tick.ts_recv_ns
        self._seen[symbol, kind] = seen
        if kind is not PriceKind.INDEX:
            self._newest[symbol] = seen

    def note(self, symbol: str, price: Decimal, ts_ns: int) -> None:
        """Know a price that no stream told."""
        self._newest[symbol] = price, ts_ns

    def newest(self, symbol: str) -> Decimal | None:
        """The newest price that somebody could trade at: any kind but the index."""
        seen = self._newest.get(symbol)
        return None if seen is None else seen[0]

    def of_kind(self, symbol: str, kind: PriceKind) -> Decimal | None:
        seen = self._seen.get((symbol, kind))
        return None if seen is None else seen[0]

    def traded(self, symbol: str, side: OrderSide) -> Decimal | None:
        """What trades are at: the last one seen, else what an order of *side* gets."""
        last = self._fresh(symbol, PriceKind.LAST)
        return self.taker(symbol, side) if last is None else last

    def taker(self, symbol: str, side: OrderSide) -> Decimal | None:
        """What an order that takes gets: the ask or the bid, else the newest price."""
        quote = PriceKind.ASK if side is OrderSide.BUY else PriceKind.BID
        for kind in (quote, PriceKind.LAST):
            price = self._fresh(symbol, kind)
            if price is not None:
                return price
        return self.newest(symbol)

    def _fresh(self, symbol: str, kind: PriceKind) -> Decimal | None:
        """A price of one kind, unless the market has long gone on without it."""
        seen, newest = self._seen.get((symbol, kind)), self._newest.get(symbol)
        if seen is None or newest is None or newest[1] - seen[1] > FRESH_NS:
            return None
        return seen[0]
