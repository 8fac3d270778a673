"""Streams that were acknowledged and carry nothing, told from quiet markets.

Binance acknowledges whatever is asked for, a symbol that it does not have as well.
So where a stream stays silent, REST is asked: whether there is such a symbol, and
whether something happened that the stream should have shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from exitd.adapters.binance.asking import UNKNOWN_SYMBOL, Asking
from exitd.adapters.binance.door import Door
from exitd.adapters.binance.polling import read_last, read_premium, read_top
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.routes import Route
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock

#: Silent for this long after its acknowledgement, a stream is looked into.
SILENT_NS = 10 * NS_PER_S
#: A quiet market is asked about again after this, and no more often are connections
#: given up for silence: one such stream must not cost all others their prices.
AGAIN_NS = 60 * NS_PER_S
#: How much later than the acknowledgement something must have happened.
MARGIN_NS = 2 * NS_PER_S


class SilenceWatch:
    """Looks into the silent streams of one door.

    Args:
        routes: Gives the watched streams of this feed, by name.
        on_refused: Told a stream that cannot be had, and why.
        look_s: How often silent streams are looked for.
    """

    def __init__(
        self,
        asking: Asking,
        door: Door,
        clock: Clock,
        venue_clock: VenueClock,
        routes: Callable[[], Mapping[str, Route]],
        on_refused: Callable[[str, str], None],
        *,
        look_s: float,
        silent_ns: int = SILENT_NS,
    ) -> None:
        self._asking = asking
        self._door = door
        self._clock = clock
        self._venue_clock = venue_clock
        self._routes = routes
        self._on_refused = on_refused
        self._look_s = look_s
        self._silent_ns = silent_ns
        self._asked_ns: dict[str, int] = {}
        self._ts_failed_ns: int | None = None

    async def run(self) -> None:
        """Look into silent streams for as long as the connection lives."""
        self._asked_ns.clear()
        while True:
            await asyncio.sleep(self._look_s)
            for stream, taken_ns in list(self._door.taken.items()):
                route = self._routes().get(stream)
                if route is not None and self._is_silent(stream, taken_ns):
                    self._asked_ns[stream] = self._clock.monotonic_ns()
                    await self._look_into(stream, route, taken_ns)

    def _is_silent(self, stream: str, taken_ns: int) -> bool:
        if stream in self._door.live:
            return False
        now_ns = self._clock.monotonic_ns()
        asked_ns = self._asked_ns.get(stream)
        if asked_ns is not None and now_ns < asked_ns + AGAIN_NS:
            return False
        return now_ns >= taken_ns + self._silent_ns

    async def _look_into(self, stream: str, route: Route, taken_ns: int) -> None:
        try:
            moved_ms = await self._moved_ms(route)
        except VenueUnavailable as exc:
            if exc.code == UNKNOWN_SYMBOL:
                self._on_refused(stream, f"Binance has no symbol {route.symbol}")
            return
        taken_venue_ns = self._venue_clock.at_ns(taken_ns)
        if moved_ms is None or taken_venue_ns is None or stream in self._door.live:
            return
        if moved_ms * NS_PER_MS > taken_venue_ns + MARGIN_NS:
            why = "it is acknowledged and carries nothing, though the market moves"
            self._on_refused(stream, why)
            self._give_up(f"{stream} {why[3:]}")

    async def _moved_ms(self, route: Route) -> int | None:
        """Ask when something last happened that a stream shows; None if not known."""
        if route.bid is not None or route.ask is not None:
            top = await read_top(self._asking, route.symbol)
            return None if top is None else top.time
        if route.mark is not None or route.index is not None:
            # Marks come each second: whoever watches their age sees them missing.
            await read_premium(self._asking, route.symbol)
            return None
        last = await read_last(self._asking, route.symbol)
        return None if last is None else last.time

    def _give_up(self, why: str) -> None:
        now_ns = self._clock.monotonic_ns()
        if self._ts_failed_ns is None or now_ns >= self._ts_failed_ns + AGAIN_NS:
            self._ts_failed_ns = now_ns
            self._door.connection.fail(why)
