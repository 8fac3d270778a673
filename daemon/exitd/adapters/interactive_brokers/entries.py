"""Entries at Interactive Brokers: tickets, brackets among them."""

from __future__ import annotations

from exitd.adapters.interactive_brokers.contracts import Contracts
from exitd.adapters.interactive_brokers.orders import (
    STORED,
    refused,
    stored,
    ticket_orders,
)
from exitd.adapters.interactive_brokers.placing import Placing
from exitd.adapters.interactive_brokers.queries import Queries
from exitd.adapters.interactive_brokers.session import Session
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.core.units import NS_PER_S
from exitd.ports.venue import Prepared, Refusal

PATIENCE_NS = 120 * NS_PER_S


class Entering:
    """The `Entries` port. What cannot be written as an order is refused when sent."""

    session: Session
    contracts: Contracts
    queries: Queries
    placing: Placing

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        ticket, now_ns = order.ticket, self.session.clock.now_ns()
        conid = self.contracts.known(ticket.symbol)
        try:
            if conid is None:
                raise ValueError(
                    f"{ticket.symbol} is none of the symbols of {order.account};"
                    " write it under symbols there"
                )
            written = ticket_orders(self.session.broker_account, conid, ticket)
            body = stored(self.placing.path, written)
        except ValueError as exc:
            body = refused(str(exc))
        return Prepared(body, now_ns, now_ns + PATIENCE_NS)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        written = STORED.decode(prepared.body)
        if written.refused:
            return Refusal(RefusalKind.INVALID, "TICKET", written.refused)
        ticket = order.ticket
        return await self.placing.place(
            written,
            ticket.client_order_id,
            ticket.symbol,
            ticket.side,
            ticket.quantity,
        )

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        reference = order.ticket.client_order_id
        for report in await self.queries.orders(order.ticket.symbol):
            if report.venue_order_id == venue_order_id:
                return report
            is_named = reference != "" and report.reference == reference
            if is_named and report.side is order.ticket.side:
                return report
        return None

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        return await self.placing.cancel(venue_order_id)
