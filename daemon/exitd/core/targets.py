"""What a firing is to close in all: fixed at its first slot, for all its closes."""

from msgspec.structs import replace

from exitd.core.position import PositionRecord
from exitd.core.sizing import Room, target_quantity
from exitd.core.state import State
from exitd.core.trigger import Close, FireRecord, QuantityKind, TriggerRecord


def with_target(
    state: State,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    position: PositionRecord,
    room: Room,
) -> FireRecord:
    """Fix what a firing closes in all, once; it stays open while no price says it."""
    if fired.target is not None:
        return fired
    price = room.price
    if price is None:
        price = fired.own_level
    is_amount = close.quantity.kind is QuantityKind.QUOTE
    if is_amount and price is None and position.entry_price is None:
        return fired
    target = target_quantity(
        close.quantity,
        _explained(state, position),
        record.filled,
        step=room.instrument.quantity_step,
        price=price,
        of_live=state.policies.shares_of_live,
    )
    return replace(fired, target=target)


def _explained(state: State, position: PositionRecord) -> PositionRecord:
    """Give a position whose unexplained part an unanswered close may explain."""
    most = state.under_way_on(position.key).unanswered
    return replace(position, unexplained=min(position.unexplained, most))
