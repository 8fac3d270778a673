"""Entries at Alpaca: the orders that may open, each under its alert's own id."""

from __future__ import annotations

from exitd.adapters.alpaca import cancels
from exitd.adapters.alpaca.placing import Asked, find_by_client_id, place
from exitd.adapters.alpaca.reports import order_report
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.tickets import entry_body
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.errors import VenueUnavailable
from exitd.ports.venue import Prepared, Refusal


class AlpacaEntries:
    """Implements the `Entries` port; the half of the venue that closes nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        return self._session.prepare(entry_body(order.ticket))

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        ticket = order.ticket
        asked = Asked(
            client_id=ticket.client_order_id,
            symbol=ticket.symbol,
            side=ticket.side,
            quantity=ticket.quantity,
            notional=ticket.notional,
            not_before_ns=prepared.ts_signed_venue_ns,
        )
        return await place(self._session, asked, prepared)

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
