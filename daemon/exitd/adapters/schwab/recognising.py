"""Which of the broker's orders are ours: it knows no client order ids.

An order that was answered has a number, and that is remembered. One that nobody
answered for can be found by its terms only: entered since then, the same symbol,
instruction, quantity, type, prices and duration. Exactly one such order for exactly one
such request is it. Anything else is ambiguous: it stays in doubt, and somebody is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from exitd.adapters.schwab.wire import WireOrder, instant_ns
from exitd.core.attempt import AttemptRecord
from exitd.core.entry import EntryOrder, EntryRecord
from exitd.core.units import NS_PER_S
from exitd.runtime.newest import Newest

#: How far the two clocks may differ, in either direction, with whole seconds cut off.
BEFORE_NS = 5 * NS_PER_S
#: An order that is entered later than this was not this request.
AFTER_NS = 180 * NS_PER_S
#: Of so many orders it is known whose they are; far more than the broker lists.
ORDERS_MAX = 20_000


class Terms(Struct, frozen=True):
    """What an order says, as far as it comes back in the list of orders."""

    symbol: str
    instruction: str
    quantity: Decimal
    kind: str
    duration: str
    price: Decimal | None
    stop_price: Decimal | None


class Name(Struct, frozen=True):
    """What the order is to us: a close's number, or an entry's text."""

    client_order_id: int | None = None
    reference: str = ""


class _Sent(Struct):
    name: Name
    terms: Terms
    ts_sent_ns: int
    is_doubtful: bool = False


NOBODY = Name()


def name_of_entry(order: EntryOrder) -> Name:
    return Name(reference=order.ticket.client_order_id or order.id)


class Ours:
    """The orders of one account that exitd sent."""

    def __init__(self) -> None:
        self._names: Newest[str, Name] = Newest(ORDERS_MAX)
        self._numbers: Newest[Name, str] = Newest(ORDERS_MAX)
        self._pending: Newest[Name, _Sent] = Newest(ORDERS_MAX)
        self._ambiguous: dict[str, str] = {}

    def sending(self, name: Name, body: dict[str, Any], ts_sent_ns: int) -> None:
        """A request is on its way."""
        self._pending[name] = _Sent(name, terms_of(body), ts_sent_ns)

    def placed(self, name: Name, number: str) -> None:
        """The broker gave it a number."""
        self._pending.pop(name, None)
        self._names[number] = name
        self._numbers[name] = number

    def refused(self, name: Name) -> None:
        """The broker has not taken it and never will."""
        self._pending.pop(name, None)

    def doubted(self, name: Name) -> None:
        """Nobody answered."""
        if name in self._pending:
            self._pending[name].is_doubtful = True

    def recalled(self, name: Name, body: dict[str, Any], ts_sent_ns: int) -> None:
        """One that was sent before a start, and nobody knows its number."""
        if name not in self._numbers:
            self._pending[name] = _Sent(name, terms_of(body), ts_sent_ns, True)

    def recall(
        self, closes: Iterable[AttemptRecord], entries: Iterable[EntryRecord] = ()
    ) -> None:
        """Know again what was sent before a start: the broker does not."""
        named: list[tuple[Name, AttemptRecord | EntryRecord]] = [
            *((Name(client_order_id=a.order.client_order_id), a) for a in closes),
            *((name_of_entry(e.order), e) for e in entries),
        ]
        for name, record in named:
            if record.venue_order_id:
                self.placed(name, record.venue_order_id)
            elif record.signed and not record.is_ended:
                body = msgspec.json.decode(record.signed)
                if "refused" not in body:
                    self.recalled(name, body, record.ts_signed_venue_ns)

    def name_of(self, number: str) -> Name:
        return self._names.get(number, NOBODY)

    def number_of(self, name: Name) -> str:
        return self._numbers.get(name, "")

    def why_ambiguous(self, symbol: str) -> str:
        """Say which orders of a symbol cannot be told apart; empty when none."""
        return self._ambiguous.get(symbol, "")

    def look(self, orders: Iterable[WireOrder]) -> tuple[str, ...]:
        """Recognise orders in doubt; gives the symbols that became ambiguous."""
        seen = list(orders)
        before, self._ambiguous = self._ambiguous, {}
        for sent in [s for s in self._pending.values() if s.is_doubtful]:
            rivals = [s for s in self._pending.values() if s.terms == sent.terms]
            found = [order for order in seen if self._may_be(order, sent)]
            if len(found) == 1 and len(rivals) == 1:
                self.placed(sent.name, str(found[0].order_id))
            elif found:
                numbers = ", ".join(str(order.order_id) for order in found)
                self._ambiguous[sent.terms.symbol] = (
                    f"an order for {sent.terms.symbol} that nobody answered may be any"
                    f" of {numbers}; look at them at the broker"
                )
        return tuple(symbol for symbol in self._ambiguous if symbol not in before)

    def _may_be(self, order: WireOrder, sent: _Sent) -> bool:
        if str(order.order_id) in self._names or not order.order_leg_collection:
            return False
        try:
            entered_ns = instant_ns(order.entered_time)
        except ValueError:
            return False
        is_then = -BEFORE_NS <= entered_ns - sent.ts_sent_ns <= AFTER_NS
        return is_then and terms_in(order) == sent.terms


def terms_of(body: dict[str, Any]) -> Terms:
    """Read the terms of an order that is sent; those of its own, not its child's."""
    (leg,) = body["orderLegCollection"]
    return Terms(
        symbol=leg["instrument"]["symbol"],
        instruction=leg["instruction"],
        quantity=Decimal(leg["quantity"]),
        kind=body["orderType"],
        duration=body["duration"],
        price=_decimal(body.get("price")),
        stop_price=_decimal(body.get("stopPrice")),
    )


def terms_in(order: WireOrder) -> Terms:
    """Read the terms of an order that the broker lists."""
    leg = order.order_leg_collection[0]
    return Terms(
        symbol=leg.instrument.symbol,
        instruction=leg.instruction,
        quantity=leg.quantity,
        kind=order.order_type,
        duration=order.duration,
        price=order.price,
        stop_price=order.stop_price,
    )


def _decimal(written: object) -> Decimal | None:
    return None if written is None else Decimal(str(written))
