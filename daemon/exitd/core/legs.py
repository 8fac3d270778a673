"""Exits that a broker holds and that are not wanted any more: cancelled until over.

A cancel that nobody answered, or that was refused, is asked for again; each time the
runtime looks up what became of the exit.
"""

from msgspec.structs import replace

from exitd.core.attempt import RefusalKind
from exitd.core.ending import wake
from exitd.core.entry import EntryRecord
from exitd.core.intents import CancelLeg, FindLegs
from exitd.core.refusals import delay_ns
from exitd.core.state import LegsAsked, State, Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

#: A broker that has not let go for so long is said not to answer.
SILENT_NS = 10 * NS_PER_S


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
    if not entry.legs:
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


def on_working(turn: Turn, entry: EntryRecord, leg: str) -> None:
    """An exit rests at the broker: keep its id, and take it back if it is unwanted."""
    state, key = turn.state, entry.order.key
    state.missed.pop((entry.id, leg), None)
    is_new = leg not in entry.legs
    if is_new:
        entry = replace(entry, legs=(*entry.legs, leg))
        turn.put_entry(entry)
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


def unshown(state: State, entry: EntryRecord, ts_venue_ns: int) -> EntryRecord:
    """Note that an exit has filled, or may have: the position has to show it."""
    return replace(
        entry,
        ts_leg_filled_venue_ns=ts_venue_ns,
        held_before_leg=state.position(entry.order.key).quantity,
    )


def is_in_the_way(entry: EntryRecord) -> bool:
    """Whether exits at the broker may fill while a close of ours is out.

    They cannot before their entry has. Those that a broker is to hold count before it
    has named them.
    """
    if entry.legs:
        return entry.filled > ZERO
    return entry.is_held_by_broker and entry.is_ended and entry.left > ZERO
