"""Cancelling a scope of orders one by one, where a broker has no call for that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from exitd.core.inputs import OrderReport
from exitd.core.trigger import CancelScope
from exitd.ports.venue import Refusal, is_in_scope

Cancelled = OrderReport | Refusal | None


async def cancel_each(
    orders: Iterable[OrderReport],
    scope: CancelScope,
    cancel: Callable[[str], Awaitable[Cancelled]],
) -> tuple[OrderReport, ...] | Refusal | None:
    """Cancel what is in a scope, by the broker's ids; the first refusal ends it.

    None once all were asked for and one of them is still under way.

    Raises:
        AssertionError: The scope is one order, which needs no list.
    """
    assert scope is not CancelScope.ONE
    cancelled: list[OrderReport] = []
    is_pending = False
    for order in orders:
        if not is_in_scope(order, scope):
            continue
        answer = await cancel(order.venue_order_id)
        if isinstance(answer, Refusal):
            return answer
        if answer is None:
            is_pending = True
        else:
            cancelled.append(answer)
    return None if is_pending else tuple(cancelled)
