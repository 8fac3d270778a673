"""Close requests of followed quotes, put together from the chain's events.

A request begins with its own event, and ends with a fill of the rest, a cancel that
was granted, or its expiry: a quote has one at a time. Who asked for it is read off the
transaction: ours bear our order's id.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.adapters.symmio.amounts import from_chain
from exitd.adapters.symmio.events import CloseEvent, Happened
from exitd.core.inputs import OrderStatus
from exitd.core.units import ZERO

#: Of a quote that has a close request.
_CLOSING = (5, 6)


class Author(Struct, frozen=True):
    """Who sent a request: our order's id where we did, and our nonce."""

    client_order_id: int | None
    nonce: int | None


class Request(Struct, frozen=True, kw_only=True):
    """A close request and what has become of it, in base and quote units.

    `created` and `changed` are places in the chain: block and log index.
    """

    quote_id: int
    author: Author
    transaction: str
    price: Decimal
    quantity: Decimal
    is_limit: bool
    deadline_s: int
    created: tuple[int, int]
    changed: tuple[int, int]
    status: OrderStatus = OrderStatus.WORKING
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    is_cancelling: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)

    @property
    def order_id(self) -> str:
        """Stays the same whatever was outbid: the nonce, or else the transaction."""
        if self.author.nonce is not None:
            return f"nonce-{self.author.nonce}"
        return f"{self.transaction}-{self.created[1]}"


class Fill(Struct, frozen=True):
    """One execution of a request, at its place in the chain."""

    request: Request
    quantity: Decimal
    price: Decimal
    place: tuple[int, int]
    transaction: str

    @property
    def trade_id(self) -> str:
        return f"{self.transaction}-{self.place[1]}"


class Base(Struct, frozen=True):
    """A quote as of a block at which the events and the quote itself agreed."""

    block: int
    closed: Decimal
    is_closing: bool


class Ledger:
    """What is known of followed quotes up to the block `last`, itself included.

    `first` is from which block on, for each quote. Authors are kept by transaction:
    those do not change, wherever they end up.
    """

    def __init__(self) -> None:
        self.first: dict[int, int] = {}
        self.last = -1
        self.last_hash = ""
        self.authors: dict[str, Author] = {}
        self.bases: dict[int, Base] = {}
        self._events: dict[tuple[int, int], CloseEvent] = {}

    def forget_from(self, block: int) -> None:
        """Drop what a reorganisation may have undone."""
        self._events = {p: e for p, e in self._events.items() if p[0] < block}
        self.bases = {q: b for q, b in self.bases.items() if b.block < block}
        self.last = min(self.last, block - 1)

    def forget(self, quote_id: int) -> None:
        """Let go of a quote that has ended, as if it had never been followed."""
        self.first.pop(quote_id, None)
        self.bases.pop(quote_id, None)
        kept = {p: e for p, e in self._events.items() if e.quote_id != quote_id}
        # One transaction may close several quotes.
        needed = {event.transaction for event in kept.values()}
        gone = {e.transaction for e in self._events.values()} - needed
        for transaction in gone:
            self.authors.pop(transaction, None)
        self._events = kept

    @property
    def blocks(self) -> set[int]:
        """The blocks of all events that are known."""
        return {block for block, _ in self._events}

    def take(self, events: Iterable[CloseEvent]) -> None:
        for event in events:
            self._events[event.place] = event

    def of(self, quote_id: int) -> tuple[list[Request], list[Fill]]:
        """Give a quote's requests and fills, oldest first."""
        requests: list[Request] = []
        fills: list[Fill] = []
        for event in self.events_of(quote_id):
            if event.happened is Happened.REQUESTED:
                requests.append(self._requested(event))
                continue
            if not requests or not requests[-1].is_open:
                continue
            after = _after(requests[-1], event)
            requests[-1] = after
            if event.happened is Happened.FILLED:
                fills.append(_fill(after, event))
        return requests, fills

    def explains(self, quote_id: int, now: Base) -> bool:
        """Whether the events since they last agreed say what the quote says now.

        That a request is over, the quote may say alone: that is proven by it. What was
        pending when it was first read began before, and is not compared.
        """
        base = self.bases.get(quote_id)
        if base is None or base.is_closing:
            self.bases[quote_id] = now
            return True
        requests, fills = self.of(quote_id)
        is_open = bool(requests) and requests[-1].is_open
        since = sum((f.quantity for f in fills if f.place[0] > base.block), ZERO)
        if now.is_closing:
            return is_open and base.closed + since == now.closed
        is_explained = is_open or base.closed + since == now.closed
        if is_explained:
            self.bases[quote_id] = now
        return is_explained

    def events_of(self, quote_id: int) -> list[CloseEvent]:
        events = (e for e in self._events.values() if e.quote_id == quote_id)
        return sorted(events, key=lambda e: e.place)

    def _requested(self, event: CloseEvent) -> Request:
        return Request(
            quote_id=event.quote_id,
            author=self.authors.get(event.transaction, Author(None, None)),
            transaction=event.transaction,
            price=from_chain(event.price),
            quantity=from_chain(event.quantity),
            is_limit=event.order_type == 0,
            deadline_s=event.deadline_s,
            created=event.place,
            changed=event.place,
        )


def _fill(request: Request, event: CloseEvent) -> Fill:
    return Fill(
        request,
        from_chain(event.quantity),
        from_chain(event.price),
        event.place,
        event.transaction,
    )


def _after(request: Request, event: CloseEvent) -> Request:
    changed = replace(request, changed=event.place)
    match event.happened:
        case Happened.CANCEL_REQUESTED:
            return replace(changed, is_cancelling=True)
        case Happened.CANCELLED:
            return replace(changed, status=OrderStatus.CANCELLED)
        case Happened.EXPIRED:
            return replace(changed, status=OrderStatus.EXPIRED)
        case _:
            return _filled(changed, event)


def _filled(request: Request, event: CloseEvent) -> Request:
    quantity = from_chain(event.quantity)
    filled = request.filled + quantity
    if filled >= request.quantity:
        status = OrderStatus.FILLED
    elif event.status is not None and event.status not in _CLOSING:
        # A fill after a cancel was asked for ends the request, filled or not.
        status = OrderStatus.CANCELLED
    else:
        status = OrderStatus.PARTIALLY_FILLED
    return replace(
        request,
        status=status,
        filled=filled,
        filled_quote=request.filled_quote + quantity * from_chain(event.price),
    )
