"""Putting triggers into the books and taking them out again."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book, Wake
from exitd.core.client_ids import reserve
from exitd.core.condition import Direction, Offset, Trailing
from exitd.core.derived import level_of, needs_entry, priced, tighter
from exitd.core.events import FactKind
from exitd.core.known_prices import fresh_price, price_to_arm_by
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.schedule import due_of
from exitd.core.state import State, Timer, TimerKind
from exitd.core.stepping import next_step, stepped_stop
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO

_FOR_A_PRICE = (WaitingFor.FIRST_PRICE, WaitingFor.RIGHT_SIDE)
_HIT_OR_OVER = (TriggerState.FIRING, TriggerState.DONE)
OPPOSITE = {
    Direction.FALLING: Direction.RISING,
    Direction.RISING: Direction.FALLING,
}


def is_beyond(way: Direction, level: Decimal, price: Decimal) -> bool:
    """Whether *price* is at or beyond a level; touching counts as crossing."""
    return price <= level if way is Direction.FALLING else price >= level


def is_crossed(definition: TriggerDefinition, price: Decimal) -> bool:
    """Whether *price* is at or beyond the level that was asked for as a price."""
    level = definition.level
    return level is not None and is_beyond(definition.direction, level, price)


def has_crossed(record: TriggerRecord, price: Decimal) -> bool:
    """Whether *price* is at or beyond the level that is watched now."""
    level = record.trigger_price
    return level is not None and is_beyond(record.definition.direction, level, price)


def level_now(state: State, record: TriggerRecord) -> Decimal | None:
    """Give the price that would hit a trigger now; None where there is none yet.

    Of what is hit or over, the price that has hit it.
    """
    condition = record.definition.condition
    if not isinstance(condition, Trailing) or record.state in _HIT_OR_OVER:
        return record.trigger_price
    trailed = state.trailed(record)
    if trailed is not None:
        return trailed[1]
    if record.watermark is None or not goes_on(record):
        return None
    offset = offset_of(record, condition)
    return stepped_stop(record.watermark, offset, record.definition.direction)


def watermark_now(state: State, record: TriggerRecord) -> Decimal | None:
    """Give the best price that a trail has seen; None for what trails nothing now."""
    if not goes_on(record):
        return None
    trailed = state.trailed(record)
    return trailed[0] if trailed is not None else record.watermark


def goes_on(record: TriggerRecord) -> bool:
    """Whether a trail that has begun follows, or waits for a price before its stop."""
    return record.trail_seq > 0 and (
        record.state is TriggerState.ARMED or record.waiting_for in _FOR_A_PRICE
    )


def waits_for_price(definition: TriggerDefinition) -> bool:
    """Whether a price has to say on which side of its level it is, before it watches.

    A closed candle cannot: it is old the moment it is known, and the next one is news.
    """
    return definition.watches_price and not definition.source.closed


def rest(state: State, record: TriggerRecord) -> None:
    """Let a trigger's state decide how its books watch for it.

    What counts prices beyond its level goes on with its count.
    """
    definition = record.definition
    if not definition.watches_price:
        return
    counted = state.book(definition.source).counting.get(record.id)
    unrest(state, record)
    rest_anew(state, record, counted)


def rest_anew(state: State, record: TriggerRecord, counted: int | None = None) -> None:
    """As `rest`, for what rests nowhere now."""
    definition = record.definition
    if record.paused or not definition.watches_price:
        return
    book = state.book(definition.source)
    if record.state is TriggerState.ARMED:
        if isinstance(definition.condition, Trailing):
            _rest_trail(state, book, record, definition.condition)
        else:
            _rest_level(state, book, record, counted)
        _rest_moves(state, book, record)
    elif record.waiting_for is WaitingFor.RIGHT_SIDE:
        level = record.trigger_price
        assert level is not None, "what is on the wrong side of its level has one"
        book.add(record.id, level, OPPOSITE[definition.direction], record.seq)
    elif record.waiting_for is WaitingFor.FIRST_PRICE:
        book.pending[record.id] = None


def _rest_level(
    state: State, book: Book, record: TriggerRecord, counted: int | None
) -> None:
    definition, level = record.definition, record.trigger_price
    assert level is not None, "a level is known before it is armed"
    way, confirmation = definition.direction, definition.confirmation
    if counted is not None:
        book.counting[record.id] = counted
    elif not record.confirm_ns:
        book.add(record.id, level, way, record.seq)
    else:
        book.wake(record.id, Wake.BACK, level, OPPOSITE[way], record.seq)
        book.timing[record.id] = None
        if book.price is None:
            # Its time may be over before the first price since a restart.
            book.pending[record.id] = None
    if confirmation is None or confirmation.emergency is None:
        return
    emergency = level_of(state, definition, confirmation.emergency)
    if emergency is None:
        return
    if confirmation.emergency_source is not None:
        book = state.book(confirmation.emergency_source)
    elif not record.confirm_ns:
        # Beyond the level itself, which is looked at first.
        return
    book.wake(record.id, Wake.EMERGENCY, emergency, way, record.seq)


def _rest_trail(
    state: State, book: Book, record: TriggerRecord, condition: Trailing
) -> None:
    definition = record.definition
    way = definition.direction
    ahead = OPPOSITE[way]
    if record.trail_seq:
        _rest_begun(book, record, condition)
    elif condition.after is not None:
        begin = level_of(state, definition, condition.after)
        if begin is not None:
            book.wake(record.id, Wake.BEGIN, begin, ahead, record.seq)
    else:
        book.pending[record.id] = None
    if condition.tighten is not None and not record.is_tightened:
        at = level_of(state, definition, condition.tighten.at)
        if at is not None:
            book.wake(record.id, Wake.TIGHTEN, at, ahead, record.seq)


def offset_of(record: TriggerRecord, condition: Trailing) -> Offset:
    """Give how far a trail is behind its watermark now."""
    if record.is_tightened and condition.tighten is not None:
        return condition.tighten.to
    return condition.offset


def _rest_begun(book: Book, record: TriggerRecord, condition: Trailing) -> None:
    """Let a trail that has begun follow the price, or wait for its next step."""
    watermark, way = record.watermark, record.definition.direction
    assert watermark is not None, "a trail begins with a watermark"
    offset = offset_of(record, condition)
    if condition.step is None:
        book.trail(record.id, offset, watermark, way, record.trail_seq)
        return
    book.add(record.id, stepped_stop(watermark, offset, way), way, record.seq)
    ahead = next_step(watermark, condition.step, way)
    book.wake(record.id, Wake.STEP, ahead, OPPOSITE[way], record.seq)


def _rest_moves(state: State, book: Book, record: TriggerRecord) -> None:
    definition = record.definition
    for number, move in enumerate(definition.moves):
        if move.at is None:
            continue
        at = level_of(state, definition, move.at)
        if at is not None:
            way = OPPOSITE[definition.direction]
            book.wake(record.id, f"{Wake.MOVE}{number}", at, way, record.seq)


def unrest(state: State, record: TriggerRecord) -> None:
    definition = record.definition
    state.book(definition.source).remove(record.id)
    confirmation = definition.confirmation
    if confirmation is not None and confirmation.emergency_source is not None:
        state.book(confirmation.emergency_source).remove(record.id)


def kept(state: State, record: TriggerRecord) -> TriggerRecord:
    """Take along what a trail has seen, before it is put elsewhere or away.

    It gets a new place: what its source stores belongs to the old one.
    """
    if not record.trail_seq:
        return record
    trailed = state.book(record.definition.source).trailed(record.id)
    if trailed is None or trailed[0] == record.watermark:
        return record
    return replace(record, watermark=trailed[0], trail_seq=state.next_seq())


def arm(
    turn: Turn, record: TriggerRecord, cause: TriggerCause, *, lifetime: int
) -> TriggerRecord:
    """Begin a new arming: a new number and its place in the order.

    Where its level cannot be worked out yet, it waits until it can be. A trail that
    goes on keeps what it has seen, in a new place.
    """
    fresh = replace(record, lifetime=lifetime, level=None, is_moved=False)
    fresh = priced(turn.state, fresh)
    if is_level_unknown(fresh):
        return wait(turn, fresh, TriggerCause.TEMPLATE_RESET, WaitingFor.ENTRY)
    seen = _best_seen(turn, record) if goes_on(record) else None
    armed = replace(
        fresh,
        state=next_trigger_state(record.state, cause),
        waiting_for=WaitingFor.NOTHING,
        reason=DoneReason.NONE,
        arming=record.arming + 1,
        seq=turn.state.next_seq(),
        first_id=reserve(turn, record.definition),
        filled=ZERO,
        watermark=seen,
        trail_seq=turn.state.next_seq() if seen is not None else 0,
        is_tightened=record.is_tightened and seen is not None,
        confirm_ns=0,
        unseen="",
        unseen_ns=0,
        ts_armed_ns=turn.now_ns,
        ts_changed_ns=turn.now_ns,
    )
    armed = begun(turn, armed)
    turn.put_trigger(armed)
    rest(turn.state, armed)
    watch_time(turn, armed)
    turn.fact(
        FactKind.TRIGGER_ARMED,
        armed,
        level=armed.trigger_price,
        arming=armed.arming,
        lifetime=lifetime,
    )
    return armed


def is_level_unknown(record: TriggerRecord) -> bool:
    """Whether the entry price is to decide a level, and has not been told."""
    return needs_entry(record.definition) and record.trigger_price is None


def _best_seen(turn: Turn, record: TriggerRecord) -> Decimal | None:
    """Give the watermark of a trail that comes back, by the price that it came by."""
    watermark, condition = record.watermark, record.definition.condition
    price = fresh_price(turn.state, record.definition, turn.now_ns)
    assert isinstance(condition, Trailing)
    if watermark is None or price is None or condition.step is not None:
        return watermark
    return tighter(record.definition.direction, watermark, price)


def begun(turn: Turn, record: TriggerRecord) -> TriggerRecord:
    """Let a trail begin at the price of now, where it is time for it and there is one.

    Activation exactly at the current price: active at once (behaviour 61).
    """
    definition, condition = record.definition, record.definition.condition
    if not isinstance(condition, Trailing) or record.trail_seq:
        return record
    price = price_to_arm_by(turn.state, definition, turn.now_ns)
    if price is None:
        return record
    if condition.after is not None:
        begin = level_of(turn.state, definition, condition.after)
        ahead = OPPOSITE[definition.direction]
        if begin is None or not is_beyond(ahead, begin, price):
            return record
    return begin_trail(turn, record, price)


def begin_trail(turn: Turn, record: TriggerRecord, price: Decimal) -> TriggerRecord:
    """Begin a trail at a price: it has seen nothing before (behaviours 44, 48)."""
    seq = turn.state.next_seq()
    return replace(
        record,
        watermark=price,
        trail_seq=seq,
        ts_begun_ns=turn.now_ns,
        ts_changed_ns=turn.now_ns,
    )


def watch_time(turn: Turn, record: TriggerRecord) -> None:
    """Set the timer of an exit at a time."""
    due_ns = due_of(turn.state, record)
    if due_ns is not None:
        turn.at(Timer(due_ns, TimerKind.DUE, record.id, record.arming))


def wait(
    turn: Turn, record: TriggerRecord, cause: TriggerCause, why: WaitingFor
) -> TriggerRecord:
    """Keep a trigger without letting it fire, and say what it waits for."""
    waiting = replace(
        record,
        state=next_trigger_state(record.state, cause),
        waiting_for=why,
        reason=DoneReason.NONE,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(waiting)
    rest(turn.state, waiting)
    if why is not WaitingFor.FIRST_PRICE:
        turn.fact(
            FactKind.TRIGGER_WAITING,
            waiting,
            level=waiting.trigger_price,
            waiting_for=why.value,
            is_stop=waiting.definition.is_stop,
            alert=why is WaitingFor.RIGHT_SIDE,
        )
    return waiting


def finish(
    turn: Turn,
    record: TriggerRecord,
    cause: TriggerCause,
    reason: DoneReason,
    fact: FactKind,
    by: str = "",
    why: str = "",
) -> TriggerRecord:
    """End a trigger that is not firing."""
    unrest(turn.state, record)
    done = replace(
        record,
        state=next_trigger_state(record.state, cause),
        waiting_for=WaitingFor.NOTHING,
        reason=reason,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(done)
    turn.fact(fact, done, reason=reason.value, by=by, why=why)
    return done


def retire(turn: Turn, record: TriggerRecord, why: str) -> None:
    """End a trigger that has nothing left to close."""
    cause, fact = TriggerCause.LIFETIME_ENDED, FactKind.TRIGGER_RETIRED
    finish(turn, record, cause, DoneReason.RETIRED, fact, why=why)


def watch_expiry(turn: Turn, record: TriggerRecord) -> None:
    """Set the timer of a definition; once is enough for all its armings."""
    expires_ns = record.definition.expires_ns
    if expires_ns is not None:
        turn.at(Timer(expires_ns, TimerKind.EXPIRE, record.id, record.arming))


def expire(turn: Turn, record: TriggerRecord) -> None:
    """End a trigger that is not firing: its time is over."""
    cause, reason = TriggerCause.EXPIRED, DoneReason.EXPIRED
    finish(turn, record, cause, reason, FactKind.TRIGGER_EXPIRED)


def is_expired(record: TriggerRecord, now_ns: int) -> bool:
    """Expiry and crossing at the same instant: expiry wins (behaviour 139)."""
    expires_ns = record.definition.expires_ns
    return expires_ns is not None and now_ns >= expires_ns
