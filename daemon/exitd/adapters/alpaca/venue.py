"""Alpaca as a venue: closes and entries are sent here, positions and history read.

It translates and decides nothing: no request is tried twice, and an answer that does
not prove an outcome is reported as such.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from decimal import Decimal

import httpx

from exitd.adapters.alpaca import cancels, history, queries
from exitd.adapters.alpaca.closes import close_body, native_stop_body
from exitd.adapters.alpaca.defaults import (
    DATA_FEED,
    DATA_URL,
    DEADLINE_S,
    URL,
    WINDOW_MS,
    WS_URL,
)
from exitd.adapters.alpaca.entries import AlpacaEntries
from exitd.adapters.alpaca.ids import close_id
from exitd.adapters.alpaca.markets import is_crypto
from exitd.adapters.alpaca.placing import Asked, place
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.stream import UpdateStream
from exitd.adapters.alpaca.time_sync import sync_clock
from exitd.adapters.network.connection import Connect, open_socket
from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
    Dedupe,
    Expiry,
    RefusalKind,
)
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_MS, NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.venue import FundingReport, NativeStop, Prepared, PrivateEvent, Refusal
from exitd.secret import Secret

LAG_SLACK_NS = 10 * NS_PER_S


class AlpacaVenue(AlpacaEntries):
    """Implements the `Venue` and `Entries` ports for one account.

    Args:
        account: The name of this entry under `venues:`.
        key: The id of the API key; with *secret* it is sent with each request.
        secret: Never stored or logged.
        url: Where orders go: the paper environment or the live one.
        ws_url: The stream of order updates, whole.
        data_url: Where prices are asked for.
        window_ms: How long the same request may be sent again.
        lag_slack_ns: How long after that the venue's records may still change.
        transport: Carries HTTP; for tests and the simulation.
        connect: Opens WebSockets; for tests and the simulation.
    """

    def __init__(
        self,
        account: str,
        *,
        key: Secret,
        secret: Secret,
        clock: Clock,
        url: str = URL,
        ws_url: str = WS_URL,
        data_url: str = DATA_URL,
        data_feed: str = DATA_FEED,
        window_ms: int = WINDOW_MS,
        deadline_s: float = DEADLINE_S,
        lag_slack_ns: int = LAG_SLACK_NS,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: Connect = open_socket,
    ) -> None:
        self.account = account
        # A client id is taken once, for ever: the same bytes may be sent again. The
        # window is ours: later no copy leaves, so that a doubt ends even if no answer
        # ever comes.
        self.capabilities = Capabilities(
            dedupe=Dedupe.ALWAYS,
            expiry=Expiry.WINDOW,
            lag_slack_ns=lag_slack_ns,
            reduce_only=False,
            has_ioc=False,
            reserves=True,
        )
        super().__init__(
            Session(
                account,
                key=key,
                secret=secret,
                clock=clock,
                url=url,
                data_url=data_url,
                window_ns=window_ms * NS_PER_MS,
                deadline_s=deadline_s,
                transport=transport,
            )
        )
        self.clock = self._session.venue_clock
        self._data_feed = data_feed
        self._window_ns: int | None = None
        self._stream = UpdateStream(self._session, ws_url, connect)

    def venue_now_ns(self) -> int:
        return self.clock.now_ns()

    async def sync_clock(self) -> int:
        return await sync_clock(self._session)

    async def instruments(self) -> tuple[Instrument, ...]:
        return await queries.read_instruments(self._session)

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        return await queries.positions(self._session, symbol)

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        return await queries.open_orders(self._session, symbol)

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        return await history.orders_since(self._session, ts_venue_ns, symbol)

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return await history.fills_since(self._session, ts_venue_ns, symbol)

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Alpaca pays no funding."""
        return ()

    def with_window(self, window_ns: int) -> AlpacaVenue:
        other = copy(self)
        other._window_ns = window_ns
        return other

    def prepare(self, order: CloseOrder) -> Prepared:
        window_ns = order.window_ns or self._window_ns
        return self._session.prepare(close_body(order), window_ns)

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        asked = Asked(
            client_id=close_id(order.client_order_id),
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            closes=True,
            not_before_ns=prepared.ts_signed_venue_ns,
        )
        return await place(self._session, asked, prepared)

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        """Rest a stop; without a quantity, of all that no other order holds."""
        if stop.limit_price is None and is_crypto(stop.symbol):
            why = "Alpaca has no stop that ends in a market order for crypto"
            return Refusal(RefusalKind.INVALID, "NOT_SENT", f"{why}; give it a limit")
        quantity = stop.quantity
        if quantity is None:
            try:
                held = await queries.read_position(self._session, stop.symbol)
            except VenueUnavailable as exc:
                return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
            free = None if held is None else held.qty_available
            if held is not None and free is None:
                free = held.qty
            quantity = abs(free or ZERO)
        if quantity == ZERO:
            why = f"nothing of {stop.symbol} is free to be sold by a stop"
            return Refusal(RefusalKind.NOT_REDUCED, "NOT_SENT", why)
        body = native_stop_body(stop, quantity)
        prepared = self._session.prepare(body, self._window_ns)
        asked = Asked(
            client_id=close_id(stop.client_order_id),
            symbol=stop.symbol,
            side=stop.side,
            quantity=quantity,
            closes=True,
            not_before_ns=prepared.ts_signed_venue_ns,
        )
        return await place(self._session, asked, prepared)

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        ours = None if client_order_id is None else close_id(client_order_id)
        return await cancels.cancel_one(self._session, venue_order_id, ours)

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        """Cancel a scope; the caller confirms by reading what still rests.

        Raises:
            OutcomeUnknown: An answer does not say what was cancelled.
            AssertionError: The scope is one order; `cancel_order` is for that.
        """
        return await cancels.cancel_scope(self._session, symbol, scope)

    async def mark_price(self, symbol: str) -> Decimal | None:
        return await queries.last_price(self._session, symbol, self._data_feed)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        await self._stream.run(on_event)

    def abort_stream(self) -> None:
        self._stream.abort()

    async def close(self) -> None:
        self._stream.abort()
        await self._session.close()
