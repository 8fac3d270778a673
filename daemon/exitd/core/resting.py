"""Putting triggers into the books and taking them out again."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book
from exitd.core.condition import Direction
from exitd.core.events import FactKind
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO

_OPPOSITE = {
    Direction.FALLING: Direction.RISING,
    Direction.RISING: Direction.FALLING,
}


def is_crossed(definition: TriggerDefinition, price: Decimal) -> bool:
    """Whether *price* is at or beyond the level; touching counts as crossing."""
    level = definition.level
    assert level is not None
    if definition.direction is Direction.FALLING:
        return price <= level
    return price >= level


def known_price(state: State, definition: TriggerDefinition) -> Decimal | None:
    """Give the last price of a trigger's source, however old."""
    book = state.books.get(definition.source)
    return book.price if book is not None else None


def fresh_price(
    state: State, definition: TriggerDefinition, now_ns: int
) -> Decimal | None:
    """Give the last price of a trigger's source if it is young enough to judge by."""
    book = state.books.get(definition.source)
    if book is None or book.price is None:
        return None
    if now_ns - book.ts_recv_ns > state.policies.price_max_age_ns:
        return None
    return book.price


def rest(state: State, record: TriggerRecord) -> None:
    """Let a trigger's state decide how its book watches for it."""
    definition = record.definition
    level = definition.level
    if level is None:
        return
    book = state.book(definition.source)
    book.remove(definition.id)
    if record.paused:
        return
    if record.state is TriggerState.ARMED:
        book.add(definition.id, level, definition.direction, record.seq)
    elif record.waiting_for is WaitingFor.RIGHT_SIDE:
        way = _OPPOSITE[definition.direction]
        book.add(definition.id, level, way, record.seq)
    elif record.waiting_for is WaitingFor.FIRST_PRICE:
        book.pending[definition.id] = None


def unrest(state: State, record: TriggerRecord) -> None:
    state.book(record.definition.source).remove(record.id)


def arm(
    turn: Turn, record: TriggerRecord, cause: TriggerCause, *, lifetime: int
) -> TriggerRecord:
    """Begin a new arming: a new number and its place in the order."""
    armed = replace(
        record,
        state=next_trigger_state(record.state, cause),
        waiting_for=WaitingFor.NOTHING,
        reason=DoneReason.NONE,
        arming=record.arming + 1,
        seq=turn.state.next_seq(),
        lifetime=lifetime,
        filled=ZERO,
        ts_armed_ns=turn.now_ns,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(armed)
    rest(turn.state, armed)
    turn.fact(
        FactKind.TRIGGER_ARMED,
        armed,
        level=armed.definition.level,
        arming=armed.arming,
        lifetime=lifetime,
    )
    return armed


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
            level=waiting.definition.level,
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


def judge_pending(turn: Turn, book: Book, price: Decimal) -> None:
    """Let the first price of a lifetime say on which side each level lies."""
    waiting, book.pending = book.pending, {}
    for trigger_id in waiting:
        record = turn.state.triggers[trigger_id]
        if is_expired(record, turn.now_ns):
            expire(turn, record)
        elif is_crossed(record.definition, price):
            wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
        else:
            lifetime = record.lifetime
            arm(turn, record, TriggerCause.PRICE_ON_RIGHT_SIDE, lifetime=lifetime)
