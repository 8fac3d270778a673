"""
Native trigger orders: placed, judged against prices, fired or failed.

The direction of a bare trigger price is taken from its place relative to the price
at placement, or to the entry price: above it fires on a rise, below it on a fall.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from decimal import Decimal

from exitd.simulator.accounts import Account
from exitd.simulator.admission import reducible
from exitd.simulator.intake import read_share
from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused
from exitd.simulator.settlement import Settlement
from exitd.simulator.state import EngineState
from exitd.simulator.values import (
    ZERO,
    Expiry,
    Order,
    OrderStatus,
    Prices,
    Side,
    floor_to,
)

Enter = Callable[[Account, Order, int], None]


def watched(order: Order, prices: Prices, quirks: Quirks) -> Decimal:
    """The price that *order* watches; by the quirk when it does not say."""
    match order.trigger_by or quirks.trigger_by_default:
        case "MarkPrice":
            return prices.mark
        case "IndexPrice":
            return prices.index
        case _:
            return prices.last


def is_hit(order: Order, prices: Prices, quirks: Quirks) -> bool:
    """Whether the watched price is at or beyond the trigger; touching counts."""
    assert order.trigger_price is not None
    price = watched(order, prices, quirks)
    if order.is_trigger_above:
        return price >= order.trigger_price
    return price <= order.trigger_price


class Conditionals:
    """The trigger orders that wait in an engine."""

    def __init__(
        self, state: EngineState, settlement: Settlement, enter: Enter
    ) -> None:
        self._state = state
        self._settlement = settlement
        self._enter = enter

    def place(self, account: Account, order: Order, ts_us: int) -> None:
        """Take a trigger order; it waits even when its price is already touched."""
        state = self._state
        assert order.trigger_price is not None
        order.is_trigger_above = order.trigger_price > self._anchor(account, order)
        order.id = state.next_order_id()
        order.created_us = ts_us
        order.status = OrderStatus.TRIGGER_PENDING
        # On the wire a pending trigger shows quantity "0"; what fires is what
        # triggerQuantity says, so a quantity sent beside it has no effect.
        order.quantity = None
        account.orders[order.id] = order
        account.open_orders[order.id] = order
        state.pending[order.symbol][order.id] = order
        state.tell("triggerPlaced", order, ts_us)

    def _anchor(self, account: Account, order: Order) -> Decimal:
        """The price whose side of the trigger decides the direction."""
        position = account.positions.get(order.symbol)
        if position is not None and self._state.quirks.trigger_direction == "entry":
            return position.entry_price
        return watched(order, self._state.prices[order.symbol], self._state.quirks)

    def judge(self, symbol: str, ts_us: int) -> None:
        """Fire everything that is hit, until the prints it causes hit nothing more."""
        state = self._state
        while True:
            prices = state.prices[symbol]
            waiting = state.pending[symbol].values()
            hit = [order for order in waiting if is_hit(order, prices, state.quirks)]
            if not hit:
                return
            for order in hit:
                if order.is_pending_trigger:
                    self._fire(order, ts_us)

    def _fire(self, order: Order, ts_us: int) -> None:
        state = self._state
        account = state.accounts[order.account]
        order.triggered_us = ts_us
        quantity = self._quantity(account, order)
        self._settlement.take_out(order)
        if quantity <= 0:
            self._fail(order, Expiry.STOP_WITHOUT_POSITION, ts_us)
            return
        fired = self._become(order, quantity, ts_us)
        try:
            self._enter(account, fired, ts_us)
        except Refused as refused:
            self._fail(order, _reason(refused), ts_us)

    def _become(self, order: Order, quantity: Decimal, ts_us: int) -> Order:
        """The live order that the trigger turns into."""
        state = self._state
        if state.quirks.fired_order_link == "same_id":
            order.quantity = quantity
            order.status = OrderStatus.NEW
            return order
        order.status = OrderStatus(state.quirks.fired_trigger_status)
        order.updated_us = ts_us
        fired = copy(order)
        fired.id = state.next_order_id()
        fired.status = OrderStatus.NEW
        fired.quantity = quantity
        fired.created_us = ts_us
        fired.trigger_price = None
        fired.trigger_by = None
        fired.trigger_quantity = None
        linked = state.quirks.fired_order_link == "related_order_id"
        fired.related_order_id = order.id if linked else None
        return fired

    def _fail(self, order: Order, reason: Expiry, ts_us: int) -> None:
        order.status = OrderStatus.TRIGGER_FAILED
        order.expiry_reason = reason
        self._state.tell("triggerFailed", order, ts_us, reason=reason)

    def _quantity(self, account: Account, order: Order) -> Decimal:
        """What to trade now, in base units; zero without a position to reduce."""
        state = self._state
        market = state.markets[order.symbol]
        assert order.trigger_quantity is not None
        share = read_share(order.trigger_quantity)
        if share is None:
            quantity = Decimal(order.trigger_quantity)
            if order.reduce_only and market.is_perp:
                return min(quantity, reducible(account, order))
            return quantity
        if market.is_perp:
            whole = reducible(account, order)
        elif order.side is Side.ASK:
            whole = account.balance(market.base)
        else:
            whole = account.balance(market.quote) / (
                order.price or state.prices[order.symbol].last
            )
        return max(ZERO, floor_to(whole * share, market.quantity_step))


def _reason(refused: Refused) -> Expiry:
    by_code = {
        "INSUFFICIENT_MARGIN": Expiry.INSUFFICIENT_MARGIN,
        "INSUFFICIENT_FUNDS": Expiry.INSUFFICIENT_FUNDS,
        "INVALID_PRICE": Expiry.INVALID_PRICE,
    }
    if "not reduced" in refused.message:
        return Expiry.REDUCE_ONLY_NOT_REDUCED
    return by_code.get(refused.code, Expiry.UNKNOWN)
