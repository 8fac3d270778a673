"""The last price before we listened: asked for where no stream gives it by itself."""

import asyncio
from collections.abc import Awaitable, Callable

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.feed import TickSink
from exitd.runtime.loop import EngineLoop

Poll = Callable[[PriceSource], Awaitable[Tick | None]]

#: Venues push these within seconds of a connect, and their silence is told.
_PUSHED = frozenset({PriceKind.MARK, PriceKind.INDEX})
#: One connect must not spend what the venue lets us ask for closes.
_MOST_PER_CONNECT = 50
_PATIENCE_S = 2.0
_AGAIN_NS = 2 * NS_PER_S
_AGAIN_AT_MOST_NS = 60 * NS_PER_S


class FirstPrices:
    """Asks after each connect for every watched price that has not come since.

    One query at a time, each of two seconds at most; what a stream says meanwhile is
    newer and wins. Where one fails the price is not known, and it is asked for again,
    later each time: a stop may have been crossed while nobody listened, in a market
    where nobody trades any more. A bar's close that is over is not asked for: it was
    before the exit was there.
    """

    def __init__(self, feed: str, loop: EngineLoop, poll: Poll, sink: TickSink) -> None:
        self._feed = feed
        self._loop = loop
        self._poll = poll
        self._sink = sink
        self._since_ns: int | None = None
        self._watched: frozenset[PriceSource] = frozenset()
        self._lacking: set[PriceSource] = set()
        self._queries = 0
        self._is_asking = False
        self._failed: set[PriceSource] = set()
        self._pause_ns = _AGAIN_NS
        self._again_ns = 0

    def connected(self, since_ns: int) -> None:
        """Begin anew: what was seen before `since_ns` (steady, UTC) may be over."""
        self._since_ns = since_ns
        self._queries = 0
        self._pause_ns, self._again_ns = _AGAIN_NS, 0
        self._failed.clear()
        self._lacking = {s for s in self._watched if self._lacks(s)}

    def lost(self) -> None:
        self._since_ns = None
        self._lacking.clear()
        self._failed.clear()

    def watch(self, sources: frozenset[PriceSource]) -> None:
        """Take in what is watched now: only what is new to it is looked at."""
        if sources is self._watched:
            return
        new, self._watched = sources - self._watched, sources
        self._lacking &= sources
        self._failed &= sources
        self._lacking |= {s for s in new if self._lacks(s)}

    def is_wanted(self) -> bool:
        """Whether there is something to ask, and nobody asks yet."""
        if self._is_asking:
            return False
        if self._failed and self._loop.clock.monotonic_ns() >= self._again_ns:
            self._lacking |= self._failed
            # The same ones again: they are no more for it.
            self._queries -= len(self._failed)
            self._failed.clear()
        return self._next() is not None

    async def ask(self) -> None:
        """Ask for what is wanted, until nothing is."""
        if self._is_asking:
            return
        self._is_asking = True
        try:
            while (source := self._next()) is not None:
                self._lacking.discard(source)
                self._queries += 1
                await self._ask(source)
        finally:
            self._is_asking = False
            if self._failed:
                now_ns = self._loop.clock.monotonic_ns()
                self._again_ns = now_ns + self._pause_ns
                self._pause_ns = min(2 * self._pause_ns, _AGAIN_AT_MOST_NS)

    def _next(self) -> PriceSource | None:
        if not self._lacking or self._queries >= _MOST_PER_CONNECT:
            return None
        # What has come by itself meanwhile is not asked for.
        self._lacking = {s for s in self._lacking if self._lacks(s)}
        return min(self._lacking, key=str, default=None)

    def _lacks(self, source: PriceSource) -> bool:
        if source.feed != self._feed or source.kind in _PUSHED or source.closed:
            return False
        seen_ns = self._loop.engine.state.ts_seen_ns(source)
        return self._since_ns is not None and seen_ns < self._since_ns

    async def _ask(self, source: PriceSource) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                tick = await self._poll(source)
        except (TimeoutError, VenueError) as error:
            reason = str(error) or "no answer within two seconds"
            log(Event.VENUE_FAILED, venue=self._feed, reason=reason)
            if self._since_ns is not None:
                self._failed.add(source)
            return
        if tick is not None and self._lacks(source):
            self._sink(tick)
