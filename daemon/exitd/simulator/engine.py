"""
The matching engine: orders in, happenings out; no sockets, no clock, no randomness.

Each call takes the time of the exchange as integer microseconds and is complete when
it returns: trades are booked, positions moved, triggers fired. `drain` then hands
over what happened, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from exitd.simulator import admission
from exitd.simulator.accounts import Account, Position
from exitd.simulator.conditional import Conditionals
from exitd.simulator.happenings import (
    BookMoved,
    Happening,
    PositionHappened,
    PricesMoved,
)
from exitd.simulator.intake import read_order
from exitd.simulator.matching import can_fill, sweep, would_take
from exitd.simulator.refusal import Refused, invalid_order, invalid_request
from exitd.simulator.settlement import Settlement
from exitd.simulator.state import EngineState
from exitd.simulator.values import (
    HOUSE,
    ZERO,
    Expiry,
    Order,
    OrderStatus,
    Side,
)

_UNKNOWN_MARKET = (
    'parse request payload error: failed to parse "MarketSymbol": Invalid market '
    'symbol (occurred while parsing "OrderExecutePayload")'
)


class Engine:
    """Price-time priority matching over all markets."""

    def __init__(self, state: EngineState) -> None:
        self.state = state
        self.settlement = Settlement(state)
        self._conditionals = Conditionals(state, self.settlement, self._enter_fired)

    def drain(self) -> list[Happening]:
        """What happened since the last call, oldest first."""
        happened, self.state.happenings = self.state.happenings, []
        return happened

    def submit(self, key: str, payload: Mapping[str, Any], ts_us: int) -> Order:
        """
        Take one order of the account of *key*.

        Returns:
            The order as it stands after matching; it may already be filled.

        Raises:
            Refused: The exchange does not take it; nothing changed.
        """
        state = self.state
        account = state.open_account(key)
        order = read_order(key, payload, state.quirks)
        market = state.markets.get(order.symbol)
        if market is None:
            raise invalid_request(_UNKNOWN_MARKET)
        admission.check_filters(market, order, state.prices[order.symbol])
        admission.check_client_id(account, order, state.quirks)
        if order.trigger_price is not None:
            if market.state in ("Closed", "CancelOnly"):
                admission.check_state(market, order)
            admission.check_stop_count(account, order, state.quirks)
            self._conditionals.place(account, order, ts_us)
            return order
        self._admit(account, order)
        order.id = state.next_order_id()
        order.created_us = ts_us
        self._enter(account, order, ts_us)
        self._conditionals.judge(order.symbol, ts_us)
        return order

    def _admit(self, account: Account, order: Order) -> None:
        state = self.state
        market = state.markets[order.symbol]
        admission.check_state(market, order)
        order.initial_quantity = order.quantity
        admission.check_reduce_only(market, account, order, state.quirks)
        if order.status is OrderStatus.EXPIRED:
            return
        if order.post_only and would_take(state.books[order.symbol], order):
            raise invalid_order("Order would immediately match and take")
        admission.check_funds(state.markets, account, order, state.prices)

    def _enter(self, account: Account, order: Order, ts_us: int) -> None:
        """Accept *order*, match it, and rest or end what is left."""
        state = self.state
        doomed = order.status is OrderStatus.EXPIRED
        order.status = OrderStatus.NEW
        account.orders[order.id] = order
        state.tell("orderAccepted", order, ts_us)
        book = state.books[order.symbol]
        bound = self._bound(order)
        if doomed:
            self.settlement.expire(order, Expiry.REDUCE_ONLY_NOT_REDUCED, ts_us)
            return
        is_all_or_nothing = order.time_in_force == "FOK" and order.quantity is not None
        if is_all_or_nothing and not can_fill(book, order, bound):
            self.settlement.expire(order, Expiry.FILL_OR_KILL, ts_us)
            return
        step = state.markets[order.symbol].quantity_step
        stopped = sweep(book, order, bound, step, self.settlement, ts_us)
        self._finish(account, order, stopped, ts_us)

    def _finish(
        self, account: Account, order: Order, stopped: Expiry | None, ts_us: int
    ) -> None:
        if order.status in (OrderStatus.FILLED, OrderStatus.EXPIRED):
            return
        if stopped is None and order.quantity is None:
            order.quantity = order.executed
            filled = order.executed > 0
            if filled:
                order.status = OrderStatus.FILLED
            else:
                self.settlement.expire(order, Expiry.INVALID_QUANTITY, ts_us)
            return
        if stopped is Expiry.SELF_TRADE_PREVENTION:
            self.settlement.expire(order, stopped, ts_us)
        elif order.order_type == "Market":
            reason = Expiry.INSUFFICIENT_LIQUIDITY
            if stopped is Expiry.INVALID_PRICE:
                slips = order.slippage_tolerance is not None
                reason = Expiry.SLIPPAGE if slips else Expiry.PRICE_IMPACT
            self.settlement.expire(order, reason, ts_us)
        elif order.time_in_force != "GTC":
            self.settlement.expire(order, Expiry.IMMEDIATE_OR_CANCEL, ts_us)
        else:
            self._rest(account, order, ts_us)

    def _rest(self, account: Account, order: Order, ts_us: int) -> None:
        state = self.state
        state.books[order.symbol].side(order.side).add(order)
        account.open_orders[order.id] = order
        state.happenings.append(BookMoved(order.symbol, ts_us))

    def _bound(self, order: Order) -> Decimal | None:
        """The worst price that *order* may trade at."""
        if order.order_type == "Limit":
            return order.price
        market = self.state.markets[order.symbol]
        best, _ = self.state.books[order.symbol].side(order.side.opposite).best_level()
        if best == 0:
            return None
        if order.slippage_tolerance is not None:
            room = order.slippage_tolerance
            if order.slippage_kind == "TickSize":
                return best + room * market.price_step * order.side.sign
            return best * (1 + room / 100 * order.side.sign)
        # How far one market order may push the price, measured from the best price
        # at entry (filters.price.maxImpactMultiplier).
        buys = order.side is Side.BID
        return best * (market.max_impact if buys else market.min_impact)

    def _enter_fired(self, account: Account, order: Order, ts_us: int) -> None:
        """Enter the order that a trigger became; raises Refused like `submit`."""
        self._admit(account, order)
        self._enter(account, order, ts_us)

    def cancel(self, key: str, order: Order, ts_us: int) -> Order:
        """Cancel an open order of the account of *key*."""
        assert order.account == key, "the caller looked it up in its own account"
        was_resting = order.is_resting
        self.settlement.take_out(order)
        order.status = OrderStatus.CANCELLED
        self.state.tell("orderCancelled", order, ts_us)
        if was_resting:
            self.state.happenings.append(BookMoved(order.symbol, ts_us))
        return order

    def set_prices(
        self,
        symbol: str,
        ts_us: int,
        *,
        mark: Decimal | None = None,
        index: Decimal | None = None,
        last: Decimal | None = None,
    ) -> None:
        """Move the prices of one market; triggers fire before this returns."""
        prices = self.state.prices[symbol]
        prices.mark = prices.mark if mark is None else mark
        prices.index = prices.index if index is None else index
        prices.last = prices.last if last is None else last
        self.state.happenings.append(PricesMoved(symbol, ts_us))
        self._conditionals.judge(symbol, ts_us)

    def judge(self, symbol: str, ts_us: int) -> None:
        """Fire what the current prices of *symbol* trigger."""
        self._conditionals.judge(symbol, ts_us)

    def set_position(
        self,
        key: str,
        symbol: str,
        net_quantity: Decimal,
        price: Decimal | None,
        ts_us: int,
    ) -> Position | None:
        """Give the account of *key* this position, without any order or fee."""
        account = self.state.open_account(key)
        change = net_quantity - account.net_quantity(symbol)
        if change:
            at = self.state.prices[symbol].mark if price is None else price
            self.settlement.move_position(account, symbol, change, at, ts_us)
        return account.positions.get(symbol)

    def close_by_system(
        self, key: str, symbol: str, origin: str, system_type: str, ts_us: int
    ) -> Order:
        """
        Liquidate or deleverage a position at the mark, as the exchange itself would.

        Raises:
            Refused: There is no position.
        """
        state = self.state
        account = state.open_account(key)
        net = account.net_quantity(symbol)
        if net == 0:
            raise Refused(404, "RESOURCE_NOT_FOUND", "Position not found")
        side = Side.ASK if net > 0 else Side.BID
        order = Order(
            id=state.next_order_id(),
            account=key,
            symbol=symbol,
            side=side,
            order_type="Market",
            quantity=abs(net),
            initial_quantity=abs(net),
            reduce_only=True,
            created_us=ts_us,
            origin=origin,
            system_order_type=system_type,
        )
        counter = copy(order)
        counter.id = state.next_order_id()
        counter.account = HOUSE
        counter.side = side.opposite
        counter.price = state.prices[symbol].mark
        account.orders[order.id] = order
        state.tell("orderAccepted", order, ts_us)
        self.settlement.execute(order, counter, abs(net), ts_us)
        self._conditionals.judge(symbol, ts_us)
        return order

    def pay_funding(self, symbol: str, rate: Decimal, ts_us: int) -> None:
        """Charge *rate* of each position's notional; longs pay when it is above 0."""
        for account in self.state.accounts.values():
            position = account.positions.get(symbol)
            if position is None:
                continue
            mark = self.state.prices[symbol].mark
            payment = -(position.net_quantity * mark * rate).quantize(Decimal("1e-6"))
            account.record_funding(position, payment, rate, ts_us)
            self.state.happenings.append(
                PositionHappened("positionAdjusted", account.key, copy(position), ts_us)
            )

    def open_interest(self, symbol: str) -> Decimal:
        """Base units that users hold long or short, counted once."""
        net = [a.net_quantity(symbol) for a in self.state.accounts.values()]
        longs = sum((n for n in net if n > 0), ZERO)
        shorts = -sum((n for n in net if n < 0), ZERO)
        return max(longs, shorts)
