"""Making the file-owned triggers exactly what the files say; all or nothing."""

from msgspec.structs import replace

from exitd.core.arming import begin, place_of, replace_definition
from exitd.core.backstops import set_terms
from exitd.core.checks import Checked, Draft
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles, IfCrossed
from exitd.core.lifecycle import TriggerCause
from exitd.core.resting import finish, unrest, watch_expiry
from exitd.core.state import Accepted, Refused, State
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn


def is_from_file(definition: TriggerDefinition) -> bool:
    return definition.owner.startswith("file:")


def on_apply(turn: Turn, command: ApplyFiles) -> None:
    """Add, change and remove file-owned triggers; others are not touched.

    What fires now goes on as it was asked for; its new definition, or its
    removal, takes effect once it is done (behaviour 109). A trigger of a file that
    has fired stays done for its position, whatever its file says now.
    """
    state = turn.state
    if_crossed = IfCrossed.FIRE if command.may_fire else IfCrossed.WAIT
    wanted = {definition.id: definition for definition in command.definitions}
    changed = [d for d in command.definitions if not _is_known(state, d)]
    removed = [
        record
        for record in state.triggers.values()
        if is_from_file(record.definition) and record.id not in wanted
    ]
    draft = Draft(state, turn.now_ns, if_crossed)
    for record in removed:
        draft.leave_out(record.id)
    for definition in changed:
        if definition.id in state.triggers:
            draft.leave_out(definition.id)
    for definition in changed:
        refused = _admit(state, draft, definition)
        if refused is not None:
            draft.withdraw()
            turn.reply = refused
            return
    for record in removed:
        _remove(turn, record)
    notes: list[str] = []
    for item in draft.accepted.values():
        notes += item.notes
        _add_or_change(turn, item, if_crossed)
    _follow_lines(turn, wanted)
    set_terms(turn, dict(command.backstops))
    turn.reply = Accepted(tuple(draft.accepted), tuple(notes))


def _is_known(state: State, definition: TriggerDefinition) -> bool:
    known = state.triggers.get(definition.id)
    if known is None:
        return False
    if known.id in state.deferred:
        return state.deferred[known.id] == definition
    return same_rule(known.definition, definition)


def _admit(state: State, draft: Draft, definition: TriggerDefinition) -> Refused | None:
    known = state.triggers.get(definition.id)
    is_there = known is not None and known.state is not TriggerState.DONE
    if known is not None and is_there and not is_from_file(known.definition):
        return Refused(
            "owner",
            f"{definition.id}: {known.definition.owner} has armed a trigger of "
            "this id; cancel that one or use another name",
            definition.id,
        )
    return draft.admit(definition, amends=is_there)


def same_rule(one: TriggerDefinition, other: TriggerDefinition) -> bool:
    """Whether two definitions differ in nothing but where they are written."""
    return replace(one, owner="", note="") == replace(other, owner="", note="")


def _add_or_change(turn: Turn, item: Checked, if_crossed: IfCrossed) -> None:
    state, definition = turn.state, item.definition
    record = state.triggers.get(definition.id)
    if record is None:
        begin(turn, item, if_crossed)
    elif record.state is TriggerState.FIRING:
        _drop_deferred(state, definition.id)
        state.deferred[definition.id] = definition
    elif record.state is TriggerState.DONE:
        is_of_file = is_from_file(record.definition)
        if record.reason is DoneReason.CANCELLED or not is_of_file:
            begin(turn, item, if_crossed)
        else:
            changed = replace(record, definition=definition)
            turn.put_trigger(changed)
            watch_expiry(turn, changed)
    elif place_of(record.definition) == place_of(definition):
        replace_definition(turn, record, item, if_crossed)
    else:
        unrest(state, record)
        begin(turn, item, if_crossed)


def _remove(turn: Turn, record: TriggerRecord) -> None:
    if record.state is TriggerState.FIRING:
        _drop_deferred(turn.state, record.id)
        turn.state.deferred[record.id] = None
        return
    if record.state is not TriggerState.DONE:
        record = finish(
            turn,
            record,
            TriggerCause.CANCELLED,
            DoneReason.CANCELLED,
            FactKind.TRIGGER_CANCELLED,
            by="its file",
        )
    if record.definition.template:
        # The row stays, as arming numbers go on from it; no lifetime revives it.
        ended = replace(record.definition, template=False)
        turn.put_trigger(replace(record, definition=ended))


def _drop_deferred(state: State, trigger_id: str) -> TriggerDefinition | None:
    """Take out what waits for the end of a firing, from among the neighbours too."""
    definition = state.deferred.pop(trigger_id, None)
    if definition is not None and definition.key is not None:
        state.neighbours_on(definition.key).drop(definition)
    return definition


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
    definition = _drop_deferred(state, trigger_id)
    record = state.triggers[trigger_id]
    if definition is None:
        _remove(turn, record)
        return
    draft = Draft(state, turn.now_ns, IfCrossed.WAIT)
    if _admit(state, draft, definition) is None:
        _add_or_change(turn, draft.accepted[trigger_id], IfCrossed.WAIT)
    else:
        # The next reload says why it cannot be; until then the old rule stays.
        draft.withdraw()
