"""What trails have seen: stored per source, and taken up again at a start."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book
from exitd.core.condition import Direction, Trailing
from exitd.core.market import PriceSource
from exitd.core.records import Snapshot, WatermarksRecord
from exitd.core.resting import rest
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
    book = turn.state.books.get(source)
    if book is None:
        return
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
