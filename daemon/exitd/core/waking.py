"""What a price does to a trigger that it does not hit: begin, tighten, step, move."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import confirming, exits
from exitd.core.book import Book, Wake
from exitd.core.condition import Trailing
from exitd.core.ending import ask_slot
from exitd.core.events import FactKind
from exitd.core.lifecycle import TriggerCause
from exitd.core.moving import move_to
from exitd.core.resting import (
    arm,
    begin_trail,
    expire,
    has_crossed,
    is_expired,
    rest,
    wait,
)
from exitd.core.since_fill import is_before_fill
from exitd.core.trigger import TriggerRecord, TriggerState, WaitingFor
from exitd.core.turn import Turn


def judge_pending(turn: Turn, book: Book, price: Decimal) -> list[str]:
    """Let the first price decide for those that wait for one.

    Gives those whose confirmation was complete while no price was known.
    """
    waiting, book.pending = book.pending, {}
    confirmed: list[str] = []
    for trigger_id in waiting:
        record = turn.state.triggers[trigger_id]
        if is_expired(record, turn.now_ns):
            expire(turn, record)
        elif is_before_fill(turn.state, trigger_id, book.ts_venue_ns):
            book.pending[trigger_id] = None
        elif record.state is TriggerState.ARMED and record.confirm_ns:
            if not has_crossed(record, price):
                confirming.came_back(turn, record, price)
            elif record.confirm_ns <= turn.now_ns:
                confirmed.append(trigger_id)
            # Else its time is still to come.
        elif record.state is TriggerState.ARMED:
            # A trail without an activation: it begins at the first price there is.
            _begin(turn, record, price)
        elif has_crossed(record, price):
            if not exits.is_refused(turn, record):
                wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
        else:
            lifetime = record.lifetime
            arm(turn, record, TriggerCause.PRICE_ON_RIGHT_SIDE, lifetime=lifetime)
    return confirmed


def _begin(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    began = begin_trail(turn, record, price)
    turn.put_trigger(began)
    turn.fact(FactKind.TRIGGER_TRAILING, began, watermark=price)
    rest(turn.state, began)


def on_woken(turn: Turn, book: Book, price: Decimal) -> list[str]:
    """See to everyone whom *price* wakes; give those that it hits by emergency."""
    emergencies: list[str] = []
    for why, trigger_id in book.woken(price):
        record = turn.state.triggers[trigger_id]
        if why == Wake.BOUND:
            ask_slot(turn, record)
            continue
        if record.state is not TriggerState.ARMED:
            continue
        if is_expired(record, turn.now_ns):
            expire(turn, record)
        elif why == Wake.EMERGENCY:
            emergencies.append(trigger_id)
        elif why == Wake.BACK:
            confirming.came_back(turn, record, price)
        elif why.startswith(Wake.MOVE):
            move = record.definition.moves[int(why.removeprefix(Wake.MOVE))]
            move_to(turn, record, move)
        else:
            _trail(turn, book, record, why, price)
    return emergencies


def _trail(
    turn: Turn, book: Book, record: TriggerRecord, why: str, price: Decimal
) -> None:
    condition = record.definition.condition
    assert isinstance(condition, Trailing)
    if why == Wake.BEGIN:
        _begin(turn, record, price)
    elif why == Wake.TIGHTEN:
        assert condition.tighten is not None
        tightened = replace(record, is_tightened=True, ts_changed_ns=turn.now_ns)
        turn.put_trigger(tightened)
        if condition.step is not None:
            rest(turn.state, tightened)
        elif record.trail_seq:
            book.tighten(record.id, condition.tighten.to)
        turn.fact(FactKind.TRIGGER_TIGHTENED, tightened, observed=price)
    else:
        stepped = replace(record, watermark=price, ts_changed_ns=turn.now_ns)
        turn.put_trigger(stepped)
        rest(turn.state, stepped)
