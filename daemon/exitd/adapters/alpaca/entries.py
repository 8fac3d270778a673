"""Entries at Alpaca: the orders that may open, each under its alert's own id."""

from __future__ import annotations

from decimal import Decimal

from exitd.adapters.alpaca import cancels
from exitd.adapters.alpaca.placing import Asked, find_by_client_id, place
from exitd.adapters.alpaca.reports import order_report
from exitd.adapters.alpaca.session import Session
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.core.ticket import Ticket
from exitd.errors import VenueUnavailable
from exitd.ports.venue import Prepared, Refusal
from exitd.signals.model import Json
from exitd.signals.platforms.alpaca import alpaca_order, why_deferred
from exitd.signals.platforms.order import Refused


class AlpacaEntries:
    """Implements the `Entries` port; the half of the venue that closes nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        found = self._written(order.ticket)
        body = {} if isinstance(found, Refusal) else found
        return self._session.prepare(body)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        ticket, found = order.ticket, self._written(order.ticket)
        if isinstance(found, Refusal):
            return found
        # As it was written: sizes were rounded to what Alpaca takes.
        qty, notional = found.get("qty"), found.get("notional")
        asked = Asked(
            client_id=ticket.client_order_id,
            symbol=str(found["symbol"]),
            side=ticket.side,
            quantity=None if qty is None else Decimal(str(qty)),
            notional=None if notional is None else Decimal(str(notional)),
            not_before_ns=prepared.ts_signed_venue_ns,
        )
        return await place(self._session, asked, prepared)

    def _written(self, ticket: Ticket) -> Json | Refusal:
        """Write a ticket as Alpaca takes it, or say why it cannot be.

        With exits that Alpaca could not hold it is refused: sent without them, it
        would stand unprotected.
        """
        step = self._session.coin_steps.get(ticket.symbol)
        found = alpaca_order(ticket, price_step=step)
        if isinstance(found, Refused):
            return _unsent("; ".join(found.why))
        if ticket.attached is not None:
            why = why_deferred(ticket)
            if why:
                return _unsent("; ".join(why))
        return found.order

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        """See the port; an order that was replaced is told as what replaced it."""
        session = self._session
        if not venue_order_id:
            found = await find_by_client_id(session, order.ticket.client_order_id)
            if found is None:
                return None
            venue_order_id = found.id
        newest = await cancels.read_order(session, venue_order_id)
        if newest is None:
            return None
        try:
            return order_report(session, newest)
        except ValueError as exc:
            raise VenueUnavailable(f"Alpaca's order cannot be read: {exc}") from exc

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        client_id = order.ticket.client_order_id
        return await cancels.cancel_one(self._session, venue_order_id, client_id)


def _unsent(why: str) -> Refusal:
    return Refusal(RefusalKind.INVALID, "NOT_SENT", why)
