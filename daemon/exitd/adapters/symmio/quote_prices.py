"""Prices of quotes: what another feed tells of the contract that each is of.

A quote is a market of its own, and all quotes of one symbol have one price. So each
stream is asked for once, whatever number of quotes is watched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.ports.feed import Candle, Feed, FeedNotice, TickSink


class QuotePrices:
    """Implements the `Feed` port for an account whose positions are quotes.

    Args:
        feed: Where the prices are from. It bears the account's name.
        symbols: Its symbol by the contract's own name of one; by default the same.
    """

    def __init__(self, feed: Feed, symbols: Mapping[str, str]) -> None:
        self.name = feed.name
        self._feed = feed
        self._symbols = dict(symbols)
        self._quotes: dict[PriceSource, tuple[PriceSource, ...]] = {}
        self._marks: set[PriceSource] = set()
        self._seen: dict[PriceSource, Decimal] = {}
        self._on_tick: TickSink | None = None

    @property
    def ts_alive_ns(self) -> int:
        return self._feed.ts_alive_ns

    def watch(self, sources: frozenset[PriceSource]) -> None:
        quotes: dict[PriceSource, tuple[PriceSource, ...]] = {}
        for source in sorted(sources, key=str):
            streamed = self._streamed(source)
            quotes[streamed] = (*quotes.get(streamed, ()), source)
            # Closes are bound by the mark, whatever else they are watched by.
            self._marks.add(_mark_of(streamed))
        self._quotes = quotes
        self._ask()

    def price_of(self, name: str) -> Decimal | None:
        """Give the last mark price of a contract; None while none has been seen.

        It is asked for from then on, so that there is one the next time.
        """
        mark = self._streamed(PriceSource(self.name, name, PriceKind.MARK))
        if mark not in self._marks:
            self._marks.add(mark)
            self._ask()
        return self._seen.get(mark)

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._on_tick = on_tick
        await self._feed.run(self._pass_on, on_notice)

    def abort(self) -> None:
        self._feed.abort()

    async def poll(self, source: PriceSource) -> Tick | None:
        tick = await self._feed.poll(self._streamed(source))
        if tick is None:
            return None
        self._note(tick)
        return replace(tick, source=source)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        return await self._feed.candles(self._streamed(source), ts_from_ns, ts_to_ns)

    async def close(self) -> None:
        await self._feed.close()

    def _ask(self) -> None:
        self._feed.watch(frozenset((*self._quotes, *self._marks)))

    def _streamed(self, source: PriceSource) -> PriceSource:
        name = source.symbol.partition("#")[0]
        return PriceSource(
            self.name,
            self._symbols.get(name, name),
            source.kind,
            source.candle,
            source.closed,
        )

    def _note(self, tick: Tick) -> None:
        if tick.source.kind is PriceKind.MARK:
            self._seen[tick.source] = tick.price

    def _pass_on(self, tick: Tick) -> None:
        assert self._on_tick is not None
        self._note(tick)
        for source in self._quotes.get(tick.source, ()):
            self._on_tick(
                Tick(source, tick.price, tick.ts_venue_ns, tick.ts_recv_ns, tick.seq)
            )


def _mark_of(source: PriceSource) -> PriceSource:
    return PriceSource(source.feed, source.symbol, PriceKind.MARK)
