"""Bars of candle streams: the running close as it moves, the finished one once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal

from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.candle_close import ClosedCandles
from exitd.adapters.prices.plausible import is_price
from exitd.adapters.prices.teller import PriceTeller
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.feed import Candle

# A closed bar that ends later than this after the frame is none: taken, it would hide
# every close until then.
AHEAD_OF_END_NS = 5 * NS_PER_S
# Venues limit queries of the past; between two there are this many rounds.
HISTORY_ROUNDS = 2

#: Asks for the bars of a source from an instant on, up to another; gives them with
#: the instant at which the answer was made.
Fetch = Callable[[PriceSource, int, int], Awaitable[tuple[Iterable[Candle], int]]]


class Bars:
    """The candle sources of one feed.

    Args:
        interval_ns: How long a bar of an interval is; None where bars do not tile
            the UTC day.
        fetch: Asks by REST; raises `VenueUnavailable`.
        round_s: How often missed closes are looked for.
    """

    def __init__(
        self,
        teller: PriceTeller,
        venue_clock: VenueClock,
        fetch: Fetch,
        *,
        interval_ns: Callable[[str], int | None],
        round_s: float,
    ) -> None:
        self._teller = teller
        self._venue_clock = venue_clock
        self._fetch = fetch
        self._interval_ns = interval_ns
        self._round_s = round_s
        self._closes: dict[PriceSource, ClosedCandles] = {}

    def watch(self, sources: Iterable[PriceSource]) -> None:
        """Expect the closes of those of *sources* that want finished bars."""
        now_ns = self._venue_clock.now_ns()
        self._closes = {
            source: self._closes.get(source)
            or ClosedCandles(source, now_ns, self._interval_ns(source.candle))
            for source in sources
            if source.kind is PriceKind.LAST_CLOSE and source.closed
        }

    def moved(
        self,
        symbol: str,
        close: Decimal | None,
        at_ns: int,
        running: PriceSource | None,
    ) -> bool:
        """Tell the close of a bar as it stands; whether the frame can be used."""
        if not self._teller.is_timely(at_ns):
            return False
        if close is not None and not is_price(close):
            self._teller.garbage(f"the bar of {symbol[:40]} closed at no price")
            return False
        if running is not None and close is not None:
            self._teller.push(running, close, at_ns, 0)
        return True

    def ended(
        self,
        source: PriceSource,
        close: Decimal | None,
        at_ns: int,
        end_ns: int,
        *,
        is_closed: bool,
    ) -> None:
        """Take note of a bar that ends at *end_ns*; its close is told once."""
        closes = self._closes.get(source)
        if closes is None:
            return
        if not is_closed:
            closes.running(end_ns)
        elif end_ns > at_ns + AHEAD_OF_END_NS:
            self._teller.garbage(
                f"the bar of {source.symbol[:40]} closed before its end"
            )
        elif closes.is_new(end_ns) and close is not None:
            self._teller.push(closes.source, close, end_ns, 0)

    async def run(self) -> None:
        """Fetch the closes that the stream did not bring; never returns."""
        while True:
            await asyncio.sleep(self._round_s)
            for closes in list(self._closes.values()):
                if closes.is_missed(self._venue_clock.now_ns()):
                    await self._make_up(closes)
                    await asyncio.sleep(HISTORY_ROUNDS * self._round_s)

    async def _make_up(self, closes: ClosedCandles) -> None:
        asked_ns = self._venue_clock.now_ns()
        span_ns = self._interval_ns(closes.source.candle) or 0
        since_ns = closes.told_ns - span_ns
        try:
            bars, made_ns = await self._fetch(closes.source, since_ns, asked_ns)
        except VenueUnavailable:
            return
        for bar in closes.fetched(bars, made_ns):
            if bar.close is not None and is_price(bar.close):
                self._teller.push(closes.source, bar.close, bar.ts_close_ns, 0)
