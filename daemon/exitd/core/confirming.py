"""Confirmation: what a crossed level still needs before it is a hit."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book
from exitd.core.derived import level_of
from exitd.core.events import FactKind
from exitd.core.resting import has_crossed, is_beyond, rest
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.turn import Turn


def must_wait(turn: Turn, record: TriggerRecord, price: Decimal) -> bool:
    """Whether a level that was just crossed is no hit yet.

    Beyond the emergency level nothing is waited for (behaviour 133).
    """
    confirmation = record.definition.confirmation
    if confirmation is None or not (confirmation.for_ns or confirmation.prices):
        return False
    if confirmation.emergency is None:
        return True
    emergency = level_of(turn.state, record.definition, confirmation.emergency)
    way = record.definition.direction
    return emergency is None or not is_beyond(way, emergency, price)


def begin(turn: Turn, book: Book, record: TriggerRecord) -> None:
    """Start to wait; the trigger is out of the book, as it was crossed."""
    confirmation = record.definition.confirmation
    assert confirmation is not None
    if confirmation.prices:
        book.counting[record.id] = 1
        turn.fact(
            FactKind.TRIGGER_CONFIRMING,
            record,
            level=record.trigger_price,
            prices=1,
            of=confirmation.prices,
        )
        return
    due_ns = turn.now_ns + confirmation.for_ns
    waiting = replace(record, confirm_ns=due_ns, ts_changed_ns=turn.now_ns)
    turn.put_trigger(waiting)
    rest(turn.state, waiting)
    turn.at(Timer(due_ns, TimerKind.CONFIRMED, record.id, record.arming))
    turn.fact(
        FactKind.TRIGGER_CONFIRMING,
        waiting,
        level=waiting.trigger_price,
        due_ts_ns=due_ns,
    )


def came_back(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    """Stop waiting: the price is on its side of the level again (behaviour 131)."""
    if has_crossed(record, price):
        # It only touched the level from beyond.
        rest(turn.state, record)
        return
    watching = replace(record, confirm_ns=0, ts_changed_ns=turn.now_ns)
    turn.put_trigger(watching)
    _watch_again(turn, watching, price)


def _watch_again(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    rest(turn.state, record)
    turn.fact(
        FactKind.TRIGGER_CONDITION_LOST,
        record,
        level=record.trigger_price,
        observed=price,
    )


def count(turn: Turn, book: Book, price: Decimal) -> list[str]:
    """Count a price for those that count; give those that have enough of them."""
    enough: list[str] = []
    for trigger_id, counted in list(book.counting.items()):
        record = turn.state.triggers[trigger_id]
        confirmation = record.definition.confirmation
        assert confirmation is not None
        if not has_crossed(record, price):
            del book.counting[trigger_id]
            _watch_again(turn, record, price)
        elif counted + 1 >= confirmation.prices or not must_wait(turn, record, price):
            del book.counting[trigger_id]
            enough.append(trigger_id)
        else:
            book.counting[trigger_id] = counted + 1
    return enough


def is_due(turn: Turn, record: TriggerRecord, timer: Timer) -> bool:
    """Whether the confirmation of an armed trigger is complete (behaviours 132, 134).

    Where no price has been seen since a restart, the first one decides.
    """
    if record.confirm_ns != timer.due_ns:
        return False
    return turn.state.book(record.definition.source).price is not None


def mind_the_clock(turn: Turn) -> None:
    """Bring confirmations nearer where the machine's clock was put back while down.

    They are complete later than they could be if they began now.
    """
    for record in list(turn.state.triggers.values()):
        confirmation = record.definition.confirmation
        if confirmation is None or record.state is not TriggerState.ARMED:
            continue
        due_ns = turn.now_ns + confirmation.for_ns
        if record.confirm_ns > due_ns:
            turn.put_trigger(replace(record, confirm_ns=due_ns))
            turn.at(Timer(due_ns, TimerKind.CONFIRMED, record.id, record.arming))
