"""A position shrinks by what is no exit of its entries: they lose that, oldest first.

What entries have left is never more than what is held of their position. So a close
by alert or by hand, or a reduction by others, leaves no exit that takes what another
entry has brought. What is held and belongs to entries stays guarded.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import exits
from exitd.core.ending import gone
from exitd.core.entry import EntryRecord
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.units import ZERO


def shrink(turn: Turn, key: PositionKey, filled: Decimal = ZERO) -> None:
    """Take from the oldest entries what they have left beyond what is held.

    Closes that are not over may explain it: what they fill is told with them. *filled*
    is what one has filled that is no exit of an entry: so much may be lost before a
    report shows it, and no more, as one may have shown it already.
    """
    guarded = [entry for entry in turn.state.entries_on(key) if entry.is_guarded]
    position = turn.state.position(key)
    if not guarded or not _is_certain(turn.state, position, guarded):
        return
    excess = -turn.state.under_way_on(key).unresolved
    for entry in guarded:
        excess += entry.left
    excess = max(excess - position.held, min(excess - position.live, filled))
    for entry in sorted(guarded, key=lambda entry: entry.ts_wanted_ns):
        part = min(excess, exits.unclaimed(turn.state, entry))
        if part > ZERO:
            excess -= part
            _lose(turn, entry, part)


def _lose(turn: Turn, entry: EntryRecord, part: Decimal) -> None:
    after = replace(entry, closed=entry.closed + part, lost=entry.lost + part)
    turn.put_entry(after)
    for definition in after.exits:
        record = turn.state.triggers.get(definition.id)
        if record is not None and record.state is TriggerState.FIRING:
            _aim_lower(turn, after, record)
    exits.fit(turn, turn.state.entries[after.id])


def _aim_lower(turn: Turn, entry: EntryRecord, record: TriggerRecord) -> None:
    """Let an exit that fires close no more than is left, and end it with that."""
    fired = turn.state.fires[record.id]
    if entry.left == ZERO and turn.state.open_attempt_of(fired) is None:
        gone(turn, record, fired)
        return
    exits.resize(turn, entry, record)
    if fired.target is not None:
        target = min(fired.target, fired.filled + entry.left)
        turn.put_fire(replace(fired, target=target))


def _is_certain(
    state: State, position: PositionRecord, guarded: list[EntryRecord]
) -> bool:
    """Whether a report has shown all that the entries have filled, and no less.

    Nothing is taken from them on a view that may be old, nor while a broker holds
    exits of its own, which fill before anybody tells.
    """
    if not position.proven or position.entered:
        return False
    slack_ns = state.capabilities[position.key.account].lag_slack_ns
    return all(
        position.ts_venue_ns >= entry.ts_filled_venue_ns + slack_ns
        and not entry.legs
        and not entry.is_held_by_broker
        for entry in guarded
    )


def give_back(turn: Turn, key: PositionKey, filled: Decimal) -> None:
    """A fill that is told late was in a report: entries lost it as if by others.

    *filled*, above zero, is counted with its own entry instead.
    """
    entries = sorted(turn.state.entries_on(key), key=lambda entry: -entry.ts_wanted_ns)
    for entry in entries:
        part = min(filled, entry.lost)
        if part <= ZERO:
            continue
        filled -= part
        found = replace(entry, closed=entry.closed - part, lost=entry.lost - part)
        turn.put_entry(found)
        exits.on_filled(turn, found, part)
