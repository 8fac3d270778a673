"""Stops that move: after a filled target, at a profit, with the position."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import Move
from exitd.core.derived import (
    at_entry,
    has_relative_parts,
    level_of,
    priced,
    step_of,
    tighter,
)
from exitd.core.events import FactKind
from exitd.core.position import PositionKey
from exitd.core.resting import kept, rest
from exitd.core.state import State
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO

_ON_WATCH = (TriggerState.ARMED, TriggerState.WAITING)


def after_filled(turn: Turn, filled: TriggerRecord) -> None:
    """Move the stops that wait for a target to have filled (behaviours 68, 69)."""
    key = turn.state.roles[filled.id].key
    if key is None or filled.reason is not DoneReason.FILLED:
        return
    if turn.state.position(key).held == ZERO:
        return
    for record in turn.state.followers_on(key):
        for move in record.definition.moves:
            if move.after == filled.id:
                move_to(turn, turn.state.triggers[record.id], move)


def move_to(turn: Turn, record: TriggerRecord, move: Move) -> None:
    """Move a stop, if that makes it tighter; it never goes back."""
    target = target_of(turn.state, record.definition, move)
    known = record.trigger_price
    if target is None or record.state not in _ON_WATCH:
        return
    way = record.definition.direction
    if known is not None and tighter(way, target, known) == known:
        return
    why = f"{move.after} has filled" if move.after else "the price came so far"
    _put(turn, replace(record, level=target, is_moved=True), known, why)


def target_of(
    state: State, definition: TriggerDefinition, move: Move
) -> Decimal | None:
    """Give where a move would set a stop now; None where that is not known."""
    key = definition.key
    assert key is not None, "a stop that moves is one of a position"
    if move.to is not None:
        return level_of(state, definition, move.to)
    if move.to_level_of:
        other = state.triggers.get(move.to_level_of)
        return other.trigger_price if other is not None else None
    fee = state.policies.fee_percent if move.covers_fees else ZERO
    return at_entry(state.position(key), fee, step_of(state, definition))


def follow_position(turn: Turn, key: PositionKey) -> None:
    """Bring what is relative to a position up to what it is now (behaviour 86)."""
    for record in turn.state.followers_on(key):
        if record.state not in _ON_WATCH:
            continue
        after = priced(turn.state, record)
        if after is not record:
            _put(turn, after, record.trigger_price, "the position has changed")
        elif record.state is TriggerState.ARMED and has_relative_parts(
            record.definition
        ):
            _rest_again(turn, record)


def _rest_again(turn: Turn, record: TriggerRecord) -> None:
    seen = kept(turn.state, record)
    if seen is not record:
        turn.put_trigger(seen)
    rest(turn.state, seen)


def set_level(
    turn: Turn, record: TriggerRecord, level: Decimal, why: str
) -> TriggerRecord:
    """Set a stop to a level that candles say it would have moved to."""
    before = record.trigger_price
    _put(turn, replace(record, level=level, is_moved=True), before, why)
    return turn.state.triggers[record.id]


def _put(turn: Turn, record: TriggerRecord, before: Decimal | None, why: str) -> None:
    moved = replace(record, ts_changed_ns=turn.now_ns)
    turn.put_trigger(moved)
    rest(turn.state, moved)
    turn.fact(
        FactKind.TRIGGER_MOVED,
        moved,
        level_before=before,
        level=moved.trigger_price,
        why=why,
    )
