"""What candles have shown of a trail or a moved stop is made so, only ever tighter."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import Trailing
from exitd.core.derived import tighter
from exitd.core.events import FactKind
from exitd.core.moving import set_level
from exitd.core.resting import begin_trail, kept, rest, watermark_now
from exitd.core.trigger import TriggerRecord
from exitd.core.turn import Turn
from exitd.core.walking import Walked

_WHY = "candles"


def mend(turn: Turn, record: TriggerRecord, seen: Walked | None) -> TriggerRecord:
    """Let a trigger be where it would be, had it been watched (behaviour 56).

    What the prices since have done to it stays where that is tighter.
    """
    if seen is None:
        return record
    if not isinstance(record.definition.condition, Trailing):
        return _moved(turn, record, seen.level)
    if seen.watermark is not None:
        record = _raised(turn, record, record.definition.condition, seen.watermark)
    return _tightened(turn, record) if seen.is_tightened else record


def _moved(turn: Turn, record: TriggerRecord, level: Decimal | None) -> TriggerRecord:
    known = record.trigger_price
    assert level is not None, "an armed stop has a level"
    assert known is not None
    if tighter(record.definition.direction, level, known) == known:
        return record
    return set_level(turn, record, level, "the price came so far while nobody watched")


def _raised(
    turn: Turn, record: TriggerRecord, condition: Trailing, best: Decimal
) -> TriggerRecord:
    """Begin a trail, or raise what it has seen."""
    known = watermark_now(turn.state, record)
    if known is None:
        after = begin_trail(turn, record, best)
    elif tighter(record.definition.direction, known, best) == known:
        return record
    elif condition.step is not None:
        after = replace(record, watermark=best, ts_changed_ns=turn.now_ns)
    else:
        turn.state.book(record.definition.source).raise_to(record.id, best)
        after = kept(turn.state, record)
    turn.put_trigger(after)
    rest(turn.state, after)
    turn.fact(FactKind.TRIGGER_TRAILING, after, watermark=after.watermark, why=_WHY)
    return after


def _tightened(turn: Turn, record: TriggerRecord) -> TriggerRecord:
    if record.is_tightened:
        return record
    seen = replace(
        kept(turn.state, record), is_tightened=True, ts_changed_ns=turn.now_ns
    )
    turn.put_trigger(seen)
    rest(turn.state, seen)
    turn.fact(FactKind.TRIGGER_TIGHTENED, seen, why=_WHY)
    return seen
