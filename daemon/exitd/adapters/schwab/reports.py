"""Schwab's orders and transactions as reports for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from exitd.adapters.schwab.instructions import SIDES
from exitd.adapters.schwab.recognising import Name
from exitd.adapters.schwab.refusals import kind_of
from exitd.adapters.schwab.wire import WireOrder, WireTransaction, instant_ns
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO

STATUSES: MappingProxyType[str, OrderStatus] = MappingProxyType(
    {
        "ACCEPTED": OrderStatus.WORKING,
        "AWAITING_CONDITION": OrderStatus.WORKING,
        "AWAITING_MANUAL_REVIEW": OrderStatus.WORKING,
        "AWAITING_PARENT_ORDER": OrderStatus.WORKING,
        "AWAITING_RELEASE_TIME": OrderStatus.WORKING,
        "AWAITING_STOP_CONDITION": OrderStatus.WORKING,
        "AWAITING_UR_OUT": OrderStatus.WORKING,
        "NEW": OrderStatus.WORKING,
        "PENDING_ACKNOWLEDGEMENT": OrderStatus.WORKING,
        "PENDING_ACTIVATION": OrderStatus.WORKING,
        "PENDING_CANCEL": OrderStatus.WORKING,
        "PENDING_RECALL": OrderStatus.WORKING,
        "PENDING_REPLACE": OrderStatus.WORKING,
        "QUEUED": OrderStatus.WORKING,
        "UNKNOWN": OrderStatus.WORKING,
        "WORKING": OrderStatus.WORKING,
        "FILLED": OrderStatus.FILLED,
        "CANCELED": OrderStatus.CANCELLED,
        "REPLACED": OrderStatus.CANCELLED,
        "EXPIRED": OrderStatus.EXPIRED,
        "REJECTED": OrderStatus.EXPIRED,
    }
)
ORDER_TYPES = MappingProxyType(
    {
        "MARKET": OrderType.MARKET,
        "LIMIT": OrderType.LIMIT,
        "STOP": OrderType.MARKET,
        "STOP_LIMIT": OrderType.LIMIT,
    }
)
_STOPS = frozenset({"STOP", "STOP_LIMIT"})
STOCKS = frozenset({"EQUITY", "COLLECTIVE_INVESTMENT"})


def symbol_of(wire: str) -> str:
    """Read a symbol as `wire_symbol` wrote it."""
    return wire.replace("/", ".")


def flattened(
    orders: list[WireOrder], parent: str = ""
) -> Iterator[tuple[WireOrder, str]]:
    """Give each order of one stock with the number of the one that triggers it."""
    for order in orders:
        legs = order.order_leg_collection
        mine = parent
        if legs:
            if len(legs) == 1 and legs[0].instrument.asset_type in STOCKS:
                yield order, parent
            mine = str(order.order_id)
        yield from flattened(order.child_order_strategies, mine)


def order_report(
    account: str, order: WireOrder, parent: str, name: Name, now_ns: int
) -> OrderReport:
    """Translate an order.

    Raises:
        ValueError: Its side or its instant cannot be read.
    """
    (leg,) = order.order_leg_collection
    side = SIDES.get(leg.instruction)
    if side is None:
        raise ValueError(f"an instruction that is none: {leg.instruction[:20]!r}")
    created_ns = instant_ns(order.entered_time)
    executions = [
        execution
        for activity in order.order_activity_collection
        if activity.activity_type == "EXECUTION"
        for execution in activity.execution_legs
    ]
    filled = order.filled_quantity or ZERO
    status = STATUSES.get(order.status, OrderStatus.WORKING)
    if status is OrderStatus.WORKING and filled > ZERO:
        status = OrderStatus.PARTIALLY_FILLED
    refusal, reason = _end(order, status)
    if order.duration == "IMMEDIATE_OR_CANCEL" and status is OrderStatus.CANCELLED:
        status = OrderStatus.EXPIRED
    last = [e.time for e in executions if e.time]
    changed = order.close_time or (max(last) if last else order.entered_time)
    return OrderReport(
        account=account,
        symbol=symbol_of(leg.instrument.symbol),
        venue_order_id=str(order.order_id),
        client_order_id=name.client_order_id,
        reference=name.reference,
        parent=parent,
        status=status,
        side=side,
        quantity=order.quantity if order.quantity is not None else leg.quantity,
        filled=filled,
        filled_quote=sum((e.price * e.quantity for e in executions), ZERO),
        order=ORDER_TYPES.get(order.order_type),
        price=order.price,
        is_trigger=order.order_type in _STOPS,
        trigger_price=order.stop_price if order.order_type in _STOPS else None,
        trigger_kind="last" if order.order_type in _STOPS else "",
        reason=reason,
        refusal=refusal,
        ts_created_venue_ns=created_ns,
        ts_venue_ns=instant_ns(changed),
        now_ns=now_ns,
    )


def _end(order: WireOrder, status: OrderStatus) -> tuple[RefusalKind | None, str]:
    if order.status == "REJECTED":
        why = order.status_description
        return kind_of(why) or RefusalKind.INVALID, why[:200] or "REJECTED"
    if order.duration == "IMMEDIATE_OR_CANCEL" and status in (
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
    ):
        # The broker has one word for what was cancelled and what was not filled.
        return RefusalKind.LIQUIDITY, "ImmediateOrCancel"
    if order.status not in STATUSES:
        return None, order.status
    return None, order.status_description[:200]


def fill_report(
    account: str, transaction: WireTransaction, name: Name, now_ns: int
) -> FillReport | None:
    """Translate a transaction; None for one that is no execution of a stock.

    Raises:
        ValueError: Its instant cannot be read.
    """
    stocks = [
        item
        for item in transaction.transfer_items
        if item.instrument.asset_type in STOCKS and item.price is not None
    ]
    if transaction.type != "TRADE" or len(stocks) != 1:
        return None
    (stock,) = stocks
    assert stock.price is not None
    fees = [abs(item.cost) for item in transaction.transfer_items if item.fee_type]
    return FillReport(
        account=account,
        symbol=symbol_of(stock.instrument.symbol),
        venue_order_id=str(transaction.order_id) if transaction.order_id else "",
        client_order_id=name.client_order_id,
        reference=name.reference,
        trade_id=str(transaction.activity_id),
        side=OrderSide.BUY if stock.amount > ZERO else OrderSide.SELL,
        quantity=abs(stock.amount),
        price=stock.price,
        fee=sum(fees, ZERO),
        fee_asset="USD",
        ts_venue_ns=instant_ns(transaction.time),
        now_ns=now_ns,
    )
