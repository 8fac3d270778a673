"""Which price a relative level is, once the entry and the size are known."""

from decimal import Decimal

from exitd.configuration.level_order import entry_percent
from exitd.core.condition import Level
from exitd.core.position import PositionRecord, Side
from exitd.core.units import HUNDRED, ZERO, ceil_to_step, floor_to_step


def price_of(
    level: Level, position: PositionRecord | None, step: Decimal | None
) -> Decimal | None:
    """
    Make a level of a position a price, as the engine does when it is armed.

    Rounded to the step away from a loss, so that a stop is never looser and a
    take-profit never nearer; None while the entry is not known, or no price is there.
    """
    if isinstance(level, Decimal):
        return level
    if position is None or not position.is_open:
        return None
    entry = position.entry_price
    if not level.follows and position.first_entry_price is not None:
        entry = position.first_entry_price
    if entry is None:
        return None
    side = position.key.side
    percent = entry_percent(level, side)
    if percent is not None:
        price = entry * (HUNDRED + percent) / HUNDRED
    else:
        gain = level.value / position.live
        price = entry + gain if side is Side.LONG else entry - gain
    if price <= ZERO:
        return None
    return price if step is None else _rounded(price, side, step)


def _rounded(price: Decimal, side: Side, step: Decimal) -> Decimal:
    if side is Side.LONG:
        return ceil_to_step(price, step)
    return max(floor_to_step(price, step), step)
