"""From a free slot to a signed close: what to send next for a firing, if anything."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import exits, first_ids
from exitd.core.after_legs import waits_for_legs
from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
)
from exitd.core.barrier import BARRED, is_barred
from exitd.core.book_states import believed
from exitd.core.bounds import may_go
from exitd.core.client_ids import next_client_id
from exitd.core.ending import end_fire, gone, watch_again
from exitd.core.events import FactKind
from exitd.core.hits import take_over
from exitd.core.holding import (
    REACH_PATIENCE_NS,
    STOP_FIRES,
    hold,
    look_again,
    retry_in,
    wait_for_book,
    waits_for_itself,
    waits_for_proof,
)
from exitd.core.inputs import AttemptSent, AttemptSigned, SlotOpened
from exitd.core.intents import ProvePosition, SendClose
from exitd.core.known_prices import fresh_price
from exitd.core.lifecycle import AttemptCause, TriggerCause, next_attempt_state
from exitd.core.patience import (
    begin_attempt,
    clear_the_way,
    climb_if_over,
    make_way,
    mind_the_clock,
    stop_slices,
    time_in_force,
)
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.pricing import hard_reference, price_now
from exitd.core.reach import goes_first, is_out_of_reach
from exitd.core.resting import is_beyond
from exitd.core.role import Role
from exitd.core.siblings import note_used
from exitd.core.sizing import Room, order_quantity, order_terms
from exitd.core.slices import current_slice, has_urgent_stop, is_between, twap_of
from exitd.core.state import Timer, TimerKind
from exitd.core.targets import with_target
from exitd.core.trigger import (
    CancelAndClose,
    Close,
    DoneReason,
    FireRecord,
    OrderType,
    TriggerRecord,
)
from exitd.core.turn import Turn
from exitd.core.under_way import UnderWay
from exitd.core.units import NS_PER_US, ZERO
from exitd.core.withdrawing import make_final

#: Firings that a price began, as far as anybody knows.
_BY_PRICE = frozenset({"price", "found"})
_CAME_BACK = "the price came back"
_NO_PRICE = "no fresh price says whether it is still beyond"


def on_slot(turn: Turn, slot: SlotOpened) -> None:
    """Size the next attempt of a firing and ask for it to be signed and sent.

    Nothing is sent while an attempt of the same firing is unresolved, before its time,
    or when the position is gone. A stop takes what is closable now; a take-profit waits
    until it can take all it wants. What closes in slices waits for stops that do not.
    """
    state = turn.state
    fired = state.fires.get(slot.trigger_id)
    if fired is None or fired.arming != slot.arming or turn.now_ns < fired.due_ns:
        return
    record, role = state.triggers[slot.trigger_id], state.roles[slot.trigger_id]
    action, close = record.definition.action, record.definition.close
    if close is None or role.key is None or fired.confirm_ns:
        return
    fired = mind_the_clock(turn, close, fired)
    if waits_for_itself(turn, record, role.key, fired):
        return
    if isinstance(action, CancelAndClose) and not fired.is_cancel_confirmed:
        return
    if is_barred(state, role.key):
        if role.is_stop and not is_out_of_reach(state, record):
            # Only sending waits: what is taken back now is in no way once it may.
            _go_first(turn, close, role.key)
        hold(turn, record, fired, BARRED, alert=role.is_stop)
        return
    position = state.position(role.key)
    is_over = position.held == ZERO or exits.is_spent(state, record)
    if is_over or position.lifetime != fired.lifetime:
        # Flat, another position by now, or closed by others: what it was for is gone.
        gone(turn, record, fired)
        return
    if close.twap is not None and is_between(fired, close.twap, turn.now_ns):
        return
    if role.is_stop:
        fired = climb_if_over(turn, record, fired)
        if close.twap is not None and has_urgent_stop(state, role.key):
            hold(turn, record, fired, STOP_FIRES)
            return
        if not is_out_of_reach(state, record):
            _go_first(turn, close, role.key)
        make_final(turn, record, role)
    under_way = state.under_way_on(role.key)
    if position.live <= under_way.unresolved:
        _hold_for_others(turn, record, fired, under_way)
    elif (
        role.is_stop or _may_take_profit(turn, record, fired, role, under_way)
    ) and may_go(turn, record, fired):
        _size_and_send(turn, record, fired, close, position)


def _go_first(turn: Turn, close: Close, key: PositionKey) -> None:
    """Have what rests for others taken back where it came to rest since the hit."""
    if close.twap is None:
        stop_slices(turn, key)
    if key in turn.state.passed:
        take_over(turn, key)


def _hold_for_others(
    turn: Turn, record: TriggerRecord, fired: FireRecord, under_way: UnderWay
) -> None:
    """Wait for what other closes may still take; what goes first has it taken back."""
    state, role = turn.state, turn.state.roles[record.id]
    hold(turn, record, fired, _why_nothing(under_way))
    fired = state.fires[record.id]
    if not role.is_stop:
        if not _why_no_profit(turn, record, fired, under_way):
            assert role.key is not None
            make_way(turn, role.key)
        return
    clear_the_way(turn, record, fired)
    if is_out_of_reach(state, record):
        # Nobody wakes it when the price comes back into its bound.
        retry_in(turn, state.fires[record.id], REACH_PATIENCE_NS)


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
    why = _why_no_profit(turn, record, fired, under_way)
    if why == _CAME_BACK:
        watch_again(turn, record, fired, why)
    elif why == _NO_PRICE:
        look_again(turn, record, fired, why)
    elif why:
        hold(turn, record, fired, why)
    elif role.key in turn.state.stops_firing:
        assert role.key is not None
        turn.state.passed.add(role.key)
    return not why


def _why_no_profit(
    turn: Turn, record: TriggerRecord, fired: FireRecord, under_way: UnderWay
) -> str:
    """Say why a take-profit may not go now; empty when it may."""
    state, definition = turn.state, record.definition
    key = state.roles[record.id].key
    assert key is not None
    if goes_first(state, key):
        return STOP_FIRES
    if under_way.in_doubt:
        return "an attempt of the position is in doubt"
    if fired.level is None or fired.cause not in _BY_PRICE or fired.slices:
        # Slices that have begun go on whatever the price: the hit decided that.
        return ""
    price = fresh_price(state, definition, turn.now_ns)
    if price is None:
        # After a downtime it goes only if it is still beyond (behaviour 97).
        return _NO_PRICE
    return "" if is_beyond(definition.direction, fired.level, price) else _CAME_BACK


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
    if waits_for_proof(turn, record, fired, position):
        return
    make_final(turn, record, state.roles[record.id])
    if waits_for_legs(turn, record, fired, position):
        return
    under_way = state.under_way_on(position.key)
    closable = exits.closable(state, record, position.live - under_way.unresolved)
    if closable <= ZERO:
        _hold_for_others(turn, record, fired, under_way)
        return
    room = Room(
        instrument=instrument,
        closable=closable,
        is_shared=under_way.unresolved > ZERO,
        price=price_now(state, definition, fired),
    )
    wanted = position.live
    if close.twap is not None or not close.quantity.is_whole:
        # Slices of the whole need a target; else what there is goes.
        fired = with_target(state, record, fired, close, position, room)
        if fired.target is None:
            look_again(turn, record, fired, "no price says how much to close")
            return
        wanted = fired.target - fired.filled
    begun = fired
    if close.twap is not None:
        sliced = current_slice(fired, close.twap, room, turn.now_ns)
        if sliced is None:
            return
        begun, wanted = sliced, sliced.slice_target - sliced.filled
    if not state.roles[record.id].is_stop and room.is_shared and wanted > room.closable:
        _hold_for_others(turn, record, fired, under_way)
        return
    quantity = order_quantity(
        wanted,
        room,
        is_first=record.filled + fired.filled == ZERO,
        close_dust=state.policies.remainder_close_all,
    )
    if quantity > ZERO:
        _send(turn, record, begun, close, quantity, room)
    elif wanted > ZERO and room.is_shared:
        _hold_for_others(turn, record, fired, under_way)
    else:
        end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)


def _send(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    close: Close,
    quantity: Decimal,
    room: Room,
) -> None:
    state, definition, instrument = turn.state, record.definition, room.instrument
    role, level = state.roles[record.id], fired.own_level
    assert role.key is not None
    if fired.slice_due_ns != state.fires[record.id].slice_due_ns:
        turn.at(Timer(fired.slice_due_ns, TimerKind.RETRY, record.id, fired.arming))
    if close.is_hard:
        level = hard_reference(definition, fired, room.price)
        fired = replace(fired, reference=level)
        if level is None:
            look_again(turn, record, fired, "no price says where its bound lies")
            return
    terms = order_terms(
        close,
        stage=fired.stage,
        side=role.key.side.close_side,
        level=level,
        observed=room.price,
        instrument=believed(state, instrument, turn.now_ns),
        wider_factor=state.policies.wider_factor,
        limit_only_bound=state.policies.limit_only_bound_percent,
    )
    if terms is None:
        wait_for_book(turn, record, fired, instrument)
        return
    order_type, price = terms
    if (released := replace(fired, held_by="")) != state.fires[record.id]:
        turn.put_fire(released)
    if not state.position(role.key).proven:
        turn.intend(ProvePosition(definition.account, definition.symbol))
    first_id = first_ids.of(state, record, fired)
    order = CloseOrder(
        attempt=AttemptKey(record.id, fired.arming, fired.attempts + 1),
        account=definition.account,
        symbol=definition.symbol,
        side=role.key.side.close_side,
        quantity=quantity,
        order=order_type,
        price=price,
        time_in_force=time_in_force(
            close,
            order_type,
            fired.stage,
            is_stop=role.is_stop,
            has_ioc=state.capabilities[definition.account].has_ioc,
        ),
        client_order_id=first_id or next_client_id(turn, definition.account),
        window_ns=close.window_ns,
        asked=close.asked if order_type is OrderType.LIMIT else None,
    )
    turn.intend(SendClose(order, seq=record.seq if first_id else 0))


def on_signed(turn: Turn, signed: AttemptSigned) -> None:
    """Write the attempt down; it may leave once this is durable."""
    order = signed.order
    state = turn.state
    record = state.triggers[order.attempt.trigger_id]
    fired = state.fires[order.attempt.trigger_id]
    key = state.roles[record.id].key
    assert key is not None
    assert order.attempt.n == fired.attempts + 1, "attempts are numbered in turn"
    if order.client_order_id == record.first_id:
        note_used(state, order.account, record.first_id)
    position, twap = state.position(key), twap_of(record)
    piece = {"slice": f"{fired.slices}/{twap.slices}"} if twap is not None else {}
    begin_attempt(turn, record, fired, order)
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
        **piece,
    )


def on_sent(turn: Turn, sent: AttemptSent) -> None:
    attempt = turn.state.attempts.get(sent.attempt)
    if attempt is None or attempt.state is not AttemptState.SIGNED:
        return
    state = next_attempt_state(attempt.state, AttemptCause.SENT)
    after = replace(attempt, ts_sent_ns=turn.now_ns, ts_changed_ns=turn.now_ns)
    turn.put_attempt(replace(after, state=state))
    record = turn.state.triggers.get(sent.attempt.trigger_id)
    fired = turn.state.firing_of(sent.attempt)
    turn.fact(
        FactKind.ORDER_SENT,
        record,
        fired=True,
        attempt=sent.attempt.n,
        client_order_id=attempt.order.client_order_id,
        hit_to_sent_us=(sent.now_ns - fired.ts_hit_ns) // NS_PER_US if fired else None,
        signed_to_sent_us=(sent.now_ns - attempt.ts_changed_ns) // NS_PER_US,
    )
