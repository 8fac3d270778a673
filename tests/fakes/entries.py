"""A venue in memory that takes entries too, with a script for what goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from exitd.core.attempt import Dedupe, RefusalKind, TimeInForce
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.ticket import TicketType
from exitd.core.trigger import OrderType
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import Prepared, Refusal
from fakes.exchange import FakeOrder
from fakes.outcomes import Fill, LoseReply, LoseRequest, Outcome, Refuse, Rest
from fakes.venue import FakeVenue


class FakeEntering(FakeVenue):
    """`entries_sent` are the requests that left; when unscripted, all of one fills."""

    def __init__(self, *args, **named) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **named)
        self.entries_sent: list[tuple[EntryOrder, Prepared]] = []
        self.entries_signed = 0
        self.entries_found = 0
        self.on_arrival: Callable[[], None] | None = None
        self._entry_script: deque[Outcome] = deque()

    def script_entries(self, *outcomes: Outcome) -> None:
        self._entry_script.extend(outcomes)

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        self.entries_signed += 1
        ts_ns = self.venue_now_ns()
        body = msgspec.json.encode({"order": order, "n": self.entries_signed})
        return Prepared(body, ts_ns, ts_ns + self._window_ns)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        self.settle()
        self.entries_sent.append((order, prepared))
        outcome = self._entry_script.popleft() if self._entry_script else Fill()
        if self.is_down or isinstance(outcome, LoseRequest):
            raise OutcomeUnknown("the request was lost on its way; ask for the order")
        if isinstance(outcome, Refuse):
            return Refusal(
                outcome.kind, outcome.code, outcome.message, outcome.retry_after_ns
            )
        then = outcome.then if isinstance(outcome, LoseReply) else outcome
        assert isinstance(then, Fill | Rest)
        known = self._known(order)
        if known is not None:
            assert self.capabilities.dedupe is Dedupe.ALWAYS, "entered twice"
            ticket = order.ticket
            if (known.side, known.quantity) != (ticket.side, ticket.quantity):
                why = "another order has this client order id"
                return Refusal(RefusalKind.INVALID, "DUPLICATE", why)
            return self._stamp(self.exchange.report(known))
        if self.on_arrival is not None:
            self.on_arrival()
        taken = self._take(order, then)
        self.settle()
        if isinstance(outcome, LoseReply):
            raise OutcomeUnknown("the answer was lost on its way; ask for the order")
        return self._stamp(self.exchange.report(taken))

    def _take(self, order: EntryOrder, outcome: Fill | Rest) -> FakeOrder:
        ticket = order.ticket
        assert ticket.quantity is not None
        is_limit = ticket.order is TicketType.LIMIT
        taken = FakeOrder(
            id=f"E{self.exchange.number()}",
            client_order_id=None,
            reference=ticket.client_order_id,
            symbol=ticket.symbol,
            side=ticket.side,
            quantity=ticket.quantity,
            order=OrderType.LIMIT if is_limit else OrderType.MARKET,
            price=ticket.limit_price,
            time_in_force=TimeInForce.GTC,
            reduce_only=False,
            ts_created_ns=self._true_ns,
            ts_changed_ns=self._true_ns,
        )
        self.exchange.accept(taken)
        if isinstance(outcome, Fill):
            self.fill_entry(taken, outcome)
        return taken

    def fill_entry(self, taken: FakeOrder, fill: Fill) -> None:
        wanted = taken.leaves if fill.quantity is None else fill.quantity
        price = fill.price or self.exchange.price_for(taken)
        self.exchange.fill(taken, wanted, price, self._true_ns)

    def _known(self, order: EntryOrder) -> FakeOrder | None:
        reference = order.ticket.client_order_id
        return next((o for o in self.ledger if o.reference == reference), None)

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        self._read()
        self.entries_found += 1
        found = self._known(order)
        return None if found is None else self._stamp(self.exchange.report(found))

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        self._write()
        found = self._known(order)
        assert found is not None
        if found.is_resting:
            self.exchange.end(found, OrderStatus.CANCELLED, self._true_ns)
            self.settle()
        return self._stamp(self.exchange.report(found))
