"""Where a trail that has begun has its stop once it is narrower."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import Trailing
from exitd.core.derived import level_of
from exitd.core.resting import (
    OPPOSITE,
    goes_on,
    is_beyond,
    offset_of,
    watermark_now,
)
from exitd.core.state import State
from exitd.core.stepping import stepped_stop
from exitd.core.trigger import TriggerDefinition, TriggerRecord


def stop_beside(
    state: State, definition: TriggerDefinition, price: Decimal | None
) -> Decimal | None:
    """Give where a trail that goes on would have its stop with a new definition.

    None for what is no such trail, or would begin anew. *price* is that of now.
    """
    known = state.triggers.get(definition.id)
    if known is None or not goes_on(known):
        return None
    before, condition = known.definition, definition.condition
    if not isinstance(condition, Trailing) or (before.source, before.key) != (
        definition.source,
        definition.key,
    ):
        return None
    watermark = watermark_now(state, known)
    assert watermark is not None, "a trail begins with a watermark"
    after = tightened_by(state, replace(known, definition=definition), price)
    return stepped_stop(watermark, offset_of(after, condition), definition.direction)


def tightened_by(
    state: State, record: TriggerRecord, price: Decimal | None
) -> TriggerRecord:
    """Narrow a trail that has begun where *price* is far enough for it already."""
    definition, condition = record.definition, record.definition.condition
    if price is None or not record.trail_seq or record.is_tightened:
        return record
    if not isinstance(condition, Trailing) or condition.tighten is None:
        return record
    at = level_of(state, definition, condition.tighten.at)
    if at is None or not is_beyond(OPPOSITE[definition.direction], at, price):
        return record
    return replace(record, is_tightened=True)
