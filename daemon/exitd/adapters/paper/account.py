"""A simulated account: net positions, orders and fills, moved by prices alone.

It keeps no time of its own: every call carries the instant. Whatever happens becomes an
event in `events`, in order. Its state is one value that can be stored and restored.
How entries wait for their price is in `entries.py`; closes and native stops wait here.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from exitd.adapters.paper.prices import SeenPrices
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.market import PriceKind, Tick
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.ticket import Ticket
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO

RESTING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
HISTORY_ROWS_MAX = 1_000

Event = OrderReport | FillReport | PositionReport


class PaperOrder(Struct, kw_only=True):
    """An order of the simulated account; a trigger order while `trigger_price` is set.

    `fires_falling` says which way the price must come from. An entry has a `ticket`;
    `best` is the best price that its trail has seen, and at `expires_ns` (0: never) its
    day is over.
    """

    id: str
    client_order_id: int | None
    symbol: str
    side: OrderSide
    quantity: Decimal
    order: OrderType
    price: Decimal | None
    rests: bool
    status: OrderStatus = OrderStatus.WORKING
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    reason: str = ""
    refusal: RefusalKind | None = None
    trigger_price: Decimal | None = None
    trigger_kind: PriceKind = PriceKind.MARK
    fires_falling: bool = True
    follows_position: bool = False
    ticket: Ticket | None = None
    reference: str = ""
    best: Decimal | None = None
    expires_ns: int = 0
    ts_created_ns: int
    ts_changed_ns: int

    @property
    def is_resting(self) -> bool:
        return self.status in RESTING

    @property
    def is_trigger(self) -> bool:
        return self.trigger_price is not None

    @property
    def may_open(self) -> bool:
        """Whether it may do more than reduce: only entries, if not told to close."""
        if self.ticket is None:
            return False
        return self.ticket.intent is None or self.ticket.intent.opens


class PaperPosition(Struct):
    """A signed quantity; `id` is new for each lifetime."""

    net: Decimal
    entry_price: Decimal | None
    id: str
    ts_ns: int


class PaperState(Struct):
    """All that a restart restores."""

    positions: dict[str, PaperPosition] = {}
    orders: list[PaperOrder] = []
    fills: list[FillReport] = []
    number: int = 0


class PaperAccount:
    """Executes orders against the last price; `fee_rate` per quote unit.

    Whatever is no entry can only reduce.
    """

    def __init__(
        self, name: str, fee_rate: Decimal, state: PaperState | None = None
    ) -> None:
        self.name = name
        self.state = state or PaperState()
        self.events: list[Event] = []
        self._fee_rate = fee_rate
        self.prices = SeenPrices()
        # Looked at on every tick, so the ended ones must not be in the way.
        self._resting = [order for order in self.state.orders if order.is_resting]

    def number(self) -> str:
        self.state.number += 1
        return f"PAPER-{self.state.number}"

    def net(self, symbol: str) -> Decimal:
        position = self.state.positions.get(symbol)
        return position.net if position else ZERO

    def reducible(self, symbol: str, side: OrderSide) -> Decimal:
        """How much an order of *side* can take off the position."""
        net = self.net(symbol)
        return max(net if side is OrderSide.SELL else -net, ZERO)

    @property
    def resting(self) -> list[PaperOrder]:
        self._resting = [order for order in self._resting if order.is_resting]
        return self._resting

    @property
    def traded_symbols(self) -> frozenset[str]:
        """Where a price can change something here: held, or an entry rests there."""
        held = {name for name, p in self.state.positions.items() if p.net != ZERO}
        return frozenset(held | {o.symbol for o in self.resting if o.ticket})

    def on_tick(self, tick: Tick) -> None:
        """Take a price, and execute the closes that rest and are met by it."""
        symbol, kind = tick.source.symbol, tick.source.kind
        self.prices.take(tick)
        for order in [o for o in self.resting if o.symbol == symbol and not o.ticket]:
            if order.is_trigger and order.trigger_kind is kind:
                self._try_trigger(order, tick)
            elif not order.is_trigger and self.is_met(order):
                self.execute(order, order.price or tick.price, tick.ts_recv_ns)

    def accept(self, order: PaperOrder) -> None:
        self.state.orders.append(order)
        self._resting.append(order)
        ended = [o for o in self.state.orders if not o.is_resting]
        for old in ended[: max(len(ended) - HISTORY_ROWS_MAX, 0)]:
            self.state.orders.remove(old)
        self.events.append(self.report(order))

    def is_met(self, order: PaperOrder) -> bool:
        price = self.prices.newest_for(order.symbol, order.side)
        if price is None or order.price is None:
            return price is not None
        if order.side is OrderSide.SELL:
            return price >= order.price
        return price <= order.price

    def execute(self, order: PaperOrder, price: Decimal, ts_ns: int) -> None:
        """Fill what the position allows, and end the rest unless it may rest."""
        quantity = wanted = order.quantity - order.filled
        if not order.may_open:
            quantity = min(wanted, self.reducible(order.symbol, order.side))
        if quantity > ZERO:
            self._fill(order, quantity, price, ts_ns)
        if order.filled < order.quantity and (quantity < wanted or not order.rests):
            self.end(
                order,
                OrderStatus.EXPIRED,
                ts_ns,
                "ReduceOnlyNotReduced",
                RefusalKind.NOT_REDUCED,
            )

    def end(
        self,
        order: PaperOrder,
        status: OrderStatus,
        ts_ns: int,
        reason: str = "",
        refusal: RefusalKind | None = None,
    ) -> None:
        order.status, order.reason, order.refusal = status, reason, refusal
        order.ts_changed_ns = ts_ns
        self.events.append(self.report(order))

    def set_position(
        self, symbol: str, net: Decimal, entry_price: Decimal | None, ts_ns: int
    ) -> None:
        """Make the net position exactly this."""
        before = self.state.positions.get(symbol)
        goes_on = (
            before is not None
            and ZERO not in (before.net, net)
            and (before.net > ZERO) == (net > ZERO)
        )
        new_id = before.id if goes_on and before is not None else self.number()
        self.state.positions[symbol] = PaperPosition(net, entry_price, new_id, ts_ns)
        self.events += self.position_reports(symbol, ts_ns)

    def position_reports(self, symbol: str, ts_ns: int) -> list[PositionReport]:
        """Report both sides, the flat one first."""
        position = self.state.positions.get(symbol)
        net = position.net if position else ZERO
        order = (Side.SHORT, Side.LONG) if net > ZERO else (Side.LONG, Side.SHORT)
        return [self._side_report(symbol, position, side, ts_ns) for side in order]

    def report(self, order: PaperOrder) -> OrderReport:
        return OrderReport(
            account=self.name,
            symbol=order.symbol,
            venue_order_id=order.id,
            client_order_id=order.client_order_id,
            reference=order.reference,
            status=order.status,
            side=order.side,
            quantity=None if order.follows_position else order.quantity,
            filled=order.filled,
            filled_quote=order.filled_quote,
            order=order.order,
            price=order.price,
            reduce_only=not order.may_open,
            is_trigger=order.is_trigger,
            trigger_price=order.trigger_price,
            trigger_kind=order.trigger_kind.value if order.is_trigger else "",
            reason=order.reason,
            refusal=order.refusal,
            ts_created_venue_ns=order.ts_created_ns,
            ts_venue_ns=order.ts_changed_ns,
            now_ns=order.ts_changed_ns,
        )

    def _side_report(
        self, symbol: str, position: PaperPosition | None, side: Side, ts_ns: int
    ) -> PositionReport:
        net = position.net if position else ZERO
        held = max(net if side is Side.LONG else -net, ZERO)
        return PositionReport(
            key=PositionKey(self.name, symbol, side),
            quantity=held,
            entry_price=position.entry_price if position and held else None,
            position_id=position.id if position and held else "",
            ts_venue_ns=ts_ns,
            now_ns=ts_ns,
        )

    def _fill(
        self, order: PaperOrder, quantity: Decimal, price: Decimal, ts_ns: int
    ) -> None:
        order.filled += quantity
        order.filled_quote += quantity * price
        is_done = order.filled == order.quantity
        order.status = OrderStatus.FILLED if is_done else OrderStatus.PARTIALLY_FILLED
        order.ts_changed_ns = ts_ns
        fill = FillReport(
            account=self.name,
            symbol=order.symbol,
            venue_order_id=order.id,
            client_order_id=order.client_order_id,
            reference=order.reference,
            trade_id=self.number(),
            side=order.side,
            quantity=quantity,
            price=price,
            fee=quantity * price * self._fee_rate,
            fee_asset=order.symbol.split("_")[1] if "_" in order.symbol else "",
            is_maker=False,
            ts_venue_ns=ts_ns,
            now_ns=ts_ns,
        )
        self.state.fills.append(fill)
        del self.state.fills[:-HISTORY_ROWS_MAX]
        self.events += [fill, self.report(order)]
        signed = quantity if order.side is OrderSide.BUY else -quantity
        entry_price = self._entry_price(order.symbol, signed, price)
        net = self.net(order.symbol) + signed
        self.set_position(order.symbol, net, entry_price, ts_ns)

    def _entry_price(
        self, symbol: str, signed: Decimal, price: Decimal
    ) -> Decimal | None:
        """The average that a position is held at after a fill of *signed*."""
        before = self.state.positions.get(symbol)
        net = ZERO if before is None else before.net
        if before is None or (net * signed <= ZERO and abs(signed) > abs(net)):
            return price
        if net * signed < ZERO or before.entry_price is None:
            return before.entry_price
        paid = abs(net) * before.entry_price + abs(signed) * price
        return paid / (abs(net) + abs(signed))

    def _try_trigger(self, order: PaperOrder, tick: Tick) -> None:
        assert order.trigger_price is not None
        if order.fires_falling:
            is_hit = tick.price <= order.trigger_price
        else:
            is_hit = tick.price >= order.trigger_price
        if not is_hit:
            return
        if order.follows_position:
            order.quantity = self.reducible(order.symbol, order.side)
            order.follows_position = False
        order.trigger_price = None
        price = self.prices.newest_for(order.symbol, order.side) or tick.price
        if self.is_met(order):
            self.execute(order, price, tick.ts_recv_ns)
