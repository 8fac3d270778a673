"""Triggers that are long done leave memory; their rows go to those of the past.

What still needs a done trigger keeps it, however old it is:

- A file, or the default stop of a position, arms what it does not find. A trigger of
  theirs that has fired must be found, in this run and after any restart, so those stay
  for ever: there are no more of them than names in files, and positions. Whatever
  else is asked for by a name that was given before is recalled by the runtime first
  (`on_recall`), so that arming numbers go on and no id of an order is given twice.
- Late messages of its orders: as long as a firing of it is remembered (15 minutes and
  longer, `attempts_kept`), or an order of it is open or in doubt. Beyond that nothing
  here needs the trigger. Ids of orders are not kept for it, as none is needed: an id of
  this run is above the last one before it, one that was reserved before it and used in
  it stays in `first_ids_used`, and an order of an earlier run was made before this one
  began. So a late one is never taken for another daemon's (`siblings`); and a fill is
  joined to its firing in the store, by the id of its attempt, which stays there.
- What an unclean stop left open on its account: the barrier adopts an order as a firing
  of its trigger.
- Its entry: more may fill, and what somebody has cancelled must not be armed anew.
- A stop that moves after it has filled, or to its level.
- The last that was done on an account tells when this state last acted there: that is
  how far back a search for orders of ours has to go.
"""

from collections.abc import Callable
from heapq import heapify
from itertools import islice

from exitd.core import ended_markets
from exitd.core.indexing import displace
from exitd.core.past_inputs import ForgetDone, Recall
from exitd.core.position import PositionKey
from exitd.core.records import TriggerGone
from exitd.core.resting import watch_expiry
from exitd.core.state import State, TimerKind
from exitd.core.trigger import TriggerDefinition, TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S

#: So many are looked at in one turn: a quarter of a millisecond, and one of the disk.
AT_ONCE = 25
#: Whoever keeps triggers by these looks for them, and arms those that are not there.
_STANDING = ("file:", "default:")

#: One that is named stays so long at least: its command may wait for prices first.
RECALLED_NS = 60 * NS_PER_S
#: Timers of one that is forgotten stay until they are due, but never more than this
#: unless as many others are set.
IDLE_TIMERS = 1_000
_LONG_TIMERS = (TimerKind.EXPIRE, TimerKind.DUE)

_Named = Callable[[PositionKey], frozenset[str]]


def may_be_forgotten(state: State, record: TriggerRecord, named: _Named) -> bool:
    """Whether nothing here needs a trigger any more, apart from how long it is done.

    *named* gives the triggers that the stops of a position move by.
    """
    definition = record.definition
    account, key, id = definition.account, definition.key, definition.id
    if record.state is not TriggerState.DONE or id in state.fires:
        return False
    if definition.owner.startswith(_STANDING):
        return False
    if state.last_done.get(account) == id or account in state.barriers:
        return False
    if id in state.entry_of_exit or _is_remembered(state, record):
        return False
    return key is None or not (
        any(a.order.attempt.trigger_id == id for a in state.open_attempts_on(key))
        or id in named(key)
    )


def _is_remembered(state: State, record: TriggerRecord) -> bool:
    """Whether late messages of a firing of it are still looked for."""
    armings = range(1, record.arming + 1)
    return any((record.id, arming) in state.ended for arming in armings)


def on_forget(turn: Turn, wanted: ForgetDone) -> None:
    """Forget some, the first that were done first; look again later at the others."""
    state = turn.state
    known: dict[PositionKey, frozenset[str]] = {}

    def named(key: PositionKey) -> frozenset[str]:
        if key not in known:
            known[key] = _moved_by(state, key)
        return known[key]

    for trigger_id, due_ns in list(islice(state.done.items(), AT_ONCE)):
        if due_ns > wanted.now_ns:
            break
        record = state.triggers[trigger_id]
        if may_be_forgotten(state, record, named):
            _forget(turn, record)
        else:
            _keep(turn, trigger_id)
    ended_markets.forget_markets(turn)
    if state.timers_idle > max(IDLE_TIMERS, len(state.timers) // 2):
        _sweep_timers(state)


def _forget(turn: Turn, record: TriggerRecord) -> None:
    state, trigger_id = turn.state, record.id
    _leave_books(state, record.definition)
    displace(state, record)
    del state.triggers[trigger_id], state.done[trigger_id]
    state.timers_idle += 1
    turn.records[trigger_id] = TriggerGone(trigger_id)


def _sweep_timers(state: State) -> None:
    """Let go the timers, perhaps far ahead, of triggers that are forgotten."""
    state.timers = [
        entry
        for entry in state.timers
        if entry[2].kind not in _LONG_TIMERS or entry[2].trigger_id in state.triggers
    ]
    heapify(state.timers)
    state.timers_idle = 0


def _moved_by(state: State, key: PositionKey) -> frozenset[str]:
    """Name what the stops of a position wait for, and whose levels they take."""
    return frozenset(
        name
        for record in state.followers_on(key)
        for move in record.definition.moves
        for name in (move.after, move.to_level_of)
    )


def _leave_books(state: State, definition: TriggerDefinition) -> None:
    """See to it that no price and no candle comes upon it; most rest nowhere."""
    confirmation = definition.confirmation
    emergency = confirmation.emergency_source if confirmation is not None else None
    for source in (definition.source, emergency):
        book = state.books.get(source) if source is not None else None
        if book is not None:
            book.remove(definition.id)
            book.hole_watch.pop(definition.id, None)


def _keep(turn: Turn, trigger_id: str, least_ns: int = 0) -> None:
    """Look at a trigger again when it would be due if it had been done now."""
    state = turn.state
    state.done.pop(trigger_id, None)
    kept_ns = max(state.policies.done_kept_ns, least_ns)
    state.done[trigger_id] = turn.now_ns + kept_ns


def on_recall(turn: Turn, recall: Recall) -> None:
    """Keep what somebody names, and put back what was forgotten, as it was."""
    state = turn.state
    for record in recall.past:
        if record.id not in state.triggers:
            turn.put_trigger(record)
            watch_expiry(turn, record)
    for trigger_id in recall.trigger_ids:
        if trigger_id in state.done:
            _keep(turn, trigger_id, RECALLED_NS)


def in_order(state: State) -> None:
    """Bring what was restored into the order in which it was done."""
    state.done = dict(sorted(state.done.items(), key=lambda item: item[1]))
    ended_markets.in_order(state)
