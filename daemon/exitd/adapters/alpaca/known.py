"""What was seen of orders: their client ids, which fills do not carry, and parents.

An order that is replaced goes on under another id of Alpaca's and another client id:
Alpaca itself does so with the exits it holds, and people do in its dashboard. To us it
stays the order that it was: what it has become is told under its first ids.
"""

from __future__ import annotations

from msgspec import Struct

from exitd.adapters.alpaca.wire import WireOrder
from exitd.runtime.newest import Newest

ORDERS_MAX = 20_000
#: Orders with exits of their own. The two legs of `oco` are exits themselves, and none
#: is the other's.
_WITH_EXITS = ("bracket", "oto")


class KnownOrder(Struct, frozen=True):
    """`id` and `client_order_id` are those that the order had first."""

    id: str
    client_order_id: str
    parent: str = ""


class KnownOrders:
    """The newest orders that were seen, by Alpaca's id."""

    def __init__(self) -> None:
        self._orders: Newest[str, KnownOrder] = Newest(ORDERS_MAX)

    def note(self, order: WireOrder, parent: str = "") -> None:
        """Remember an order and its legs."""
        before = self._orders.pop(order.id, None)
        first = before or KnownOrder(order.id, order.client_order_id)
        replaced = self._orders.get(order.replaces or "")
        if replaced is not None:
            first = replaced
        known = KnownOrder(first.id, first.client_order_id, parent or first.parent)
        self._orders[order.id] = known
        above = known.id if order.order_class in _WITH_EXITS else ""
        for leg in order.legs or ():
            self.note(leg, above)

    def first(self, order_id: str) -> KnownOrder | None:
        """Give the ids that an order had first; None where it was never seen."""
        return self._orders.get(order_id)

    def client_id_of(self, order_id: str) -> str | None:
        order = self._orders.get(order_id)
        return None if order is None else order.client_order_id
