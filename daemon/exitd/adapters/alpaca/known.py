"""What was seen of orders: their client ids, which fills do not carry, and parents."""

from __future__ import annotations

from msgspec import Struct

from exitd.adapters.alpaca.wire import WireOrder

ORDERS_MAX = 20_000
#: Orders with exits of their own. The two legs of `oco` are exits themselves, and none
#: is the other's.
_WITH_EXITS = ("bracket", "oto")


class KnownOrder(Struct, frozen=True):
    client_order_id: str
    parent: str = ""


class KnownOrders:
    """The newest orders that were seen, by Alpaca's id."""

    def __init__(self) -> None:
        self._orders: dict[str, KnownOrder] = {}

    def note(self, order: WireOrder, parent: str = "") -> None:
        """Remember an order and its legs."""
        before = self._orders.pop(order.id, None)
        if not parent and before is not None:
            parent = before.parent
        if not parent and order.replaces is not None:
            # Replaced, it is a new order, and still the exit of the same one.
            replaced = self._orders.get(order.replaces)
            parent = "" if replaced is None else replaced.parent
        self._orders[order.id] = KnownOrder(order.client_order_id, parent)
        if len(self._orders) > ORDERS_MAX:
            del self._orders[next(iter(self._orders))]
        above = order.id if order.order_class in _WITH_EXITS else ""
        for leg in order.legs or ():
            self.note(leg, above)

    def parent_of(self, order_id: str) -> str:
        order = self._orders.get(order_id)
        return "" if order is None else order.parent

    def client_id_of(self, order_id: str) -> str | None:
        order = self._orders.get(order_id)
        return None if order is None else order.client_order_id
