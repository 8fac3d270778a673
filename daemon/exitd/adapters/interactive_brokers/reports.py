"""The gateway's rows as reports for the engine."""

from __future__ import annotations

from types import MappingProxyType

from exitd.adapters.interactive_brokers.contracts import Contracts
from exitd.adapters.interactive_brokers.references import client_order_id_of
from exitd.adapters.interactive_brokers.wire import (
    WireOrder,
    WireTrade,
    ms_ns,
    number,
    text_in,
)
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO

STATUSES: MappingProxyType[str, OrderStatus] = MappingProxyType(
    {
        "PendingSubmit": OrderStatus.WORKING,
        "PreSubmitted": OrderStatus.WORKING,
        "Submitted": OrderStatus.WORKING,
        "PendingCancel": OrderStatus.WORKING,
        "PreCancelled": OrderStatus.WORKING,
        "WarnState": OrderStatus.WORKING,
        "Filled": OrderStatus.FILLED,
        "Cancelled": OrderStatus.CANCELLED,
        # Not transmitted, or refused after it was taken.
        "Inactive": OrderStatus.EXPIRED,
    }
)
SIDES = MappingProxyType(
    {
        "BUY": OrderSide.BUY,
        "B": OrderSide.BUY,
        "SELL": OrderSide.SELL,
        "S": OrderSide.SELL,
    }
)
ORDER_TYPES = MappingProxyType(
    {
        "market": OrderType.MARKET,
        "limit": OrderType.LIMIT,
        "stop": OrderType.MARKET,
        "stop limit": OrderType.LIMIT,
        "stop_limit": OrderType.LIMIT,
    }
)
_STOPS = frozenset({"stop", "stop limit", "stop_limit"})


def is_stock(kind: str | None) -> bool:
    """Whether a row is of a stock; an option has its underlying's ticker."""
    return kind in (None, "", "STK")


def order_report(
    account: str, contracts: Contracts, row: WireOrder, now_ns: int
) -> OrderReport:
    """Translate an order.

    Raises:
        ValueError: Its side, its contract or a number cannot be read.
    """
    kind = (row.orderType or "").lower()
    quantity, filled = number(row.totalSize), number(row.filledQuantity) or ZERO
    average = number(row.avgPrice) or ZERO
    status = STATUSES.get(row.status or "", OrderStatus.WORKING)
    if status is OrderStatus.WORKING and filled > ZERO:
        status = OrderStatus.PARTIALLY_FILLED
    refusal, reason = None, ""
    if row.status == "Inactive":
        refusal, reason = RefusalKind.INVALID, "Inactive"
    elif status is OrderStatus.CANCELLED and row.timeInForce == "IOC":
        # The broker has one word for what was cancelled and what was not filled.
        status, reason = OrderStatus.EXPIRED, "ImmediateOrCancel"
        refusal = RefusalKind.LIQUIDITY
    elif row.status not in STATUSES:
        reason = row.status or ""
    reference = row.order_ref or ""
    client_order_id = client_order_id_of(reference)
    is_trigger = kind in _STOPS
    trigger = number(row.stop_price) or number(row.auxPrice) if is_trigger else None
    if kind == "stop" and trigger is None:
        trigger = number(row.price)
    is_limit = ORDER_TYPES.get(kind) is OrderType.LIMIT
    return OrderReport(
        account=account,
        symbol=contracts.symbol_of(conid_in(row.conid), row.ticker or ""),
        venue_order_id=text_in(row.orderId),
        client_order_id=client_order_id,
        reference="" if client_order_id is not None else reference,
        parent=text_in(row.parentId),
        status=status,
        side=side_of(row.side or ""),
        quantity=quantity,
        filled=filled,
        filled_quote=filled * average,
        order=ORDER_TYPES.get(kind),
        price=number(row.price) if is_limit else None,
        is_trigger=is_trigger,
        trigger_price=trigger,
        trigger_kind="last" if is_trigger else "",
        reason=reason,
        refusal=refusal,
        ts_venue_ns=ms_ns(row.lastExecutionTime_r) or now_ns,
        now_ns=now_ns,
    )


def fill_report(
    account: str,
    contracts: Contracts,
    row: WireTrade,
    venue_order_id: str,
    now_ns: int,
) -> FillReport:
    """Translate an execution; *venue_order_id* is empty where nobody knows it.

    Raises:
        ValueError: Its side or a number cannot be read.
    """
    reference = row.order_ref or ""
    client_order_id = client_order_id_of(reference)
    size, price = number(row.size), number(row.price)
    if size is None or price is None:
        raise ValueError("an execution without its size or price")
    return FillReport(
        account=account,
        symbol=contracts.symbol_of(conid_in(row.conid), row.symbol),
        venue_order_id=venue_order_id,
        client_order_id=client_order_id,
        reference="" if client_order_id is not None else reference,
        trade_id=row.execution_id,
        side=side_of(row.side),
        quantity=abs(size),
        price=price,
        fee=number(row.commission) or ZERO,
        fee_asset="USD",
        ts_venue_ns=ms_ns(row.trade_time_r) or now_ns,
        now_ns=now_ns,
    )


def conid_in(raw: bytes) -> int:
    found = number(raw)
    if found is None:
        raise ValueError("a row without its contract")
    return int(found)


def side_of(text: str) -> OrderSide:
    side = SIDES.get(text.upper())
    if side is None:
        raise ValueError(f"a side that is neither BUY nor SELL: {text[:20]!r}")
    return side
