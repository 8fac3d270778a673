"""What must hold of entries after every turn: their exits never cover too much."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.entry import EntryRecord
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import AttemptSigned, Input
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.units import ZERO
from simulation.violation import Violation

_ON_WATCH = (TriggerState.ARMED, TriggerState.WAITING)


class EntryWatch:
    """Looks at each entry that a turn has changed, by itself or by its exits."""

    def __init__(self) -> None:
        self.guarded = 0
        self._changed: dict[str, None] = {}
        self._signed: list[str] = []
        self._hits: list[Fact] = []

    def decided(self, happened: Input, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record, EntryRecord):
                self._changed[record.id] = None
            elif isinstance(record, TriggerRecord):
                self._changed[entry_of(record.id)] = None
        for fact in decision.facts:
            if fact.kind is FactKind.TRIGGER_HIT and fact.fields["cause"] == "price":
                self._hits.append(fact)
        if isinstance(happened, AttemptSigned):
            self._signed.append(happened.order.attempt.trigger_id)

    def turn_over(self, state: State) -> None:
        changed, self._changed = self._changed, {}
        signed, self._signed = self._signed, []
        hits, self._hits = self._hits, []
        for fact in hits:
            hit_by = state.entries.get(entry_of(fact.trigger_id))
            if hit_by is not None:
                _check_is_younger(hit_by, fact)
        for entry_id in changed:
            entry = state.entries.get(entry_id)
            if entry is not None:
                self._check_covers(state, entry)
        for trigger_id in signed:
            entry = state.entries.get(entry_of(trigger_id))
            if entry is not None:
                _check_sends(state, entry, trigger_id)

    def _check_covers(self, state: State, entry: EntryRecord) -> None:
        """No exit on watch is for more than what has filled and is left."""
        for definition in entry.exits:
            record = state.triggers.get(definition.id)
            if record is None or record.state not in _ON_WATCH:
                continue
            close = record.definition.close
            assert close is not None
            covered = close.quantity.value - record.filled
            self.guarded += 1
            if entry.filled == ZERO:
                raise Violation(f"{record.id} guards an entry that has not filled")
            if covered > entry.left:
                raise Violation(f"{record.id} covers {covered}; {entry.left} is left")


def _check_is_younger(entry: EntryRecord, hit: Fact) -> None:
    """No price from before a fill fires an exit of it."""
    ts_venue_ns = hit.fields["ts_venue_ns"]
    assert isinstance(ts_venue_ns, int)
    if ts_venue_ns < entry.ts_filled_venue_ns:
        raise Violation(
            f"{hit.fire_id} was hit by a price of {ts_venue_ns}, and what it closes "
            f"was filled at {entry.ts_filled_venue_ns}"
        )


def _check_sends(state: State, entry: EntryRecord, trigger_id: str) -> None:
    """All that is under way for an entry is what is left of it at the most."""
    under_way = sum(
        (
            attempt.unresolved
            for attempt in state.open_attempts_on(entry.order.key)
            if entry_of(attempt.order.attempt.trigger_id) == entry.id
        ),
        Decimal(0),
    )
    if under_way > entry.left:
        raise Violation(
            f"{trigger_id} makes {under_way} under way for {entry.id}, of which "
            f"{entry.left} is left"
        )


def entry_of(trigger_id: str) -> str:
    """Give the entry whose exit a trigger is, by its name."""
    return trigger_id.rpartition("/")[0]
