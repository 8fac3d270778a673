"""A feed in memory: prices are what the test pushes, when it pushes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from exitd.core.market import PriceSource, Tick
from exitd.errors import FeedError, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, FeedSignal, TickSink


class FakeFeed:
    """Implements the `Feed` port; the rest is for tests.

    `await feed.connected.wait()`, then `push` ticks and `drop` the connection.
    While `is_down`, every `run` fails at once. `polled` maps sources to what a
    query answers; `polls` counts the queries. `bars` are the candles there are, and
    `has_candles` whether it answers for them.
    """

    def __init__(self, clock: Clock, name: str = "fake") -> None:
        self.name = name
        self.watched: frozenset[PriceSource] = frozenset()
        self.connected = asyncio.Event()
        self.is_down = False
        self.polled: dict[PriceSource, Decimal] = {}
        self.polls = 0
        self.unanswered = 0
        self.bars: dict[PriceSource, tuple[Candle, ...]] = {}
        self.has_candles = True
        self.runs = 0
        self._clock = clock
        self._ts_alive_ns = 0
        self._on_tick: TickSink | None = None
        self._on_notice: Callable[[FeedNotice], None] | None = None
        self._lost: asyncio.Future[str] | None = None

    def push(
        self,
        source: PriceSource,
        price: str,
        *,
        ts_venue_ns: int | None = None,
        seq: int = 0,
    ) -> bool:
        """Deliver a price if it is watched and the feed is connected."""
        if self._on_tick is None or source not in self.watched:
            return False
        now_ns = self._clock.now_ns()
        ts_ns = now_ns if ts_venue_ns is None else ts_venue_ns
        self.prove_alive()
        watched = next(known for known in self.watched if known == source)
        self._on_tick(Tick(watched, Decimal(price), ts_ns, now_ns, seq))
        return True

    def prove_alive(self) -> None:
        """What a pong does: the peer is there, though nothing is traded."""
        self._ts_alive_ns = self._clock.monotonic_ns()

    def tell(self, signal: FeedSignal, detail: str = "") -> None:
        if self._on_notice is not None:
            self._on_notice(FeedNotice(self.name, signal, detail))

    def drop(self, detail: str = "dropped by the test") -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(detail)

    # The port.

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self.watched = sources

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        self.runs += 1
        if self.is_down:
            raise FeedError(f"the feed {self.name} is down")
        self._lost = asyncio.get_running_loop().create_future()
        self._on_tick, self._on_notice = on_tick, on_notice
        self.prove_alive()
        self.tell(FeedSignal.CONNECTED)
        self.connected.set()
        try:
            raise FeedError(await self._lost)
        finally:
            self._on_tick = self._on_notice = None
            self.connected.clear()

    def abort(self) -> None:
        self.drop("aborted")

    @property
    def ts_alive_ns(self) -> int:
        return self._ts_alive_ns

    async def poll(self, source: PriceSource) -> Tick | None:
        self.polls += 1
        if self.unanswered:
            self.unanswered -= 1
            raise VenueUnavailable("the fake feed does not answer; ask again")
        price = self.polled.get(source)
        if price is None:
            return None
        now_ns = self._clock.now_ns()
        return Tick(source, price, now_ns, now_ns)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        if not self.has_candles:
            raise VenueUnavailable("the fake feed has no candles; ask again")
        return tuple(
            bar
            for bar in self.bars.get(replace(source, candle=""), ())
            if ts_from_ns <= bar.ts_open_ns <= ts_to_ns
        )

    async def close(self) -> None:
        self.abort()
