"""When orders fill: limits, stops, trails, and orders that depend on one another."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fakes.alpaca.orders import ZERO, Order

if TYPE_CHECKING:
    from fakes.alpaca.exchange import Exchange

HUNDRED = Decimal(100)
CENT = Decimal("0.01")


class Matching:
    """`room` is how much can still be traded of a symbol; without an entry, all.

    With `holds`, nothing fills unless a test says so.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.room: dict[str, Decimal] = {}
        self.holds = False

    def run(self, symbol: str) -> None:
        """Fill what the price allows now, until nothing more happens."""
        price = self.exchange.prices[symbol]
        while any(self._step(order, price) for order in self._working(symbol)):
            pass

    def _working(self, symbol: str) -> list[Order]:
        return [
            order
            for order in self.exchange.orders
            if order.symbol == symbol
            and order.status in ("new", "partially_filled", "held")
            and self._is_time(order)
        ]

    def _is_time(self, order: Order) -> bool:
        exchange = self.exchange
        return exchange.is_open or order.asset.is_crypto or order.extended_hours

    def _step(self, order: Order, price: Decimal) -> bool:
        """Take an order one step on; whether it moved."""
        if order.type == "trailing_stop" and not order.is_triggered:
            self.trail(order)
        if self._is_stop(order) and not order.is_triggered:
            if not self._is_active(order) or not self._is_reached(order, price):
                return False
            order.is_triggered = True
            self._let_go_of_sibling(order)
            if order.status == "held":
                order.status = "new"
                self.exchange.tell(order, "new")
            return True
        if order.status == "held" or self.holds:
            return False
        if not self._is_marketable(order, price):
            if order.time_in_force == "ioc":
                self.exchange.end(order, "canceled")
            return False
        room = self.room.get(order.symbol)
        qty = order.left if room is None else min(order.left, room)
        if qty == ZERO:
            return False
        if room is not None:
            self.room[order.symbol] = room - qty
        self.exchange.execute(order, qty, price)
        return True

    @staticmethod
    def _is_stop(order: Order) -> bool:
        return order.type in ("stop", "stop_limit", "trailing_stop")

    @staticmethod
    def _is_active(order: Order) -> bool:
        """Whether a leg's time has come: exits work once the entry has filled."""
        parent = order.parent
        if parent is None:
            return True
        if parent.order_class == "oco":
            return parent.is_open
        return parent.status == "filled"

    @staticmethod
    def _is_reached(order: Order, price: Decimal) -> bool:
        stop = order.stop_price
        assert stop is not None
        return price <= stop if order.side == "sell" else price >= stop

    @staticmethod
    def _is_marketable(order: Order, price: Decimal) -> bool:
        limit = order.limit_price
        if limit is None:
            return True
        return price <= limit if order.side == "buy" else price >= limit

    def trail(self, order: Order) -> None:
        """Move a trailing stop after the best price."""
        price = self.exchange.prices[order.symbol]
        best = max if order.side == "sell" else min
        order.hwm = price if order.hwm is None else best(order.hwm, price)
        away = order.trail_price
        if away is None:
            assert order.trail_percent is not None
            away = order.hwm * order.trail_percent / HUNDRED
        stop = order.hwm - away if order.side == "sell" else order.hwm + away
        order.stop_price = stop.quantize(CENT)

    def together(self, order: Order) -> list[Order]:
        """Give the orders that end together with one."""
        if order.parent is None:
            return [order, *order.legs]
        if order.parent.order_class == "oco":
            return [order, order.parent]
        return list(order.parent.legs)

    def _let_go_of_sibling(self, order: Order) -> None:
        for other in self.together(order):
            if other is not order and other.is_open:
                self.exchange.end(other, "canceled")

    def after_fill(self, order: Order) -> None:
        """Wake the exits of an entry, or let go of the other exit."""
        others = [one for one in self.together(order) if one is not order]
        is_entry = order.parent is None and order.order_class in ("bracket", "oto")
        if is_entry:
            if order.status == "filled":
                self._wake(order)
            return
        for other in others:
            if not other.is_open:
                continue
            if order.status == "filled":
                self.exchange.end(other, "canceled")
            else:
                # The stop covers what is left to be taken off.
                other.qty = order.left + other.filled

    def _wake(self, entry: Order) -> None:
        take = next((leg for leg in entry.legs if leg.type == "limit"), None)
        for leg in entry.legs:
            # Of two, the stop is held until its price; alone it works.
            if leg.is_open and (leg is take or take is None):
                leg.status = "new"
                self.exchange.tell(leg, "new")
