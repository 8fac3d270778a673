"""Backpack's public price streams.

A frame becomes ticks in the call that brought it: decoded in one pass, routed by its
stream's name, and handed over. Nothing is queued, folded or evaluated here, and nothing
that the venue sends can raise into the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import httpx
import msgspec
from msgspec import Struct

from exitd.adapters.backpack import polling, queries
from exitd.adapters.backpack.candle_close import ClosedCandles, interval_ns
from exitd.adapters.backpack.connection import (
    PING_S,
    Connect,
    Connection,
    open_socket,
)
from exitd.adapters.backpack.defaults import DEADLINE_S, URL, WS_URL
from exitd.adapters.backpack.frames import (
    FRAME,
    FRAME_HEAD,
    BookFrame,
    Frame,
    KlineFrame,
    MarkFrame,
    TradeFrame,
    is_price,
)
from exitd.adapters.backpack.rest import RestClient, age_s
from exitd.adapters.backpack.subscriptions import Subscriptions, stream_of
from exitd.adapters.backpack.time_sync import VenueClock, sync_clock
from exitd.adapters.backpack.wire import iso_ns
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_S, NS_PER_US
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import FeedNotice, FeedSignal, TickSink

MAX_AGE_NS = 10 * NS_PER_S
# An instant this far ahead is in the wrong unit; taken, it would make every later
# price look old.
AHEAD_NS_MAX = 86_400 * NS_PER_S
# A closed bar that ends later than this after the frame is none: taken, it would hide
# every close until then.
AHEAD_OF_END_NS = 5 * NS_PER_S
GARBAGE_PER_S_MAX = 200
# Historical queries are limited to 30 a minute (Backpack's support pages).
HISTORY_ROUNDS = 2


class _Route(Struct):
    """Who is to be told what of one stream."""

    symbol: str
    mark: PriceSource | None = None
    index: PriceSource | None = None
    last: PriceSource | None = None
    bid: PriceSource | None = None
    ask: PriceSource | None = None
    running: PriceSource | None = None
    closed: PriceSource | None = None


class FeedCounters(Struct):
    """What became of frames since the start.

    `garbage` could not be read or held no price; `stale` were older than the allowed
    age; `unasked` belong to no watched stream.
    """

    frames: int = 0
    garbage: int = 0
    stale: int = 0
    unasked: int = 0


class BackpackFeed:
    """Implements the `Feed` port.

    Args:
        name: The account whose venue streams these prices.
        max_age_ns: Older prices, by the venue's clock, are counted and not told.
        venue_clock: The clock of the same account's venue; by default one of its own,
            measured once per connection.
        transport: Carries HTTP; for tests and the simulation.
        connect: Opens WebSockets; for tests and the simulation.
        ping_s: How often the peer is asked for a sign of life, and missed candles are
            looked for.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        url: str = URL,
        ws_url: str = WS_URL,
        max_age_ns: int = MAX_AGE_NS,
        deadline_s: float = DEADLINE_S,
        venue_clock: VenueClock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: Connect = open_socket,
        ping_s: float = PING_S,
    ) -> None:
        self.name = name
        self.counters = FeedCounters()
        self.watched: frozenset[PriceSource] = frozenset()
        self._clock = clock
        self._venue_clock = venue_clock or VenueClock(clock)
        self._max_age_ns = max_age_ns
        self._rest = RestClient(url, deadline_s=deadline_s, transport=transport)
        self._connection = Connection(ws_url, connect, clock, ping_s=ping_s)
        # The streams that have carried data on this connection.
        self._live: set[str] = set()
        self._subscriptions = Subscriptions(
            self._connection,
            self._live.__contains__,
            self._refused,
            settle_s=2 * ping_s,
            grace_s=ping_s / 4,
        )
        self._routes: dict[str, _Route] = {}
        self._closes: dict[PriceSource, ClosedCandles] = {}
        self._on_tick: TickSink | None = None
        self._on_notice: Callable[[FeedNotice], None] | None = None
        self._garbage_second = (0, 0)
        self._round_s = ping_s

    @property
    def ts_alive_ns(self) -> int:
        return self._connection.ts_alive_ns

    def watch(self, sources: frozenset[PriceSource]) -> None:
        routes: dict[str, _Route] = {}
        for source in sources:
            route = routes.setdefault(stream_of(source), _Route(source.symbol))
            setattr(route, _place(source), source)
        self.watched = sources
        self._routes = routes
        now_ns = self._venue_clock.now_ns()
        self._closes = {
            source: self._closes.get(source) or ClosedCandles(source, now_ns)
            for source in sources
            if source.kind is PriceKind.LAST_CLOSE and source.closed
        }
        self._subscriptions.want(routes)

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._on_tick, self._on_notice = on_tick, on_notice
        self._live.clear()
        await self._connection.run(
            self._on_frame, self._begin, self._subscriptions.run, self._watch_closes
        )

    def abort(self) -> None:
        self._connection.fail("aborted")

    async def poll(self, source: PriceSource) -> Tick | None:
        venue_now_ns = self._venue_clock.earliest_ns()
        span_ns = interval_ns(source.candle)
        found = await polling.poll(self._rest, source, venue_now_ns, span_ns)
        if found is None:
            return None
        price, ts_venue_ns, seq = found
        return Tick(source, price, ts_venue_ns, self._clock.now_ns(), seq)

    async def close(self) -> None:
        self.abort()
        await self._rest.close()

    async def _begin(self) -> None:
        self._notice(FeedSignal.CONNECTED, self._connection.url)
        if not self._venue_clock.is_synced:
            try:
                await sync_clock(self._rest, self._clock, self._venue_clock)
            except VenueUnavailable as exc:
                # Ages are then not judged; the venue of this account asks again.
                self._notice(FeedSignal.GARBAGE, f"the age of prices is unknown: {exc}")

    def _on_frame(self, frame: bytes) -> None:
        self.counters.frames += 1
        try:
            message = FRAME.decode(frame)
        except (msgspec.DecodeError, ValueError) as exc:
            self._unreadable(frame, exc)
            return
        data = message.data
        route = self._routes.get(message.stream)
        if data is None or route is None:
            self._aside(message)
            return
        if data.symbol != route.symbol:
            self._garbage(f"{message.stream} carried a price of {data.symbol[:40]}")
            return
        self._live.add(message.stream)
        if isinstance(data, MarkFrame):
            at_us = data.engine_us or data.emitted_us
            if route.mark is not None and data.mark is not None:
                self._tell(route.mark, data.mark, at_us, 0)
            if route.index is not None and data.index is not None:
                self._tell(route.index, data.index, at_us, 0)
        elif isinstance(data, TradeFrame):
            if route.last is not None:
                at_us = data.engine_us or data.emitted_us
                self._tell(route.last, data.price, at_us, data.number)
        elif isinstance(data, BookFrame):
            at_us = data.engine_us or data.emitted_us
            if route.bid is not None and data.bid is not None:
                self._tell(route.bid, data.bid, at_us, 0)
            if route.ask is not None and data.ask is not None:
                self._tell(route.ask, data.ask, at_us, 0)
        else:
            self._bar(route, data)

    def _tell(self, source: PriceSource, price: Decimal, at_us: int, seq: int) -> None:
        if not is_price(price):
            self._garbage(f"{source} is no price: {str(price)[:40]}")
        elif self._is_timely(at_us * NS_PER_US):
            self._push(source, price, at_us * NS_PER_US, seq)

    def _push(self, source: PriceSource, price: Decimal, at_ns: int, seq: int) -> None:
        assert self._on_tick is not None
        self._on_tick(Tick(source, price, at_ns, self._clock.now_ns(), seq))

    def _is_timely(self, at_ns: int) -> bool:
        """Whether the venue's instant is believable and recent; counts what is not."""
        if at_ns <= 0:
            self._garbage("a price without an instant")
            return False
        venue_ns = self._venue_clock.at_ns(self._connection.ts_alive_ns)
        if venue_ns is None:
            # Until the venue's clock is known, an age cannot be judged.
            venue_ns = min(self._clock.now_ns(), at_ns)
        if -AHEAD_NS_MAX <= venue_ns - at_ns <= self._max_age_ns:
            return True
        if at_ns > venue_ns:
            self._garbage("a price from another day")
        else:
            self.counters.stale += 1
        return False

    def _bar(self, route: _Route, bar: KlineFrame) -> None:
        at_ns = bar.emitted_us * NS_PER_US
        if not self._is_timely(at_ns):
            return
        if bar.close is not None and not is_price(bar.close):
            self._garbage(f"the bar of {bar.symbol[:40]} closed at no price")
            return
        if route.running is not None and bar.close is not None:
            self._push(route.running, bar.close, at_ns, 0)
        closes = self._closes.get(route.closed) if route.closed else None
        if closes is None:
            return
        try:
            end_ns = iso_ns(bar.end)
        except ValueError as exc:
            self._garbage(f"the bar of {bar.symbol[:40]} ends at no instant: {exc}")
            return
        if not bar.is_closed:
            closes.running(end_ns)
        elif end_ns > at_ns + AHEAD_OF_END_NS:
            self._garbage(f"the bar of {bar.symbol[:40]} closed before its end")
        elif closes.is_new(end_ns) and bar.close is not None:
            self._push(closes.source, bar.close, end_ns, 0)

    async def _watch_closes(self) -> None:
        while True:
            await asyncio.sleep(self._round_s)
            for closes in list(self._closes.values()):
                if closes.is_missed(self._venue_clock.now_ns()):
                    await self._fetch_closes(closes)
                    await asyncio.sleep(HISTORY_ROUNDS * self._round_s)

    async def _fetch_closes(self, closes: ClosedCandles) -> None:
        asked_ns = self._venue_clock.now_ns()
        span_ns = interval_ns(closes.source.candle) or 0
        since_ns = closes.told_ns - span_ns
        try:
            reply, bars = await queries.klines(
                self._rest, closes.source, since_ns, asked_ns
            )
        except VenueUnavailable:
            return
        for bar in closes.fetched(bars, asked_ns - age_s(reply) * NS_PER_S):
            if bar.close is not None and is_price(bar.close):
                self._push(closes.source, bar.close, bar.ts_close_ns, 0)

    def _aside(self, message: Frame) -> None:
        if message.error is not None:
            error = message.error
            self._subscriptions.refused(f"{error.code} {error.message}")
        elif message.stream and message.stream not in self._routes:
            # Frames of a stream still arrive for a moment after it is unsubscribed.
            self.counters.unasked += 1
        else:
            self._garbage("a frame without a stream or without data")

    def _unreadable(self, frame: bytes, exc: Exception) -> None:
        try:
            stream = FRAME_HEAD.decode(frame).stream
        except (msgspec.DecodeError, ValueError):
            stream = ""
        if stream and stream not in self._routes:
            self.counters.unasked += 1
        else:
            self._garbage(f"{stream or 'a frame'} cannot be read: {exc}")

    def _garbage(self, detail: str) -> None:
        self.counters.garbage += 1
        second = self._clock.monotonic_ns() // NS_PER_S
        since, count = self._garbage_second
        count = count + 1 if second == since else 1
        self._garbage_second = (second, count)
        # One notice a second: what is sent in floods must not flood the log as well.
        if count == 1:
            self._notice(FeedSignal.GARBAGE, detail)
        elif count > GARBAGE_PER_S_MAX:
            self._connection.fail(f"more than {GARBAGE_PER_S_MAX} bad frames a second")

    def _refused(self, stream: str, error: str) -> None:
        self._notice(FeedSignal.REFUSED, f"the venue refused {stream}: {error}")

    def _notice(self, signal: FeedSignal, detail: str) -> None:
        if self._on_notice is not None:
            self._on_notice(FeedNotice(self.name, signal, detail))


def _place(source: PriceSource) -> str:
    """Name the field of a route that holds this source."""
    if source.kind is PriceKind.LAST_CLOSE:
        return "closed" if source.closed else "running"
    return source.kind.value
