"""What trails have seen: stored per source, and mended where nobody watched."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book
from exitd.core.condition import Direction, Trailing
from exitd.core.events import FactKind
from exitd.core.inputs import HoleFilled, HoleUnknown
from exitd.core.market import PriceSource
from exitd.core.records import Snapshot, WatermarksRecord
from exitd.core.resting import kept, rest, watermark_now
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trails import restored_watermark
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S

_SAVED_EVERY_NS = NS_PER_S


def save(turn: Turn, source: PriceSource, book: Book) -> None:
    """Write down what trails have seen, at most once a second."""
    book.is_unsaved, book.is_saving, book.ts_saved_ns = False, True, turn.now_ns
    for way in Direction:
        marks = book.marks(way)
        if marks:
            turn.records[source, way] = WatermarksRecord(
                source=source, way=way, marks=marks, ts_ns=turn.now_ns
            )
    due_ns = turn.now_ns + _SAVED_EVERY_NS
    turn.at(Timer(due_ns, TimerKind.WATERMARKS, "", 0, source=source))


def on_save_due(turn: Turn, source: PriceSource) -> None:
    book = turn.state.book(source)
    book.is_saving = False
    if book.is_unsaved:
        save(turn, source, book)


def restore_trails(state: State, snapshot: Snapshot) -> None:
    """Let the trails that had begun go on, in the order in which they began."""
    begun = [record for record in snapshot.triggers if is_trailing(record)]
    marks = {(w.source, w.way): _for_sells(w) for w in snapshot.watermarks}
    for record in sorted(begun, key=lambda r: r.trail_seq):
        definition, start = record.definition, record.watermark
        assert start is not None, "a trail begins with a watermark"
        source, way, condition = (
            definition.source,
            definition.direction,
            definition.condition,
        )
        assert isinstance(condition, Trailing)
        if condition.step is not None:
            # Each of its steps was written down.
            rest(state, record)
            continue
        seen = _as_sell(
            restored_watermark(
                _as_sell(start, way), record.trail_seq, marks.get((source, way), ())
            ),
            way,
        )
        rest(state, replace(record, watermark=seen))
    for (source, way), found in marks.items():
        state.book(source).restore_marks(way, found)
    for saved in snapshot.watermarks:
        book = state.book(saved.source)
        book.ts_saved_ns = max(book.ts_saved_ns, saved.ts_ns)


def _as_sell(price: Decimal, way: Direction) -> Decimal:
    """Mirror a price for buy trails, which follow lows."""
    return price if way is Direction.FALLING else price.copy_negate()


def _for_sells(record: WatermarksRecord) -> tuple[tuple[int, Decimal], ...]:
    return tuple((seq, _as_sell(price, record.way)) for seq, price in record.marks)


def is_trailing(record: TriggerRecord) -> bool:
    """Whether a trail has begun and follows the price."""
    return record.trail_seq > 0 and record.state is TriggerState.ARMED


def on_hole_filled(turn: Turn, hole: HoleFilled) -> None:
    """Let trails see what candles say of the time when nobody watched.

    A candle counts for those that had begun before it: its best price may be older
    than a trail that began in it (behaviours 48, 56).
    """
    for record in _trails_of(turn, hole.source):
        way = record.definition.direction
        seen = [
            candle.high if way is Direction.FALLING else candle.low
            for candle in hole.candles
            if candle.ts_open_ns >= record.ts_begun_ns
        ]
        if len(seen) < len(hole.candles):
            _doubt(turn, record, "it began in the candle in which the hole did")
        if not seen:
            continue
        best = max(seen) if way is Direction.FALLING else min(seen)
        book = turn.state.book(hole.source)
        book.raise_to(record.id, best)
        after = kept(turn.state, record)
        if after is not record:
            turn.put_trigger(after)
            rest(turn.state, after)
            turn.fact(
                FactKind.TRIGGER_TRAILING,
                after,
                watermark=after.watermark,
                why="candles",
            )


def on_hole_unknown(turn: Turn, hole: HoleUnknown) -> None:
    """Say of each trail that it may have missed a better price."""
    for record in _trails_of(turn, hole.source):
        _doubt(turn, record, hole.reason)


def _doubt(turn: Turn, record: TriggerRecord, why: str) -> None:
    turn.state.uncertain[record.id] = None
    turn.fact(
        FactKind.TRIGGER_UNCERTAIN,
        record,
        watermark=watermark_now(turn.state, record),
        why=why,
        alert=True,
    )


def unseen_since(state: State, feed: str) -> list[tuple[PriceSource, int]]:
    """Give each source of a feed that trails follow, and since when they miss it.

    That is the last price, and after a start what is stored: a second old at most
    while prices made it move, and before that they had seen all.
    """
    found = []
    for source, book in state.books.items():
        if source.feed != feed:
            continue
        begun = [state.triggers[i].ts_begun_ns for i in book.trailing()]
        if begun:
            seen_ns = book.ts_recv_ns if book.price is not None else book.ts_saved_ns
            found.append((source, max(seen_ns, min(begun))))
    return found


def _trails_of(turn: Turn, source: PriceSource) -> list[TriggerRecord]:
    triggers = turn.state.triggers
    return [triggers[trigger_id] for trigger_id in turn.state.book(source).trailing()]
