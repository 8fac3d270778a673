"""Sending an order, answering its questions, and finding what became of it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from exitd.adapters.interactive_brokers.defaults import VENUE
from exitd.adapters.interactive_brokers.orders import StoredOrder
from exitd.adapters.interactive_brokers.queries import Queries
from exitd.adapters.interactive_brokers.questions import answered, refusal_of
from exitd.adapters.interactive_brokers.references import client_order_id_of
from exitd.adapters.interactive_brokers.refusals import Duplicate
from exitd.adapters.interactive_brokers.session import Session, said
from exitd.adapters.interactive_brokers.wire import text_in
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Refusal


class Placing:
    """The acting half of one account."""

    def __init__(
        self, session: Session, queries: Queries, confirmed: Collection[str]
    ) -> None:
        self._session = session
        self._queries = queries
        self._confirmed = frozenset(confirmed)

    @property
    def path(self) -> str:
        return f"iserver/account/{self._session.broker_account}/orders"

    async def place(
        self,
        written: StoredOrder,
        reference: str,
        symbol: str,
        side: OrderSide,
        quantity: Decimal | None,
    ) -> OrderReport | Refusal:
        """Send exactly what is written, once, and say what became of it.

        Raises:
            OutcomeUnknown: The broker may or may not have the order.
        """
        try:
            await self._session.open()
            reply = await self._session.call(
                "POST", written.path, written.body.encode()
            )
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        outcome = await answered(self._session, reply, self._confirmed)
        if isinstance(outcome, Refusal):
            return outcome
        if isinstance(outcome, Duplicate):
            return await self._registered(reference, symbol, side, quantity)
        first = outcome[0]
        try:
            found = await self._one(text_in(first.order_id), reference)
        except VenueUnavailable:
            found = None
        if found is not None:
            return found
        now_ns = self._session.clock.now_ns()
        client_order_id = client_order_id_of(reference)
        return OrderReport(
            account=self._session.account,
            symbol=symbol,
            venue_order_id=text_in(first.order_id),
            client_order_id=client_order_id,
            reference="" if client_order_id is not None else reference,
            status=OrderStatus.WORKING,
            side=side,
            quantity=quantity,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )

    async def _registered(
        self, reference: str, symbol: str, side: OrderSide, quantity: Decimal | None
    ) -> OrderReport:
        """Give the order that has this cOID already, if it is the one that was sent.

        Raises:
            OutcomeUnknown: It is not listed, or it is another order.
        """
        found = await self.found(reference)
        if found is None:
            raise OutcomeUnknown(
                f"{VENUE} has an order {reference} already and does not list it"
            )
        is_same = (
            found.symbol == symbol
            and found.side is side
            and quantity in (None, found.quantity)
        )
        if not is_same:
            raise OutcomeUnknown(
                f"{VENUE} has another order {reference} already: {found.side}"
                f" {found.quantity} {found.symbol}"
            )
        return found

    async def found(self, reference: str) -> OrderReport | None:
        """Look for an order by its cOID; None: it is not listed.

        Raises:
            OutcomeUnknown: The orders could not be read.
        """
        try:
            return await self._one("", reference)
        except VenueUnavailable as exc:
            raise OutcomeUnknown(str(exc)) from exc

    async def _one(self, venue_order_id: str, reference: str) -> OrderReport | None:
        client_order_id = client_order_id_of(reference)
        for order in await self._queries.orders():
            is_it = order.venue_order_id == venue_order_id
            if client_order_id is not None:
                is_it = is_it or order.client_order_id == client_order_id
            elif reference:
                is_it = is_it or order.reference == reference
            if is_it:
                return order
        return None

    async def cancel(self, venue_order_id: str) -> OrderReport | Refusal | None:
        """Take an order back; None when that was accepted and is not yet done.

        Raises:
            OutcomeUnknown: Nobody knows whether it was accepted.
        """
        account = self._session.broker_account
        try:
            await self._session.open()
            reply = await self._session.call(
                "DELETE", f"iserver/account/{account}/order/{venue_order_id}", None
            )
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        if reply.status != 200 or said(reply):
            refusal = refusal_of(reply)
            assert isinstance(refusal, Refusal), "a cancel has no cOID"
            return refusal
        try:
            order = await self._one(venue_order_id, "")
        except VenueUnavailable:
            return None
        is_over = order is not None and order.status is OrderStatus.CANCELLED
        return order if is_over else None
