"""One set of triggers in the place of another: no moment without either."""

from exitd.core.arming import begin
from exitd.core.checks import Draft
from exitd.core.ending import end_fire
from exitd.core.events import FactKind
from exitd.core.inputs import ReplaceTriggers
from exitd.core.lifecycle import TriggerCause
from exitd.core.resting import finish
from exitd.core.state import Accepted, Refused, State
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState
from exitd.core.turn import Turn


def on_replace(turn: Turn, command: ReplaceTriggers) -> None:
    """Take the old ones away and arm the new ones, or change nothing."""
    state = turn.state
    old: list[TriggerRecord] = []
    for trigger_id in command.replaces:
        found = _replaceable(state, trigger_id)
        if isinstance(found, Refused):
            turn.reply = found
            return
        if found.state is not TriggerState.DONE:
            old.append(found)
    draft = Draft(state, turn.now_ns, command.if_crossed)
    for record in old:
        draft.give_up(record.id)
    for definition in command.definitions:
        refused = draft.admit(definition)
        if refused is not None:
            draft.withdraw()
            turn.reply = refused
            return
    for record in old:
        _take_away(turn, record, command.by)
    notes: list[str] = []
    for item in draft.accepted.values():
        notes += item.notes
        begin(turn, item, command.if_crossed)
    turn.reply = Accepted(tuple(draft.accepted), tuple(notes))


def _replaceable(state: State, trigger_id: str) -> TriggerRecord | Refused:
    record = state.triggers.get(trigger_id)
    if record is None:
        return Refused("unknown", f"there is no trigger {trigger_id}", trigger_id)
    if record.state is not TriggerState.FIRING:
        return record
    if state.open_attempt_of(state.fires[trigger_id]) is None:
        return record
    return Refused(
        "firing",
        f"{trigger_id} is firing and its close is at the venue, so it can no longer "
        "be taken back; ask again once that has been answered",
        trigger_id,
    )


def _take_away(turn: Turn, record: TriggerRecord, by: str) -> None:
    if record.state is TriggerState.FIRING:
        fired = turn.state.fires[record.id]
        end_fire(turn, record, fired, TriggerCause.ABANDONED, DoneReason.ABANDONED)
        return
    finish(
        turn,
        record,
        TriggerCause.CANCELLED,
        DoneReason.CANCELLED,
        FactKind.TRIGGER_CANCELLED,
        by=by,
    )
