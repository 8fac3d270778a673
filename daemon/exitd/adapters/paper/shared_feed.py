"""One connection for the prices of several accounts: the real one's, and lent ones.

What is simulated beside a real account has the same markets, and needs no connection
of its own. It also needs prices of markets that no trigger watches: where it holds
something or an entry of it waits, somebody has to tell what trades there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.feed import Candle, Feed, FeedNotice, FeedSignal, TickSink

#: By what an order that waits is filled.
_WANTED = (PriceKind.LAST, PriceKind.BID, PriceKind.ASK)

NoticeSink = Callable[[FeedNotice], None]


class SharedFeed:
    """Implements the `Feed` port for the account that the feed is of."""

    def __init__(self, feed: Feed) -> None:
        self.name = feed.name
        self.is_connected = False
        self.seen: dict[PriceSource, Tick] = {}
        self._feed = feed
        self._watched: frozenset[PriceSource] = frozenset()
        self._wanted: frozenset[PriceSource] = frozenset()
        self._lent: list[LentFeed] = []
        self._on_tick: TickSink | None = None
        self._on_notice: NoticeSink | None = None

    @property
    def ts_alive_ns(self) -> int:
        return self._feed.ts_alive_ns

    def lend(self, name: str) -> LentFeed:
        """Make a feed of the same prices under another name."""
        lent = LentFeed(name, self)
        self._lent.append(lent)
        return lent

    def want(self, symbols: frozenset[str]) -> None:
        """Have the prices told by which orders fill in these markets."""
        self._wanted = wanted_sources(self.name, symbols)
        self.ask()

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self._watched = sources
        self.ask()

    def ask(self) -> None:
        """Subscribe to all that somebody here is to be told."""
        asked = self._watched | self._wanted
        for lent in self._lent:
            asked |= lent.streams.keys()
        self._feed.watch(asked)

    async def run(self, on_tick: TickSink, on_notice: NoticeSink) -> None:
        """See the port.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._on_tick, self._on_notice = on_tick, on_notice
        try:
            await self._feed.run(self._pass_on, self._notice)
        finally:
            self.is_connected = False
            self.seen.clear()
            for lent in self._lent:
                lent.lose(f"the feed of {self.name} is down")

    def abort(self) -> None:
        self._feed.abort()

    async def poll(self, source: PriceSource) -> Tick | None:
        return await self._feed.poll(source)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        return await self._feed.candles(source, ts_from_ns, ts_to_ns)

    async def close(self) -> None:
        await self._feed.close()

    def _pass_on(self, tick: Tick) -> None:
        assert self._on_tick is not None
        self.seen[tick.source] = tick
        if tick.source in self._watched or tick.source in self._wanted:
            self._on_tick(tick)
        for lent in self._lent:
            lent.take(tick)

    def _notice(self, notice: FeedNotice) -> None:
        assert self._on_notice is not None
        self._on_notice(notice)
        if notice.signal is FeedSignal.CONNECTED:
            self.is_connected = True
            for lent in self._lent:
                lent.connected()


class LentFeed:
    """Implements the `Feed` port for a simulated account.

    It is up while the real one's is, and has no connection to drop.
    """

    def __init__(self, name: str, shared: SharedFeed) -> None:
        self.name = name
        self.streams: dict[PriceSource, PriceSource] = {}
        self._shared = shared
        self._watched: frozenset[PriceSource] = frozenset()
        self._wanted: frozenset[PriceSource] = frozenset()
        self._on_tick: TickSink | None = None
        self._on_notice: NoticeSink | None = None
        self._lost: asyncio.Future[str] | None = None

    @property
    def ts_alive_ns(self) -> int:
        return self._shared.ts_alive_ns

    def want(self, symbols: frozenset[str]) -> None:
        """See `SharedFeed.want`."""
        self._wanted = wanted_sources(self.name, symbols)
        self._ask()

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self._watched = sources
        self._ask()

    async def run(self, on_tick: TickSink, on_notice: NoticeSink) -> None:
        """See the port.

        Raises:
            FeedError: The connection of the real account was lost.
        """
        self._on_tick, self._on_notice = on_tick, on_notice
        self._lost = asyncio.get_running_loop().create_future()
        try:
            if self._shared.is_connected:
                self.connected()
            raise FeedError(await self._lost)
        finally:
            self._on_tick = self._on_notice = None

    def connected(self) -> None:
        if self._on_notice is not None:
            self._on_notice(FeedNotice(self.name, FeedSignal.CONNECTED))
            self._tell_seen(self.streams)

    def take(self, tick: Tick) -> None:
        """Tell a price of the real feed, if it is wanted here."""
        source = self.streams.get(tick.source)
        if source is not None and self._on_tick is not None:
            self._on_tick(replace(tick, source=source))

    def lose(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    def abort(self) -> None:
        self.lose(f"the prices of {self.name} were aborted")

    async def poll(self, source: PriceSource) -> Tick | None:
        tick = await self._shared.poll(self._streamed(source))
        return None if tick is None else replace(tick, source=source)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        return await self._shared.candles(self._streamed(source), ts_from_ns, ts_to_ns)

    async def close(self) -> None:
        self.abort()

    def _streamed(self, source: PriceSource) -> PriceSource:
        return replace(source, feed=self._shared.name)

    def _ask(self) -> None:
        before = self.streams
        sources = self._watched | self._wanted
        self.streams = {self._streamed(source): source for source in sources}
        self._shared.ask()
        self._tell_seen(self.streams.keys() - before.keys())

    def _tell_seen(self, streams: Iterable[PriceSource]) -> None:
        """Tell what the real feed has told already: it will not say it again."""
        for streamed in tuple(streams):
            seen = self._shared.seen.get(streamed)
            if seen is not None:
                self.take(seen)


def wanted_sources(feed: str, symbols: frozenset[str]) -> frozenset[PriceSource]:
    return frozenset(PriceSource(feed, s, kind) for s in symbols for kind in _WANTED)
