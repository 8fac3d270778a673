"""How FakeVenue carries out a close that arrived: refuse, rest, fill, expire."""

from __future__ import annotations

from exitd.core.attempt import CloseOrder, Dedupe, RefusalKind, TimeInForce
from exitd.core.inputs import OrderStatus
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO
from exitd.ports.venue import Refusal
from fakes.exchange import FakeExchange, FakeOrder
from fakes.outcomes import Fill, Refuse, Rest


def carry_out(
    exchange: FakeExchange,
    dedupe: Dedupe,
    close: CloseOrder,
    outcome: Fill | Rest | Refuse,
    ts_ns: int,
) -> FakeOrder | Refusal:
    if isinstance(outcome, Refuse):
        return Refusal(
            outcome.kind,
            outcome.code,
            outcome.message,
            outcome.retry_after_ns,
            outcome.is_for_all,
        )
    if _is_seen(exchange, dedupe, close.client_order_id):
        return Refusal(
            RefusalKind.INVALID, "DUPLICATE_ID", "clientId has been used before"
        )
    if exchange.reducible(close.symbol, close.side) == ZERO:
        return Refusal(
            RefusalKind.NOT_REDUCED, "INVALID_ORDER", "Reduce only order not reduced"
        )
    order = exchange.take(close, ts_ns)
    if isinstance(outcome, Fill):
        _execute(exchange, order, outcome, ts_ns)
    return order


def _is_seen(exchange: FakeExchange, dedupe: Dedupe, client_order_id: int) -> bool:
    if dedupe is Dedupe.NEVER:
        return False
    return any(
        order.client_order_id == client_order_id
        and (dedupe is Dedupe.ALWAYS or order.is_resting)
        for order in exchange.orders
    )


def _execute(exchange: FakeExchange, order: FakeOrder, fill: Fill, ts_ns: int) -> None:
    first = len(exchange.events) - 1
    if fill.price is not None or exchange.is_met(order):
        wanted = order.leaves if fill.quantity is None else fill.quantity
        price = exchange.price_for(order) if fill.price is None else fill.price
        exchange.fill(order, wanted, price, ts_ns)
    rests = order.order is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC
    if order.is_resting and not rests:
        exchange.end(
            order,
            OrderStatus.EXPIRED,
            ts_ns,
            "ImmediateOrCancel",
            RefusalKind.LIQUIDITY,
        )
    if fill.twice:
        exchange.events += exchange.events[first:]
