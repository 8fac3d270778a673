"""How a firing ends, and what it lets go."""

from msgspec.structs import replace

from exitd.core.client_ids import reserve
from exitd.core.events import FactKind
from exitd.core.intents import Priority, RequestSlot
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.position import PositionKey
from exitd.core.reach import goes_first
from exitd.core.resting import is_expired, rest, unrest
from exitd.core.role import Role
from exitd.core.slices import has_urgent_stop
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import (
    DoneReason,
    FireRecord,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO


def priority_of(role: Role) -> Priority:
    if role.is_stop:
        return Priority.STOP
    return Priority.CLOSE if role.closes else Priority.CANCEL


def ask_slot(
    turn: Turn, record: TriggerRecord, priority: Priority | None = None
) -> None:
    """Ask for room in the venue's rate budget for the next attempt."""
    definition = record.definition
    if priority is None:
        priority = priority_of(turn.state.roles[definition.id])
    turn.intents.append(
        RequestSlot(
            definition.account,
            definition.symbol,
            definition.id,
            record.arming,
            priority,
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
    ended = _close(turn, fired, reason)
    done = replace(
        record,
        state=next_trigger_state(record.state, cause),
        waiting_for=WaitingFor.NOTHING,
        reason=reason,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(done)
    turn.fact(
        FactKind.TRIGGER_DONE,
        done,
        fired=True,
        reason=reason.value,
        level=ended.level,
        observed=ended.observed,
        target=ended.target,
        filled=ended.filled,
        average_price=ended.average_price,
        slippage=ended.slippage,
        # Nothing rather than zero: fills may come after their order, or in two assets.
        fee=ended.fee if ended.fee_asset else None,
        fee_asset=ended.fee_asset,
        pnl=ended.pnl,
        attempts=ended.attempts,
    )
    _let_go(turn, done)


def _close(turn: Turn, fired: FireRecord, reason: DoneReason) -> FireRecord:
    record = turn.state.triggers[fired.trigger_id]
    close = record.definition.close
    if close is not None and close.bound is not None:
        # A price that its bound waited for must not wake it any more.
        unrest(turn.state, record)
    ended = replace(
        fired,
        open=False,
        reason=reason,
        held_by="",
        confirm_ns=0,
        ts_done_ns=turn.now_ns,
    )
    turn.put_fire(ended)
    turn.ended.append(fired.trigger_id)
    if fired.attempts or fired.account in turn.state.barriers:
        # Late replies and fills still find this firing and its attempts.
        turn.state.ended[fired.trigger_id, fired.arming] = ended
        turn.at(
            Timer(
                turn.now_ns + turn.state.policies.attempts_kept_ns,
                TimerKind.FORGET,
                fired.trigger_id,
                fired.arming,
                fired.attempts,
            )
        )
    return ended


def gone(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """End a firing whose position is flat: filled if it had a part in that."""
    if fired.filled > ZERO:
        end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)
    else:
        end_fire(turn, record, fired, TriggerCause.POSITION_GONE, DoneReason.RETIRED)


def watch_again(turn: Turn, record: TriggerRecord, fired: FireRecord, why: str) -> None:
    """Put a take-profit back on watch for what it has not closed, and say so."""
    close = record.definition.close
    is_once = close is not None and close.asked is not None and close.asked.is_once
    if is_once or is_expired(record, turn.now_ns):
        end_fire(turn, record, fired, TriggerCause.EXPIRED, DoneReason.EXPIRED)
        return
    _close(turn, fired, DoneReason.EXPIRED)
    # A new arming: ids of the next firing must never meet those of this one.
    armed = replace(
        record,
        state=next_trigger_state(record.state, TriggerCause.BUDGET_SPENT),
        arming=record.arming + 1,
        seq=turn.state.next_seq(),
        first_id=reserve(turn, record.definition),
        filled=record.filled + fired.filled,
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
        lifetime=armed.lifetime,
        filled=armed.filled,
        again=why,
        alert=True,
    )


def after_budget(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """Put a take-profit that did not fill in its time on watch, or end it; say so."""
    why = "its time budget is spent"
    if not turn.state.policies.take_profit_retires:
        watch_again(turn, record, fired, why)
        return
    why += ", and take_profit_budget_spent ends it"
    turn.fact(FactKind.TRIGGER_HELD, record, fired=True, why=why, alert=True)
    # Retired, not expired: the next lifetime has a new arming of a template.
    end_fire(turn, record, fired, TriggerCause.EXPIRED, DoneReason.RETIRED)


def _let_go(turn: Turn, record: TriggerRecord) -> None:
    """Judge what a stop's firing held back, once no stop of the position fires."""
    state, role = turn.state, turn.state.roles[record.definition.id]
    if role.key is None or not role.is_stop:
        return
    firing = state.stops_firing.get(role.key, {})
    firing.pop(record.id, None)
    if firing:
        if not has_urgent_stop(state, role.key):
            # All that still fire close in slices: they were held for this one.
            wake(turn, role.key)
        return
    state.stops_firing.pop(role.key, None)
    state.passed.discard(role.key)
    _judge_held(turn, role.key)
    wake(turn, role.key)


def let_pass(turn: Turn, key: PositionKey) -> bool:
    """Let go what waits for stops where none of those that fire can be met now."""
    state = turn.state
    if key not in state.stops_firing or goes_first(state, key):
        return False
    _judge_held(turn, key)
    for fired in state.waiting_fires_on(key):
        if fired.held_by:
            ask_slot(turn, state.triggers[fired.trigger_id])
    return True


def _judge_held(turn: Turn, key: PositionKey) -> None:
    """Put back on watch what was held back on its way to a hit."""
    state = turn.state
    for trigger_id in state.held.pop(key, {}):
        held = state.triggers[trigger_id]
        if held.state is not TriggerState.ARMED:
            continue
        rest(state, held)
        if held.confirm_ns:
            due_ns, kind = held.confirm_ns, TimerKind.CONFIRMED
            turn.at(Timer(due_ns, kind, trigger_id, held.arming))


def wake(turn: Turn, key: PositionKey) -> None:
    """Let firings on hold go on, where there is something for them to close."""
    state = turn.state
    waiting = state.waiting_fires_on(key)
    if not waiting:
        return
    if state.position(key).live <= state.under_way_on(key).unresolved:
        return
    for fired in waiting:
        if fired.held_by:
            ask_slot(turn, state.triggers[fired.trigger_id])
