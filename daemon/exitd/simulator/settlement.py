"""What a trade means: fills, fees, positions, and the orders that depend on them."""

from __future__ import annotations

from copy import copy
from decimal import Decimal

from exitd.simulator.accounts import Account, Position
from exitd.simulator.admission import reducible
from exitd.simulator.happenings import (
    BalanceHappened,
    BookMoved,
    PositionHappened,
    Printed,
)
from exitd.simulator.state import EngineState
from exitd.simulator.values import (
    HOUSE,
    ZERO,
    AttachedExit,
    Expiry,
    Fill,
    Order,
    OrderStatus,
    Trade,
    text,
)


class Settlement:
    """Books trades and ends orders; the sink of the matching loop."""

    def __init__(self, state: EngineState) -> None:
        self._state = state

    def execute(
        self, taker: Order, maker: Order, quantity: Decimal, ts_us: int
    ) -> None:
        """Book a trade of *quantity* base units at the maker's price."""
        state = self._state
        assert maker.price is not None
        price = maker.price
        trade = self.print_trade(taker, maker, price, quantity, ts_us)
        for order in (maker, taker):
            order.executed += quantity
            order.executed_quote += quantity * price
            filled = order.quantity is not None and order.leaves <= 0
            order.status = (
                OrderStatus.FILLED if filled else OrderStatus.PARTIALLY_FILLED
            )
        if maker.status is OrderStatus.FILLED:
            self.take_out(maker)
        for order in (maker, taker):
            if order.account != HOUSE:
                self._settle(order, trade, order is maker)
        state.happenings.append(BookMoved(maker.symbol, ts_us))

    def print_trade(
        self, taker: Order, maker: Order, price: Decimal, quantity: Decimal, ts_us: int
    ) -> Trade:
        """Put a trade on the tape; the last price follows it."""
        state = self._state
        is_buyer_maker = maker.side.sign > 0
        buyer, seller = (maker, taker) if is_buyer_maker else (taker, maker)
        trade = Trade(
            symbol=taker.symbol,
            trade_id=state.next_trade_id(taker.symbol),
            price=price,
            quantity=quantity,
            buyer_order_id=buyer.id,
            seller_order_id=seller.id,
            is_buyer_maker=is_buyer_maker,
            ts_us=ts_us,
        )
        state.trades[taker.symbol].append(trade)
        state.prices[taker.symbol].last = price
        state.happenings.append(Printed(trade))
        return trade

    def _settle(self, order: Order, trade: Trade, is_maker: bool) -> None:
        state = self._state
        market = state.markets[order.symbol]
        account = state.accounts[order.account]
        quote = trade.quantity * trade.price
        fee, asset = state.fees.fee(market, order.side, quote, trade.quantity, is_maker)
        fill = Fill(
            account=order.account,
            order_id=order.id,
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            price=trade.price,
            quantity=trade.quantity,
            is_maker=is_maker,
            fee=fee,
            fee_symbol=asset,
            trade_id=trade.trade_id,
            ts_us=trade.ts_us,
            system_order_type=order.system_order_type,
        )
        account.fills.append(fill)
        account.deposit(asset, -fee)
        state.tell("orderFill", order, trade.ts_us, fill=fill)
        signed = trade.quantity * order.side.sign
        if market.is_perp:
            self.move_position(
                account, order.symbol, signed, trade.price, trade.ts_us, fee=fee
            )
        else:
            account.deposit(market.base, signed)
            account.deposit(market.quote, -quote * order.side.sign)
            state.happenings.append(
                BalanceHappened(account.key, market.base, trade.ts_us)
            )
        state.happenings.append(BalanceHappened(account.key, market.quote, trade.ts_us))
        self._attach_exits(order, trade.ts_us)

    def move_position(
        self,
        account: Account,
        symbol: str,
        signed: Decimal,
        price: Decimal,
        ts_us: int,
        *,
        fee: Decimal = ZERO,
    ) -> None:
        """Add *signed* base units to a position, through zero if need be."""
        net = account.net_quantity(symbol)
        if net * signed < 0 and abs(signed) > abs(net):
            closing = -net
            part = fee * abs(closing) / abs(signed)
            self._move_within_lifetime(account, symbol, closing, price, ts_us, part)
            self._move_within_lifetime(
                account, symbol, signed - closing, price, ts_us, fee - part
            )
        else:
            self._move_within_lifetime(account, symbol, signed, price, ts_us, fee)
        self.shrink_reduce_only(account, symbol, ts_us)

    def _move_within_lifetime(
        self,
        account: Account,
        symbol: str,
        signed: Decimal,
        price: Decimal,
        ts_us: int,
        fee: Decimal,
    ) -> None:
        state = self._state
        position = account.positions.get(symbol)
        kind = "positionAdjusted"
        if position is None:
            kind = "positionOpened"
            number = state.next_position_id(symbol, account.user_id)
            position = Position(symbol, number, ts_us)
            account.positions[symbol] = position
        realised = position.apply(signed, price)
        position.fees += fee
        position.updated_us = ts_us
        if realised:
            account.deposit(state.markets[symbol].quote, realised)
        if position.net_quantity == 0:
            kind = "positionClosed"
            position.closed_us = ts_us
            position.closing_price = price
            del account.positions[symbol]
            account.closed.append(position)
        after = copy(position)
        account.moves.append((ts_us, after))
        state.happenings.append(PositionHappened(kind, account.key, after, ts_us))

    def shrink_reduce_only(self, account: Account, symbol: str, ts_us: int) -> None:
        """Cut resting reduce-only orders down to what the position still is."""
        state = self._state
        for order in account.open_on(symbol):
            if not order.reduce_only or not order.is_resting:
                continue
            assert order.quantity is not None
            room = reducible(account, order)
            if order.leaves <= room:
                continue
            if room == 0:
                self.expire(order, Expiry.REDUCE_ONLY_NOT_REDUCED, ts_us)
                continue
            order.quantity = order.executed + room
            state.tell("orderModified", order, ts_us)
            state.happenings.append(BookMoved(symbol, ts_us))

    def expire(self, order: Order, reason: Expiry, ts_us: int) -> None:
        """End *order* with *reason*, wherever it is."""
        self.take_out(order)
        order.status = OrderStatus.EXPIRED
        order.expiry_reason = reason
        self._state.tell("orderExpired", order, ts_us, reason=reason)

    def take_out(self, order: Order) -> None:
        """Remove *order* from its book, its account's open ones and the triggers."""
        state = self._state
        if order.price is not None:
            state.books[order.symbol].side(order.side).remove(order)
        state.pending[order.symbol].pop(order.id, None)
        state.accounts[order.account].open_orders.pop(order.id, None)

    def _attach_exits(self, parent: Order, ts_us: int) -> None:
        for leg in (parent.take_profit, parent.stop_loss):
            if leg is not None:
                self._attach(parent, leg, leg is parent.take_profit, ts_us)

    def _attach(
        self, parent: Order, leg: AttachedExit, is_profit: bool, ts_us: int
    ) -> None:
        """Create the exit at the first fill and let it grow with the next ones."""
        state = self._state
        account = state.accounts[parent.account]
        known = None if leg.order_id is None else account.orders[leg.order_id]
        if known is not None:
            if known.is_pending_trigger:
                known.trigger_quantity = text(parent.executed)
                state.tell("orderModified", known, ts_us)
            return
        linked = state.quirks.attached_link == "related_order_id"
        child = Order(
            id=state.next_order_id(),
            account=parent.account,
            symbol=parent.symbol,
            side=parent.side.opposite,
            order_type="Market" if leg.limit_price is None else "Limit",
            price=leg.limit_price,
            reduce_only=True,
            trigger_price=leg.trigger_price,
            trigger_by=leg.trigger_by,
            trigger_quantity=text(parent.executed),
            # A take-profit of a long is above the market, its stop below.
            is_trigger_above=is_profit == (parent.side.sign > 0),
            status=OrderStatus.TRIGGER_PENDING,
            created_us=ts_us,
            related_order_id=parent.id if linked else None,
        )
        leg.order_id = child.id
        account.orders[child.id] = child
        account.open_orders[child.id] = child
        state.pending[child.symbol][child.id] = child
        state.tell("triggerPlaced", child, ts_us)
