"""Which stops others wait for: one whose bound cannot be met now holds nobody up.

A hard bound is never left, so a stop that has one may fire for ever. Take-profits, and
closes in slices, let a stop go first; where the last price says that it cannot be
filled, they need not. The stop itself goes on as before, with what they leave.
"""

from exitd.core.position import OrderSide, PositionKey
from exitd.core.pricing import hard_reference, last_price
from exitd.core.sizing import bounded_price
from exitd.core.state import State
from exitd.core.trigger import OrderType, TriggerRecord
from exitd.core.units import ZERO


def is_out_of_reach(state: State, record: TriggerRecord) -> bool:
    """Whether a stop that fires has a hard bound that the last price does not meet.

    Where no price of its own market is known, as after a restart, it may be met.
    """
    definition, close = record.definition, record.definition.close
    if close is None or not close.is_hard or close.order is not OrderType.LIMIT:
        return False
    fired, instrument = state.fires[record.id], state.instrument_of(definition)
    price = last_price(state, definition)
    if price is None:
        return False
    reference = hard_reference(definition, fired, price)
    assert reference is not None, "the price itself will do"
    assert instrument is not None, "armed without an instrument"
    assert definition.side is not None, "only a position has stops"
    side, limit = definition.side.close_side, close.slippage_limit or ZERO
    bound = bounded_price(reference, side, limit, instrument.price_step)
    return price < bound if side is OrderSide.SELL else price > bound


def goes_first(state: State, key: PositionKey) -> bool:
    """Whether a stop of the position fires that its take-profits wait for."""
    firing = state.stops_firing.get(key, ())
    return any(not is_out_of_reach(state, state.triggers[id]) for id in firing)
