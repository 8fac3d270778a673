"""What must hold of confirmations: as long as asked for, across restarts too."""

from __future__ import annotations

from msgspec import Struct

from exitd.core.events import Fact, FactKind
from exitd.core.reach import goes_first
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord, TriggerState
from simulation.violation import Violation

SECOND_NS = 1_000_000_000
#: Timers of the loop and of asyncio round; no more.
SLACK_S = 0.05

_Arming = tuple[str, int]


class _Wait(Struct):
    """A confirmation under way; it is overdue from `due_s` on."""

    begun_s: float
    for_s: float
    due_s: float
    is_excused: bool = False


class ConfirmationWatch:
    """Looks at every confirmation by time.

    `may_be_short`, `may_be_long`: the machine's clock was put forward, or back, so that
    after a restart a time of day does not tell how long ago something was. A
    confirmation may then be complete at once, or begin again.
    """

    def __init__(self) -> None:
        self.begun = 0
        self.may_be_short = False
        self.may_be_long = False
        self._waits: dict[_Arming, _Wait] = {}

    def note(self, state: State, facts: tuple[Fact, ...], now_s: float) -> None:
        for fact in facts:
            record = state.triggers.get(fact.trigger_id)
            if record is None:
                continue
            if fact.kind is FactKind.TRIGGER_CONFIRMING and "due_ts_ns" in fact.fields:
                self._begin(record, fact, now_s)
            elif fact.kind is FactKind.TRIGGER_CONDITION_LOST:
                self._waits.pop((record.id, record.arming), None)
            elif fact.kind is FactKind.TRIGGER_HIT:
                self._end(record, fact, now_s)

    def _begin(self, record: TriggerRecord, fact: Fact, now_s: float) -> None:
        confirmation, due_ns = record.definition.confirmation, fact.fields["due_ts_ns"]
        assert confirmation is not None
        assert isinstance(due_ns, int)
        if due_ns - fact.ts_ns != confirmation.for_ns:
            raise Violation(f"{record.fire_id} confirms for another time than asked")
        for_s = confirmation.for_ns / SECOND_NS
        self.begun += 1
        self._waits[record.id, record.arming] = _Wait(now_s, for_s, now_s + for_s)

    def _end(self, record: TriggerRecord, fact: Fact, now_s: float) -> None:
        wait = self._waits.pop((record.id, record.arming), None)
        if wait is None or fact.fields["cause"] != "confirmed" or self.may_be_short:
            return
        if now_s - wait.begun_s < wait.for_s - SLACK_S:
            raise Violation(f"{record.fire_id} was confirmed before its time")

    def froze(self, for_s: float) -> None:
        """Its timers are late by as long as the machine was busy or stood still."""
        for wait in self._waits.values():
            wait.due_s += for_s

    def after(self, state: State, now_s: float) -> None:
        for (trigger_id, arming), wait in list(self._waits.items()):
            record = state.triggers.get(trigger_id)
            if (
                record is None
                or record.state is not TriggerState.ARMED
                or record.arming != arming
                or not record.confirm_ns
            ):
                # Cancelled, amended, expired, or with its position.
                del self._waits[trigger_id, arming]
                continue
            was_excused, wait.is_excused = wait.is_excused, _is_excused(state, record)
            if was_excused or wait.is_excused:
                wait.due_s = max(wait.due_s, now_s)
                if self.may_be_long:
                    wait.due_s = max(wait.due_s, now_s + wait.for_s)
            elif now_s > wait.due_s + SLACK_S:
                raise Violation(
                    f"{record.fire_id} is not confirmed {now_s - wait.begun_s:.3f} s "
                    f"after it was crossed; {wait.for_s:.3f} s were asked for"
                )


def _is_excused(state: State, record: TriggerRecord) -> bool:
    """A first price is awaited after a restart, or a stop goes first."""
    if state.book(record.definition.source).price is None:
        return True
    role = state.roles[record.id]
    if role.is_stop or role.key is None:
        return False
    return record.id in state.held.get(role.key, {}) or goes_first(state, role.key)
