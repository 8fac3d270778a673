"""Sending an order, and what its answer proves.

The same request may be sent again as long as its window lasts: Alpaca takes a client
id once. So an answer to a second copy speaks of that copy only. That it was refused
does not say that the first one was not taken.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.adapters.alpaca.refusals import (
    DUPLICATE,
    IN_DOUBT,
    judge,
    retry_after_ns,
    told,
)
from exitd.adapters.alpaca.reports import only_reduces, order_report, side_of
from exitd.adapters.alpaca.rest import decoded, error_of, is_not_there
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.wire import ORDER, WireOrder, instant_ns
from exitd.adapters.network.lanes import Reply
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Prepared, Refusal

#: An order may look this much older than its request: clocks are not equal.
TOLERANCE_NS = 60 * NS_PER_S


class Asked(Struct, frozen=True, kw_only=True):
    """What an order is compared by: is it the one that was asked for?"""

    client_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal | None
    notional: Decimal | None = None
    closes: bool = False
    not_before_ns: int

    def differs(self, order: WireOrder) -> str:
        """Name what is different; empty where it is the same order.

        Raises:
            ValueError: Its side or its instant cannot be read.
        """
        if order.symbol != self.symbol:
            return f"it is of {order.symbol}"
        if side_of(order.side) is not self.side:
            return f"it is a {order.side}"
        if (order.qty, order.notional) != (self.quantity, self.notional):
            return f"its quantity is {order.qty or order.notional}"
        if self.closes and only_reduces(order) is False:
            return "it opens"
        if instant_ns(order.created_at) < self.not_before_ns - TOLERANCE_NS:
            return f"it is of {order.created_at}"
        return ""


async def place(
    session: Session, asked: Asked, prepared: Prepared
) -> OrderReport | Refusal:
    """Send exactly the prepared bytes, once; see the port.

    Raises:
        OutcomeUnknown: The venue may or may not have the order.
    """
    is_again = (
        asked.client_id in session.unanswered
        or prepared.ts_signed_venue_ns < session.ts_born_ns
    )
    if session.venue_clock.now_ns() > prepared.expires_venue_ns:
        if is_again:
            raise OutcomeUnknown(
                f"{asked.client_id} is too old to be sent again; what became of it is"
                " looked up"
            )
        return Refusal(RefusalKind.EXPIRED, "NOT_SENT", "the request is too old")
    session.unanswered[asked.client_id] = None
    answer = await _answer(session, asked, prepared, is_again=is_again)
    session.unanswered.pop(asked.client_id, None)
    return answer


async def _answer(
    session: Session, asked: Asked, prepared: Prepared, *, is_again: bool
) -> OrderReport | Refusal:
    reply = await session.transmit(prepared)
    if isinstance(reply, Refusal):
        refusal: Refusal = reply
    elif reply.status == 200:
        return await _taken(session, asked, reply)
    else:
        verdict = judge(reply.status, error_of(reply))
        if verdict == IN_DOUBT:
            error = error_of(reply)
            raise OutcomeUnknown(
                f"Alpaca answered {reply.status} {error.message[:200]}".rstrip(),
                status=reply.status,
            )
        if verdict == DUPLICATE:
            return await _original(session, asked)
        assert isinstance(verdict, RefusalKind)
        refusal = refusal_of(session, reply, verdict)
    if not is_again:
        return refusal
    found = await _find(session, asked)
    if found is None:
        raise OutcomeUnknown(
            f"Alpaca refused a second copy of {asked.client_id}, which says nothing of"
            f" the first: {refusal.code} {refusal.message}"
        )
    return _compared(session, asked, found)


def refusal_of(session: Session, reply: Reply, kind: RefusalKind) -> Refusal:
    error = error_of(reply)
    wait_ns = None
    if kind is RefusalKind.RATE_LIMITED:
        now_ns = session.venue_clock.now_ns()
        wait_ns = retry_after_ns(reply.headers.get("x-ratelimit-reset"), now_ns)
    code = str(error.code or reply.status)
    return Refusal(kind, code, told(error), wait_ns)


async def _taken(session: Session, asked: Asked, reply: Reply) -> OrderReport:
    """Read the order in a successful answer.

    Raises:
        OutcomeUnknown: It cannot be read, or it is not the order asked for: the
            answer to another request on the same connection, for one.
    """
    try:
        order = ORDER.decode(reply.body)
        session.known.note(order)
        if order.client_order_id == asked.client_id and order.symbol == asked.symbol:
            return order_report(session, order)
        why = f"Alpaca answered about {order.client_order_id} of {order.symbol}"
    except (msgspec.DecodeError, ValueError) as exc:
        why = f"Alpaca's answer cannot be read: {exc}"
    # What this connection answers next may belong to somebody else as well.
    await session.rest.drop_connections()
    raise OutcomeUnknown(f"{why}, when sent {asked.client_id}", status=reply.status)


async def _original(session: Session, asked: Asked) -> OrderReport | Refusal:
    """Find the order that has our client id, and see whether it is ours."""
    found = await _find(session, asked)
    if found is None:
        raise OutcomeUnknown(
            f"Alpaca says that it has an order {asked.client_id} and does not show it"
        )
    return _compared(session, asked, found)


def _compared(
    session: Session, asked: Asked, order: WireOrder
) -> OrderReport | Refusal:
    try:
        different = asked.differs(order)
        if not different:
            return order_report(session, order)
    except ValueError as exc:
        raise OutcomeUnknown(f"Alpaca's order cannot be read: {exc}") from exc
    return Refusal(
        RefusalKind.INVALID,
        "40010001",
        f"another order has the client id {asked.client_id}: {different}",
    )


async def _find(session: Session, asked: Asked) -> WireOrder | None:
    try:
        return await find_by_client_id(session, asked.client_id)
    except VenueUnavailable as exc:
        raise OutcomeUnknown(
            f"what became of {asked.client_id} cannot be asked: {exc}"
        ) from exc


async def find_by_client_id(session: Session, client_id: str) -> WireOrder | None:
    """Ask for an order by its client id; None: Alpaca says that it has none.

    Raises:
        VenueUnavailable: It did not say.
    """
    query = {"client_order_id": client_id}
    reply = await session.read("/v2/orders:by_client_order_id", query)
    if is_not_there(reply):
        return None
    now_ns = session.venue_clock.now_ns()
    order = decoded(reply, ORDER, f"the order {client_id}", now_ns)
    session.known.note(order)
    return order
