"""Interactive Brokers as a venue: closes are sent here, positions and orders read.

It translates and decides nothing. There is no reduce-only: a close is sent only when
the position, read just before, is at least as large. The same cOID is taken once in a
day, so what is in doubt is asked for and, if it is not there, sent again byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Self

import httpx

from exitd.adapters.interactive_brokers.contracts import Contracts, Listed
from exitd.adapters.interactive_brokers.defaults import (
    CONFIRMED,
    DEADLINE_S,
    PAUSE_S,
    POLL_S,
    URL,
    VENUE,
)
from exitd.adapters.interactive_brokers.entries import Entering
from exitd.adapters.interactive_brokers.orders import (
    STORED,
    close_body,
    refused,
    stop_body,
    stored,
)
from exitd.adapters.interactive_brokers.placing import Placing
from exitd.adapters.interactive_brokers.queries import ORDERS_MAX, Queries
from exitd.adapters.interactive_brokers.references import reference_of
from exitd.adapters.interactive_brokers.session import Session
from exitd.adapters.network.rest import RestClient
from exitd.adapters.network.tls import tls_for
from exitd.adapters.polling.account import PolledAccount, Seen
from exitd.adapters.polling.cancelling import cancel_each
from exitd.adapters.polling.net import stop_quantity, too_large
from exitd.adapters.polling.telling import log_notices
from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
    Dedupe,
    Expiry,
    RefusalKind,
)
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.market import Instrument, PriceKind
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import NoSuchMarket, OutcomeUnknown, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice
from exitd.ports.venue import FundingReport, NativeStop, Prepared, PrivateEvent, Refusal
from exitd.runtime.newest import Newest

#: After this, and the slack, one clean read that shows nothing ends a doubt: what the
#: gateway has not passed on by then it never will.
PATIENCE_NS = 120 * NS_PER_S
LAG_SLACK_NS = 30 * NS_PER_S
#: Bytes signed so long ago have been sent before, perhaps.
AGAIN_NS = 2 * NS_PER_S

_WORKING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)


class InteractiveBrokersVenue(Entering):
    """Implements the `Venue` and `Entries` ports for one account at one gateway.

    Args:
        account: The name of this entry under `venues:`.
        broker_account: The broker's own name of it, such as `U1234567`.
        symbols: The stocks that may be traded, and what is known of them.
        confirmed: The message ids of questions that are answered with yes.
        poll_s: How often orders, executions and positions are asked for.
        pause_s: How long is waited between two such looks.
        transport: Carries HTTP; for tests.
    """

    def __init__(
        self,
        account: str,
        *,
        broker_account: str,
        clock: Clock,
        url: str = URL,
        symbols: Mapping[str, Listed] | None = None,
        confirmed: Collection[str] = CONFIRMED,
        deadline_s: float = DEADLINE_S,
        poll_s: float = POLL_S,
        pause_s: float = PAUSE_S,
        lag_slack_ns: int = LAG_SLACK_NS,
        on_notice: Callable[[Notice], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.account = account
        # The gateway refuses a cOID that it has seen within a day, so the same bytes
        # act once at the most. It takes no reduce-only.
        self.capabilities = Capabilities(
            dedupe=Dedupe.ALWAYS,
            expiry=Expiry.NONE,
            lag_slack_ns=lag_slack_ns,
            reduce_only=False,
        )
        rest = RestClient(
            url,
            venue=VENUE,
            deadline_s=deadline_s,
            transport=transport,
            tls=tls_for(url),
        )
        self.session = Session(
            account,
            rest=rest,
            url=url,
            broker_account=broker_account,
            clock=clock,
            on_notice=on_notice or log_notices(account),
        )
        self.contracts = Contracts(self.session, symbols or {})
        self.queries = Queries(self.session, self.contracts)
        self.placing = Placing(self.session, self.queries, confirmed)
        self._polled = PolledAccount(
            account, self._look, every_s=poll_s, pause_s=pause_s
        )
        self._sent: Newest[str, None] = Newest(ORDERS_MAX)

    def venue_now_ns(self) -> int:
        return self.session.clock.now_ns()

    async def sync_clock(self) -> int:
        """Keep the session alive: nothing here is signed, so no clock matters."""
        await self.session.tickle()
        return 0

    async def instruments(self) -> tuple[Instrument, ...]:
        """Describe the stocks that are listed or held.

        One that is not there, or is several, is left out and told of: it must not
        hide the others.
        """
        await self.queries.net_positions()
        found = []
        for symbol in self.contracts.symbols:
            try:
                found.append(await self.contracts.instrument(symbol))
            except NoSuchMarket as exc:
                self.session.ambiguous(str(exc))
            except VenueUnavailable:
                if self.contracts.known(symbol) is not None:
                    raise
        return tuple(found)

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        return await self.queries.positions(symbol)

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        orders = await self.queries.orders(symbol)
        return tuple(order for order in orders if order.status in _WORKING)

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        """Read the orders of the broker's day that changed since an instant."""
        since_ns = ts_venue_ns // NS_PER_S * NS_PER_S
        orders = await self.queries.orders(symbol)
        return tuple(order for order in orders if order.ts_venue_ns >= since_ns)

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return await self.queries.fills(ts_venue_ns, symbol)

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Stocks pay none; that the gateway answers is made sure of all the same."""
        await self.session.tickle()
        return ()

    def with_window(self, window_ns: int) -> Self:
        """Requests have no window here."""
        return self

    def prepare(self, order: CloseOrder) -> Prepared:
        conid = self.contracts.known(order.symbol)
        now_ns = self.session.clock.now_ns()
        if conid is None:
            why = f"the contract of {order.symbol} is not known yet"
            return Prepared(refused(why), now_ns, now_ns + PATIENCE_NS)
        body = close_body(self.session.broker_account, conid, order)
        return Prepared(stored(self.placing.path, [body]), now_ns, now_ns + PATIENCE_NS)

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        written = STORED.decode(prepared.body)
        if written.refused:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", written.refused)
        reference = reference_of(order.client_order_id)
        age_ns = self.session.clock.now_ns() - prepared.ts_signed_venue_ns
        is_again = reference in self._sent or age_ns > AGAIN_NS
        self._sent[reference] = None
        if is_again:
            found = await self.placing.found(reference)
            if found is not None:
                return found
        try:
            held = await self.queries.net_positions()
        except VenueUnavailable as exc:
            if is_again:
                raise OutcomeUnknown(str(exc)) from exc
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        refusal = too_large(order, held.get(order.symbol, (ZERO, None))[0])
        if refusal is not None:
            if is_again:
                # What was sent before may be what took the position down.
                raise OutcomeUnknown(f"not sent again: {refusal.message}")
            return refusal
        report = await self.placing.place(
            written, reference, order.symbol, order.side, order.quantity
        )
        self._polled.nudge()
        return report

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        held = await self.queries.net_positions()
        net, _ = held.get(stop.symbol, (ZERO, None))
        quantity = stop_quantity(stop, net)
        if isinstance(quantity, Refusal):
            return quantity
        conid = await self.contracts.conid(stop.symbol)
        body = stop_body(self.session.broker_account, conid, stop, quantity)
        written = STORED.decode(stored(self.placing.path, [body]))
        reference = reference_of(stop.client_order_id)
        return await self.placing.place(
            written, reference, stop.symbol, stop.side, quantity
        )

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        if not venue_order_id:
            assert client_order_id is not None
            found = await self.placing.found(reference_of(client_order_id))
            if found is None:
                return Refusal(RefusalKind.INVALID, "NOT_FOUND", "no such order")
            venue_order_id = found.venue_order_id
        answer = await self.placing.cancel(venue_order_id)
        self._polled.nudge()
        return answer

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        """Cancel a scope one by one; the caller confirms by reading what still rests.

        Raises:
            AssertionError: The scope is one order; `cancel_order` is for that.
        """
        orders = await self.open_orders(symbol)
        answer = await cancel_each(orders, scope, self.placing.cancel)
        self._polled.nudge()
        return answer

    async def mark_price(self, symbol: str) -> Decimal | None:
        return await self.queries.price(symbol, PriceKind.MARK)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        await self._polled.run(on_event)

    def abort_stream(self) -> None:
        self._polled.abort()

    async def close(self) -> None:
        self._polled.abort()
        await self.session.rest.close()

    async def _look(self) -> Seen:
        asked_ns = self.session.clock.now_ns()
        orders = await self.queries.orders()
        fills = await self.queries.fills(0)
        # Last, so that what fills meanwhile is in the position at the most.
        positions = await self.queries.both_sides()
        now_ns = self.session.clock.now_ns()
        return Seen(positions, orders, fills, asked_ns, now_ns)
