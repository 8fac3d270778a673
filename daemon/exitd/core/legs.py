"""Exits that a broker holds and that are not wanted any more: cancelled until over.

A cancel that nobody answered, or that was refused, is asked for again; each time the
runtime looks up what became of the exit.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import RefusalKind
from exitd.core.ending import wake
from exitd.core.entry import EntryRecord
from exitd.core.inputs import OrderReport
from exitd.core.intents import CancelLeg, FindLegs, ProvePosition
from exitd.core.position import Awaited, PositionKey, PositionRecord
from exitd.core.refusals import delay_ns
from exitd.core.state import LegsAsked, State, Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

#: A broker that has not let go for so long is said not to answer.
SILENT_NS = 10 * NS_PER_S
_UNKNOWN = Decimal(-1)


def ask_back(turn: Turn, entry: EntryRecord) -> None:
    """Have all exits of an entry cancelled, and again until they are over.

    Those that are not known yet are looked for.
    """
    if entry.id not in turn.state.legs_asked:
        turn.state.legs_asked[entry.id] = LegsAsked(turn.now_ns, 0)
        _ask(turn, entry)


def _ask(turn: Turn, entry: EntryRecord) -> None:
    for leg in entry.legs:
        _cancel(turn, entry, leg)
    if has_unnamed(entry):
        turn.intend(FindLegs(entry.order))
    known = turn.state.legs_asked[entry.id]
    asked = replace(known, n=known.n + 1)
    turn.state.legs_asked[entry.id] = asked
    due_ns = turn.now_ns + delay_ns(RefusalKind.BUSY, asked.n, None)
    turn.at(Timer(due_ns, TimerKind.ENTRY_LEGS, entry.id, 0, asked.n))


def _cancel(turn: Turn, entry: EntryRecord, leg: str) -> None:
    order = entry.order
    turn.intend(CancelLeg(order.account, order.ticket.symbol, leg))


def on_timer(turn: Turn, timer: Timer) -> None:
    """Ask again; a close that has waited for long is to be judged anew."""
    entry_id = timer.trigger_id
    asked = turn.state.legs_asked.get(entry_id)
    if asked is None or asked.n != timer.n:
        return
    entry = turn.state.entries[entry_id]
    if not entry.legs and not is_in_the_way(entry):
        # It was closed before the broker had named any.
        forget(turn.state, entry_id)
        return
    _ask(turn, entry)
    if turn.now_ns - asked.since_ns >= SILENT_NS:
        wake(turn, entry.order.key)


def on_working(turn: Turn, entry: EntryRecord, report: OrderReport) -> None:
    """An exit rests at the broker: keep its id and what it has filled.

    It is taken back if it is unwanted.
    """
    state, key, leg = turn.state, entry.order.key, report.venue_order_id
    state.missed.pop((entry.id, leg), None)
    is_new = leg not in entry.legs
    entry = counted(turn, entry, report)
    is_asked = entry.id in state.legs_asked
    is_left_over = entry.is_ended and not state.position(key).is_open
    if entry.is_taken_over or is_left_over:
        # Flat, what it fills would open the other side.
        if is_asked and is_new:
            _cancel(turn, entry, leg)
        ask_back(turn, entry)
    elif is_asked:
        # It was looked for: the closes that wait have it taken back.
        forget(state, entry.id)
        wake(turn, key)


def forget(state: State, entry_id: str) -> None:
    """Ask for no more: nothing of the entry rests at its broker."""
    state.legs_asked.pop(entry_id, None)


def counted(turn: Turn, entry: EntryRecord, report: OrderReport) -> EntryRecord:
    """Count what an exit has filled since it was last told, once; the rest is known."""
    leg, told = report.venue_order_id, _told(entry)
    before = told.get(leg)
    filled = max(report.filled, before or ZERO)
    if filled == before:
        return entry
    more = filled - (before or ZERO)
    told[leg] = filled
    after = replace(
        entry,
        legs=tuple(told),
        legs_filled=tuple(told.values()),
        closed=entry.closed + more,
    )
    turn.put_entry(after)
    if more > ZERO:
        await_fill(turn, entry.order.key, more, report.ts_venue_ns)
    return after


def without(entry: EntryRecord, leg: str) -> EntryRecord:
    """Give an entry of which one exit at the broker is over."""
    told = _told(entry)
    del told[leg]
    return replace(
        entry,
        legs=tuple(told),
        legs_filled=tuple(told.values()),
        legs_over=(*entry.legs_over, leg),
    )


def _told(entry: EntryRecord) -> dict[str, Decimal]:
    told = dict.fromkeys(entry.legs, ZERO)
    # A row from before this was kept has nothing here.
    told.update(zip(entry.legs, entry.legs_filled, strict=False))
    return told


def await_fill(
    turn: Turn, key: PositionKey, filled: Decimal | None, ts_venue_ns: int
) -> None:
    """Let the position show what an exit has filled, None: perhaps, and ask for it."""
    state = turn.state
    position = state.position(key)
    held, seen_ns, awaited = position.held, position.ts_venue_ns, position.awaited
    if awaited is not None and not is_shown(state, position):
        held, seen_ns = awaited.held, awaited.ts_seen_ns
        ts_venue_ns = max(awaited.ts_venue_ns, ts_venue_ns)
    # Below zero it stays so: no size shows what is not known.
    held = _UNKNOWN if filled is None or held < ZERO else max(held - filled, ZERO)
    turn.put_position(replace(position, awaited=Awaited(ts_venue_ns, held, seen_ns)))
    turn.intend(ProvePosition(key.account, key.symbol))


def is_shown(state: State, position: PositionRecord) -> bool:
    """Whether the position shows what exits at the broker have filled.

    A report that is newer than the venue's slack is believed whatever it shows.
    """
    awaited = position.awaited
    if awaited is None:
        return True
    slack_ns = state.capabilities[position.key.account].lag_slack_ns
    if position.ts_venue_ns >= awaited.ts_venue_ns + slack_ns:
        return True
    is_small = position.held <= awaited.held
    return is_small and position.ts_venue_ns >= awaited.ts_venue_ns


def expected(state: State, position: PositionRecord) -> Decimal:
    """Give what is left to close once the position shows what was closed of it."""
    awaited = position.awaited
    if awaited is None or is_shown(state, position):
        return position.live
    return min(position.live, max(awaited.held, ZERO))


def is_in_the_way(entry: EntryRecord) -> bool:
    """Whether exits at the broker may fill while a close of ours is out.

    They cannot before their entry has. Those that a broker is to hold count before it
    has named them.
    """
    if entry.legs:
        return entry.filled > ZERO
    return has_unnamed(entry) and entry.is_ended and entry.left > ZERO


def has_unnamed(entry: EntryRecord) -> bool:
    """Whether the broker may hold an exit of which it has not told yet."""
    attached = entry.order.ticket.attached
    if attached is None or entry.has_all_legs:
        return False
    prices = (attached.take_profit_price, attached.stop_price)
    wanted = sum(price is not None for price in prices)
    return len(entry.legs) + len(entry.legs_over) < wanted
