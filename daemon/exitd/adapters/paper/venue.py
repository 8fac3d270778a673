"""The venue of `mode: paper`: live prices, a simulated account, nothing sent.

Orders fill at the last price that was pushed in, with a stated fee, in this process.
Every order id starts with PAPER, so that no record of one can be taken for real.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Self

import msgspec

from exitd.adapters.paper.account import PaperAccount, PaperOrder, PaperState
from exitd.adapters.paper.entries import PaperEntries
from exitd.adapters.paper.queries import PaperQueries, PublicReads
from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
    Dedupe,
    RefusalKind,
    TimeInForce,
)
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport, OrderStatus, PositionReport
from exitd.core.market import PriceKind, Tick
from exitd.core.position import Side
from exitd.core.trigger import CancelScope, OrderType
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import FeedError
from exitd.ports.clock import Clock
from exitd.ports.venue import (
    NativeStop,
    Prepared,
    PrivateEvent,
    Refusal,
    StreamUp,
)

# Five basis points, about what a taker pays on a perpetual.
FEE_RATE = Decimal("0.0005")
WINDOW_NS = 5 * NS_PER_S

Follow = Callable[[frozenset[str]], None]


class PaperVenue(PaperQueries):
    """Implements the `Venue` and the `Entries` port without a venue.

    Push every tick of its symbols into `on_tick`, before the engine sees it. It opens
    through entries only: whatever else is sent can only reduce.

    Args:
        market: Where public data comes from: the real venue, read only.
        positions: What it starts with, such as a copy of the real positions.
        fee_rate: Charged on the quote amount of each fill.
        state: What `state()` gave before a restart; then *positions* is not used.

    Raises:
        msgspec.DecodeError: *state* is not what `state()` gave.
    """

    def __init__(
        self,
        account: str,
        *,
        clock: Clock,
        market: PublicReads,
        positions: Iterable[PositionReport] = (),
        fee_rate: Decimal = FEE_RATE,
        state: bytes = b"",
    ) -> None:
        # In process there is no lag, and a client id is refused when seen before.
        self.capabilities = Capabilities(dedupe=Dedupe.ALWAYS, lag_slack_ns=0)
        restored = msgspec.json.decode(state, type=PaperState) if state else None
        book = PaperAccount(account, fee_rate, restored)
        super().__init__(account, clock, market, book, PaperEntries(book))
        self._on_event: Callable[[PrivateEvent], None] | None = None
        self._lost: asyncio.Future[str] | None = None
        self._follow: Follow | None = None
        self._followed: frozenset[str] = frozenset()
        if restored is None:
            for report in positions:
                if report.quantity > ZERO:
                    is_long = report.key.side is Side.LONG
                    net = report.quantity if is_long else -report.quantity
                    self._book.set_position(
                        report.key.symbol, net, report.entry_price, report.ts_venue_ns
                    )
            self._book.events.clear()

    def on_tick(self, tick: Tick) -> None:
        self._book.on_tick(tick)
        self._entries.end_days(tick.ts_recv_ns)
        self._entries.on_price(tick.source.symbol, tick.ts_recv_ns)
        self._tell()

    def follow_prices(self, follow: Follow) -> None:
        """Say at each change in which markets prices are needed, from now on."""
        self._follow = follow
        self._say_followed()

    def state(self) -> bytes:
        """Give the whole account, to be stored."""
        return msgspec.json.encode(self._book.state)

    def with_window(self, window_ns: int) -> Self:
        # Only closes have a window here, and theirs is in the order.
        return self

    def prepare(self, order: CloseOrder) -> Prepared:
        now_ns = self._clock.now_ns()
        body = msgspec.json.encode({"paper": order})
        return Prepared(body, now_ns, now_ns + (order.window_ns or WINDOW_NS))

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        now_ns = self._clock.now_ns()
        if now_ns > prepared.expires_venue_ns:
            return Refusal(RefusalKind.EXPIRED, "PAPER", "Request has expired")
        if any(o.client_order_id == order.client_order_id for o in self._orders()):
            return Refusal(RefusalKind.INVALID, "PAPER", "this client id was used")
        if self._book.reducible(order.symbol, order.side) == ZERO:
            return Refusal(RefusalKind.NOT_REDUCED, "PAPER", "there is no position")
        price = self._book.prices.newest_for(order.symbol, order.side)
        if price is None:
            return Refusal(
                RefusalKind.LIQUIDITY, "PAPER", f"no price of {order.symbol} was seen"
            )
        taken = PaperOrder(
            id=self._book.number(),
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            order=order.order,
            price=order.price,
            rests=order.time_in_force is TimeInForce.GTC
            and order.order is OrderType.LIMIT,
            ts_created_ns=now_ns,
            ts_changed_ns=now_ns,
        )
        self._book.accept(taken)
        if self._book.is_met(taken):
            self._book.execute(taken, price, now_ns)
        elif not taken.rests:
            self._book.end(
                taken,
                OrderStatus.EXPIRED,
                now_ns,
                "ImmediateOrCancel",
                RefusalKind.LIQUIDITY,
            )
        self._tell()
        return self._book.report(taken)

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        now_ns = self._clock.now_ns()
        body = msgspec.json.encode({"paper": order})
        return Prepared(body, now_ns, now_ns + WINDOW_NS)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        missing = await self._missing_price(order.ticket.symbol)
        now_ns = self._clock.now_ns()
        known = self._entries.known(order)
        if known is not None and known.ticket == order.ticket:
            return self._book.report(known)
        if now_ns > prepared.expires_venue_ns:
            return Refusal(RefusalKind.EXPIRED, "PAPER", "Request has expired")
        refusal = self._entries.refusal_of(order) or missing
        taken = refusal or self._entries.take(order, now_ns)
        if isinstance(taken, Refusal):
            return taken
        self._tell()
        return self._book.report(taken)

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        self._entries.end_days(self._clock.now_ns())
        known = self._entries.known(order, venue_order_id)
        return None if known is None else self._book.report(known)

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        known = self._entries.known(order, venue_order_id)
        if known is None or not known.is_resting:
            return Refusal(RefusalKind.INVALID, "PAPER", "no such order rests")
        self._book.end(known, OrderStatus.CANCELLED, self._clock.now_ns())
        self._tell()
        return self._book.report(known)

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        now_ns = self._clock.now_ns()
        held = self._book.reducible(stop.symbol, stop.side)
        kind = PriceKind(stop.trigger_kind)
        price = self._book.prices.of_kind(
            stop.symbol, kind
        ) or self._book.prices.newest(stop.symbol)
        if held == ZERO or price is None:
            return Refusal(
                RefusalKind.NOT_REDUCED, "PAPER", "there is no position or no price"
            )
        order = PaperOrder(
            id=self._book.number(),
            client_order_id=stop.client_order_id,
            symbol=stop.symbol,
            side=stop.side,
            quantity=held if stop.quantity is None else stop.quantity,
            order=OrderType.MARKET if stop.limit_price is None else OrderType.LIMIT,
            price=stop.limit_price,
            rests=stop.limit_price is not None,
            trigger_price=stop.trigger_price,
            trigger_kind=kind,
            fires_falling=stop.trigger_price <= price,
            follows_position=stop.quantity is None,
            ts_created_ns=now_ns,
            ts_changed_ns=now_ns,
        )
        self._book.accept(order)
        self._tell()
        return self._book.report(order)

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        for order in self._orders():
            is_meant = order.id == venue_order_id or (
                client_order_id is not None and order.client_order_id == client_order_id
            )
            if is_meant and order.symbol == symbol and order.is_resting:
                self._book.end(order, OrderStatus.CANCELLED, self._clock.now_ns())
                self._tell()
                return self._book.report(order)
        return Refusal(RefusalKind.INVALID, "PAPER", "no such order rests")

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        assert scope is not CancelScope.ONE
        is_trigger = {CancelScope.TRIGGER: True, CancelScope.LIMIT: False}.get(scope)
        cancelled = [
            order
            for order in self._orders()
            if order.symbol == symbol
            and order.is_resting
            and is_trigger in (None, order.is_trigger)
        ]
        for order in cancelled:
            self._book.end(order, OrderStatus.CANCELLED, self._clock.now_ns())
        self._tell()
        return tuple(self._book.report(order) for order in cancelled)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        self._book.events.clear()
        on_event(StreamUp(self.account))
        for report in await self.positions():
            on_event(report)
        self._on_event = on_event
        self._lost = asyncio.get_running_loop().create_future()
        try:
            raise FeedError(await self._lost)
        finally:
            self._on_event = None

    def abort_stream(self) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result("the paper stream was aborted")

    async def close(self) -> None:
        self.abort_stream()

    def _orders(self) -> list[PaperOrder]:
        return self._book.state.orders

    def _tell(self) -> None:
        events, self._book.events = self._book.events, []
        if self._on_event is not None:
            for event in events:
                self._on_event(event)
        if events:
            self._say_followed()

    def _say_followed(self) -> None:
        traded = self._book.traded_symbols
        if self._follow is not None and self._followed != traded:
            self._followed = traded
            self._follow(traded)
