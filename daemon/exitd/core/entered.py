"""Evidence of an entry: what it says, and what follows for position and exits."""

from msgspec.structs import replace

from exitd.core import entries, exits, withdrawing
from exitd.core.entry import EntryRecord, EntryState
from exitd.core.entry_steps import watch_end
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.lifecycle import EntryCause, next_entry_state
from exitd.core.lifetimes import on_entered
from exitd.core.state import State, Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

_CAUSES = {
    OrderStatus.WORKING: EntryCause.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED: EntryCause.PARTLY_FILLED,
    OrderStatus.FILLED: EntryCause.FILLED,
    OrderStatus.CANCELLED: EntryCause.CANCELLED,
    OrderStatus.EXPIRED: EntryCause.LAPSED,
}
_FACTS = {
    EntryState.WORKING: FactKind.ENTRY_ACKED,
    EntryState.PARTIALLY_FILLED: FactKind.ENTRY_PARTIALLY_FILLED,
    EntryState.FILLED: FactKind.ENTRY_FILLED,
    EntryState.CANCELLED: FactKind.ENTRY_CANCELLED,
    EntryState.EXPIRED: FactKind.ENTRY_EXPIRED,
}
_OVER = frozenset({EntryState.EXPIRED, EntryState.REFUSED})


def on_report(turn: Turn, report: OrderReport) -> bool:
    """Take in evidence of an entry, or of an exit that its broker holds.

    Returns:
        Whether the report is about one of ours.
    """
    leg_of = exits.find_leg(turn.state, report)
    if leg_of is not None:
        exits.on_leg(turn, leg_of, report)
        return True
    entry = _find(turn.state, report)
    if entry is None:
        return False
    if _is_news(entry, report):
        _take_in(turn, entry, report)
    return True


def _find(state: State, report: OrderReport) -> EntryRecord | None:
    """Find an entry by the broker's id of it or by ours, and compare the rest."""
    by_order = state.entry_of_order.get((report.account, report.venue_order_id))
    by_reference = state.entry_of_reference.get((report.account, report.reference))
    entry = state.entries.get(by_order or by_reference or "")
    if entry is None or entry.state is EntryState.WANTED:
        return None
    ticket = entry.order.ticket
    if (report.symbol, report.side) != (ticket.symbol, ticket.side):
        return None
    if entry.venue_order_id and entry.venue_order_id != report.venue_order_id:
        return None
    return entry


def _is_news(entry: EntryRecord, report: OrderReport) -> bool:
    """What is older than what is known changes nothing."""
    if report.filled != entry.filled:
        return report.filled > entry.filled
    if entry.state in _OVER:
        # Ended by an absence, or by a no: it is there after all.
        return not entry.venue_order_id
    return not entry.is_ended


def _take_in(turn: Turn, entry: EntryRecord, report: OrderReport) -> None:
    is_untouched = report.filled == ZERO and entry.filled == ZERO
    if report.refusal is not None and is_untouched and not entry.is_ended:
        known = replace(entry, venue_order_id=report.venue_order_id)
        entries.refuse(turn, known, report.refusal, report.reason)
        return
    after = _after(turn, entry, report)
    if after == replace(entry, ts_changed_ns=turn.now_ns):
        return
    turn.put_entry(after)
    watch_end(turn, after)
    _tell(turn, entry, after, report)
    is_late = entry.state in _OVER and not after.is_ended
    if is_late and not after.withdrawn:
        # It must not fill any more.
        withdrawing.withdraw(turn, after, "somebody was told that it is over")
    elif is_late or not entry.venue_order_id:
        # The first that is heard of it, or that it is there after all.
        withdrawing.go_on(turn, after)
    if after.filled > entry.filled:
        _count(turn, entry, after)
    if after.is_ended and after.filled > ZERO and not entry.is_ended:
        _mind_the_broker(turn, turn.state.entries[after.id])


def _after(turn: Turn, entry: EntryRecord, report: OrderReport) -> EntryRecord:
    cause = _CAUSES[report.status]
    if cause is EntryCause.ACCEPTED and report.filled > ZERO:
        cause = EntryCause.PARTLY_FILLED
    if entry.state is EntryState.CANCELLED and cause is not EntryCause.FILLED:
        cause = EntryCause.CANCELLED
    is_fuller = report.filled > entry.filled
    is_full = entry.state is EntryState.FILLED
    return replace(
        entry,
        state=entry.state if is_full else next_entry_state(entry.state, cause),
        venue_order_id=report.venue_order_id,
        filled=report.filled,
        filled_quote=report.filled_quote if is_fuller else entry.filled_quote,
        ts_filled_venue_ns=(
            report.ts_venue_ns if is_fuller else entry.ts_filled_venue_ns
        ),
        ts_changed_ns=turn.now_ns,
    )


def _tell(
    turn: Turn, before: EntryRecord, after: EntryRecord, report: OrderReport
) -> None:
    is_late = before.state in _OVER
    if is_late or before.state is EntryState.IN_DOUBT:
        turn.entry_fact(
            FactKind.ENTRY_RESOLVED, after, found=True, late=is_late, alert=is_late
        )
    turn.entry_fact(
        _FACTS[after.state],
        after,
        venue_order_id=after.venue_order_id,
        filled=after.filled,
        average_price=after.average_price,
        why=report.reason,
        ts_venue_ns=report.ts_venue_ns,
    )


def _count(turn: Turn, before: EntryRecord, after: EntryRecord) -> None:
    """Bring the position up by what has filled, then let the exits cover it."""
    filled = after.filled - before.filled
    quote = after.filled_quote - before.filled_quote
    price = quote / filled if quote > ZERO else None
    order = after.order
    on_entered(turn, order.key, filled, price, after.ts_filled_venue_ns)
    slack_ns = turn.state.capabilities[order.account].lag_slack_ns
    due_ns = turn.now_ns + slack_ns + NS_PER_S
    turn.at(Timer(due_ns, TimerKind.ENTRY_PROOF, after.id, 0))
    exits.on_filled(turn, turn.state.entries[after.id], filled)


def _mind_the_broker(turn: Turn, entry: EntryRecord) -> None:
    """An entry that ended before it was full may have lost the broker's exits."""
    if entry.state is not EntryState.FILLED and not entry.legs:
        exits.take_over(turn, entry, f"its entry is {entry.state.value} in part")
