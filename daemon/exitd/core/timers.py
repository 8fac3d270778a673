"""What falls due: expiries, retries, open questions, budgets, forgetting."""

from msgspec.structs import replace

from exitd.core.attempt import AttemptKey, AttemptState
from exitd.core.events import FactKind
from exitd.core.firing import rearm_after_budget
from exitd.core.hits import ask_slot
from exitd.core.intents import CancelOrder, ProvePosition
from exitd.core.outcomes import ask_resolution
from exitd.core.resting import expire
from exitd.core.state import Timer, TimerKind, Turn
from exitd.core.trigger import FireRecord, TriggerRecord, TriggerState


def on_timer(turn: Turn, timer: Timer) -> None:
    """Act on a timer, unless what it was for is over: timers are not taken back."""
    if timer.kind is TimerKind.EXPIRE:
        _expire(turn, timer)
    elif timer.kind is TimerKind.RESOLVE:
        _resolve(turn, timer)
    elif timer.kind is TimerKind.FORGET:
        for n in range(1, timer.n + 1):
            turn.forget_attempt(AttemptKey(timer.trigger_id, timer.arming, n))
    else:
        fired = turn.state.fires.get(timer.trigger_id)
        if fired is not None and fired.arming == timer.arming:
            record = turn.state.triggers[timer.trigger_id]
            _on_fire_timer(turn, timer, record, fired)


def _expire(turn: Turn, timer: Timer) -> None:
    record = turn.state.triggers.get(timer.trigger_id)
    if (
        record is not None
        and record.state in (TriggerState.ARMED, TriggerState.WAITING)
        and record.definition.expires_ns == timer.due_ns
    ):
        expire(turn, record)


def _resolve(turn: Turn, timer: Timer) -> None:
    key = AttemptKey(timer.trigger_id, timer.arming, timer.n)
    attempt = turn.state.attempts.get(key)
    if attempt is not None and attempt.state is AttemptState.IN_DOUBT:
        ask_resolution(turn, attempt)


def _on_fire_timer(
    turn: Turn, timer: Timer, record: TriggerRecord, fired: FireRecord
) -> None:
    if timer.kind is TimerKind.RETRY:
        if fired.due_ns <= turn.now_ns:
            ask_slot(turn, record)
    elif timer.kind is TimerKind.CONFIRM:
        if fired.confirm_ns == timer.due_ns:
            _unconfirmed(turn, record, fired)
    else:
        _over_budget(turn, record, fired)


def _unconfirmed(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """Filled, and the position does not show it: say so and ask again."""
    due_ns = turn.now_ns + turn.state.policies.confirm_after_ns
    turn.put_fire(replace(fired, confirm_ns=due_ns))
    turn.at(Timer(due_ns, TimerKind.CONFIRM, record.id, record.arming))
    turn.fact(FactKind.ORDER_UNCONFIRMED, record, fired=True, filled=fired.filled)
    turn.intend(ProvePosition(fired.account, fired.symbol))


def _over_budget(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """A stop goes on and alerts again; a take-profit goes back on watch."""
    policies = turn.state.policies
    if fired.confirm_ns:
        return
    if record.definition.is_stop:
        due_ns = turn.now_ns + policies.stop_budget_ns
        turn.at(Timer(due_ns, TimerKind.BUDGET, record.id, record.arming))
        spent_s = (turn.now_ns - fired.ts_hit_ns) // 1_000_000_000
        turn.fact(
            FactKind.TRIGGER_HELD,
            record,
            fired=True,
            why=fired.held_by or "its close has not been filled yet",
            firing_s=spent_s,
            attempts=fired.attempts,
            alert=True,
        )
        return
    attempt = turn.state.open_attempt_of(fired)
    if attempt is None:
        rearm_after_budget(turn, record, fired, "its time budget is spent")
        return
    due_ns = turn.now_ns + policies.take_profit_budget_ns
    turn.at(Timer(due_ns, TimerKind.BUDGET, record.id, record.arming))
    order = attempt.order
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
