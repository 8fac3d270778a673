"""Which way a price must come from to reach a level of a position."""

from exitd.core.condition import ConditionKind, Direction
from exitd.core.position import Side

ADVERSE = {Side.LONG: Direction.FALLING, Side.SHORT: Direction.RISING}
_DIRECTIONS: dict[tuple[ConditionKind, Side | None], Direction] = {
    (ConditionKind.STOP_LOSS, Side.LONG): Direction.FALLING,
    (ConditionKind.STOP_LOSS, Side.SHORT): Direction.RISING,
    (ConditionKind.TAKE_PROFIT, Side.LONG): Direction.RISING,
    (ConditionKind.TAKE_PROFIT, Side.SHORT): Direction.FALLING,
    **{(ConditionKind.ABOVE, side): Direction.RISING for side in (None, *Side)},
    **{(ConditionKind.BELOW, side): Direction.FALLING for side in (None, *Side)},
}


def direction_of(kind: ConditionKind, side: Side | None) -> Direction:
    """Say which way a price must come from; a stop or a target has a side."""
    return _DIRECTIONS[kind, side]
