"""The world behind FakeVenue: net positions, orders, fills, and when each is shown.

It keeps no time of its own: every call carries the venue's instant. What happened
becomes an event for the private stream, in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from exitd.core.attempt import CloseOrder, RefusalKind, TimeInForce
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.market import Instrument, InstrumentKind
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO

SOL = "SOL_USDC_PERP"
RESTING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)


def instrument(account: str, symbol: str = SOL) -> Instrument:
    base, quote, *_ = [*symbol.split("_"), "USDC"]
    return Instrument(
        account=account,
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        base=base,
        quote=quote,
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.01"),
    )


@dataclass(kw_only=True)
class FakeOrder:
    """One order that the exchange took in; the ledger is a list of these.

    `parent` is whose exit it is; only the history says that.
    """

    id: str
    client_order_id: int | None
    reference: str = ""
    parent: str = ""
    symbol: str
    side: OrderSide
    quantity: Decimal
    order: OrderType = OrderType.MARKET
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.IOC
    reduce_only: bool = True
    trigger_price: Decimal | None = None
    trigger_kind: str = ""
    status: OrderStatus = OrderStatus.WORKING
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    reason: str = ""
    refusal: RefusalKind | None = None
    ts_created_ns: int
    ts_changed_ns: int

    @property
    def is_resting(self) -> bool:
        return self.status in RESTING

    @property
    def leaves(self) -> Decimal:
        return self.quantity - self.filled


@dataclass(frozen=True)
class NetPosition:
    """Signed net quantity of one symbol since `ts_ns`."""

    symbol: str
    net: Decimal
    entry_price: Decimal | None
    position_id: str
    ts_ns: int


Event = OrderReport | FillReport | PositionReport


@dataclass
class FakeExchange:
    """One account's side of an exchange; all prices and quantities are given to it."""

    account: str
    prices: dict[str, Decimal] = field(default_factory=dict)
    orders: list[FakeOrder] = field(default_factory=list)
    fills: list[FillReport] = field(default_factory=list)
    positions: dict[str, list[NetPosition]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    numbers: int = 0
    fee_rate: Decimal = ZERO

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def net(self, symbol: str) -> Decimal:
        states = self.positions.get(symbol)
        return states[-1].net if states else ZERO

    def set_position(
        self, symbol: str, net: Decimal, entry: Decimal | None, ts_ns: int
    ) -> None:
        """Make the net position exactly this, as if somebody traded by hand."""
        states = self.positions.setdefault(symbol, [])
        before = states[-1] if states else NetPosition(symbol, ZERO, None, "", 0)
        same_life = before.net != ZERO and (before.net > 0) == (net > 0) and net != ZERO
        position_id = before.position_id if same_life else f"P{self.number()}"
        if net == ZERO:
            position_id = ""
        states.append(NetPosition(symbol, net, entry, position_id, ts_ns))
        was_long = before.net > ZERO
        sides = (
            [Side.SHORT, Side.LONG] if before.net < ZERO else [Side.LONG, Side.SHORT]
        )
        is_flip = before.net != ZERO and net != ZERO and was_long != (net > ZERO)
        for side in sides if is_flip or net == ZERO else [Side.LONG, Side.SHORT]:
            self.events.append(self.position_report(states[-1], side, ts_ns))

    def position_report(
        self, state: NetPosition, side: Side, ts_ns: int
    ) -> PositionReport:
        held = max(state.net if side is Side.LONG else -state.net, ZERO)
        return PositionReport(
            key=PositionKey(self.account, state.symbol, side),
            quantity=held,
            entry_price=state.entry_price if held else None,
            position_id=state.position_id if held else "",
            ts_venue_ns=ts_ns,
            now_ns=0,
        )

    def position_at(self, symbol: str, ts_ns: int) -> NetPosition:
        """The position as it was at *ts_ns*: what a lagging read would show."""
        shown = [s for s in self.positions.get(symbol, []) if s.ts_ns <= ts_ns]
        return shown[-1] if shown else NetPosition(symbol, ZERO, None, "", ts_ns)

    def reducible(self, symbol: str, side: OrderSide) -> Decimal:
        """How much an order of *side* can take off the position."""
        net = self.net(symbol)
        return max(net if side is OrderSide.SELL else -net, ZERO)

    def accept(self, order: FakeOrder) -> None:
        self.orders.append(order)
        self.events.append(self.report(order))

    def take(self, close: CloseOrder, ts_ns: int) -> FakeOrder:
        """Take a close in, reduce-only."""
        order = FakeOrder(
            id=f"O{self.number()}",
            client_order_id=close.client_order_id,
            symbol=close.symbol,
            side=close.side,
            quantity=close.quantity,
            order=close.order,
            price=close.price,
            time_in_force=close.time_in_force,
            ts_created_ns=ts_ns,
            ts_changed_ns=ts_ns,
        )
        self.accept(order)
        return order

    def price_for(self, order: FakeOrder) -> Decimal:
        """The last set price, else what the order asks, else the entry price."""
        states = self.positions.get(order.symbol)
        entry = states[-1].entry_price if states else None
        return self.prices.get(order.symbol) or order.price or entry or Decimal(100)

    def fill(
        self, order: FakeOrder, quantity: Decimal, price: Decimal, ts_ns: int
    ) -> None:
        """Execute *quantity* of *order*, never more than reduce-only allows."""
        if order.reduce_only:
            quantity = min(quantity, self.reducible(order.symbol, order.side))
        quantity = min(quantity, order.leaves)
        if quantity == ZERO:
            return
        order.filled += quantity
        order.filled_quote += quantity * price
        done = order.filled == order.quantity
        order.status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        order.ts_changed_ns = ts_ns
        fill = FillReport(
            account=self.account,
            symbol=order.symbol,
            venue_order_id=order.id,
            client_order_id=order.client_order_id,
            reference=order.reference,
            trade_id=f"T{self.number()}",
            side=order.side,
            quantity=quantity,
            price=price,
            fee=quantity * price * self.fee_rate,
            fee_asset="USDC",
            is_maker=False,
            ts_venue_ns=ts_ns,
            now_ns=0,
        )
        self.fills.append(fill)
        self.events += [fill, self.report(order)]
        before = self.net(order.symbol)
        signed = quantity if order.side is OrderSide.BUY else -quantity
        states = self.positions.get(order.symbol)
        entry = states[-1].entry_price if states else None
        if entry is None or before == ZERO:
            entry = price
        after = before + signed
        self.set_position(order.symbol, after, entry if after else None, ts_ns)

    def end(
        self,
        order: FakeOrder,
        status: OrderStatus,
        ts_ns: int,
        reason: str = "",
        refusal: RefusalKind | None = None,
    ) -> None:
        order.status, order.reason, order.refusal = status, reason, refusal
        order.ts_changed_ns = ts_ns
        self.events.append(self.report(order))

    def set_price(self, symbol: str, price: Decimal, ts_ns: int) -> None:
        """Move the price and fill what rests and is met by it."""
        self.prices[symbol] = price
        for order in [o for o in self.orders if o.symbol == symbol and o.is_resting]:
            if order.trigger_price is None and self.is_met(order):
                assert order.price is not None
                self.fill(order, order.leaves, order.price, ts_ns)

    def is_met(self, order: FakeOrder) -> bool:
        price = self.prices.get(order.symbol)
        if order.price is None or price is None:
            return order.price is None
        if order.side is OrderSide.SELL:
            return price >= order.price
        return price <= order.price

    def report(self, order: FakeOrder) -> OrderReport:
        return OrderReport(
            account=self.account,
            symbol=order.symbol,
            venue_order_id=order.id,
            client_order_id=order.client_order_id,
            reference=order.reference,
            status=order.status,
            side=order.side,
            quantity=order.quantity,
            filled=order.filled,
            filled_quote=order.filled_quote,
            order=order.order,
            price=order.price,
            reduce_only=order.reduce_only,
            is_trigger=order.trigger_price is not None,
            trigger_price=order.trigger_price,
            trigger_kind=order.trigger_kind,
            reason=order.reason,
            refusal=order.refusal,
            ts_created_venue_ns=order.ts_created_ns,
            ts_venue_ns=order.ts_changed_ns,
            now_ns=0,
        )
