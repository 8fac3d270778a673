"""What a crossed price does: which triggers fire, in what order, and what for."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import AttemptState
from exitd.core.book import Book
from exitd.core.events import FactKind
from exitd.core.intents import CancelOrder, CancelOrders, Priority, RequestSlot
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.market import Tick
from exitd.core.position import PositionKey
from exitd.core.resting import (
    arm,
    expire,
    is_crossed,
    is_expired,
    rest,
    unrest,
)
from exitd.core.state import Timer, TimerKind, Turn
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    DoneReason,
    FireRecord,
    Notify,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)


def on_crossed(turn: Turn, book: Book, tick: Tick) -> None:
    """Handle every trigger whose level *tick* reached."""
    candidates: list[TriggerRecord] = []
    stops: set[PositionKey] = set()
    triggers = turn.state.triggers
    for trigger_id in book.crossed(tick.price):
        record = triggers[trigger_id]
        definition = record.definition
        if definition.expires_ns is not None and is_expired(record, turn.now_ns):
            expire(turn, record)
        elif record.state is TriggerState.WAITING:
            _came_back(turn, record, tick.price)
        else:
            candidates.append(record)
            if definition.side is not None and definition.is_stop:
                stops.add(
                    PositionKey(definition.account, definition.symbol, definition.side)
                )
    for record in candidates:
        key = record.definition.key
        if key is not None and _must_hold(turn, record, key, stops):
            # The stop goes first (behaviour 65); what it leaves is judged after.
            turn.state.held.setdefault(key, {})[record.id] = None
        else:
            fire(turn, record, tick)


def _came_back(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    if is_crossed(record.definition, price):
        rest(turn.state, record)
        return
    arm(turn, record, TriggerCause.PRICE_ON_RIGHT_SIDE, lifetime=record.lifetime)


def _must_hold(
    turn: Turn, record: TriggerRecord, key: PositionKey, stops: set[PositionKey]
) -> bool:
    if record.definition.close is None or record.definition.is_stop:
        return False
    return key in stops or bool(turn.state.stops_firing.get(key))


def fire(
    turn: Turn, record: TriggerRecord, tick: Tick | None, cause: str = "price"
) -> None:
    """Begin a firing: the hit, its record, and the first thing to do about it."""
    definition = record.definition
    now_ns = turn.now_ns
    firing = replace(
        record,
        state=next_trigger_state(record.state, TriggerCause.HIT),
        waiting_for=WaitingFor.NOTHING,
        ts_changed_ns=now_ns,
    )
    turn.put_trigger(firing)
    level = definition.level
    observed = tick.price if tick is not None else None
    fired = FireRecord(
        trigger_id=definition.id,
        arming=record.arming,
        account=definition.account,
        symbol=definition.symbol,
        side=definition.side,
        lifetime=record.lifetime,
        level=level,
        observed=observed,
        source=definition.source,
        ts_venue_ns=tick.ts_venue_ns if tick is not None else now_ns,
        ts_recv_ns=tick.ts_recv_ns if tick is not None else now_ns,
        ts_hit_ns=now_ns,
        cause=cause,
        due_ns=now_ns,
    )
    turn.put_fire(fired)
    turn.fact(
        FactKind.TRIGGER_HIT,
        firing,
        fired=True,
        level=level,
        observed=observed,
        source=str(definition.source),
        cause=cause,
        ts_venue_ns=fired.ts_venue_ns,
        ts_recv_ns=fired.ts_recv_ns,
    )
    _act(turn, firing, fired)


def _act(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    definition = record.definition
    action = definition.action
    if isinstance(action, Notify):
        end_fire(turn, record, fired, TriggerCause.ACTED, DoneReason.ACTED)
        return
    is_stop = definition.is_stop
    if is_stop and definition.key is not None:
        firing = turn.state.stops_firing.setdefault(definition.key, {})
        firing[record.id] = None
    if isinstance(action, Cancel | CancelAndClose):
        ask_cancels(turn, record)
    else:
        ask_slot(turn, record)
    if is_stop and definition.key is not None:
        cancel_working(turn, definition.key, spare=record.id)
    if definition.close is not None:
        budget_ns = (
            turn.state.policies.stop_budget_ns
            if is_stop
            else turn.state.policies.take_profit_budget_ns
        )
        turn.at(
            Timer(turn.now_ns + budget_ns, TimerKind.BUDGET, record.id, record.arming)
        )


def priority_of(record: TriggerRecord) -> Priority:
    definition = record.definition
    if definition.is_stop:
        return Priority.STOP
    return Priority.CLOSE if definition.close is not None else Priority.CANCEL


def ask_slot(turn: Turn, record: TriggerRecord) -> None:
    definition = record.definition
    turn.intend(
        RequestSlot(
            definition.account,
            definition.symbol,
            definition.id,
            record.arming,
            priority_of(record),
        )
    )


def ask_cancels(turn: Turn, record: TriggerRecord) -> None:
    definition = record.definition
    action = definition.action
    cancel = action.cancel if isinstance(action, CancelAndClose) else action
    assert isinstance(cancel, Cancel)
    turn.intend(
        CancelOrders(
            definition.id,
            record.arming,
            definition.account,
            definition.symbol,
            cancel,
            priority_of(record),
        )
    )


def cancel_working(turn: Turn, key: PositionKey, *, spare: str) -> None:
    """Take back resting take-profit closes, so that a stop need not wait for them."""
    for attempt in turn.state.open_attempts_on(key):
        order = attempt.order
        owner = turn.state.triggers.get(order.attempt.trigger_id)
        if order.attempt.trigger_id == spare or (
            owner is not None and owner.definition.is_stop
        ):
            continue
        if attempt.state in (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED):
            turn.intend(
                CancelOrder(
                    order.attempt,
                    order.account,
                    order.symbol,
                    attempt.venue_order_id,
                    order.client_order_id,
                )
            )


def end_fire(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    cause: TriggerCause,
    reason: DoneReason,
) -> None:
    """End a firing and its trigger's arming; let go what it held back."""
    ended = replace(
        fired, open=False, reason=reason, held_by="", ts_done_ns=turn.now_ns
    )
    turn.put_fire(ended)
    done = replace(
        record,
        state=next_trigger_state(record.state, cause),
        reason=reason,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(done)
    turn.ended.append(done.id)
    unrest(turn.state, done)
    turn.fact(
        FactKind.TRIGGER_DONE,
        done,
        fired=True,
        reason=reason.value,
        level=ended.level,
        observed=ended.observed,
        filled=ended.filled,
        average_price=ended.average_price,
        attempts=ended.attempts,
    )
    if ended.attempts:
        # Late replies and fills of this firing still find their attempts.
        keep_ns = turn.state.policies.attempts_kept_ns
        turn.at(
            Timer(
                turn.now_ns + keep_ns,
                TimerKind.FORGET,
                done.id,
                done.arming,
                ended.attempts,
            )
        )
    after_fire(turn, done)


def after_fire(turn: Turn, record: TriggerRecord) -> None:
    """Judge what a stop's firing held back, once no stop of the position fires."""
    state, key = turn.state, record.definition.key
    if key is None:
        return
    firing = state.stops_firing.get(key)
    if firing is not None:
        firing.pop(record.id, None)
        if firing:
            return
    for trigger_id in state.held.pop(key, {}):
        held = state.triggers.get(trigger_id)
        if held is not None and held.state is TriggerState.ARMED:
            rest(state, held)
