"""Cancelling at Backpack: one order, or all of one kind in a market."""

import msgspec

from exitd.adapters.backpack.closes import read_order, refusal_of
from exitd.adapters.backpack.reports import order_report
from exitd.adapters.backpack.session import Session
from exitd.adapters.backpack.signing import Parameter
from exitd.adapters.backpack.wire import ORDERS
from exitd.core.inputs import OrderReport
from exitd.core.trigger import CancelScope
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import Refusal

_SCOPES = {
    CancelScope.LIMIT: ("RestingLimitOrder",),
    CancelScope.TRIGGER: ("ConditionalOrder",),
    # Whether leaving out the type means both is not documented.
    CancelScope.ALL: ("ConditionalOrder", "RestingLimitOrder"),
}


async def cancel_one(
    session: Session, symbol: str, venue_order_id: str, client_order_id: int | None
) -> OrderReport | Refusal | None:
    # Both together are refused; the venue's own id is the better of the two.
    body: dict[str, Parameter] = {"symbol": symbol}
    if venue_order_id:
        body["orderId"] = venue_order_id
    else:
        assert client_order_id is not None
        body["clientId"] = client_order_id
    reply = await session.transmit(
        session.prepare("DELETE", "orderCancel", "/api/v1/order", body)
    )
    if isinstance(reply, Refusal):
        return reply
    if reply.status == 202:
        return None
    now_ns = session.clock.now_ns()
    if reply.status != 200:
        return refusal_of(reply, now_ns)
    return read_order(session.account, reply, symbol, None, now_ns)


async def cancel_scope(
    session: Session, symbol: str, scope: CancelScope
) -> tuple[OrderReport, ...] | Refusal | None:
    """Cancel each kind of a scope; a refusal of one does not spare the other.

    Raises:
        OutcomeUnknown: An answer does not say what was cancelled.
        AssertionError: The scope is one order; `cancel_one` is for that.
    """
    assert scope is not CancelScope.ONE
    cancelled: list[OrderReport] = []
    refusal: Refusal | None = None
    is_pending = False
    for kind in _SCOPES[scope]:
        answer = await _cancel_kind(session, symbol, kind)
        if isinstance(answer, Refusal):
            refusal = answer
        elif answer is None:
            is_pending = True
        else:
            cancelled += answer
    if refusal is not None:
        return refusal
    return None if is_pending else tuple(cancelled)


async def _cancel_kind(
    session: Session, symbol: str, kind: str
) -> tuple[OrderReport, ...] | Refusal | None:
    body: dict[str, Parameter] = {"orderType": kind, "symbol": symbol}
    reply = await session.transmit(
        session.prepare("DELETE", "orderCancelAll", "/api/v1/orders", body)
    )
    if isinstance(reply, Refusal):
        return reply
    if reply.status == 202:
        return None
    now_ns = session.clock.now_ns()
    if reply.status != 200:
        return refusal_of(reply, now_ns)
    try:
        rows = ORDERS.decode(reply.body)
        return tuple(order_report(session.account, row, now_ns) for row in rows)
    except (msgspec.DecodeError, ValueError) as exc:
        raise OutcomeUnknown(
            f"Backpack's answer about cancels of {symbol} cannot be read: {exc}"
        ) from exc
