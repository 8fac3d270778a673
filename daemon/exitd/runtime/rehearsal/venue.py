"""The venue of a rehearsal: positions, and closes that fill by a stated model.

A close fills whole and at once, at the price that was seen: the bid or the ask where
the prices have them, else the newest price of its market that is not the index. Inside
a candle the price moves through all between two steps, so what is hit on the way fills
at its level, and what is jumped over at the price after the jump. `slippage` makes each
fill worse, never beyond a limit; `delay` executes a close so much later, at the price
of that moment.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from exitd.core.attempt import CloseOrder, RefusalKind, TimeInForce
from exitd.core.inputs import (
    AttemptRefused,
    FillReport,
    Input,
    OrderReport,
    OrderStatus,
    PositionReport,
)
from exitd.core.market import PriceKind
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.units import HUNDRED, ZERO


class Costs(Struct, frozen=True, kw_only=True):
    """What makes fills worse: percent of the price, and how much later (at least 0)."""

    slippage_percent: Decimal = ZERO
    delay_ns: int = 0


class Quotes(Struct):
    """The prices of one market of one account that a close could fill at.

    `came_from` is where the newest price moved from inside a candle, None otherwise.
    """

    account: str
    symbol: str
    newest: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    index: Decimal | None = None
    came_from: Decimal | None = None

    def take(
        self, kind: PriceKind | None, price: Decimal, came_from: Decimal | None
    ) -> None:
        self.came_from = came_from
        if kind is PriceKind.INDEX:
            self.index = price
            return
        self.newest = price
        if kind is PriceKind.BID:
            self.bid = price
        elif kind is PriceKind.ASK:
            self.ask = price

    def price(self, side: OrderSide) -> Decimal | None:
        """Give what an order of this side would fill at now."""
        best = self.bid if side is OrderSide.SELL else self.ask
        for price in (best, self.newest):
            if price is not None:
                return price
        return self.index


class Holding(Struct, kw_only=True):
    """A position of the rehearsed account; `lifetimes` numbers its ids."""

    key: PositionKey
    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    lifetimes: int = 0


class RehearsedVenue:
    """Answers the closes of the engine as a venue would, on the clock of the prices.

    Every answer carries an instant of the venue that is later than any before.
    """

    def __init__(self, costs: Costs, quotes: Iterable[Quotes]) -> None:
        self.holdings: dict[PositionKey, Holding] = {}
        self.resting: dict[int, CloseOrder] = {}
        self.quotes = {(q.account, q.symbol): q for q in quotes}
        self._costs = costs
        self._trades = 0
        self._ts_ns = 0

    def tick_ns(self, now_ns: int) -> int:
        """Give an instant of the venue's clock: now, or just after the last one."""
        self._ts_ns = max(now_ns, self._ts_ns + 1)
        return self._ts_ns

    def hold(
        self,
        key: PositionKey,
        quantity: Decimal,
        entry_price: Decimal | None,
        liquidation_price: Decimal | None,
        now_ns: int,
    ) -> list[Input]:
        """Make a position exactly this and report it."""
        holding = self.holdings.setdefault(key, Holding(key=key))
        if holding.quantity == ZERO and quantity > ZERO:
            holding.lifetimes += 1
        holding.quantity, holding.entry_price = quantity, entry_price
        holding.liquidation_price = liquidation_price
        return [self.position(key, now_ns)]

    def position(self, key: PositionKey, now_ns: int) -> PositionReport:
        holding = self.holdings.get(key) or Holding(key=key)
        is_open = holding.quantity > ZERO
        return PositionReport(
            key=key,
            quantity=holding.quantity,
            entry_price=holding.entry_price if is_open else None,
            position_id=f"{key}/{holding.lifetimes}" if is_open else "",
            liquidation_price=holding.liquidation_price if is_open else None,
            ts_venue_ns=self.tick_ns(now_ns),
            now_ns=now_ns,
        )

    def positions(self, account: str, symbol: str, now_ns: int) -> list[Input]:
        """Report both sides of a market as they are."""
        return [
            self.position(PositionKey(account, symbol, side), now_ns) for side in Side
        ]

    def execute(
        self, order: CloseOrder, level: Decimal | None, now_ns: int
    ) -> list[Input]:
        """Fill an order, let it rest, or say no.

        Args:
            order: What the engine sends.
            level: The level on the way to which it was hit, if it was just now.
            now_ns: The instant of the prices.
        """
        key = _key_of(order)
        holding = self.holdings.get(key)
        if holding is None or holding.quantity == ZERO:
            return [_refused(order, now_ns)]
        price = self._price(order, level)
        if price is not None:
            return self._fill(order, price, now_ns)
        if order.time_in_force is TimeInForce.GTC:
            self.resting[order.client_order_id] = order
            return [self._report(order, OrderStatus.WORKING, now_ns)]
        return [self._report(order, OrderStatus.EXPIRED, now_ns)]

    def meet(self, now_ns: int) -> list[Input]:
        """Fill what rests and is met by the prices now, at its own limit."""
        inputs: list[Input] = []
        for client_id, order in list(self.resting.items()):
            if self._price(order, None) is None:
                continue
            del self.resting[client_id]
            if self.holdings[_key_of(order)].quantity == ZERO:
                inputs.append(self._report(order, OrderStatus.EXPIRED, now_ns))
            else:
                assert order.price is not None
                inputs += self._fill(order, order.price, now_ns)
        return inputs

    def cancel(self, client_order_id: int, now_ns: int) -> list[Input]:
        order = self.resting.pop(client_order_id, None)
        if order is None:
            return []
        return [self._report(order, OrderStatus.CANCELLED, now_ns)]

    def _price(self, order: CloseOrder, level: Decimal | None) -> Decimal | None:
        """Give the price that an order fills at, None where its limit is not met."""
        quotes = self.quotes[order.account, order.symbol]
        price = quotes.price(order.side)
        assert price is not None, "closes wait for the first price of their market"
        start = quotes.came_from
        if level is not None and start is not None and price == quotes.newest:
            is_on_the_way = min(start, price) <= level <= max(start, price)
            price = level if is_on_the_way else price
        sells = order.side is OrderSide.SELL
        limit = order.price
        if limit is not None and (price < limit if sells else price > limit):
            return None
        share = self._costs.slippage_percent
        worse = price * (HUNDRED - share if sells else HUNDRED + share) / HUNDRED
        if limit is None:
            return worse
        return max(worse, limit) if sells else min(worse, limit)

    def _fill(self, order: CloseOrder, price: Decimal, now_ns: int) -> list[Input]:
        holding = self.holdings[_key_of(order)]
        quantity = min(order.quantity, holding.quantity)
        holding.quantity -= quantity
        self._trades += 1
        fill = FillReport(
            account=order.account,
            symbol=order.symbol,
            venue_order_id=_order_id(order),
            client_order_id=order.client_order_id,
            trade_id=str(self._trades),
            side=order.side,
            quantity=quantity,
            price=price,
            ts_venue_ns=self.tick_ns(now_ns),
            now_ns=now_ns,
        )
        is_whole = quantity == order.quantity
        status = OrderStatus.FILLED if is_whole else OrderStatus.EXPIRED
        report = self._report(order, status, now_ns, quantity, quantity * price)
        return [fill, report, self.position(holding.key, now_ns)]

    def _report(
        self,
        order: CloseOrder,
        status: OrderStatus,
        now_ns: int,
        filled: Decimal = ZERO,
        filled_quote: Decimal = ZERO,
    ) -> OrderReport:
        is_unmet = status is OrderStatus.EXPIRED and filled == ZERO
        return OrderReport(
            account=order.account,
            symbol=order.symbol,
            venue_order_id=_order_id(order),
            client_order_id=order.client_order_id,
            status=status,
            side=order.side,
            quantity=order.quantity,
            filled=filled,
            filled_quote=filled_quote,
            order=order.order,
            price=order.price,
            reduce_only=True,
            reason="the limit is not met" if is_unmet else "",
            refusal=RefusalKind.LIQUIDITY if is_unmet else None,
            ts_venue_ns=self.tick_ns(now_ns),
            now_ns=now_ns,
        )


def _key_of(order: CloseOrder) -> PositionKey:
    side = Side.LONG if order.side is OrderSide.SELL else Side.SHORT
    return PositionKey(order.account, order.symbol, side)


def _order_id(order: CloseOrder) -> str:
    return f"rehearsed-{order.client_order_id}"


def _refused(order: CloseOrder, now_ns: int) -> AttemptRefused:
    return AttemptRefused(
        attempt=order.attempt,
        kind=RefusalKind.NOT_REDUCED,
        code="rehearsed",
        message="there is no position to reduce",
        now_ns=now_ns,
    )
