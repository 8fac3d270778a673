"""Which stops others wait for: one whose bound cannot be met now holds nobody up.

A bound that is never left may keep a stop firing for ever. Take-profits, and closes in
slices, let a stop go first; where the last price says that it cannot be filled, they
need not. The stop itself goes on as before, with what they leave.
"""

from decimal import Decimal

from exitd.core.condition import Direction
from exitd.core.position import OrderSide, PositionKey
from exitd.core.pricing import hard_reference, last_price
from exitd.core.resting import is_beyond
from exitd.core.sizing import bounded_price, meets
from exitd.core.state import State
from exitd.core.trigger import (
    Close,
    FireRecord,
    OrderType,
    TriggerDefinition,
    TriggerRecord,
)
from exitd.core.units import ZERO

#: Which way a price goes that gets better for a close.
_BETTER = {OrderSide.SELL: Direction.RISING, OrderSide.BUY: Direction.FALLING}
#: The cause of a firing that no price began.
_BY_HAND = "command"


def is_out_of_reach(state: State, record: TriggerRecord) -> bool:
    """Whether a stop that fires has a bound that the last price does not meet.

    Where no price of its own market is known, as after a restart, it may be met. With
    an absolute bound it must still be beyond its level, too.
    """
    definition, close = record.definition, record.definition.close
    if close is None or not (close.bound is not None or _is_hard_limit(close)):
        return False
    fired, price = state.fires[record.id], last_price(state, definition)
    if price is None:
        return False
    if close.bound is not None:
        return awaited_price(definition, fired, close.bound, price) is not None
    assert definition.side is not None, "only a position has stops"
    side = definition.side.close_side
    return not meets(side, _hard_bound(state, record, close, side, price), price)


def awaited_price(
    definition: TriggerDefinition,
    fired: FireRecord,
    bound: Decimal,
    price: Decimal | None,
) -> tuple[Direction, Decimal] | None:
    """Give what a firing with a bound waits for: a price, and which way it must come.

    None where it may go at *price*, which is within its bound and beyond its level.
    """
    assert definition.side is not None, "only closes have bounds"
    side = definition.side.close_side
    if price is None or not meets(side, bound, price):
        return _BETTER[side], bound
    level, way = level_to_hold(fired), definition.direction
    if level is not None and not is_beyond(way, level, price):
        return way, level
    return None


def _is_hard_limit(close: Close) -> bool:
    return close.is_hard and close.order is OrderType.LIMIT


def level_to_hold(fired: FireRecord) -> Decimal | None:
    """Give the level that the price must be beyond; None for what a person fired."""
    return None if fired.cause == _BY_HAND else fired.level


def _hard_bound(
    state: State, record: TriggerRecord, close: Close, side: OrderSide, price: Decimal
) -> Decimal:
    fired, instrument = state.fires[record.id], state.instrument_of(record.definition)
    reference = hard_reference(record.definition, fired, price)
    assert reference is not None, "the price itself will do"
    assert instrument is not None, "armed without an instrument"
    limit = close.slippage_limit or ZERO
    return bounded_price(reference, side, limit, instrument.price_step)


def goes_first(state: State, key: PositionKey) -> bool:
    """Whether a stop of the position fires that its take-profits wait for."""
    firing = state.stops_firing.get(key, ())
    return any(not is_out_of_reach(state, state.triggers[id]) for id in firing)
