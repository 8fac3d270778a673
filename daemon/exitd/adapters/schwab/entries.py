"""Entries at Schwab: tickets, with exits as TRIGGER and OCO strategies."""

from __future__ import annotations

import msgspec

from exitd.adapters.schwab.bodies import ticket_body
from exitd.adapters.schwab.placing import Placing
from exitd.adapters.schwab.queries import Queries
from exitd.adapters.schwab.recognising import Ours, name_of_entry
from exitd.adapters.schwab.session import Session
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.venue import Prepared, Refusal

#: After this, and the slack, a clean read that shows nothing ends a doubt.
PATIENCE_NS = 180 * NS_PER_S
#: What Schwab answers where it has no order of a number.
NOT_THERE = 404

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def written(body: dict[str, object]) -> bytes:
    """Write a body; decimals as numbers, digit for digit."""
    return _ENCODER.encode(body)


class Entering:
    """The `Entries` port. What cannot be written as an order is refused when sent."""

    session: Session
    queries: Queries
    placing: Placing
    ours: Ours

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        now_ns = self.session.clock.now_ns()
        try:
            body = written(ticket_body(order.ticket))
        except ValueError as exc:
            body = written({"refused": str(exc)})
        return Prepared(body, now_ns, now_ns + PATIENCE_NS)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        why = msgspec.json.decode(prepared.body).get("refused")
        if why is not None:
            return Refusal(RefusalKind.INVALID, "TICKET", why)
        name, ticket = name_of_entry(order), order.ticket
        return await self.placing.place(prepared.body, name, ticket.symbol, ticket.side)

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        # Looking at all orders is what recognises one in doubt.
        since_ns = self.session.clock.now_ns() - 86_400 * NS_PER_S
        orders = await self.queries.orders(since_ns, order.ticket.symbol)
        number = venue_order_id or self.ours.number_of(name_of_entry(order))
        if not number:
            return None
        listed = next((o for o in orders if o.venue_order_id == number), None)
        if listed is not None:
            return listed
        try:
            return await self.queries.order(number)
        except VenueUnavailable as exc:
            if exc.status == NOT_THERE:
                return None
            raise

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        return await self.placing.cancel(venue_order_id)
