"""Backpack as a venue: closes are sent here, positions and history read.

It translates and decides nothing: no request is tried twice, and an answer that does
not prove an outcome is reported as such.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from decimal import Decimal
from functools import partial
from typing import Self

from exitd.adapters.backpack import cancels, history, queries
from exitd.adapters.backpack.closes import (
    close_body,
    native_stop_body,
    read_order,
    refusal_of,
)
from exitd.adapters.backpack.defaults import (
    DEADLINE_S,
    URL,
    VENUE,
    WINDOW_MS,
    WS_URL,
)
from exitd.adapters.backpack.session import Session
from exitd.adapters.backpack.signing import WINDOW_MS_MAX, Signer
from exitd.adapters.backpack.stream import PrivateStream
from exitd.adapters.network.connection import Connect, open_socket
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import Carrying, RestClient
from exitd.adapters.network.venue_clock import VenueClock
from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
    Dedupe,
    Expiry,
)
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import OutcomeUnknown
from exitd.ports.clock import Clock
from exitd.ports.venue import FundingReport, NativeStop, Prepared, PrivateEvent, Refusal
from exitd.secret import Secret

LAG_SLACK_NS = 10 * NS_PER_S

ORDER_PATH = "/api/v1/order"


class BackpackVenue:
    """Implements the `Venue` port for one API key.

    Args:
        account: The name of this entry under `venues:`.
        key: Base64 of the public key.
        secret: Base64 of the 32-byte seed; never stored, logged or sent.
        window_ms: How long a signed request stays valid, up to 60,000.
        deadline_s: Total time of one call.
        lag_slack_ns: How long after expiry the venue's records may still change.
        transport: Carries HTTP; for tests and the simulation.
        connect: Opens WebSockets; for tests and the simulation.

    Raises:
        ConfigurationError: Key and secret cannot be used together.
    """

    def __init__(
        self,
        account: str,
        *,
        key: str,
        secret: Secret,
        clock: Clock,
        url: str = URL,
        ws_url: str = WS_URL,
        window_ms: int = WINDOW_MS,
        deadline_s: float = DEADLINE_S,
        lag_slack_ns: int = LAG_SLACK_NS,
        transport: Carrying | None = None,
        connect: Connect = open_socket,
    ) -> None:
        assert 0 < window_ms <= WINDOW_MS_MAX
        self.account = account
        # Whether a client id may be used twice is not documented, and only resting
        # orders are found by it: nothing but the window ends a doubt.
        self.capabilities = Capabilities(
            dedupe=Dedupe.NEVER,
            expiry=Expiry.WINDOW,
            lag_slack_ns=lag_slack_ns,
            window_ns=window_ms * NS_PER_MS,
        )
        self.clock = VenueClock(clock)
        self._session = Session(
            account=account,
            rest=RestClient(
                url, venue=VENUE, deadline_s=deadline_s, transport=transport
            ),
            signer=Signer(key, secret),
            clock=clock,
            venue_clock=self.clock,
            window_ms=window_ms,
        )
        self._stream = PrivateStream(self._session, ws_url, connect)
        #: Says why the venue takes no order of anybody; see `queries.maintenance`.
        self.maintenance = partial(queries.maintenance, self._session.rest)

    def venue_now_ns(self) -> int:
        return self.clock.now_ns()

    async def sync_clock(self) -> int:
        return await self._session.sync_clock()

    async def instruments(self) -> tuple[Instrument, ...]:
        return await queries.instruments(self._session.rest, self.account)

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
        return await history.funding_since(self._session, ts_venue_ns, symbol)

    def with_window(self, window_ns: int) -> Self:
        other = copy(self)
        other._session = self._session.with_window(window_ns)
        return other

    def prepare(self, order: CloseOrder) -> Prepared:
        session = self._session
        if order.window_ns is not None:
            session = session.with_window(order.window_ns)
        return session.prepare("POST", "orderExecute", ORDER_PATH, close_body(order))

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        reply = await self._session.transmit(prepared)
        if isinstance(reply, Refusal):
            return reply
        return await _placed(self._session, reply, order.symbol, order.client_order_id)

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        reply = await self._session.transmit(
            self._session.prepare(
                "POST", "orderExecute", ORDER_PATH, native_stop_body(stop)
            )
        )
        if isinstance(reply, Refusal):
            return reply
        return await _placed(self._session, reply, stop.symbol, stop.client_order_id)

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        return await cancels.cancel_one(
            self._session, symbol, venue_order_id, client_order_id
        )

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
        return await queries.mark_price(self._session.rest, symbol)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        await self._stream.run(on_event)

    def abort_stream(self) -> None:
        self._stream.abort()

    async def close(self) -> None:
        self._stream.abort()
        await self._session.rest.close()


async def _placed(
    session: Session, reply: Reply, symbol: str, client_order_id: int
) -> OrderReport | Refusal:
    now_ns = session.clock.now_ns()
    if reply.status != 200:
        return refusal_of(reply, now_ns)
    try:
        return read_order(session.account, reply, symbol, client_order_id, now_ns)
    except OutcomeUnknown:
        # What this connection answers next may belong to somebody else as well.
        await session.rest.drop_connections()
        raise
