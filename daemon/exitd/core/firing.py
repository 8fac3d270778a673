"""From a free slot to a signed close: what to send next for a firing, if anything."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
    TimeInForce,
)
from exitd.core.events import FactKind
from exitd.core.hits import end_fire
from exitd.core.inputs import AttemptSent, AttemptSigned, SlotOpened
from exitd.core.intents import ProvePosition, RefreshInstrument, SendClose
from exitd.core.lifecycle import (
    AttemptCause,
    TriggerCause,
    next_attempt_state,
    next_trigger_state,
)
from exitd.core.market import Instrument
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.records import CounterRecord
from exitd.core.resting import is_crossed, rest
from exitd.core.sizing import order_quantity, order_terms, target_quantity
from exitd.core.state import Timer, TimerKind, Turn
from exitd.core.trigger import (
    CancelAndClose,
    Close,
    DoneReason,
    FireRecord,
    OrderType,
    TriggerRecord,
)
from exitd.core.units import NS_PER_S, ZERO

#: The counter part of a client id: 24 bits, never zero.
_COUNTER_MAX = (1 << 24) - 1


def on_slot(turn: Turn, slot: SlotOpened) -> None:
    """Size the next attempt of a firing and ask for it to be signed and sent.

    Nothing is sent while an attempt of the same firing is unresolved, before
    its time is due, or when the position is gone. A stop takes what is
    closable now; a take-profit waits until it can take all it wants.
    """
    state = turn.state
    fired = state.fires.get(slot.trigger_id)
    if fired is None or fired.arming != slot.arming or turn.now_ns < fired.due_ns:
        return
    record = state.triggers[slot.trigger_id]
    key, close = record.definition.key, record.definition.close
    if close is None or key is None or state.open_attempt_of(fired) is not None:
        return
    if isinstance(record.definition.action, CancelAndClose) and not (
        fired.is_cancel_confirmed
    ):
        return
    if fired.confirm_ns:
        return
    position = state.position(key)
    if position.lifetime != fired.lifetime:
        # Another position by now: what this firing was for is gone.
        gone(turn, record, fired)
        return
    unresolved = sum((a.unresolved for a in state.open_attempts_on(key)), ZERO)
    if position.live - unresolved <= ZERO:
        _nothing_to_close(turn, record, fired, position, unresolved)
        return
    if not record.definition.is_stop and not _may_take_profit(turn, record, fired):
        return
    instrument = state.instrument_of(record.definition)
    assert instrument is not None, "armed without an instrument"
    _size_and_send(turn, record, fired, close, position, instrument, unresolved)


def _nothing_to_close(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    position: PositionRecord,
    unresolved: Decimal,
) -> None:
    if unresolved > ZERO:
        hold(turn, record, fired, "other closes of the position are unresolved")
        return
    if position.unreflected:
        # Our own fills say flat; the position report that proves it is on its way.
        hold(turn, record, fired, "the position has yet to show our fills")
        return
    gone(turn, record, fired)


def gone(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """End a firing whose position is flat: filled if it had a part in that."""
    filled = fired.filled > ZERO
    cause = TriggerCause.FILLED if filled else TriggerCause.POSITION_GONE
    reason = DoneReason.FILLED if filled else DoneReason.RETIRED
    end_fire(turn, record, fired, cause, reason)


def _may_take_profit(turn: Turn, record: TriggerRecord, fired: FireRecord) -> bool:
    """Hold or let go a take-profit that waited; stops never come here."""
    state = turn.state
    key = record.definition.key
    assert key is not None
    if state.stops_firing.get(key):
        hold(turn, record, fired, "a stop of the position is firing")
        return False
    if any(a.state is AttemptState.IN_DOUBT for a in state.open_attempts_on(key)):
        hold(turn, record, fired, "an attempt of the position is in doubt")
        return False
    book = state.books.get(record.definition.source)
    price = book.price if book is not None else None
    watches = record.definition.level is not None and fired.cause == "price"
    if watches and price is not None and not is_crossed(record.definition, price):
        rearm_after_budget(turn, record, fired, "the price came back")
        return False
    return True


def rearm_after_budget(
    turn: Turn, record: TriggerRecord, fired: FireRecord, why: str
) -> None:
    """Put a take-profit back on watch, and say so."""
    turn.put_fire(
        replace(fired, open=False, reason=DoneReason.EXPIRED, ts_done_ns=turn.now_ns)
    )
    # A new life: ids of the next firing must never meet those of this one.
    armed = replace(
        record,
        state=next_trigger_state(record.state, TriggerCause.BUDGET_SPENT),
        arming=record.arming + 1,
        seq=turn.next_seq(),
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(armed)
    rest(turn.state, armed)
    turn.fact(
        FactKind.TRIGGER_ARMED,
        armed,
        level=armed.definition.level,
        arming=armed.arming,
        lifetime=armed.lifetime,
        again=why,
    )


def hold(turn: Turn, record: TriggerRecord, fired: FireRecord, why: str) -> None:
    """Note why a firing cannot send now; what it waits for asks for its slot."""
    if fired.held_by == why:
        return
    turn.put_fire(replace(fired, held_by=why))
    turn.fact(FactKind.TRIGGER_HELD, record, fired=True, why=why)


def retry_in(turn: Turn, fired: FireRecord, delay_ns: int) -> FireRecord:
    """Make the next attempt due after a delay and set its timer."""
    later = replace(fired, due_ns=turn.now_ns + delay_ns)
    turn.put_fire(later)
    turn.at(Timer(later.due_ns, TimerKind.RETRY, later.trigger_id, later.arming))
    return later


def _size_and_send(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    position: PositionRecord,
    instrument: Instrument,
    unresolved: Decimal,
) -> None:
    closable = position.live - unresolved
    if close.quantity.is_whole:
        wanted = position.live
    else:
        if fired.target is None:
            fired = replace(fired, target=target_quantity(close.quantity, position))
        assert fired.target is not None
        wanted = min(fired.target - fired.filled, position.live)
    if not record.definition.is_stop and wanted > closable and unresolved > ZERO:
        hold(turn, record, fired, "other closes of the position are unresolved")
        return
    quantity = order_quantity(
        wanted,
        closable,
        instrument,
        close_dust=turn.state.policies.remainder_close_all and unresolved == ZERO,
    )
    if quantity <= ZERO:
        end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)
        return
    _send(turn, record, fired, close, position.key, quantity, instrument)


def _send(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    key: PositionKey,
    quantity: Decimal,
    instrument: Instrument,
) -> None:
    state, definition = turn.state, record.definition
    book = state.books.get(definition.source)
    observed = book.price if book is not None and book.price else fired.observed
    terms = order_terms(
        close,
        stage=fired.stage,
        is_stop=definition.is_stop,
        side=key.side.close_side,
        level=fired.level,
        observed=observed,
        instrument=instrument,
        wider_factor=state.policies.wider_factor,
        limit_only_bound=state.policies.limit_only_bound_percent,
    )
    if terms is None:
        state_now = instrument.book_state.value.replace("_", "-")
        hold(turn, record, fired, f"the order book is {state_now}")
        turn.intend(RefreshInstrument(definition.account, definition.symbol))
        retry_in(turn, state.fires[record.id], NS_PER_S)
        return
    order_type, price = terms
    if fired.held_by or fired.target is not None:
        fired = replace(fired, held_by="")
        turn.put_fire(fired)
    if not position_is_proven(turn, key):
        turn.intend(ProvePosition(key.account, key.symbol))
    rests = order_type is OrderType.LIMIT and not definition.is_stop
    turn.intend(
        SendClose(
            CloseOrder(
                attempt=AttemptKey(record.id, fired.arming, fired.attempts + 1),
                account=definition.account,
                symbol=definition.symbol,
                side=key.side.close_side,
                quantity=quantity,
                order=order_type,
                price=price,
                time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
                client_order_id=next_client_id(turn, definition.account),
            )
        )
    )


def position_is_proven(turn: Turn, key: PositionKey) -> bool:
    return turn.state.position(key).proven


def next_client_id(turn: Turn, account: str) -> int:
    """Take the next id: 8-bit tag, 24-bit counter; durable with its attempt."""
    counter = turn.state.counters[account]
    value = counter.counter % _COUNTER_MAX + 1
    turn.put_counter(CounterRecord(account, counter.tag, value))
    return counter.tag << 24 | value


def on_signed(turn: Turn, signed: AttemptSigned) -> None:
    """Write the attempt down; it may leave once this is durable."""
    order = signed.order
    state = turn.state
    record = state.triggers[order.attempt.trigger_id]
    fired = state.fires[order.attempt.trigger_id]
    key = record.definition.key
    assert key is not None
    assert order.attempt.n == fired.attempts + 1, "attempts are numbered in turn"
    position = state.position(key)
    turn.put_fire(replace(fired, attempts=order.attempt.n))
    turn.put_counter(state.counters[order.account])
    turn.put_attempt(
        AttemptRecord(
            order=order,
            key=key,
            lifetime=record.lifetime,
            state=AttemptState.SIGNED,
            signed=signed.signed,
            ts_signed_venue_ns=signed.ts_signed_venue_ns,
            expires_venue_ns=signed.expires_venue_ns,
            ts_changed_ns=turn.now_ns,
            position_before=position.live,
            is_flagged=not position.proven,
        )
    )
    turn.fact(
        FactKind.ORDER_SIGNED,
        record,
        fired=True,
        attempt=order.attempt.n,
        client_order_id=order.client_order_id,
        side=order.side.value,
        quantity=order.quantity,
        order=order.order.value,
        price=order.price,
        position=position.live,
        position_unproven=not position.proven,
    )


def on_sent(turn: Turn, sent: AttemptSent) -> None:
    attempt = turn.state.attempts.get(sent.attempt)
    if attempt is None or attempt.state is not AttemptState.SIGNED:
        return
    state_after = next_attempt_state(attempt.state, AttemptCause.SENT)
    turn.put_attempt(
        replace(
            attempt,
            state=state_after,
            ts_sent_ns=turn.now_ns,
            ts_changed_ns=turn.now_ns,
        )
    )
    record = turn.state.triggers.get(sent.attempt.trigger_id)
    turn.fact(
        FactKind.ORDER_SENT,
        record,
        fired=True,
        attempt=sent.attempt.n,
        client_order_id=attempt.order.client_order_id,
    )
