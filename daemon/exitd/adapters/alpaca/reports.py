"""Alpaca's records as reports for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType

from exitd.adapters.alpaca.ids import read_id
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.wire import WireFill, WireOrder, WirePosition, instant_ns
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.trigger import OrderType
from exitd.core.units import ZERO, text

STATUSES: MappingProxyType[str, OrderStatus] = MappingProxyType(
    {
        "accepted": OrderStatus.WORKING,
        "accepted_for_bidding": OrderStatus.WORKING,
        "calculated": OrderStatus.WORKING,
        "canceled": OrderStatus.CANCELLED,
        # Done for the day is not over: the order expires, or goes on tomorrow.
        "done_for_day": OrderStatus.WORKING,
        "expired": OrderStatus.EXPIRED,
        "filled": OrderStatus.FILLED,
        "held": OrderStatus.WORKING,
        "new": OrderStatus.WORKING,
        "partially_filled": OrderStatus.PARTIALLY_FILLED,
        "pending_cancel": OrderStatus.WORKING,
        "pending_new": OrderStatus.WORKING,
        "pending_replace": OrderStatus.WORKING,
        "pending_review": OrderStatus.WORKING,
        "rejected": OrderStatus.EXPIRED,
        # The order goes on under another id, which is another order to Alpaca.
        "replaced": OrderStatus.CANCELLED,
        "stopped": OrderStatus.WORKING,
        "suspended": OrderStatus.WORKING,
    }
)
OPEN = frozenset({OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED})
TYPES = MappingProxyType(
    {
        "market": OrderType.MARKET,
        "limit": OrderType.LIMIT,
        "stop": OrderType.MARKET,
        "stop_limit": OrderType.LIMIT,
        "trailing_stop": OrderType.MARKET,
    }
)
TRIGGERS = frozenset({"stop", "stop_limit", "trailing_stop"})


def status_of(order: WireOrder) -> OrderStatus:
    """Read a status; one that nobody has described has not ended the order."""
    status = STATUSES.get(order.status, OrderStatus.WORKING)
    if status is OrderStatus.WORKING and (order.filled_qty or ZERO) > ZERO:
        return OrderStatus.PARTIALLY_FILLED
    return status


def side_of(word: str | None) -> OrderSide:
    """
    Raises:
        ValueError: It is neither; an order of several legs has none.
    """
    if word == "buy":
        return OrderSide.BUY
    if word in ("sell", "sell_short"):
        return OrderSide.SELL
    raise ValueError(f"a side of {str(word)[:20]!r}")


def order_reports(session: Session, order: WireOrder) -> Iterator[OrderReport]:
    """Translate an order and the exits that Alpaca holds for it.

    One of several option legs together has no side and no symbol; nobody here can
    have sent it, and it is left out.

    Raises:
        ValueError: A side, a number or an instant cannot be read.
    """
    session.known.note(order)
    for one in (order, *(order.legs or ())):
        if one.symbol and one.side:
            yield order_report(session, one)


def order_report(session: Session, order: WireOrder) -> OrderReport:
    """Translate one order without its legs."""
    client_id, reference = read_id(order.client_order_id)
    status = status_of(order)
    filled = finite(order.filled_qty or ZERO)
    average = finite(order.filled_avg_price or ZERO)
    created_ns = instant_ns(order.created_at)
    is_trigger = order.kind in TRIGGERS
    return OrderReport(
        account=session.account,
        symbol=order.symbol or "",
        venue_order_id=order.id,
        client_order_id=client_id,
        reference=reference,
        parent=session.known.parent_of(order.id),
        status=status,
        side=side_of(order.side),
        quantity=None if order.qty is None else finite(order.qty),
        filled=filled,
        filled_quote=filled * average,
        order=TYPES.get(order.kind),
        price=order.limit_price,
        reduce_only=only_reduces(order),
        is_trigger=is_trigger,
        trigger_price=order.stop_price if is_trigger else None,
        reason=_reason(order),
        refusal=RefusalKind.INVALID if order.status == "rejected" else None,
        ts_created_venue_ns=created_ns,
        ts_venue_ns=_changed_ns(order, status, created_ns),
        now_ns=session.clock.now_ns(),
    )


def only_reduces(order: WireOrder) -> bool | None:
    """Whether its intent is to close; None where Alpaca does not say."""
    if not order.position_intent:
        return None
    return order.position_intent.endswith("_to_close")


def _reason(order: WireOrder) -> str:
    if order.status == "replaced" and order.replaced_by:
        return f"replaced by {order.replaced_by}"
    is_known = order.status in STATUSES
    return order.status if order.status == "rejected" or not is_known else ""


def _changed_ns(order: WireOrder, status: OrderStatus, created_ns: int) -> int:
    """When the order came to this state."""
    written = {
        OrderStatus.FILLED: order.filled_at,
        OrderStatus.CANCELLED: order.canceled_at or order.replaced_at,
        OrderStatus.EXPIRED: order.expired_at or order.failed_at,
        OrderStatus.PARTIALLY_FILLED: order.filled_at,
    }.get(status)
    written = written or order.updated_at
    return created_ns if written is None else instant_ns(written)


def fill_report(session: Session, fill: WireFill, client_order_id: str) -> FillReport:
    """Translate an execution from the account's activities."""
    cumulative = fill.qty if fill.cum_qty is None else fill.cum_qty
    client_id, reference = read_id(client_order_id)
    return FillReport(
        account=session.account,
        symbol=session.crypto.get(fill.symbol, fill.symbol),
        venue_order_id=fill.order_id,
        client_order_id=client_id,
        reference=reference,
        trade_id=trade_id(fill.order_id, cumulative),
        side=side_of(fill.side),
        quantity=finite(fill.qty),
        price=finite(fill.price),
        ts_venue_ns=instant_ns(fill.transaction_time),
        now_ns=session.clock.now_ns(),
    )


def trade_id(order_id: str, filled: Decimal) -> str:
    """Name a fill by its order and how much that had filled with it.

    The stream and the account's activities have ids of their own for one execution,
    and nothing says that they are equal.
    """
    return f"{order_id}/{text(finite(filled).normalize())}"


def position_reports(
    session: Session, position: WirePosition, ts_venue_ns: int
) -> tuple[PositionReport, PositionReport]:
    """Give both sides of a position, the flat side first."""
    symbol = session.crypto.get(position.symbol, position.symbol)
    if position.current_price is not None:
        session.prices[symbol] = position.current_price
    return net_reports(
        session,
        symbol,
        finite(position.qty),
        position.avg_entry_price,
        position.asset_id,
        ts_venue_ns,
    )


def net_reports(
    session: Session,
    symbol: str,
    net: Decimal,
    entry_price: Decimal | None,
    position_id: str,
    ts_venue_ns: int,
) -> tuple[PositionReport, PositionReport]:
    """Give both sides of a signed quantity.

    The flat side comes first: after a flip the old side must end before the new
    one begins.
    """
    held = Side.LONG if net > ZERO else Side.SHORT
    absent = Side.SHORT if net > ZERO else Side.LONG
    has_entry = entry_price is not None and entry_price > ZERO and net != ZERO
    now_ns = session.clock.now_ns()
    return (
        PositionReport(
            key=PositionKey(session.account, symbol, absent),
            quantity=ZERO,
            ts_venue_ns=ts_venue_ns,
            now_ns=now_ns,
        ),
        PositionReport(
            key=PositionKey(session.account, symbol, held),
            quantity=abs(net),
            entry_price=entry_price if has_entry else None,
            position_id=position_id if net != ZERO else "",
            ts_venue_ns=ts_venue_ns,
            now_ns=now_ns,
        ),
    )


def finite(number: Decimal) -> Decimal:
    """
    Raises:
        ValueError: It is NaN or infinite.
    """
    if not number.is_finite():
        raise ValueError(f"{number} is no amount")
    return number
