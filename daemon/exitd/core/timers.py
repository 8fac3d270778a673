"""What falls due: expiries, retries, open questions, budgets, forgetting."""

from msgspec.structs import replace

from exitd.core import backstops, entries, legs
from exitd.core.attempt import AttemptKey, AttemptState, TimeInForce
from exitd.core.bounds import is_waiting
from exitd.core.confirming import is_due
from exitd.core.doubt import ask_resolution
from exitd.core.ending import after_budget, ask_slot, let_pass
from exitd.core.events import FactKind
from exitd.core.hits import (
    ask_back,
    cancel_working,
    fire_by_clock,
    is_in_the_way,
    take_back,
)
from exitd.core.intents import ProvePosition
from exitd.core.judging import believe
from exitd.core.patience import on_patience
from exitd.core.resting import expire, is_expired
from exitd.core.schedule import due_of
from exitd.core.slices import in_time_until_ns, twap_of
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import FireRecord, TriggerRecord, TriggerState
from exitd.core.turn import Turn
from exitd.core.under_way import is_resting
from exitd.core.units import NS_PER_S
from exitd.core.watermarks import on_save_due

_OF_ENTRIES = frozenset(
    {
        TimerKind.ENTRY_LAPSES,
        TimerKind.ENTRY_DOUBT,
        TimerKind.ENTRY_PROOF,
        TimerKind.ENTRY_FORGET,
        TimerKind.ENTRY_WITHDRAWN,
    }
)


def on_timer(turn: Turn, timer: Timer) -> None:
    """Act on a timer, unless what it was for is over: timers are not taken back."""
    if timer.kind is TimerKind.EXPIRE:
        _expire(turn, timer)
    elif timer.kind is TimerKind.RESOLVE:
        _resolve(turn, timer)
    elif timer.kind is TimerKind.FORGET:
        _forget(turn, timer)
    elif timer.kind in _OF_ENTRIES:
        entries.on_timer(turn, timer)
    elif timer.kind is TimerKind.ENTRY_LEGS:
        legs.on_timer(turn, timer)
    elif timer.kind in (TimerKind.BACKSTOP, TimerKind.BACKSTOP_ASK):
        backstops.on_timer(turn, timer)
    elif timer.kind in (TimerKind.DUE, TimerKind.CONFIRMED):
        _hit(turn, timer)
    elif timer.source is not None:
        if timer.kind is TimerKind.WATERMARKS:
            on_save_due(turn, timer.source)
        else:
            believe(turn, timer.source)
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


def _hit(turn: Turn, timer: Timer) -> None:
    """Hit what a time decides: its own, or that of its confirmation."""
    record = turn.state.triggers.get(timer.trigger_id)
    if record is None or record.arming != timer.arming:
        return
    if record.state is not TriggerState.ARMED or record.paused:
        return
    if is_expired(record, turn.now_ns):
        expire(turn, record)
    elif timer.kind is TimerKind.DUE:
        if due_of(turn.state, record) == timer.due_ns:
            fire_by_clock(turn, record, "time")
    elif is_due(turn, record, timer):
        fire_by_clock(turn, record, "confirmed")


def _resolve(turn: Turn, timer: Timer) -> None:
    key = AttemptKey(timer.trigger_id, timer.arming, timer.n)
    attempt = turn.state.attempts.get(key)
    if attempt is not None and attempt.state is AttemptState.IN_DOUBT:
        ask_resolution(turn, attempt)


def _forget(turn: Turn, timer: Timer) -> None:
    """Forget the attempts of a firing that is long over, but none that is open."""
    attempts = turn.state.attempts
    still_open = False
    for n in range(1, timer.n + 1):
        attempt = attempts.get(AttemptKey(timer.trigger_id, timer.arming, n))
        if attempt is None:
            continue
        if attempt.is_ended:
            turn.forget_attempt(attempt)
        else:
            still_open = True
    if still_open:
        due_ns = turn.now_ns + turn.state.policies.attempts_kept_ns
        turn.at(replace(timer, due_ns=due_ns))
    else:
        turn.state.ended.pop((timer.trigger_id, timer.arming), None)


def _on_fire_timer(
    turn: Turn, timer: Timer, record: TriggerRecord, fired: FireRecord
) -> None:
    if timer.kind is TimerKind.RETRY:
        if timer.due_ns in (fired.due_ns, fired.slice_due_ns):
            ask_slot(turn, record)
    elif timer.kind is TimerKind.PATIENCE:
        on_patience(turn, timer, record, fired)
    elif timer.kind is TimerKind.CONFIRM:
        if fired.confirm_ns == timer.due_ns:
            _unconfirmed(turn, record, fired)
    elif not fired.confirm_ns:
        if turn.state.roles[record.id].is_stop:
            _stop_over_budget(turn, record, fired)
        else:
            _over_budget(turn, record, fired)


def _unconfirmed(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """Filled, and the position does not show it: say so and ask again."""
    due_ns = turn.now_ns + turn.state.policies.confirm_after_ns
    turn.put_fire(replace(fired, confirm_ns=due_ns))
    turn.at(Timer(due_ns, TimerKind.CONFIRM, record.id, record.arming))
    turn.fact(
        FactKind.ORDER_UNCONFIRMED, record, fired=True, filled=fired.filled, alert=True
    )
    turn.intend(ProvePosition(fired.account, fired.symbol))


def _stop_over_budget(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """A stop goes on and alerts again, and asks once more for what holds it."""
    budget_ns = turn.state.policies.stop_budget_ns
    if _is_in_time(turn, record, fired, budget_ns):
        return
    due_ns = turn.now_ns + budget_ns
    turn.at(Timer(due_ns, TimerKind.BUDGET, record.id, record.arming))
    if is_waiting(record, fired):
        # The price wakes it, and somebody knows.
        return
    turn.fact(
        FactKind.TRIGGER_HELD,
        record,
        fired=True,
        why=fired.held_by or "its close has not been filled yet",
        firing_s=(turn.now_ns - fired.ts_hit_ns) // NS_PER_S,
        attempts=fired.attempts,
        alert=True,
    )
    key = turn.state.roles[record.id].key
    assert key is not None
    is_passed = let_pass(turn, key)
    if fired.held_by:
        if not is_passed:
            cancel_working(turn, key)
        turn.intend(ProvePosition(fired.account, fired.symbol))
        ask_slot(turn, record)


def _over_budget(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """A take-profit goes back on watch; what it has at the venue is taken back."""
    if _is_in_time(turn, record, fired, turn.state.policies.take_profit_budget_ns):
        return
    attempt = turn.state.open_attempt_of(fired)
    if attempt is None:
        if is_waiting(record, fired):
            _ask_budget_again(turn, record)
        else:
            after_budget(turn, record, fired)
        return
    asked = attempt.order.asked
    is_placed = fired.cause == "command" or (asked is not None and asked.is_for_good)
    if is_placed and attempt.order.time_in_force is TimeInForce.GTC:
        # Somebody wants it so: it rests until it fills or is taken back.
        return
    _ask_budget_again(turn, record)
    if is_resting(attempt):
        if not fired.asked_back:
            ask_back(turn, fired, attempt)
    elif is_in_the_way(turn, attempt):
        take_back(turn, attempt)


def _ask_budget_again(turn: Turn, record: TriggerRecord) -> None:
    due_ns = turn.now_ns + turn.state.policies.take_profit_budget_ns
    turn.at(Timer(due_ns, TimerKind.BUDGET, record.id, record.arming))


def _is_in_time(
    turn: Turn, record: TriggerRecord, fired: FireRecord, budget_ns: int
) -> bool:
    """Whether a firing was given longer than its budget; then that comes later.

    A close in slices has its budget for each; a take-profit rests as long as it has
    patience.
    """
    due_ns = in_time_until_ns(fired, twap_of(record), budget_ns)
    attempt = turn.state.open_attempt_of(fired)
    is_stop = turn.state.roles[record.id].is_stop
    if not is_stop and attempt is not None and is_resting(attempt):
        # Its patience ends it; the budget only sees to it that it does.
        due_ns = max(due_ns, fired.rests_until_ns + budget_ns)
    if due_ns <= turn.now_ns:
        return False
    turn.at(Timer(due_ns, TimerKind.BUDGET, record.id, record.arming))
    return True
