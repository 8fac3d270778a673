"""Orders that a broker had taken and lists no more: over, by two reads that agree.

Some brokers list the orders of their day only. One read may come too early, or of a
session that has just begun, so the second must have begun the venue's slack later.
"""

from msgspec.structs import replace

from exitd.core import entered, entries, exits, legs
from exitd.core.ending import wake
from exitd.core.entry import EntryState
from exitd.core.entry_inputs import EntryNotFound, LegGone, LegsMissing
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

_AT_BROKER = (EntryState.WORKING, EntryState.PARTIALLY_FILLED)
#: Reads that lie farther apart say nothing of one another.
_TOGETHER_NS = 600 * NS_PER_S


def on_not_found(turn: Turn, nothing: EntryNotFound) -> None:
    """End an entry that works no more, with what its executions say.

    One in doubt was perhaps never taken: absence ends that otherwise.
    """
    entry = turn.state.entries.get(nothing.entry_id)
    if entry is None or entry.state not in _AT_BROKER:
        entries.on_not_found(turn, nothing)
        return
    order = entry.order
    name = (entry.id, entry.venue_order_id)
    if not _is_gone(turn, order.account, name, nothing.read_started_venue_ns):
        return
    ticket, is_fuller = order.ticket, nothing.filled > entry.filled
    filled = nothing.filled if is_fuller else entry.filled
    is_full = ticket.quantity is not None and filled >= ticket.quantity
    turn.entry_fact(
        FactKind.ENTRY_RESOLVED,
        entry,
        found=False,
        filled=filled,
        why="the broker lists it no more; what it has filled is by its executions, "
        "so compare the position there",
        alert=True,
    )
    report = OrderReport(
        account=order.account,
        symbol=ticket.symbol,
        venue_order_id=entry.venue_order_id,
        client_order_id=None,
        reference=ticket.client_order_id,
        status=OrderStatus.FILLED if is_full else OrderStatus.EXPIRED,
        side=ticket.side,
        quantity=ticket.quantity,
        filled=filled,
        filled_quote=nothing.filled_quote if is_fuller else entry.filled_quote,
        reason="the broker lists it no more",
        ts_venue_ns=nothing.ts_filled_venue_ns or nothing.read_started_venue_ns,
        now_ns=nothing.now_ns,
    )
    entered.on_report(turn, report)


def on_leg_gone(turn: Turn, gone: LegGone) -> None:
    """End an exit that a broker held. What it has filled, only the position can say."""
    state = turn.state
    entry = state.entries.get(gone.entry_id)
    if entry is None or gone.leg not in entry.legs:
        return
    order, name = entry.order, (entry.id, gone.leg)
    if not _is_gone(turn, order.account, name, gone.read_started_venue_ns):
        return
    legs.await_fill(turn, order.key, None, gone.read_started_venue_ns)
    report = OrderReport(
        account=order.account,
        symbol=order.ticket.symbol,
        venue_order_id=gone.leg,
        client_order_id=None,
        status=OrderStatus.EXPIRED,
        side=order.key.side.close_side,
        quantity=None,
        reason="the broker lists it no more",
        ts_venue_ns=gone.read_started_venue_ns,
        now_ns=gone.now_ns,
    )
    exits.end_leg(turn, entry, report)


def on_legs_missing(turn: Turn, missing: LegsMissing) -> None:
    """Guard at once what the broker was to guard, where it names no exit of its own.

    A close waits for the second read: it may only have been slow to name them.
    """
    entry = turn.state.entries.get(missing.entry_id)
    if entry is None or not legs.has_unnamed(entry):
        return
    order, name = entry.order, (entry.id, "")
    if _is_gone(turn, order.account, name, missing.now_ns):
        entry = replace(entry, has_all_legs=True)
        turn.put_entry(entry)
    if entry.left > ZERO and not entry.legs:
        exits.take_over(turn, entry, "the broker lists none of them")
    if entry.has_all_legs and not entry.legs:
        legs.forget(turn.state, entry.id)
        wake(turn, order.key)


def _is_gone(
    turn: Turn, account: str, name: tuple[str, str], read_started_ns: int
) -> bool:
    """Whether an earlier read has missed an order too, long enough before this one."""
    missed, slack_ns = turn.state.missed, turn.state.capabilities[account].lag_slack_ns
    first_ns = missed.get(name)
    if first_ns is None or read_started_ns > first_ns + slack_ns + _TOGETHER_NS:
        missed[name] = read_started_ns
        return False
    if read_started_ns < first_ns + slack_ns:
        return False
    del missed[name]
    return True
