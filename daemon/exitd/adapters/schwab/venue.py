"""Schwab as a venue: closes are sent here, positions and orders read.

It translates and decides nothing. There is no reduce-only and there are no client order
ids: a close is sent only when the position, read just before, is at least as large, by
an instruction that cannot open one; and an order that nobody answered for is told by
its terms (`recognising.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Self

import httpx
import msgspec

from exitd.adapters.network.rest import RestClient
from exitd.adapters.polling.account import PolledAccount, Seen
from exitd.adapters.polling.cancelling import cancel_each
from exitd.adapters.polling.net import stop_quantity, too_large
from exitd.adapters.polling.telling import log_notices
from exitd.adapters.schwab.bodies import close_body, stop_body
from exitd.adapters.schwab.defaults import DEADLINE_S, POLL_S, URL, VENUE
from exitd.adapters.schwab.entries import PATIENCE_NS, Entering, written
from exitd.adapters.schwab.oauth import Oauth
from exitd.adapters.schwab.placing import Placing
from exitd.adapters.schwab.prices import CENT
from exitd.adapters.schwab.queries import Queries, price_in
from exitd.adapters.schwab.recognising import Name, Ours
from exitd.adapters.schwab.session import Session
from exitd.adapters.schwab.tokens import LoginFile
from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
    Dedupe,
    Expiry,
    RefusalKind,
)
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.market import Instrument, InstrumentKind, PriceKind
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_S, ONE, ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice, NoticeKind
from exitd.ports.venue import FundingReport, NativeStop, Prepared, PrivateEvent, Refusal
from exitd.secret import Secret

LAG_SLACK_NS = 30 * NS_PER_S
#: How far back the stream looks for orders that change.
WATCHED_NS = 86_400 * NS_PER_S

_WORKING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)


class SchwabVenue(Entering):
    """Implements the `Venue` and `Entries` ports for one account.

    Args:
        account: The name of this entry under `venues:`.
        account_number: The broker's number of it.
        key: The app's key.
        secret: The app's secret.
        login: Where the login of a person is kept.
        symbols: The stocks that may be traded, with their price steps.
        poll_s: How often orders, executions and positions are asked for.
        transport: Carries HTTP; for tests.
    """

    def __init__(
        self,
        account: str,
        *,
        account_number: str,
        key: Secret,
        secret: Secret,
        login: LoginFile,
        clock: Clock,
        url: str = URL,
        symbols: dict[str, Decimal] | None = None,
        deadline_s: float = DEADLINE_S,
        poll_s: float = POLL_S,
        lag_slack_ns: int = LAG_SLACK_NS,
        on_notice: Callable[[Notice], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.account = account
        # The same order sent twice is two orders, and no request expires: a doubt ends
        # by what the list of orders shows, or by its showing nothing for long enough.
        self.capabilities = Capabilities(
            dedupe=Dedupe.NEVER,
            expiry=Expiry.NONE,
            lag_slack_ns=lag_slack_ns,
            reduce_only=False,
        )
        rest = RestClient(url, venue=VENUE, deadline_s=deadline_s, transport=transport)
        tell = on_notice or log_notices(account)
        oauth = Oauth(
            account,
            rest=rest,
            key=key,
            secret=secret,
            login=login,
            clock=clock,
            on_notice=tell,
        )
        self.session = Session(
            account,
            account_number=account_number,
            rest=rest,
            oauth=oauth,
            clock=clock,
            on_notice=tell,
        )
        self.ours = Ours()
        self.queries = Queries(self.session, self.ours)
        self.placing = Placing(self.session, self.queries, self.ours)
        self._symbols = dict(symbols or {})
        self._polled = PolledAccount(account, self._look, every_s=poll_s)

    def venue_now_ns(self) -> int:
        return self.session.clock.now_ns()

    async def sync_clock(self) -> int:
        """Nothing here is signed, so no clock matters."""
        return 0

    async def instruments(self) -> tuple[Instrument, ...]:
        """Describe the stocks that are listed or held, as far as the broker has them.

        One that it does not know is left out and told of.
        """
        held = await self.queries.net_positions()
        symbols = {**dict.fromkeys(held, CENT), **self._symbols}
        known = await self.queries.quotes(frozenset(symbols))
        for symbol in symbols.keys() - known.keys():
            why = f"{VENUE} has no stock {symbol}; correct it under symbols"
            self.session.tell(NoticeKind.SYMBOL_AMBIGUOUS, why, symbol)
        return tuple(
            Instrument(
                account=self.account,
                symbol=symbol,
                kind=InstrumentKind.ASSET,
                base=symbol,
                quote="USD",
                price_step=step,
                quantity_step=ONE,
                min_quantity=ONE,
            )
            for symbol, step in symbols.items()
            if symbol in known
        )

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        return await self.queries.positions(symbol)

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        orders = await self.queries.orders(0, symbol)
        return tuple(order for order in orders if order.status in _WORKING)

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        since_ns = ts_venue_ns // NS_PER_S * NS_PER_S
        orders = await self.queries.orders(since_ns, symbol)
        return tuple(o for o in orders if (o.ts_created_venue_ns or 0) >= since_ns)

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return await self.queries.fills(ts_venue_ns, symbol)

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Stocks pay none; that the broker answers is made sure of all the same."""
        await self.queries.net_positions()
        return ()

    def with_window(self, window_ns: int) -> Self:
        """Requests have no window here."""
        return self

    def prepare(self, order: CloseOrder) -> Prepared:
        now_ns = self.session.clock.now_ns()
        try:
            body = written(close_body(order))
        except ValueError as exc:
            body = written({"refused": str(exc)})
        return Prepared(body, now_ns, now_ns + PATIENCE_NS)

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        why = msgspec.json.decode(prepared.body).get("refused")
        if why is not None:
            return Refusal(RefusalKind.INVALID, "NOT_SENT", why)
        try:
            held = await self.queries.net_positions()
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        refusal = too_large(order, held.get(order.symbol, (ZERO, None))[0])
        if refusal is not None:
            return refusal
        name = Name(client_order_id=order.client_order_id)
        report = await self.placing.place(prepared.body, name, order.symbol, order.side)
        self._polled.nudge()
        return report

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        held = await self.queries.net_positions()
        net, _ = held.get(stop.symbol, (ZERO, None))
        quantity = stop_quantity(stop, net)
        if isinstance(quantity, Refusal):
            return quantity
        body = written(stop_body(stop, quantity))
        name = Name(client_order_id=stop.client_order_id)
        return await self.placing.place(body, name, stop.symbol, stop.side)

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        number = venue_order_id or self.ours.number_of(Name(client_order_id))
        if not number:
            return Refusal(RefusalKind.INVALID, "NOT_FOUND", "no such order of ours")
        answer = await self.placing.cancel(number)
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
        quote = (await self.queries.quotes(frozenset({symbol}))).get(symbol)
        return None if quote is None else price_in(quote, PriceKind.MARK)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        await self._polled.run(on_event)

    def abort_stream(self) -> None:
        self._polled.abort()

    async def close(self) -> None:
        self._polled.abort()
        await self.session.rest.close()

    async def _look(self) -> Seen:
        asked_ns = self.session.clock.now_ns()
        orders = await self.queries.orders(asked_ns - WATCHED_NS)
        fills = await self.queries.fills(asked_ns - WATCHED_NS)
        # Last, so that what fills meanwhile is in the position at the most.
        positions = await self.queries.both_sides()
        now_ns = self.session.clock.now_ns()
        return Seen(positions, orders, fills, asked_ns, now_ns)
