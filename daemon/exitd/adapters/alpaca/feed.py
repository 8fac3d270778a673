"""Alpaca's prices: two streams, one of shares and one of crypto, under one name.

A connection is opened once something of it is watched, since an account may have one
of each only. When either is lost, both begin again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from exitd.adapters.alpaca.defaults import (
    DATA_FEED,
    DATA_URL,
    DATA_WS_URL,
    DEADLINE_S,
    VENUE,
)
from exitd.adapters.alpaca.looking_up import PriceLookup
from exitd.adapters.alpaca.markets import is_crypto
from exitd.adapters.alpaca.price_stream import PriceStream, open_msgpack
from exitd.adapters.network.connection import PING_S, Connect
from exitd.adapters.network.rest import Carrying, RestClient
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.bars import Bars
from exitd.adapters.prices.candle_close import interval_ns
from exitd.adapters.prices.plausible import is_price
from exitd.adapters.prices.teller import MAX_AGE_NS, FeedCounters, PriceTeller
from exitd.core.market import PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, TickSink
from exitd.secret import Secret


class AlpacaFeed:
    """Implements the `Feed` port.

    Args:
        name: The account whose keys open the streams.
        data_feed: Whose trades are told for shares: `iex` (free) or `sip` (all).
        max_age_ns: Older prices, by the venue's clock, are counted and not told.
        venue_clock: The clock of the same account's venue; by default our own.
        transport: Carries HTTP; for tests and the simulation.
        connect: Opens WebSockets; for tests and the simulation.
        ping_s: How often the peer is asked for a sign of life, and missed candles are
            looked for.
    """

    def __init__(
        self,
        name: str,
        *,
        key: Secret,
        secret: Secret,
        clock: Clock,
        data_url: str = DATA_URL,
        data_ws_url: str = DATA_WS_URL,
        data_feed: str = DATA_FEED,
        max_age_ns: int = MAX_AGE_NS,
        deadline_s: float = DEADLINE_S,
        venue_clock: VenueClock | None = None,
        transport: Carrying | None = None,
        connect: Connect = open_msgpack,
        ping_s: float = PING_S,
    ) -> None:
        self.name = name
        self.watched: frozenset[PriceSource] = frozenset()
        self.counters = FeedCounters()
        self._clock = clock
        self._venue_clock = venue_clock or VenueClock(clock)
        self._max_age_ns = max_age_ns
        rest = RestClient(
            data_url, venue=VENUE, deadline_s=deadline_s, transport=transport
        )
        self._lookup = PriceLookup(rest, (key, secret), data_feed)
        base = data_ws_url.rstrip("/")
        self._shares, self._coins = (
            PriceStream(
                url,
                keys=(key, secret),
                clock=clock,
                teller=self._teller,
                bars=lambda teller: self._bars(teller, ping_s),
                connect=connect,
                ping_s=ping_s,
            )
            for url in (f"{base}/v2/{data_feed}", f"{base}/v1beta3/crypto/us")
        )

    def _teller(self, fail: Callable[[str], None]) -> PriceTeller:
        teller = PriceTeller(
            self.name, self._clock, self._venue_clock, self._max_age_ns, fail
        )
        teller.counters = self.counters
        return teller

    def _bars(self, teller: PriceTeller, round_s: float) -> Bars:
        return Bars(
            teller,
            self._venue_clock,
            self._fetch,
            interval_ns=interval_ns,
            round_s=round_s,
        )

    @property
    def _streams(self) -> tuple[PriceStream, PriceStream]:
        return self._shares, self._coins

    @property
    def ts_alive_ns(self) -> int:
        """The older of the two that are wanted: the peer is there on both."""
        alive = [s.connection.ts_alive_ns for s in self._streams if s.wanted.is_set()]
        return min(alive, default=0)

    @property
    def taken(self) -> frozenset[str]:
        """What is subscribed at Alpaca now."""
        return self._shares.taken | self._coins.taken

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self.watched = sources
        coins = frozenset(source for source in sources if is_crypto(source.symbol))
        self._shares.watch(sources - coins)
        self._coins.watch(coins)

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: A connection was lost, or never came about.
        """
        for stream in self._streams:
            stream.teller.on_tick, stream.teller.on_notice = on_tick, on_notice
        if not self._coins.wanted.is_set():
            # Something has to be connected for this to be a running feed at all.
            self._shares.wanted.set()
        lost: FeedError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for stream in self._streams:
                    group.create_task(stream.run(), name=f"{self.name} prices")
        except* FeedError as errors:
            lost = _first(errors)
        assert lost is not None, "a stream ends only by being lost"
        raise lost

    def abort(self) -> None:
        for stream in self._streams:
            stream.connection.fail("aborted")

    async def poll(self, source: PriceSource) -> Tick | None:
        venue_now_ns = self._venue_clock.earliest_ns()
        found = await self._lookup.newest(source, venue_now_ns)
        if found is None or not is_price(found[0]):
            return None
        price, ts_venue_ns = found
        return Tick(source, price, ts_venue_ns, self._clock.now_ns(), 0)

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        return (await self._lookup.bars(source, ts_from_ns, ts_to_ns))[0]

    async def _fetch(
        self, source: PriceSource, since_ns: int, until_ns: int
    ) -> tuple[Iterable[Candle], int]:
        return await self._lookup.bars(source, since_ns, until_ns)

    async def close(self) -> None:
        self.abort()
        await self._lookup.rest.close()


def _first(errors: BaseExceptionGroup[FeedError]) -> FeedError:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, FeedError)
    return found
