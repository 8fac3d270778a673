"""A definite refusal: the attempt is over, and its row in the table says what next."""

from msgspec.structs import replace

from exitd.core.after_legs import clear
from exitd.core.attempt import AttemptRecord, RefusalKind
from exitd.core.backstops import step_aside
from exitd.core.ending import ask_slot, end_fire, gone, wake
from exitd.core.events import FactKind
from exitd.core.hits import cancel_working
from exitd.core.holding import retry_in
from exitd.core.inputs import AttemptRefused
from exitd.core.intents import ProvePosition, RefreshInstrument, SyncClock
from exitd.core.lifecycle import AttemptCause, TriggerCause, next_attempt_state
from exitd.core.patience import climb
from exitd.core.refusals import RESPONSES, Response, delay_ns
from exitd.core.settling import forget_unexplained
from exitd.core.shrinking import shrink
from exitd.core.trigger import DoneReason
from exitd.core.turn import Turn
from exitd.core.under_way import UNANSWERED
from exitd.core.units import ZERO


def on_refused(turn: Turn, refused: AttemptRefused) -> None:
    """Take in a no; one that comes after evidence of the order changes nothing."""
    attempt = turn.state.attempts.get(refused.attempt)
    if attempt is not None and attempt.state in UNANSWERED:
        refuse(
            turn,
            attempt,
            refused.kind,
            refused.code,
            refused.message,
            refused.retry_after_ns,
        )


def refuse(
    turn: Turn,
    attempt: AttemptRecord,
    kind: RefusalKind,
    code: str,
    message: str,
    retry_after_ns: int | None,
) -> None:
    """End the attempt and follow the refusal's row in the table."""
    state, order = turn.state, attempt.order
    key = order.attempt
    turn.put_attempt(
        replace(
            attempt,
            state=next_attempt_state(attempt.state, AttemptCause.REFUSED),
            refusal=f"{code}: {message}" if message != code else code,
            ts_changed_ns=turn.now_ns,
        )
    )
    record, response = state.triggers[key.trigger_id], RESPONSES[kind]
    turn.fact(
        FactKind.ORDER_REFUSED,
        record,
        fired=True,
        attempt=key.n,
        client_order_id=order.client_order_id,
        refusal=kind.value,
        code=code,
        message=message,
        alert=response.alerts,
    )
    forget_unexplained(turn, attempt.key)
    # It explains no more why less is held than entries have left.
    shrink(turn, attempt.key)
    record = state.triggers[key.trigger_id]
    wake(turn, attempt.key)
    fired = state.fires.get(key.trigger_id)
    if fired is None or fired.arming != key.arming:
        return
    position = state.position(attempt.key)
    if position.lifetime != fired.lifetime or position.held == ZERO:
        gone(turn, record, fired)
        return
    asked = order.asked
    if kind is RefusalKind.LIQUIDITY and asked is not None and asked.is_once:
        # The venue's way to say that nothing of it filled at once.
        end_fire(turn, record, fired, TriggerCause.EXPIRED, DoneReason.EXPIRED)
        return
    _see_to(turn, attempt, response)
    fired = replace(fired, refusals=fired.refusals + 1)
    if response.escalates:
        fired = climb(turn, record, fired)
    delay = delay_ns(kind, fired.refusals, retry_after_ns)
    if delay:
        retry_in(turn, fired, delay)
    else:
        turn.put_fire(fired)
        ask_slot(turn, record)


def _see_to(turn: Turn, attempt: AttemptRecord, response: Response) -> None:
    """Do what a refusal says is wrong, before the next attempt."""
    order = attempt.order
    if response.syncs_clock:
        turn.intend(SyncClock(order.account))
    if response.proves_position:
        turn.intend(ProvePosition(order.account, order.symbol))
    if response.refreshes_instrument:
        turn.intend(RefreshInstrument(order.account, order.symbol))
    if response.cancels_ours:
        cancel_working(turn, attempt.key)
        clear(turn, attempt.key)
        step_aside(turn, attempt.key)
