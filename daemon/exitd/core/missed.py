"""What candles say of one trigger: that its level was crossed, or that nobody knows.

A candle has no order: its best and its worst price may have come in either. So it
counts for a level that stood still in it, and for a trail by what was seen before it.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.core.condition import Confirmation, Direction, Trailing
from exitd.core.derived import level_of, tighter
from exitd.core.hole_inputs import SeenCandle
from exitd.core.market import PriceSource
from exitd.core.resting import OPPOSITE, is_beyond, offset_of
from exitd.core.state import State
from exitd.core.stepping import next_step, stepped_stop
from exitd.core.trigger import TriggerRecord
from exitd.core.units import text
from exitd.core.watermarks import is_trailing

_CHANGED = "its level was reached in the candle in which it had last been changed"
_COUNTS = "its level was crossed, and candles do not count the prices beyond it"
_HOLDS = "its level was crossed, and candles do not say for how long"
_BEGAN = "it began in the candle in which the hole did"
_EITHER = "its stop was reached, and candles do not say whether before its best price"


class Found(Struct, frozen=True):
    """The candle in which a level was `crossed`, or why nobody knows whether it was.

    `best` is the best price that a trail would have seen; None where it trails nothing.
    """

    crossed: SeenCandle | None = None
    level: Decimal | None = None
    doubt: str = ""
    best: Decimal | None = None


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
    condition = definition.condition
    if source != definition.source:
        return _emergency(state, record, candles)
    if isinstance(condition, Trailing) and condition.step is None:
        if not is_trailing(record):
            return Found(doubt=_on_the_way(state, record, candles))
        found = _trail(state, record, condition, candles, since_ns)
    elif definition.confirmation is not None:
        found = _confirmed(state, record, definition.confirmation, candles)
    else:
        found = _reached(state, record, record.trigger_price, candles)
    if found.crossed is None and not found.doubt:
        doubt = _on_the_way(state, record, candles)
        return Found(doubt=doubt, best=found.best)
    return found


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
    state: State,
    record: TriggerRecord,
    level: Decimal | None,
    candles: Sequence[SeenCandle],
) -> Found:
    """Find the first candle that has come to a level."""
    condition, way = record.definition.condition, record.definition.direction
    if isinstance(condition, Trailing):
        # One that moves in steps; each of them was written down.
        if record.watermark is None:
            return Found()
        level = stepped_stop(record.watermark, offset_of(record, condition), way)
    doubt = ""
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
    return _reached(state, record, level, candles)


def _confirmed(
    state: State,
    record: TriggerRecord,
    confirmation: Confirmation,
    candles: Sequence[SeenCandle],
) -> Found:
    """As `_reached`, for a level that has to stay crossed."""
    if not (confirmation.for_ns or confirmation.prices):
        return _reached(state, record, record.trigger_price, candles)
    found = _emergency(state, record, candles)
    # A confirmation under way is decided by the first price (behaviour 134).
    if found.crossed is not None or record.confirm_ns:
        return found
    if confirmation.for_ns:
        return _held(record, confirmation.for_ns, candles)
    crossed = _reached(state, record, record.trigger_price, candles)
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


def _trail(
    state: State,
    record: TriggerRecord,
    condition: Trailing,
    candles: Sequence[SeenCandle],
    since_ns: int,
) -> Found:
    """Follow the candles as a trail would, one after the other (behaviours 48, 56).

    A candle counts for one that had begun before it: its best price may be older than
    a trail that began in it, and than the watermark of one that was watched in it.
    """
    way = record.definition.direction
    trailed = state.book(record.definition.source).trailed(record.id)
    assert trailed is not None, "what trails has its stop in the book"
    best, offset = trailed[0], offset_of(record, condition)
    crossed, level, doubt = None, None, ""
    for candle in candles:
        if candle.ts_close_ns <= record.ts_begun_ns:
            continue
        worst, stop = _worst(record, candle), stepped_stop(best, offset, way)
        if candle.ts_open_ns < record.ts_begun_ns:
            doubt = _BEGAN
            continue
        best = tighter(way, best, _best(record, candle))
        if crossed is not None or candle.ts_open_ns <= record.missed_ns:
            continue
        if is_beyond(way, stop, worst) and candle.ts_open_ns >= since_ns:
            crossed, level = candle, stop
        elif is_beyond(way, stepped_stop(best, offset, way), worst):
            doubt = _EITHER
    return Found(crossed=crossed, level=level, doubt=doubt, best=best)


def _on_the_way(
    state: State, record: TriggerRecord, candles: Sequence[SeenCandle]
) -> str:
    """Say that a price came which would have moved a stop, or begun a trail."""
    for level in _ahead(state, record):
        way = OPPOSITE[record.definition.direction]
        for candle in candles:
            if _is_news(record, candle) and is_beyond(
                way, level, _best(record, candle)
            ):
                return (
                    f"its stop would have moved at {text(level)}, where the price was"
                )
    return ""


def _ahead(state: State, record: TriggerRecord) -> list[Decimal]:
    """Give the prices at which a stop begins, narrows, steps or moves."""
    definition, condition = record.definition, record.definition.condition
    levels = [move.at for move in definition.moves]
    found: list[Decimal | None] = []
    if isinstance(condition, Trailing):
        if not record.trail_seq:
            levels.append(condition.after)
        elif condition.step is not None and record.watermark is not None:
            way = definition.direction
            found.append(next_step(record.watermark, condition.step, way))
        if condition.tighten is not None and not record.is_tightened:
            levels.append(condition.tighten.at)
    found += [level_of(state, definition, at) for at in levels if at is not None]
    return [level for level in found if level is not None]
