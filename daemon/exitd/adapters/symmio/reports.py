"""What is read on the chain, as the inputs that the engine takes."""

from __future__ import annotations

from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.ledger import Fill, Request
from exitd.core.attempt import CloseOrder, RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S, ZERO


class Instants:
    """When blocks were made, in venue nanoseconds."""

    def __init__(self) -> None:
        self.by_block: dict[int, int] = {}

    def ns(self, block: int) -> int:
        return self.by_block[block] * NS_PER_S


def position_report(
    account: str, followed: Followed, ts_venue_ns: int, now_ns: int
) -> PositionReport:
    quote = followed.state.quote
    held = followed.state.held
    return PositionReport(
        key=PositionKey(account, followed.symbol, quote.side),
        quantity=held,
        entry_price=quote.opened_price if held > ZERO else None,
        position_id=str(quote.quote_id),
        ts_venue_ns=ts_venue_ns,
        now_ns=now_ns,
    )


def other_side(report: PositionReport) -> PositionReport:
    """A quote has one side for ever: the other is flat."""
    side = Side.SHORT if report.key.side is Side.LONG else Side.LONG
    return PositionReport(
        key=PositionKey(report.key.account, report.key.symbol, side),
        quantity=ZERO,
        ts_venue_ns=report.ts_venue_ns,
        now_ns=report.now_ns,
    )


def order_report(
    account: str,
    followed: Followed,
    request: Request,
    order: CloseOrder | None,
    instants: Instants,
    now_ns: int,
) -> OrderReport:
    """Report a close request; *order* is ours that it stands for, where we know it.

    A market request is what both our market and our immediate limit closes become,
    so that its kind says nothing of the order's.
    """
    side = followed.state.quote.side.close_side
    kind = OrderType.LIMIT if request.is_limit else None
    return OrderReport(
        account=account,
        symbol=followed.symbol,
        venue_order_id=request.order_id,
        client_order_id=request.author.client_order_id,
        status=request.status,
        side=side,
        quantity=request.quantity,
        filled=request.filled,
        filled_quote=request.filled_quote,
        order=order.order if order is not None else kind,
        price=request.price,
        reduce_only=True,
        reason=_reason(request),
        ts_created_venue_ns=instants.ns(request.created[0]),
        ts_venue_ns=instants.ns(request.changed[0]),
        now_ns=now_ns,
    )


def _reason(request: Request) -> str:
    if request.is_open and request.is_cancelling:
        return "its cancel is requested; the solver may still fill it"
    return ""


def fill_report(
    account: str, followed: Followed, fill: Fill, instants: Instants, now_ns: int
) -> FillReport:
    return FillReport(
        account=account,
        symbol=followed.symbol,
        venue_order_id=fill.request.order_id,
        client_order_id=fill.request.author.client_order_id,
        trade_id=fill.trade_id,
        side=followed.state.quote.side.close_side,
        quantity=fill.quantity,
        price=fill.price,
        ts_venue_ns=instants.ns(fill.place[0]),
        now_ns=now_ns,
    )


def failed_report(
    order: CloseOrder,
    order_id: str,
    kind: RefusalKind,
    reason: str,
    ts_venue_ns: int,
    now_ns: int,
) -> OrderReport:
    """Report a close that is not on the chain and never will be."""
    return OrderReport(
        account=order.account,
        symbol=order.symbol,
        venue_order_id=order_id,
        client_order_id=order.client_order_id,
        status=OrderStatus.CANCELLED,
        side=order.side,
        quantity=order.quantity,
        order=order.order,
        price=order.price,
        reduce_only=True,
        reason=reason,
        refusal=kind,
        ts_venue_ns=ts_venue_ns,
        now_ns=now_ns,
    )
