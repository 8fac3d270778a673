"""Cancelling at Alpaca: one order, or all of one kind in a market.

A cancel is asked for and answered with nothing; what became of it, the order says. An
order that was replaced goes on under another id, which is followed.
"""

from __future__ import annotations

from exitd.adapters.alpaca.placing import find_by_client_id, refusal_of
from exitd.adapters.alpaca.queries import open_orders
from exitd.adapters.alpaca.refusals import IN_DOUBT, judge
from exitd.adapters.alpaca.reports import OPEN, order_report, status_of
from exitd.adapters.alpaca.rest import decoded, error_of, is_not_there
from exitd.adapters.alpaca.session import Session, order_path
from exitd.adapters.alpaca.wire import ORDER, WireOrder
from exitd.adapters.network.lanes import Reply
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport
from exitd.core.trigger import CancelScope
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Refusal, is_in_scope

REPLACED_MAX = 20
_NO_SUCH_ORDER = Refusal(RefusalKind.INVALID, "40410000", "there is no such order")

Answer = OrderReport | Refusal | None


async def read_order(session: Session, order_id: str) -> WireOrder | None:
    """Read an order as it goes on: the one that has replaced it, if one has.

    Raises:
        VenueUnavailable: Alpaca did not say.
    """
    for _ in range(REPLACED_MAX):
        reply = await session.read(order_path(order_id))
        if is_not_there(reply):
            return None
        now_ns = session.venue_clock.now_ns()
        order = decoded(reply, ORDER, f"the order {order_id}", now_ns)
        session.known.note(order)
        if order.status != "replaced" or order.replaced_by is None:
            return order
        order_id = order.replaced_by
    raise VenueUnavailable(f"the order {order_id} was replaced again and again")


async def cancel_one(
    session: Session,
    venue_order_id: str,
    client_id: str | None,
    *,
    tells_ended: bool = False,
) -> Answer:
    """Cancel one order by Alpaca's id, or else by ours.

    One that has ended already is refused, or told where that is wanted: of two exits
    that belong together, the second ends with the first.

    Raises:
        OutcomeUnknown: The cancel may or may not have been taken.
    """
    try:
        if venue_order_id:
            return await _cancel(session, venue_order_id, tells_ended)
        assert client_id is not None
        order = await find_by_client_id(session, client_id)
    except VenueUnavailable as exc:
        raise OutcomeUnknown(str(exc), status=exc.status) from exc
    if order is None:
        return _NO_SUCH_ORDER
    return await _cancel(session, order.id, tells_ended)


async def _cancel(session: Session, order_id: str, tells_ended: bool) -> Answer:
    for _ in range(REPLACED_MAX):
        reply = await session.delete(order_path(order_id))
        if is_not_there(reply):
            return _NO_SUCH_ORDER
        order = await _after(session, order_id, reply, tells_ended)
        if isinstance(order, Refusal | None):
            return order
        if order.id == order_id:
            return order_report(session, order)
        order_id = order.id
    raise OutcomeUnknown(f"the order {order_id} was replaced again and again")


async def _after(
    session: Session, order_id: str, reply: Reply, tells_ended: bool
) -> WireOrder | Refusal | None:
    """Give what there is to be told of the order now; None while it is under way."""
    order = await read_order(session, order_id)
    is_asked = reply.status in (200, 204)
    if order is None:
        return _NO_SUCH_ORDER
    if order.id != order_id:
        return order
    has_ended = status_of(order) not in OPEN
    if is_asked:
        return order if has_ended else None
    if has_ended and tells_ended:
        return order
    verdict = judge(reply.status, error_of(reply))
    if verdict == IN_DOUBT:
        raise OutcomeUnknown(
            f"Alpaca answered {reply.status} to a cancel", status=reply.status
        )
    if order.status == "pending_cancel":
        return None
    assert isinstance(verdict, RefusalKind)
    return refusal_of(session, reply, verdict)


async def cancel_scope(
    session: Session, symbol: str, scope: CancelScope
) -> tuple[OrderReport, ...] | Refusal | None:
    """Cancel each order of a scope; a refusal of one does not spare the others.

    Raises:
        OutcomeUnknown: What was cancelled is not known.
        AssertionError: The scope is one order; `cancel_one` is for that.
    """
    assert scope is not CancelScope.ONE
    cancelled: list[OrderReport] = []
    refusal: Refusal | None = None
    is_pending = False
    try:
        resting = await open_orders(session, symbol)
    except VenueUnavailable as exc:
        raise OutcomeUnknown(str(exc), status=exc.status) from exc
    for order in resting:
        if not is_in_scope(order, scope):
            continue
        answer = await cancel_one(session, order.venue_order_id, None, tells_ended=True)
        if isinstance(answer, Refusal):
            refusal = answer
        elif answer is None:
            is_pending = True
        else:
            cancelled.append(answer)
    if refusal is not None and not cancelled:
        return refusal
    return None if is_pending or refusal is not None else tuple(cancelled)
