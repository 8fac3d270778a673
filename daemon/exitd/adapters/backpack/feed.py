"""Backpack's public price streams.

A frame becomes ticks in the call that brought it: decoded in one pass, routed by its
stream's name, and handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from exitd.adapters.backpack import polling, queries
from exitd.adapters.backpack.defaults import DEADLINE_S, URL, VENUE, WS_URL
from exitd.adapters.backpack.frames import (
    FRAME,
    FRAME_HEAD,
    BookFrame,
    Frame,
    KlineFrame,
    MarkFrame,
    TradeFrame,
)
from exitd.adapters.backpack.subscriptions import Subscriptions, stream_of
from exitd.adapters.backpack.time_sync import sync_clock
from exitd.adapters.backpack.wire import iso_ns
from exitd.adapters.network.connection import (
    PING_S,
    Connect,
    Connection,
    open_socket,
)
from exitd.adapters.network.rest import Carrying, RestClient, age_s
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.bars import Bars
from exitd.adapters.prices.candle_close import interval_ns
from exitd.adapters.prices.routes import Route, routes_of
from exitd.adapters.prices.teller import MAX_AGE_NS, FeedCounters, PriceTeller
from exitd.core.market import PriceSource, Tick
from exitd.core.units import NS_PER_S, NS_PER_US
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, FeedSignal, TickSink


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
        transport: Carrying | None = None,
        connect: Connect = open_socket,
        ping_s: float = PING_S,
    ) -> None:
        self.name = name
        self.watched: frozenset[PriceSource] = frozenset()
        self._clock = clock
        self._venue_clock = venue_clock or VenueClock(clock)
        self._rest = RestClient(
            url, venue=VENUE, deadline_s=deadline_s, transport=transport
        )
        self._connection = Connection(ws_url, connect, clock, ping_s=ping_s)
        self._teller = PriceTeller(
            name, clock, self._venue_clock, max_age_ns, self._connection.fail
        )
        self._bars = Bars(
            self._teller,
            self._venue_clock,
            self._klines,
            interval_ns=interval_ns,
            round_s=ping_s,
        )
        # The streams that have carried data on this connection.
        self._live: set[str] = set()
        self._subscriptions = Subscriptions(
            self._connection,
            self._live.__contains__,
            self._teller.refused,
            settle_s=2 * ping_s,
            grace_s=ping_s / 4,
        )
        self._routes: dict[str, Route] = {}

    @property
    def ts_alive_ns(self) -> int:
        return self._connection.ts_alive_ns

    @property
    def counters(self) -> FeedCounters:
        return self._teller.counters

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self.watched = sources
        self._routes = routes_of(sources, stream_of)
        self._bars.watch(sources)
        self._subscriptions.want(self._routes)

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._teller.on_tick, self._teller.on_notice = on_tick, on_notice
        self._live.clear()
        await self._connection.run(
            self._on_frame, self._begin, self._subscriptions.run, self._bars.run
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
        self._teller.notice(FeedSignal.CONNECTED, self._connection.url)
        if not self._venue_clock.is_synced:
            try:
                await sync_clock(self._rest, self._clock, self._venue_clock)
            except VenueUnavailable as exc:
                # Ages are then not judged; the venue of this account asks again.
                detail = f"the age of prices is unknown: {exc}"
                self._teller.notice(FeedSignal.GARBAGE, detail)

    def _on_frame(self, frame: bytes) -> None:
        teller = self._teller
        teller.counters.frames += 1
        teller.ts_arrived_ns = self._connection.ts_alive_ns
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
            teller.garbage(f"{message.stream} carried a price of {data.symbol[:40]}")
            return
        self._live.add(message.stream)
        if isinstance(data, MarkFrame):
            at_ns = (data.engine_us or data.emitted_us) * NS_PER_US
            if route.mark is not None and data.mark is not None:
                teller.tell(route.mark, data.mark, at_ns, 0)
            if route.index is not None and data.index is not None:
                teller.tell(route.index, data.index, at_ns, 0)
        elif isinstance(data, TradeFrame):
            if route.last is not None:
                at_ns = (data.engine_us or data.emitted_us) * NS_PER_US
                teller.tell(route.last, data.price, at_ns, data.number)
        elif isinstance(data, BookFrame):
            at_ns = (data.engine_us or data.emitted_us) * NS_PER_US
            if route.bid is not None and data.bid is not None:
                teller.tell(route.bid, data.bid, at_ns, 0)
            if route.ask is not None and data.ask is not None:
                teller.tell(route.ask, data.ask, at_ns, 0)
        else:
            self._bar(route, data)

    def _bar(self, route: Route, bar: KlineFrame) -> None:
        at_ns = bar.emitted_us * NS_PER_US
        if not self._bars.moved(bar.symbol, bar.close, at_ns, route.running):
            return
        if route.closed is None:
            return
        try:
            end_ns = iso_ns(bar.end)
        except ValueError as exc:
            self._teller.garbage(
                f"the bar of {bar.symbol[:40]} ends at no instant: {exc}"
            )
            return
        self._bars.ended(
            route.closed, bar.close, at_ns, end_ns, is_closed=bar.is_closed
        )

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        return (await queries.klines(self._rest, source, ts_from_ns, ts_to_ns))[1]

    async def _klines(
        self, source: PriceSource, since_ns: int, until_ns: int
    ) -> tuple[Iterable[Candle], int]:
        reply, bars = await queries.klines(self._rest, source, since_ns, until_ns)
        return bars, until_ns - age_s(reply) * NS_PER_S

    def _aside(self, message: Frame) -> None:
        if message.error is not None:
            error = message.error
            self._subscriptions.refused(f"{error.code} {error.message}")
        else:
            why = "a frame without a stream or without data"
            self._teller.stray(message.stream, self._routes, why)

    def _unreadable(self, frame: bytes, exc: Exception) -> None:
        try:
            stream = FRAME_HEAD.decode(frame).stream
        except (msgspec.DecodeError, ValueError):
            stream = ""
        why = f"{stream or 'a frame'} cannot be read: {exc}"
        self._teller.stray(stream, self._routes, why)
