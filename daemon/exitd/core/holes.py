"""Times when nobody watched a source: what candles decide about them.

What candles show as crossed goes by the trigger's policy; what they cannot decide
leaves it flagged until somebody has looked at it, or candles have told.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from exitd.core import missed
from exitd.core.condition import Missed
from exitd.core.events import FactKind
from exitd.core.hits import fire_by_clock
from exitd.core.hole_inputs import (
    HoleFilled,
    HoleFound,
    HoleUnknown,
    SourcesSeen,
)
from exitd.core.market import PriceSource
from exitd.core.records import SeenRecord, Snapshot
from exitd.core.resting import is_expired, kept, rest, watermark_now
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.units import INFINITY, ZERO
from exitd.core.watermarks import is_trailing


def on_seen(turn: Turn, told: SourcesSeen) -> None:
    """Note up to when sources were watched, where no hole is open."""
    for source, ts_ns in told.seen:
        book = turn.state.books.get(source)
        if book is not None and not book.hole_ns and ts_ns > book.ts_seen_ns:
            _note(turn, source, ts_ns)


def _note(turn: Turn, source: PriceSource, ts_ns: int) -> None:
    turn.state.book(source).ts_seen_ns = ts_ns
    turn.records["seen", source] = SeenRecord(source, ts_ns)


def restore_seen(state: State, snapshot: Snapshot) -> None:
    """Take up since when each source that is watched has not been seen."""
    for seen in snapshot.seen:
        book = state.books.get(seen.source)
        if book is not None:
            book.ts_seen_ns = seen.ts_ns


def unseen_since(state: State, feed: str) -> list[tuple[PriceSource, int]]:
    """Give each source of a feed that a trigger watches, and since when unseen.

    That is the last price, and after a start what is stored, a second old at most;
    but not before the first of its triggers came to watch. Prices that several sources
    agree on go on without one of them.
    """
    found = []
    for source, book in state.books.items():
        if feed not in {part.feed for part in source.parts}:
            continue
        if not source.is_spread and any(part.feed != feed for part in source.parts):
            continue
        begun = [_watches_since(record) for record in _on_watch(state, source)]
        if not begun:
            continue
        seen_ns = book.ts_seen_ns or book.ts_saved_ns
        if book.price is not None:
            seen_ns = max(seen_ns, book.ts_recv_ns)
        found.append((source, book.hole_ns or max(seen_ns, min(begun))))
    return found


def _on_watch(state: State, source: PriceSource) -> Iterator[TriggerRecord]:
    """Give what is armed and looks at a source, in the order in which it was armed."""
    records = (state.triggers[i] for i in state.book(source).watching())
    armed = (r for r in records if r.state is TriggerState.ARMED)
    return iter(sorted(armed, key=lambda record: record.seq))


def _watches_since(record: TriggerRecord) -> int:
    """Give since when a trigger watches as it does now."""
    return record.ts_begun_ns if is_trailing(record) else record.ts_changed_ns


def on_found(turn: Turn, found: HoleFound) -> None:
    """Remember a hole until candles have told of it, over a crash too."""
    book = turn.state.book(found.source)
    book.hole_ns = min(book.hole_ns or found.since_ns, found.since_ns)
    book.hole_end_ns = found.now_ns
    _note(turn, found.source, book.hole_ns)


def on_filled(turn: Turn, hole: HoleFilled) -> None:
    """Let every trigger that was on watch see what candles say of the hole.

    Stops go first: what they leave of a position is judged after (behaviour 18).
    """
    since_ns, end_ns = _bounds(turn, hole.source)
    firing: list[TriggerRecord] = []
    low = min((candle.low for candle in hole.candles), default=INFINITY)
    high = max((candle.high for candle in hole.candles), default=ZERO)
    for record in list(_on_watch(turn.state, hole.source)):
        if _watches_since(record) > end_ns or is_expired(record, turn.now_ns):
            continue
        if not record.unseen and missed.is_untouched(record, low, high):
            continue
        found = missed.look(turn.state, record, hole.source, hole.candles, since_ns)
        record = _mend(turn, _cleared(turn, record, since_ns), found)
        if found.crossed is not None:
            if _tell(turn, record, found):
                firing.append(record)
        elif found.doubt:
            _doubt(turn, record, found.doubt, since_ns)
    _close(turn, hole.source, end_ns)
    for record in sorted(firing, key=lambda r: not turn.state.roles[r.id].is_stop):
        fire_by_clock(turn, turn.state.triggers[record.id], "missed")


def on_unknown(turn: Turn, hole: HoleUnknown) -> None:
    """Say of each trigger that it may have missed a price."""
    since_ns, end_ns = _bounds(turn, hole.source)
    for record in list(_on_watch(turn.state, hole.source)):
        if _watches_since(record) <= end_ns:
            _doubt(turn, record, hole.reason, since_ns)
    if hole.is_final:
        _close(turn, hole.source, end_ns)


def _bounds(turn: Turn, source: PriceSource) -> tuple[int, int]:
    book = turn.state.book(source)
    return book.hole_ns, book.hole_end_ns or turn.now_ns


def _close(turn: Turn, source: PriceSource, end_ns: int) -> None:
    book = turn.state.book(source)
    book.hole_ns = book.hole_end_ns = 0
    _note(turn, source, max(end_ns, book.ts_seen_ns))


def _cleared(turn: Turn, record: TriggerRecord, since_ns: int) -> TriggerRecord:
    """Trust a trigger again whose hole candles have told of after all."""
    if not record.unseen or record.unseen_ns < since_ns:
        return record
    trusted = replace(record, unseen="", unseen_ns=0)
    turn.put_trigger(trusted)
    return trusted


def _doubt(turn: Turn, record: TriggerRecord, why: str, since_ns: int) -> None:
    """Flag a trigger; somebody is told once, however often it is doubted."""
    if record.unseen:
        return
    doubted = replace(record, unseen=why, unseen_ns=since_ns)
    turn.put_trigger(doubted)
    turn.fact(
        FactKind.TRIGGER_UNCERTAIN,
        doubted,
        watermark=watermark_now(turn.state, doubted),
        since_ts_ns=since_ns,
        why=why,
        alert=True,
    )


def _mend(turn: Turn, record: TriggerRecord, found: missed.Found) -> TriggerRecord:
    """Let a trail have seen the best price that candles show (behaviour 56)."""
    if found.best is None:
        return record
    turn.state.book(record.definition.source).raise_to(record.id, found.best)
    after = kept(turn.state, record)
    if after is record:
        return record
    turn.put_trigger(after)
    rest(turn.state, after)
    turn.fact(
        FactKind.TRIGGER_TRAILING, after, watermark=after.watermark, why="candles"
    )
    return after


def _tell(turn: Turn, record: TriggerRecord, found: missed.Found) -> bool:
    """Tell of a crossing that nobody saw; whether it is to fire for it now."""
    candle = found.crossed
    assert candle is not None
    policies = turn.state.policies
    asked = record.definition.missed or policies.missed
    # A guard wants a price borne out, and a candle cannot say whether it was.
    fires = asked is Missed.FIRE and policies.guard_percent is None
    told = replace(record, missed_ns=candle.ts_open_ns)
    turn.put_trigger(told)
    turn.fact(
        FactKind.TRIGGER_MISSED,
        told,
        level=found.level,
        candle_ts_ns=candle.ts_open_ns,
        low=candle.low,
        high=candle.high,
        fires=fires,
        alert=True,
    )
    return fires
