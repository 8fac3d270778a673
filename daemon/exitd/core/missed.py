"""What candles say of one trigger: that its level was crossed, or that nobody knows.

A candle has no order: its best and its worst price may have come in either. So it
counts for a level that stood still in it; what moves is followed in `walking`.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.condition import Confirmation, Direction, Trailing
from exitd.core.derived import has_relative_parts, level_of
from exitd.core.hole_inputs import SeenCandle
from exitd.core.market import PriceSource
from exitd.core.resting import is_beyond
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition, TriggerRecord
from exitd.core.walking import View, Walked, walk

_CHANGED = "its level was reached in the candle in which it had last been changed"
_COUNTS = "its level was crossed, and candles do not count the prices beyond it"
_HOLDS = "its level was crossed, and candles do not say for how long"
_BEGAN = "it began in the candle in which the hole did"
_EITHER = "its stop was reached, and candles do not say whether before its best price"
_STEPS = "it went on by steps, and candles do not say at which prices"
_RELATIVE = "its stop was reached, if its position was then what it is now"


class Found(Struct, frozen=True):
    """The candle in which a level was `crossed`, or why nobody knows whether it was.

    `now` is what has become of its trail or of its level by then; None where nothing
    of it moves. Where it moved, it has not `stood_still`.
    """

    crossed: SeenCandle | None = None
    level: Decimal | None = None
    doubt: str = ""
    now: Walked | None = None
    stood_still: bool = True

    @property
    def was_reached(self) -> bool:
        return self.crossed is not None or bool(self.doubt)


def is_untouched(record: TriggerRecord, low: Decimal, high: Decimal) -> bool:
    """Whether prices from *low* to *high* mean nothing to what waits for one level.

    Most of a hundred thousand triggers are far away; each is done with in this. A trail
    has no level of its own.
    """
    definition, level = record.definition, record.trigger_price
    if level is None or definition.confirmation is not None or definition.moves:
        return False
    falls = definition.direction is Direction.FALLING
    return low > level if falls else high < level


def look(
    state: State,
    record: TriggerRecord,
    source: PriceSource,
    candles: Sequence[SeenCandle],
    since_ns: int,
) -> Found:
    """Say what the candles of a source, oldest first, mean to a trigger on watch.

    Args:
        since_ns: When the hole in which they are began, UTC.
    """
    definition = record.definition
    if source != definition.source:
        return _emergency(state, record, candles)
    if isinstance(definition.condition, Trailing):
        return _followed(state, record, candles, since_ns)
    if definition.confirmation is not None:
        found = _confirmed(state, record, definition.confirmation, candles)
    else:
        found = _reached(record, record.trigger_price, candles)
    if not definition.moves:
        return found
    moved = _followed(state, record, candles, since_ns)
    if definition.confirmation is None:
        return moved
    if not moved.stood_still:
        # It has to stay crossed where it moved to, and nobody counts that here.
        is_doubted = found.crossed is None and not found.doubt and moved.was_reached
        found = replace(found, doubt=_HOLDS if is_doubted else found.doubt)
    return replace(found, now=moved.now, stood_still=moved.stood_still)


def _followed(
    state: State,
    record: TriggerRecord,
    candles: Sequence[SeenCandle],
    since_ns: int,
) -> Found:
    """Follow a stop that moves, as loosely and as tightly as it may have gone."""
    likely = sure = most = walk(state, record, candles, since_ns, View.LIKELY)
    condition = record.definition.condition
    if _is_relative(record.definition):
        sure = walk(state, record, candles, since_ns, View.SURE)
    if _is_vague(record, candles):
        most = walk(state, record, candles, since_ns, View.MOST)
    doubt = ""
    if sure.crossed is None and most.reached:
        doubt = _EITHER
        if most.in_part:
            doubt = _BEGAN if isinstance(condition, Trailing) else _CHANGED
        elif likely.crossed is not None:
            doubt = _RELATIVE
    elif sure.crossed is None and likely.stand != most.stand:
        doubt = _CHANGED
        if isinstance(condition, Trailing):
            doubt = _BEGAN if condition.step is None else _STEPS
    return Found(
        crossed=sure.crossed,
        level=sure.stop,
        doubt=doubt,
        now=likely,
        stood_still=most.level == record.trigger_price,
    )


def _is_relative(definition: TriggerDefinition) -> bool:
    """Whether its position decides when its stop moves, or to where."""
    moves = definition.moves
    return has_relative_parts(definition) or any(
        not isinstance(move.to, Decimal) for move in moves
    )


def _is_vague(record: TriggerRecord, candles: Sequence[SeenCandle]) -> bool:
    """Whether candles leave it open how far a stop went."""
    condition = record.definition.condition
    if isinstance(condition, Trailing) and condition.step is not None:
        return True
    since_ns = max(record.ts_changed_ns, record.ts_begun_ns)
    return any(candle.ts_open_ns < since_ns for candle in candles)


def _worst(record: TriggerRecord, candle: SeenCandle) -> Decimal:
    """Give the price of a candle that is nearest to hitting a trigger."""
    falls = record.definition.direction is Direction.FALLING
    return candle.low if falls else candle.high


def _best(record: TriggerRecord, candle: SeenCandle) -> Decimal:
    falls = record.definition.direction is Direction.FALLING
    return candle.high if falls else candle.low


def _is_news(record: TriggerRecord, candle: SeenCandle) -> bool:
    """Whether a candle says something of a trigger as it stands, and for the first."""
    return (
        candle.ts_close_ns > record.ts_changed_ns
        and candle.ts_open_ns > record.missed_ns
    )


def _reached(
    record: TriggerRecord, level: Decimal | None, candles: Sequence[SeenCandle]
) -> Found:
    """Find the first candle that has come to a level."""
    way, doubt = record.definition.direction, ""
    for candle in candles:
        if level is None or not _is_news(record, candle):
            continue
        if not is_beyond(way, level, _worst(record, candle)):
            continue
        if candle.ts_open_ns >= record.ts_changed_ns:
            return Found(crossed=candle, level=level)
        doubt = _CHANGED
    return Found(doubt=doubt)


def _emergency(
    state: State, record: TriggerRecord, candles: Sequence[SeenCandle]
) -> Found:
    """Look for the emergency level, which waits for nothing."""
    confirmation = record.definition.confirmation
    if confirmation is None or confirmation.emergency is None:
        return Found()
    level = level_of(state, record.definition, confirmation.emergency)
    return _reached(record, level, candles)


def _confirmed(
    state: State,
    record: TriggerRecord,
    confirmation: Confirmation,
    candles: Sequence[SeenCandle],
) -> Found:
    """As `_reached`, for a level that has to stay crossed."""
    if not (confirmation.for_ns or confirmation.prices):
        return _reached(record, record.trigger_price, candles)
    found = _emergency(state, record, candles)
    # A confirmation under way is decided by the first price (behaviour 134).
    if found.crossed is not None or record.confirm_ns:
        return found
    if confirmation.for_ns:
        return _held(record, confirmation.for_ns, candles)
    crossed = _reached(record, record.trigger_price, candles)
    is_crossed = crossed.crossed is not None or crossed.doubt
    return Found(doubt=_COUNTS if is_crossed else "")


def _held(record: TriggerRecord, for_ns: int, candles: Sequence[SeenCandle]) -> Found:
    """Find where every price of candles in a row is beyond the level for so long.

    Those that are beyond it in part may make a time longer, or may not.
    """
    level, way = record.trigger_price, record.definition.direction
    held_ns = could_ns = 0
    doubt = ""
    for candle in candles:
        length_ns = candle.ts_close_ns - candle.ts_open_ns
        touched = level is not None and is_beyond(way, level, _worst(record, candle))
        if level is None or not touched or not _is_news(record, candle):
            held_ns = could_ns = 0
            continue
        could_ns += length_ns
        is_whole = is_beyond(way, level, _best(record, candle))
        is_clean = candle.ts_open_ns >= record.ts_changed_ns
        held_ns = held_ns + length_ns if is_whole and is_clean else 0
        if held_ns >= for_ns:
            return Found(crossed=candle, level=level)
        if could_ns >= for_ns or not length_ns:
            doubt = _HOLDS
        if not is_whole:
            # The price was back; what it did after may be a beginning.
            could_ns = length_ns
    return Found(doubt=doubt)
