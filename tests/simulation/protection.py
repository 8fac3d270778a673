"""What must hold of protection: what is armed is watched, and what is bare is told."""

from __future__ import annotations

from collections.abc import Callable

from exitd.core.book import Book
from exitd.core.condition import AtInstant, MaxHold, Trailing
from exitd.core.entry import EntryRecord
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.records import Record
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.runtime import protect
from simulation.violation import Violation


class ProtectionWatch:
    """Looks at every open position after each step that has written something.

    `unjudged` tells which prices are not judged now; `now_ns` is the machine's clock.
    """

    def __init__(self) -> None:
        self.bare = 0
        self.unjudged: Callable[[], frozenset[PriceSource]] = frozenset
        self.now_ns: Callable[[], int] = lambda: 0

    def after(self, state: State, decision: Decision) -> None:
        for changed in decision.records:
            self._check_watched(state, changed)
        unjudged: frozenset[PriceSource] | None = None
        for key, position in state.positions.items():
            if not position.is_open:
                continue
            if unjudged is None:
                unjudged = self.unjudged()
            if not _has_live_stop(state, key, unjudged):
                self._check_told(state, key, unjudged)

    def _check_watched(self, state: State, changed: Record) -> None:
        """What is armed on a price rests in its book, or waits for one there."""
        if not isinstance(changed, TriggerRecord):
            return
        record = state.triggers.get(changed.id)
        if record is None or record.state is not TriggerState.ARMED or record.paused:
            return
        definition, key = record.definition, state.roles[record.id].key
        if not definition.watches_price:
            return
        if key is not None and record.id in state.held.get(key, ()):
            # A stop goes first; then it rests again.
            return
        if not _is_watched(state.book(definition.source), record.id):
            raise Violation(f"{record.fire_id} is armed, and nothing watches it")

    def _check_told(
        self, state: State, key: PositionKey, unjudged: frozenset[PriceSource]
    ) -> None:
        self.bare += 1
        holes = protect.audit(state, unjudged, now_ns=self.now_ns())
        if all(hole.key != key for hole in holes):
            raise Violation(f"{key} has no live stop, and nobody is told")


def _is_watched(book: Book, trigger_id: str) -> bool:
    return (
        trigger_id in book
        or trigger_id in book.pending
        or trigger_id in book.counting
        or book.wakes(trigger_id)
    )


def _has_live_stop(
    state: State, key: PositionKey, unjudged: frozenset[PriceSource]
) -> bool:
    for record in state.triggers_on(key):
        if _is_live(record, unjudged):
            return True
    return any(_holds_stop(entry) for entry in state.entries_on(key))


def _holds_stop(entry: EntryRecord) -> bool:
    """Whether the broker itself holds the stop of an entry."""
    has_stop = any(definition.is_stop for definition in entry.exits)
    return entry.is_held_by_broker and has_stop and bool(entry.legs)


def _is_live(record: TriggerRecord, unjudged: frozenset[PriceSource]) -> bool:
    definition = record.definition
    if record.state is TriggerState.DONE or record.paused:
        return False
    if definition.close is None or not definition.is_stop:
        return False
    if isinstance(definition.condition, AtInstant | MaxHold):
        return False
    if record.state is TriggerState.ARMED:
        if isinstance(definition.condition, Trailing) and not record.trail_seq:
            return False
        return definition.source not in unjudged
    # One that waits for its first price counts while that may still come.
    return record.state in (TriggerState.FIRING, TriggerState.WAITING)
