"""Cancel the open orders of one market, and confirm that none remain.

Positions stay open. Works on perpetual and spot markets alike.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from exitd.core.inputs import OrderReport
from exitd.core.trigger import CancelScope
from exitd.ports.venue import Refusal, Venue
from exitd.runtime.flow_views import FlattenView
from exitd.runtime.problems import VenueFailed
from exitd.runtime.shown import open_order_view

_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 1.0
_PATIENCE_S = 15.0

IsSpared = Callable[[OrderReport], bool]


class Flattened(Struct, frozen=True):
    """What rested before and was cancelled, what rests still, what was left alone."""

    cancelled: tuple[OrderReport, ...]
    remaining: tuple[OrderReport, ...]
    spared: tuple[OrderReport, ...]


async def flatten(
    venue: Venue,
    symbol: str,
    is_spared: IsSpared,
    *,
    patience_s: float = _PATIENCE_S,
) -> Flattened:
    """List, cancel, list again; repeat while something remains, up to *patience_s*.

    The venue may only have accepted a cancel (202) without saying what it took:
    then what was listed first and not last counts as cancelled.

    Raises:
        VenueFailed: The venue refused the cancel.
        VenueError: It did not answer.
    """
    first = await venue.open_orders(symbol)
    spared = tuple(order for order in first if is_spared(order))
    meant = [order for order in first if not is_spared(order)]
    seen = {order.venue_order_id: order for order in meant}
    told: dict[str, OrderReport] = {}
    remaining = list(meant)
    pause_s = _FIRST_PAUSE_S
    deadline = asyncio.get_running_loop().time() + patience_s
    while remaining:
        for order in await _cancel(venue, symbol, remaining, is_alone=not spared):
            told[order.venue_order_id] = order
        listed = await venue.open_orders(symbol)
        remaining = [order for order in listed if not is_spared(order)]
        seen.update((order.venue_order_id, order) for order in remaining)
        if remaining:
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _MOST_PAUSE_S)
    left = {order.venue_order_id for order in remaining}
    gone = {id: told.get(id, order) for id, order in seen.items() if id not in left}
    return Flattened(tuple(gone.values()), tuple(remaining), spared)


async def would_flatten(venue: Venue, symbol: str, is_spared: IsSpared) -> Flattened:
    """Say what `flatten` would cancel; only reads.

    Raises:
        VenueError: The venue did not answer.
    """
    listed = await venue.open_orders(symbol)
    spared = tuple(order for order in listed if is_spared(order))
    meant = tuple(order for order in listed if not is_spared(order))
    return Flattened(meant, (), spared)


async def _cancel(
    venue: Venue, symbol: str, orders: list[OrderReport], *, is_alone: bool
) -> list[OrderReport]:
    """Cancel all in one request, or one by one where others must stay."""
    if is_alone:
        outcome = await venue.cancel_orders(symbol, CancelScope.ALL)
        if isinstance(outcome, Refusal):
            raise VenueFailed(
                "cancel_refused",
                f"the venue refused to cancel the orders of {symbol}: "
                f"{outcome.code}: {outcome.message}",
                "look at the orders with the venue and try again",
            )
        return list(outcome or ())
    cancelled = []
    for order in orders:
        answer = await venue.cancel_order(symbol, venue_order_id=order.venue_order_id)
        # Refused: it may have gone meanwhile; the list that follows tells.
        if isinstance(answer, OrderReport):
            cancelled.append(answer)
    return cancelled


def flatten_view(
    symbol: str, flattened: Flattened, *, has_position: bool, is_dry_run: bool = False
) -> FlattenView:
    notes = ["positions stay open: flatten cancels orders only"]
    if not has_position:
        notes = ["no position is open on this market"]
    if is_dry_run:
        notes.append("a dry run: nothing was cancelled")
    native = [order for order in flattened.cancelled if order.is_trigger]
    if native:
        ids = ", ".join(order.venue_order_id for order in native)
        notes.append(
            f"trigger orders of the venue itself went too: {ids}; what they protected "
            "is protected by exitd's own triggers only"
        )
    if flattened.spared:
        notes.append(
            f"{len(flattened.spared)} of exitd's own orders were spared; "
            "`--including-ours` takes them too"
        )
    if flattened.remaining:
        notes.append(
            f"{len(flattened.remaining)} orders rest still; run it again, or cancel "
            "them with the venue"
        )
    return FlattenView(
        symbol=symbol,
        cancelled_orders=tuple(open_order_view(o) for o in flattened.cancelled),
        remaining_orders=tuple(open_order_view(o) for o in flattened.remaining),
        spared_orders=tuple(open_order_view(o) for o in flattened.spared),
        notes=tuple(notes),
    )
