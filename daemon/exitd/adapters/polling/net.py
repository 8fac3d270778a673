"""Both sides of a net position, as of a broker that keeps one number for a symbol."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.attempt import CloseOrder, RefusalKind
from exitd.core.inputs import PositionReport
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.units import ZERO, text
from exitd.ports.venue import NativeStop, Refusal


def net_reports(
    account: str,
    symbol: str,
    net: Decimal,
    entry_price: Decimal | None,
    ts_asked_ns: int,
    now_ns: int,
) -> tuple[PositionReport, PositionReport]:
    """Give both sides of a signed quantity, the flat side first.

    After a flip the old side must end before the new one begins. No broker of this kind
    numbers its positions, so none has an id.

    They are dated when they were asked for, though brokers cut the instants of fills to
    whole seconds: one that came just after may look older than this reading. Then its
    firing waits for the next reading, and no close is sent above what is held.
    """
    held = Side.LONG if net > ZERO else Side.SHORT
    absent = Side.SHORT if net > ZERO else Side.LONG
    has_entry = entry_price is not None and entry_price > ZERO and net != ZERO
    return (
        PositionReport(
            key=PositionKey(account, symbol, absent),
            quantity=ZERO,
            ts_venue_ns=ts_asked_ns,
            now_ns=now_ns,
        ),
        PositionReport(
            key=PositionKey(account, symbol, held),
            quantity=abs(net),
            entry_price=entry_price if has_entry else None,
            ts_venue_ns=ts_asked_ns,
            now_ns=now_ns,
        ),
    )


def closable(net: Decimal, side: OrderSide) -> Decimal:
    """How much an order of a side can take off a signed quantity at the most."""
    return max(net if side is OrderSide.SELL else -net, ZERO)


def too_large(order: CloseOrder, net: Decimal) -> Refusal | None:
    """Say no to a close that is larger than the position: it would open one."""
    room = closable(net, order.side)
    if order.quantity <= room:
        return None
    return Refusal(
        RefusalKind.NOT_REDUCED,
        "POSITION",
        f"{order.side} {text(order.quantity)} {order.symbol} is more than the"
        f" {text(room)} that can be closed",
    )


def stop_quantity(stop: NativeStop, net: Decimal) -> Decimal | Refusal:
    """How much a stop is to rest for: what it asks, and never more than is held."""
    room = closable(net, stop.side)
    quantity = room if stop.quantity is None else min(stop.quantity, room)
    if quantity == ZERO:
        return Refusal(RefusalKind.NOT_REDUCED, "POSITION", "nothing is held")
    return quantity
