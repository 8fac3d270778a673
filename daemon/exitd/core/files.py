"""Making the file-owned triggers exactly what the files say; all or nothing."""

from msgspec.structs import replace

from exitd.core.arming import Checked, begin, check, replace_definition
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles, IfCrossed
from exitd.core.lifecycle import TriggerCause
from exitd.core.resting import finish
from exitd.core.state import Accepted, Refused, Turn
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)


def is_from_file(definition: TriggerDefinition) -> bool:
    return definition.owner.startswith("file:")


def on_apply(turn: Turn, command: ApplyFiles) -> None:
    """Add, change and remove file-owned triggers; others are not touched.

    What fires now goes on as it was asked for; its new definition, or its
    removal, takes effect once it is done (behaviour 109). A trigger that has
    fired stays done for its position, whatever its file says now.
    """
    state = turn.state
    if_crossed = IfCrossed.FIRE if command.may_fire else IfCrossed.WAIT
    checked: list[Checked] = []
    for definition in command.definitions:
        known = state.triggers.get(definition.id)
        if known is not None and not is_from_file(known.definition):
            turn.reply = Refused(
                "owner",
                f"{definition.id}: {known.definition.owner} has armed a trigger of "
                "this id; cancel that one or use another name",
                definition.id,
            )
            return
        if known is not None and same_rule(known.definition, definition):
            continue
        result = check(
            turn, definition, if_crossed, [*checked], amends=known is not None
        )
        if isinstance(result, Refused):
            turn.reply = result
            return
        checked.append(result)
    wanted = {definition.id: definition for definition in command.definitions}
    for record in list(state.triggers.values()):
        if is_from_file(record.definition) and record.id not in wanted:
            _remove(turn, record)
    notes: list[str] = []
    for item in checked:
        notes += item.notes
        _add_or_change(turn, item, if_crossed)
    _follow_lines(turn, wanted)
    turn.reply = Accepted(tuple(i.definition.id for i in checked), tuple(notes))


def same_rule(one: TriggerDefinition, other: TriggerDefinition) -> bool:
    """Whether two definitions differ in nothing but where they are written."""
    return replace(one, owner="", note="") == replace(other, owner="", note="")


def _add_or_change(turn: Turn, item: Checked, if_crossed: IfCrossed) -> None:
    state, definition = turn.state, item.definition
    record = state.triggers.get(definition.id)
    if record is None:
        begin(turn, item, if_crossed)
    elif record.state is TriggerState.FIRING:
        state.deferred[definition.id] = definition
    elif record.state is TriggerState.DONE:
        keeps = record.reason is not DoneReason.CANCELLED
        if keeps:
            turn.put_trigger(replace(record, definition=definition))
        else:
            begin(turn, item, if_crossed)
    elif record.definition.key != definition.key:
        turn.drop_trigger(record)
        begin(turn, item, if_crossed, arming=record.arming)
    else:
        replace_definition(turn, record, item, if_crossed)


def _remove(turn: Turn, record: TriggerRecord) -> None:
    if record.state is TriggerState.FIRING:
        turn.state.deferred[record.id] = None
        return
    if record.state is not TriggerState.DONE:
        finish(
            turn,
            record,
            TriggerCause.CANCELLED,
            DoneReason.CANCELLED,
            FactKind.TRIGGER_CANCELLED,
            by="its file",
        )
        record = turn.state.triggers[record.id]
    if record.waiting_for is WaitingFor.NOTHING:
        # The row stays while its history is of use: arming numbers go on from it.
        ended = replace(record.definition, template=False)
        turn.put_trigger(replace(record, definition=ended))


def _follow_lines(turn: Turn, wanted: dict[str, TriggerDefinition]) -> None:
    """An entry that only moved in its file keeps pointing to its line."""
    for trigger_id, definition in wanted.items():
        record = turn.state.triggers.get(trigger_id)
        if record is None or record.definition.owner == definition.owner:
            continue
        if record.state is not TriggerState.FIRING:
            moved = replace(
                record.definition, owner=definition.owner, note=definition.note
            )
            turn.put_trigger(replace(record, definition=moved))


def apply_deferred(turn: Turn, trigger_id: str) -> None:
    """After a firing: let in what its file said meanwhile."""
    state = turn.state
    if trigger_id not in state.deferred:
        return
    definition = state.deferred.pop(trigger_id)
    record = state.triggers[trigger_id]
    if record.state is TriggerState.FIRING:
        return
    if definition is None:
        _remove(turn, record)
        return
    result = check(turn, definition, IfCrossed.WAIT, [], amends=True)
    if isinstance(result, Checked):
        _add_or_change(turn, result, IfCrossed.WAIT)
