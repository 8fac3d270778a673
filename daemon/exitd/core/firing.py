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
from exitd.core.ending import end_fire, gone, watch_again
from exitd.core.events import FactKind
from exitd.core.inputs import AttemptSent, AttemptSigned, SlotOpened
from exitd.core.intents import ProvePosition, RefreshInstrument, SendClose
from exitd.core.lifecycle import AttemptCause, TriggerCause, next_attempt_state
from exitd.core.position import PositionRecord
from exitd.core.records import CounterRecord
from exitd.core.resting import fresh_price, is_crossed, known_price
from exitd.core.sizing import Room, order_quantity, order_terms, target_quantity
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import (
    CancelAndClose,
    Close,
    DoneReason,
    FireRecord,
    OrderType,
    Role,
    TriggerRecord,
)
from exitd.core.turn import Turn
from exitd.core.under_way import UnderWay
from exitd.core.units import NS_PER_MS, NS_PER_S, NS_PER_US, ZERO

#: The counter part of a client id: 24 bits, never zero.
_COUNTER_MAX = (1 << 24) - 1
#: How often a take-profit without a fresh price looks again.
_PRICE_PATIENCE_NS = 200 * NS_PER_MS


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
    record, role = state.triggers[slot.trigger_id], state.roles[slot.trigger_id]
    action, close = record.definition.action, record.definition.close
    if close is None or role.key is None or fired.confirm_ns:
        return
    if state.open_attempt_of(fired) is not None:
        return
    if isinstance(action, CancelAndClose) and not fired.is_cancel_confirmed:
        return
    position = state.position(role.key)
    if position.lifetime != fired.lifetime or position.quantity == ZERO:
        # Flat, or another position by now: what this firing was for is gone.
        gone(turn, record, fired)
        return
    under_way = state.under_way_on(role.key)
    if position.live <= under_way.unresolved:
        hold(turn, record, fired, _why_nothing(under_way))
    elif role.is_stop or _may_take_profit(turn, record, fired, role, under_way):
        _size_and_send(turn, record, fired, close, position)


def _why_nothing(under_way: UnderWay) -> str:
    if under_way.unresolved > ZERO:
        return "other closes of the position are unresolved"
    # Our own fills say flat; the position report that proves it is on its way.
    return "the position has yet to show our fills"


def _may_take_profit(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    role: Role,
    under_way: UnderWay,
) -> bool:
    """Hold or let go a take-profit that waited; stops never come here."""
    if role.key in turn.state.stops_firing:
        hold(turn, record, fired, "a stop of the position is firing")
        return False
    if under_way.in_doubt:
        hold(turn, record, fired, "an attempt of the position is in doubt")
        return False
    definition = record.definition
    if definition.level is None or fired.cause != "price":
        return True
    price = fresh_price(turn.state, definition, turn.now_ns)
    if price is None:
        # After a downtime it goes only if it is still beyond (behaviour 97).
        hold(turn, record, fired, "no fresh price says whether it is still beyond")
        retry_in(turn, turn.state.fires[record.id], _PRICE_PATIENCE_NS)
        return False
    if not is_crossed(definition, price):
        watch_again(turn, record, fired, "the price came back")
        return False
    return True


def hold(turn: Turn, record: TriggerRecord, fired: FireRecord, why: str) -> None:
    """Note why a firing cannot send now; what it waits for asks for its slot."""
    if fired.held_by == why:
        return
    turn.put_fire(replace(fired, held_by=why))
    turn.fact(FactKind.TRIGGER_HELD, record, fired=True, why=why)


def retry_in(turn: Turn, fired: FireRecord, delay_ns: int) -> None:
    """Let the next attempt leave after a delay (above zero) and set its timer."""
    later = replace(fired, due_ns=turn.now_ns + delay_ns)
    turn.put_fire(later)
    turn.at(Timer(later.due_ns, TimerKind.RETRY, later.trigger_id, later.arming))


def _size_and_send(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    position: PositionRecord,
) -> None:
    state, definition = turn.state, record.definition
    instrument = state.instrument_of(definition)
    assert instrument is not None, "armed without an instrument"
    under_way = state.under_way_on(position.key)
    if close.quantity.is_whole:
        wanted = position.live
    else:
        if fired.target is None:
            settled = explained_position(state, position)
            target = target_quantity(close.quantity, settled, record.filled)
            fired = replace(fired, target=target)
        assert fired.target is not None
        wanted = fired.target - fired.filled
    room = Room(
        instrument=instrument,
        closable=position.live - under_way.unresolved,
        is_shared=under_way.unresolved > ZERO,
        price=known_price(state, definition) or fired.observed,
    )
    is_stop = state.roles[record.id].is_stop
    if not is_stop and room.is_shared and wanted > room.closable:
        hold(turn, record, fired, _why_nothing(under_way))
        return
    quantity = order_quantity(
        wanted,
        room,
        is_first=record.filled + fired.filled == ZERO,
        close_dust=state.policies.remainder_close_all,
    )
    if quantity > ZERO:
        _send(turn, record, fired, close, quantity, room)
    elif wanted > ZERO and room.is_shared:
        hold(turn, record, fired, _why_nothing(under_way))
    else:
        end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)


def explained_position(state: State, position: PositionRecord) -> PositionRecord:
    """Give a position whose unexplained part an unanswered close may explain."""
    most = state.under_way_on(position.key).unanswered
    return replace(position, unexplained=min(position.unexplained, most))


def _send(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    quantity: Decimal,
    room: Room,
) -> None:
    state, definition, instrument = turn.state, record.definition, room.instrument
    role = state.roles[record.id]
    assert role.key is not None
    terms = order_terms(
        close,
        stage=fired.stage,
        side=role.key.side.close_side,
        level=fired.level,
        observed=room.price,
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
    released = replace(fired, held_by="")
    if released != state.fires[record.id]:
        turn.put_fire(released)
    if not state.position(role.key).proven:
        turn.intend(ProvePosition(definition.account, definition.symbol))
    rests = order_type is OrderType.LIMIT and not role.is_stop
    turn.intend(
        SendClose(
            CloseOrder(
                attempt=AttemptKey(record.id, fired.arming, fired.attempts + 1),
                account=definition.account,
                symbol=definition.symbol,
                side=role.key.side.close_side,
                quantity=quantity,
                order=order_type,
                price=price,
                time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
                client_order_id=next_client_id(turn, definition.account),
                window_ns=close.window_ns,
            )
        )
    )


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
    key = state.roles[record.id].key
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
    fired = turn.state.firing_of(sent.attempt)
    turn.fact(
        FactKind.ORDER_SENT,
        record,
        fired=True,
        attempt=sent.attempt.n,
        client_order_id=attempt.order.client_order_id,
        hit_to_sent_us=(sent.now_ns - fired.ts_hit_ns) // NS_PER_US if fired else None,
        signed_to_durable_us=(sent.now_ns - attempt.ts_changed_ns) // NS_PER_US,
    )
