"""Times when nobody watched a source: what candles decide about them.

What candles show as crossed goes by the trigger's policy; what they cannot decide
leaves it flagged until somebody has looked at it, or candles have told.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core import mending, missed
from exitd.core.book import Book
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
from exitd.core.resting import is_expired, watermark_now
from exitd.core.returning import expect_first_price
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition, TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.units import INFINITY, ZERO
from exitd.core.watermarks import is_trailing

#: What a look at a trigger costs, at a candle beside it, and to tell of it; and how
#: much of that fits into one turn of the loop, about in microseconds.
_LOOKED, _FOLLOWED, _TOLD, _TURN_COST = 5, 12, 100, 20_000
#: So many triggers of one hole are told of each by itself; of all of them in one.
_TOLD_SINGLY = 5


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
        else:
            state.market_ends.note_source(seen.source)


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
        begun_ns = min(map(_watches_since, _on_watch(state, source)), default=None)
        if begun_ns is None:
            continue
        seen_ns = book.ts_seen_ns or book.ts_saved_ns
        if book.price is not None:
            seen_ns = max(seen_ns, book.ts_recv_ns)
        found.append((source, book.hole_ns or max(seen_ns, begun_ns)))
    return found


def forget_hole(state: State, definition: TriggerDefinition) -> None:
    """Judge a trigger by no hole before now: somebody has looked at it."""
    confirmation = definition.confirmation
    emergency = confirmation.emergency_source if confirmation is not None else None
    for source in (definition.source, emergency):
        if source is not None:
            state.book(source).hole_watch.pop(definition.id, None)


def _on_watch(state: State, source: PriceSource) -> Iterator[TriggerRecord]:
    """Give what is armed and looks at a source, in no order."""
    triggers = state.triggers
    for trigger_id in state.book(source).watching():
        record = triggers[trigger_id]
        if record.state is TriggerState.ARMED:
            yield record


def _watches_since(record: TriggerRecord) -> int:
    """Give since when a trigger watches as it does now."""
    return record.ts_begun_ns if is_trailing(record) else record.ts_changed_ns


def on_found(turn: Turn, found: HoleFound) -> None:
    """Remember a hole until candles have told of it, over a crash too.

    And who was on watch in it, as it was before the price of now: that may move it.
    """
    state, book = turn.state, turn.state.books.get(found.source)
    if book is None:
        return
    book.hole_ns = min(book.hole_ns or found.since_ns, found.since_ns)
    book.hole_end_ns = found.now_ns
    book.hole_left = None
    expect_first_price(state, book)
    for record in _on_watch(state, found.source):
        known = book.hole_watch.get(record.id)
        if known is None or known.arming != record.arming:
            book.hole_watch[record.id] = _as_it_is(state, record)
    _note(turn, found.source, book.hole_ns)


def _as_it_is(state: State, record: TriggerRecord) -> TriggerRecord:
    """Give a trigger with what its trail has seen."""
    seen = watermark_now(state, record)
    return record if seen == record.watermark else replace(record, watermark=seen)


def on_filled(turn: Turn, hole: HoleFilled) -> None:
    """Let the triggers that were on watch see what candles say of the hole.

    Stops go first: what they leave of a position is judged after (behaviour 18). So
    many are shown them in one turn that prices do not wait for it; the hole stays open,
    and this is to be said again, until all have seen them.
    """
    state, book = turn.state, turn.state.books.get(hole.source)
    if book is None:
        return
    if book.hole_left is None:
        book.hole_left = _in_order(state, book)
    seen = _Seen(
        since_ns=book.hole_ns,
        end_ns=book.hole_end_ns or turn.now_ns,
        low=min((candle.low for candle in hole.candles), default=INFINITY),
        high=max((candle.high for candle in hole.candles), default=ZERO),
    )
    left = _TURN_COST
    while book.hole_left and left > 0:
        left -= _show(turn, hole, seen, book.hole_watch[book.hole_left.pop()])
    if not book.hole_left:
        _close(turn, hole.source, seen.end_ns)


class _Seen(Struct, frozen=True):
    """A hole, and the lowest and the highest price that candles show of it."""

    since_ns: int
    end_ns: int
    low: Decimal
    high: Decimal


def _in_order(state: State, book: Book) -> list[str]:
    """Name those that were on watch, the first to be shown candles at the end."""

    def rank(trigger_id: str) -> tuple[bool, int]:
        role = state.roles.get(trigger_id)
        return role is None or not role.is_stop, book.hole_watch[trigger_id].seq

    return sorted(book.hole_watch, key=rank, reverse=True)


def _show(turn: Turn, hole: HoleFilled, seen: _Seen, then: TriggerRecord) -> int:
    """Let one trigger see candles; gives what that cost, about in microseconds."""
    record = _still(turn.state, then)
    if record is None or _watches_since(then) > seen.end_ns:
        return _LOOKED
    if is_expired(record, turn.now_ns):
        return _LOOKED
    if not record.unseen and missed.is_untouched(then, seen.low, seen.high):
        return _LOOKED
    if record.missed_ns != then.missed_ns:
        # Of a part of this hole it has been told before it became longer.
        then = replace(then, missed_ns=record.missed_ns)
    found = missed.look(turn.state, then, hole.source, hole.candles, seen.since_ns)
    cost = _LOOKED + _FOLLOWED * len(hole.candles)
    cost += _TOLD if found.now is not None else 0
    record = mending.mend(turn, _cleared(turn, record, seen.since_ns), found.now)
    if found.crossed is not None:
        if _tell(turn, hole.source, record, found):
            fire_by_clock(turn, turn.state.triggers[record.id], "missed")
        cost += _TOLD
    elif found.doubt:
        _doubt(turn, hole.source, record, found.doubt, seen.since_ns)
        cost += _TOLD
    return cost


def _still(state: State, then: TriggerRecord) -> TriggerRecord | None:
    """Give a trigger as it is now, if it is on watch as it was when the hole was found.

    What prices and its position have made of it since does not count.
    """
    record = state.triggers.get(then.id)
    if record is None or record.state is not TriggerState.ARMED or record.paused:
        return None
    same = record.definition == then.definition and record.arming == then.arming
    return record if same else None


def on_unknown(turn: Turn, hole: HoleUnknown) -> None:
    """Say of each trigger that it may have missed a price."""
    book = turn.state.books.get(hole.source)
    if book is None:
        return
    since_ns, end_ns = book.hole_ns, book.hole_end_ns or turn.now_ns
    for trigger_id in reversed(_in_order(turn.state, book)):
        then = book.hole_watch[trigger_id]
        record = _still(turn.state, then)
        if record is not None and _watches_since(then) <= end_ns:
            _doubt(turn, hole.source, record, hole.reason, since_ns)
    if hole.is_final:
        _close(turn, hole.source, end_ns)
    else:
        _tell_of_all(turn, hole.source, book)


def _close(turn: Turn, source: PriceSource, end_ns: int) -> None:
    book = turn.state.book(source)
    _tell_of_all(turn, source, book)
    book.hole_ns = book.hole_end_ns = 0
    book.hole_watch, book.hole_left = {}, None
    _note(turn, source, max(end_ns, book.ts_seen_ns))


def _cleared(turn: Turn, record: TriggerRecord, since_ns: int) -> TriggerRecord:
    """Trust a trigger again whose hole candles have told of after all."""
    if not record.unseen or record.unseen_ns < since_ns:
        return record
    trusted = replace(record, unseen="", unseen_ns=0)
    turn.put_trigger(trusted)
    return trusted


def _doubt(
    turn: Turn, source: PriceSource, record: TriggerRecord, why: str, since_ns: int
) -> None:
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
        alert=_is_told_singly(turn, source, _DOUBT),
    )


def _tell(
    turn: Turn, source: PriceSource, record: TriggerRecord, found: missed.Found
) -> bool:
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
        alert=_is_told_singly(turn, source, _FIRED if fires else _MISSED),
    )
    return fires


_MISSED, _FIRED, _DOUBT = range(3)


def _is_told_singly(turn: Turn, source: PriceSource, what: int) -> bool:
    """Count what is told of a hole: at night nobody reads thousands of alerts."""
    book = turn.state.book(source)
    book.hole_told[what] += 1
    return sum(book.hole_told) <= _TOLD_SINGLY


def _tell_of_all(turn: Turn, source: PriceSource, book: Book) -> None:
    """Tell in one what was told of more triggers than anybody reads one by one."""
    told, book.hole_told = book.hole_told, [0, 0, 0]
    if sum(told) <= _TOLD_SINGLY:
        return
    turn.fact(
        FactKind.PRICE_UNWATCHED,
        account=source.feed,
        symbol=source.symbol,
        source=str(source),
        since_ts_ns=book.hole_ns,
        missed=told[_MISSED],
        fires=told[_FIRED],
        unsure=told[_DOUBT],
    )
