"""Cancelling: one working close of ours, or what rests in a scope until none does."""

import asyncio

from exitd.core.inputs import CancelsConfirmed, OrderReport
from exitd.core.intents import CancelOrder, CancelOrders
from exitd.core.trigger import Cancel, CancelScope
from exitd.errors import VenueError
from exitd.logs import Event, log, log_at
from exitd.ports.venue import Refusal, is_in_scope
from exitd.runtime.backstops import is_ours
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 5.0


def in_scope(cancel: Cancel, order: OrderReport) -> bool:
    """Whether a resting order is one of those that *cancel* means."""
    if cancel.scope is CancelScope.ONE:
        return str(order.client_order_id) == cancel.client_order_id
    return is_in_scope(order, cancel.scope)


async def cancel_scope(
    intent: CancelOrders, loop: EngineLoop, venue: PacedVenue
) -> None:
    """Cancel, list, and repeat while anything in scope rests; then confirm.

    Cancelling is idempotent, so a failure is simply tried again. It ends early
    only when the firing itself has ended.
    """
    pause_s = _FIRST_PAUSE_S
    cancelled: set[str] = set()
    is_first = True
    while True:
        fired = loop.engine.state.fires.get(intent.trigger_id)
        if fired is None or fired.arming != intent.arming:
            return
        try:
            if is_first:
                is_first = False
                cancelled |= await _cancel_at_once(intent, loop, venue)
            resting = await _resting(intent, loop, venue)
            if not resting:
                _confirm(intent, loop, len(cancelled))
                return
            for order in resting:
                cancelled.add(order.venue_order_id)
                await _cancel_one(venue, intent, order)
        except VenueError as error:
            log_at(
                "warning",
                Event.VENUE_FAILED,
                venue=venue.account,
                trigger_id=intent.trigger_id,
                reason=str(error),
            )
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _MOST_PAUSE_S)


async def cancel_working(
    intent: CancelOrder, loop: EngineLoop, venue: PacedVenue, inquiry: Inquiry
) -> None:
    """Take back a working close; what became of it is asked for if unclear."""
    try:
        outcome = await venue.cancel_order(
            intent.symbol,
            venue_order_id=intent.venue_order_id,
            client_order_id=None if intent.venue_order_id else intent.client_order_id,
        )
    except VenueError as error:
        log(Event.VENUE_FAILED, venue=venue.account, reason=str(error))
        outcome = None
    if isinstance(outcome, OrderReport):
        loop.handle(outcome)
    else:
        inquiry.resolve(intent.symbol)


def _confirm(intent: CancelOrders, loop: EngineLoop, cancelled: int) -> None:
    loop.handle(
        CancelsConfirmed(
            intent.trigger_id, intent.arming, cancelled, loop.clock.now_ns()
        )
    )


async def _cancel_at_once(
    intent: CancelOrders, loop: EngineLoop, venue: PacedVenue
) -> set[str]:
    """Cancel in one request, before listing, where that cannot hit what we spare."""
    cancel = intent.cancel
    state, symbol = loop.engine.state, intent.symbol
    attempts = state.attempts.values()
    backstops = state.backstops.values()
    if (
        cancel.scope is CancelScope.ONE
        or any(a.order.symbol == symbol and not a.is_ended for a in attempts)
        or any(b.key.symbol == symbol and not b.is_over for b in backstops)
    ):
        return set()
    outcome = await venue.cancel_orders(intent.symbol, cancel.scope)
    if isinstance(outcome, tuple):
        return {order.venue_order_id for order in outcome}
    return set()


async def _resting(
    intent: CancelOrders, loop: EngineLoop, venue: PacedVenue
) -> list[OrderReport]:
    state = loop.engine.state
    return [
        order
        for order in await venue.open_orders(intent.symbol)
        if in_scope(intent.cancel, order)
        and not (
            intent.spare_ours and is_ours(state, venue.account, order.client_order_id)
        )
    ]


async def _cancel_one(
    venue: PacedVenue, intent: CancelOrders, order: OrderReport
) -> None:
    outcome = await venue.cancel_order(
        intent.symbol, venue_order_id=order.venue_order_id
    )
    if isinstance(outcome, Refusal):
        log_at(
            "info",
            Event.VENUE_FAILED,
            venue=venue.account,
            trigger_id=intent.trigger_id,
            reason=f"{outcome.code}: {outcome.message}",
        )
