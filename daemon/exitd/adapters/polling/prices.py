"""Prices that are asked for by REST, told as a feed tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError, VenueError, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, FeedSignal, TickSink

Quotes = Callable[[frozenset[PriceSource]], Awaitable[list[Tick]]]


class PolledFeed:
    """Implements the `Feed` port without a stream.

    Args:
        name: The account whose venue gives these prices.
        quotes: Asks for the present price of each source; what has none is left out.
        every_s: How often it is asked.
    """

    def __init__(
        self, name: str, quotes: Quotes, *, clock: Clock, every_s: float
    ) -> None:
        self.name = name
        self.ts_alive_ns = 0
        self.rounds = 0
        self._quotes = quotes
        self._clock = clock
        self._every_s = every_s
        self._watched: frozenset[PriceSource] = frozenset()
        self._wake = asyncio.Event()
        self._is_aborted = False
        self._trades: dict[PriceSource, Tick] = {}

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self._watched = sources
        self._wake.set()

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: It did not answer, or somebody aborted.
        """
        self._is_aborted = False
        self._trades.clear()
        is_first = True
        while True:
            self._wake.clear()
            watched = self._watched
            try:
                ticks = await self._quotes(watched)
            except VenueError as exc:
                raise FeedError(f"{self.name} gives no prices: {exc}") from exc
            if self._is_aborted:
                raise FeedError(f"the prices of {self.name} are no longer asked for")
            self.ts_alive_ns = self._clock.monotonic_ns()
            if is_first:
                on_notice(FeedNotice(self.name, FeedSignal.CONNECTED, "by REST"))
                is_first = False
            for tick in ticks:
                # It may have been let go of while the answer was on its way.
                if tick.source in self._watched and not self._is_known(tick):
                    on_tick(tick)
            self.rounds += 1
            try:
                async with asyncio.timeout(self._every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _is_known(self, tick: Tick) -> bool:
        """Whether a trade was told already: one print counts once."""
        if tick.source.kind is not PriceKind.LAST:
            return False
        known = self._trades.get(tick.source)
        self._trades[tick.source] = tick
        return known is not None and (known.price, known.ts_venue_ns) == (
            tick.price,
            tick.ts_venue_ns,
        )

    def abort(self) -> None:
        self._is_aborted = True
        self._wake.set()

    async def poll(self, source: PriceSource) -> Tick | None:
        ticks = await self._quotes(frozenset({source}))
        return ticks[0] if ticks else None

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        raise VenueUnavailable(
            f"{self.name} gives no candles; what happened while nobody watched is"
            " not known"
        )

    async def close(self) -> None:
        self.abort()
