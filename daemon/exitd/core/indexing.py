"""What the state finds triggers by, beside their ids."""

from exitd.core.condition import calendar_of
from exitd.core.derived import follows_position
from exitd.core.state import State
from exitd.core.trigger import Role, TriggerDefinition, TriggerRecord


def place(
    state: State, known: TriggerRecord | None, definition: TriggerDefinition
) -> None:
    """Index a new definition, and take the one before it out."""
    _place_by_calendar(state, known, definition)
    key = definition.key
    is_here = known is not None and known.definition.key == key
    if known is not None and not is_here:
        old = known.definition
        if old.key is not None:
            state.by_position[old.key].remove(old.id)
            state.neighbours_on(old.key).drop(old)
    role = Role(key, definition.close is not None, definition.is_stop)
    state.roles[definition.id] = state.shared_roles.setdefault(role, role)
    if key is not None and not is_here:
        state.by_position.setdefault(key, []).append(definition.id)
    if known is not None and known.definition.key is not None:
        state.followers.get(known.definition.key, {}).pop(definition.id, None)
    if key is not None and follows_position(definition):
        state.followers.setdefault(key, {})[definition.id] = None


def _place_by_calendar(
    state: State, known: TriggerRecord | None, definition: TriggerDefinition
) -> None:
    if known is not None:
        before = calendar_of(known.definition.condition)
        state.by_calendar.get(before, {}).pop(definition.id, None)
    calendar = calendar_of(definition.condition)
    if calendar:
        state.by_calendar.setdefault(calendar, {})[definition.id] = None
