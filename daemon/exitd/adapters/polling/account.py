"""An account that is asked again and again, told as if it were a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.units import ZERO
from exitd.errors import FeedError, VenueError
from exitd.ports.venue import PrivateEvent, StreamUp
from exitd.runtime.newest import Newest

OnEvent = Callable[[PrivateEvent], None]

#: Far more than a broker lists: what is in the next look must not be news again.
KNOWN_MAX = 20_000


class Seen(Struct, frozen=True):
    """What one look at an account shows.

    `positions` has both sides of each symbol that is held; `ts_asked_ns` is the venue's
    instant when it was asked, `now_ns` ours.
    """

    positions: tuple[PositionReport, ...]
    orders: tuple[OrderReport, ...]
    fills: tuple[FillReport, ...]
    ts_asked_ns: int
    now_ns: int


class PolledAccount:
    """Tells what changes between two looks at an account.

    Args:
        account: Its name.
        look: Asks for all of it; a `VenueError` loses the stream.
        every_s: How often it is asked, at the least.
        pause_s: How long is waited between two looks, at the least.
    """

    def __init__(
        self,
        account: str,
        look: Callable[[], Awaitable[Seen]],
        *,
        every_s: float,
        pause_s: float = 0.0,
    ) -> None:
        self._account = account
        self._look = look
        self._every_s = every_s
        self._pause_s = pause_s
        self._wake = asyncio.Event()
        self._aborted = asyncio.Event()
        self._orders: Newest[str, OrderReport] = Newest(KNOWN_MAX)
        self._trades: Newest[str, None] = Newest(KNOWN_MAX)
        self._held: dict[str, tuple[PositionReport, ...]] = {}

    def nudge(self) -> None:
        """Look soon: something has just been done."""
        self._wake.set()

    def abort(self) -> None:
        self._aborted.set()
        self._wake.set()

    async def run(self, on_event: OnEvent) -> None:
        """Look until it fails or is aborted.

        Raises:
            FeedError: The account could not be read, or somebody aborted.
        """
        self._aborted.clear()
        self._orders.clear()
        self._trades.clear()
        self._held = {}
        first = await self._seen()
        on_event(StreamUp(self._account))
        # Orders have no snapshot: they are read by REST after each connect.
        for order in first.orders:
            self._orders[order.venue_order_id] = order
        for fill in first.fills:
            self._trades[fill.trade_id] = None
        self._tell_positions(first, on_event)
        while True:
            try:
                async with asyncio.timeout(self._every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            seen = await self._seen()
            self._tell_fills(seen.fills, on_event)
            self._tell_orders(seen.orders, on_event)
            self._tell_positions(seen, on_event)
            await asyncio.sleep(self._pause_s)

    async def _seen(self) -> Seen:
        if self._aborted.is_set():
            raise FeedError(f"the account {self._account} is no longer looked at")
        try:
            return await self._look()
        except VenueError as exc:
            raise FeedError(f"{self._account} cannot be read: {exc}") from exc

    def _tell_fills(self, fills: Iterable[FillReport], on_event: OnEvent) -> None:
        for fill in fills:
            if fill.trade_id not in self._trades:
                self._trades[fill.trade_id] = None
                on_event(fill)

    def _tell_orders(self, orders: Iterable[OrderReport], on_event: OnEvent) -> None:
        for order in orders:
            known = self._orders.get(order.venue_order_id)
            self._orders[order.venue_order_id] = order
            is_same = known is not None and (known.status, known.filled) == (
                order.status,
                order.filled,
            )
            if not is_same:
                on_event(order)

    def _tell_positions(self, seen: Seen, on_event: OnEvent) -> None:
        """Tell each time what is held: what a fill took off may be dated after it."""
        held: dict[str, tuple[PositionReport, ...]] = {}
        for report in seen.positions:
            held[report.key.symbol] = (*held.get(report.key.symbol, ()), report)
        for symbol in self._held.keys() - held.keys():
            for report in self._held[symbol]:
                on_event(
                    replace(
                        report,
                        quantity=ZERO,
                        entry_price=None,
                        ts_venue_ns=seen.ts_asked_ns,
                        now_ns=seen.now_ns,
                    )
                )
        for reports in held.values():
            for report in reports:
                on_event(report)
        self._held = held
