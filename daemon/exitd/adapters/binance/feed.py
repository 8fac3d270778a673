"""Binance's USD-M futures as a feed: prices only, no account and no key.

A frame becomes ticks in the call that brought it. Bids and asks come through a door of
their own, which opens when somebody watches them; to lose either is to lose the feed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import httpx

from exitd.adapters.binance import polling
from exitd.adapters.binance.asking import Asking
from exitd.adapters.binance.candles import candles, span_ns
from exitd.adapters.binance.defaults import DEADLINE_S, URL, VENUE, WS_URL
from exitd.adapters.binance.door import Door
from exitd.adapters.binance.reading import FrameReader
from exitd.adapters.binance.silence import SILENT_NS, SilenceWatch
from exitd.adapters.binance.streams import MARKET, PUBLIC, door_of, stream_of, unserved
from exitd.adapters.binance.weight import PER_MINUTE
from exitd.adapters.network.connection import PING_S, Connect, open_socket
from exitd.adapters.network.rest import RestClient
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.bars import Bars
from exitd.adapters.prices.routes import routes_of
from exitd.adapters.prices.teller import MAX_AGE_NS, FeedCounters, PriceTeller
from exitd.core.market import PriceSource, Tick
from exitd.errors import FeedError, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, FeedSignal, TickSink

CLOCK_EVERY_S = 300.0
CLOCK_AGAIN_S = 10.0


class BinanceFeed:
    """Implements the `Feed` port.

    Args:
        name: The venue's name in the configuration.
        url: Of REST.
        ws_url: Of the streams, without `/public` and `/market`.
        max_age_ns: Older prices, by the venue's clock, are counted and not told.
        weight_per_minute: What REST requests of this address may weigh.
        transport: Carries HTTP; for tests and the simulation.
        connect: Opens WebSockets; for tests and the simulation.
        ping_s: How often the peer is asked for a sign of life, and missed candles
            and silent streams are looked for.
        silent_ns: How long an acknowledged stream may carry nothing before REST is
            asked about it.
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
        weight_per_minute: int = PER_MINUTE,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: Connect = open_socket,
        ping_s: float = PING_S,
        silent_ns: int = SILENT_NS,
    ) -> None:
        self.name = name
        self.watched: frozenset[PriceSource] = frozenset()
        self._clock = clock
        self._venue_clock = VenueClock(clock)
        self._max_age_ns = max_age_ns
        rest = RestClient(url, venue=VENUE, deadline_s=deadline_s, transport=transport)
        self._asking = Asking(rest, clock, weight_per_minute)
        self._teller = PriceTeller(
            name, clock, self._venue_clock, max_age_ns, self._fail
        )
        self._bars = Bars(
            self._teller,
            self._venue_clock,
            self._fetch_bars,
            interval_ns=span_ns,
            round_s=ping_s,
        )
        self._reader = FrameReader(self._teller, self._bars)
        base = ws_url.rstrip("/")
        self._doors = {
            door: Door(
                f"{base}/{door}", connect, clock, self._teller.refused, ping_s=ping_s
            )
            for door in (MARKET, PUBLIC)
        }
        self._silences = {
            name: SilenceWatch(
                self._asking,
                door,
                clock,
                self._venue_clock,
                lambda: self._reader.routes,
                self._teller.refused,
                look_s=ping_s,
                silent_ns=silent_ns,
            )
            for name, door in self._doors.items()
        }
        self._unserved: frozenset[PriceSource] = frozenset()
        self._watched_anew = asyncio.Event()

    @property
    def counters(self) -> FeedCounters:
        return self._teller.counters

    @property
    def streams(self) -> frozenset[str]:
        """The streams that carry what is watched."""
        return frozenset(self._reader.routes)

    @property
    def ts_alive_ns(self) -> int:
        market, public = self._doors[MARKET], self._doors[PUBLIC]
        alive_ns = market.connection.ts_alive_ns
        if not public.is_open:
            return alive_ns
        return min(alive_ns, public.connection.ts_alive_ns)

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self.watched = sources
        wrong = frozenset(source for source in sources if unserved(source))
        served = sources - wrong
        for source in sorted(wrong - self._unserved, key=str):
            self._teller.refused(str(source), unserved(source))
        self._unserved = wrong
        self._reader.routes = routes_of(served, stream_of)
        self._bars.watch(served)
        for name, door in self._doors.items():
            door.want(stream for stream in self.streams if door_of(stream) == name)
        self._watched_anew.set()

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: A connection was lost, or never came about.
        """
        self._teller.on_tick, self._teller.on_notice = on_tick, on_notice
        await self._doors[MARKET].run(
            self._on_market,
            self._begin,
            self._keep_public,
            self._drop_public_too,
            self._keep_clock,
            self._bars.run,
            self._silences[MARKET].run,
        )

    def abort(self) -> None:
        self._fail("aborted")

    async def poll(self, source: PriceSource) -> Tick | None:
        self._require(source)
        venue_now_ns = self._venue_clock.earliest_ns()
        found = await polling.poll(self._asking, source, venue_now_ns, self._max_age_ns)
        if found is None:
            return None
        price, ts_venue_ns, seq = found
        return Tick(source, price, ts_venue_ns, self._clock.now_ns(), seq)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        """Read the bars of a source's own prices that begin in [from, to].

        Those of `bid` and `ask` are the trades'.

        Raises:
            VenueUnavailable: They could not be read whole.
        """
        self._require(source)
        bars, _ = await candles(self._asking, source, ts_from_ns, ts_to_ns)
        return bars

    def _require(self, source: PriceSource) -> None:
        why = unserved(source)
        if why:
            raise VenueUnavailable(f"{source}: {why}")

    async def close(self) -> None:
        self.abort()
        await self._asking.close()

    def _fail(self, why: str) -> None:
        for door in self._doors.values():
            door.connection.fail(why)

    async def _begin(self) -> None:
        self._teller.notice(FeedSignal.CONNECTED, self._doors[MARKET].connection.url)
        for source in sorted(self._unserved, key=str):
            self._teller.refused(str(source), unserved(source))

    async def _keep_public(self) -> None:
        """Have the other door open from when it is wanted on."""
        public = self._doors[PUBLIC]
        while not public.is_wanted:
            self._watched_anew.clear()
            await self._watched_anew.wait()
        try:
            await public.run(self._on_public, self._silences[PUBLIC].run)
        except FeedError as exc:
            self._fail(str(exc))

    async def _drop_public_too(self) -> None:
        """Abort the other door with this one: a frozen peer answers no farewell."""
        try:
            await asyncio.Event().wait()
        finally:
            self._doors[PUBLIC].connection.fail("the other door is lost")

    async def _keep_clock(self) -> None:
        """Ask for the venue's time now and then; nobody else does."""
        while True:
            pause_s = CLOCK_EVERY_S
            try:
                await self._asking.sync_clock(self._venue_clock)
            except VenueUnavailable as exc:
                pause_s = CLOCK_AGAIN_S
                if not self._venue_clock.is_synced:
                    # Ages are then not judged.
                    detail = f"the age of prices is unknown: {exc}"
                    self._teller.notice(FeedSignal.GARBAGE, detail)
            await asyncio.sleep(pause_s)

    async def _fetch_bars(
        self, source: PriceSource, since_ns: int, until_ns: int
    ) -> tuple[Iterable[Candle], int]:
        bars, is_old = await candles(self._asking, source, since_ns, until_ns)
        # A cached answer does not say which of its bars had ended.
        return bars, 0 if is_old else until_ns

    def _on_market(self, frame: bytes) -> None:
        self._reader.read(self._doors[MARKET], frame)

    def _on_public(self, frame: bytes) -> None:
        self._reader.read(self._doors[PUBLIC], frame)
