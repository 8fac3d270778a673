"""After evidence: a firing ends, goes on with the rest, or waits for proof."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    RefusalKind,
    TimeInForce,
)
from exitd.core.ending import (
    after_budget,
    ask_slot,
    end_fire,
    gone,
    let_pass,
    wake,
    watch_again,
)
from exitd.core.hits import clear, is_in_the_way
from exitd.core.holding import REACH_PATIENCE_NS, hold, retry_in
from exitd.core.intents import ProvePosition
from exitd.core.lifecycle import TriggerCause
from exitd.core.patience import climb, is_over, recall, recall_excess
from exitd.core.position import PositionKey, explained, shown_at_most
from exitd.core.reach import goes_first, is_out_of_reach
from exitd.core.refusals import delay_ns
from exitd.core.slices import end_slice, has_more, in_time_until_ns, twap_of
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import DoneReason, FireRecord, TriggerRecord, Twap
from exitd.core.turn import Turn
from exitd.core.units import ZERO


def settle(turn: Turn, attempt: AttemptRecord) -> None:
    """Draw the consequences of what is known of an attempt now."""
    state, key = turn.state, attempt.order.attempt
    forget_unexplained(turn, attempt.key)
    fired = state.fires.get(key.trigger_id)
    if fired is not None and (fired.arming, fired.attempts) != (key.arming, key.n):
        fired = None
    if not attempt.is_ended:
        if goes_first(state, attempt.key) and is_in_the_way(turn, attempt):
            clear(turn, attempt)
        elif fired is not None:
            recall(turn, fired, attempt)
        recall_excess(turn, attempt.key)
    elif fired is not None:
        _settle_fire(turn, state.triggers[key.trigger_id], fired, attempt)
    if not let_pass(turn, attempt.key) and attempt.is_ended:
        wake(turn, attempt.key)


def forget_unexplained(turn: Turn, key: PositionKey) -> None:
    """An answered close explains no more than it says it has filled."""
    position, under_way = turn.state.position(key), turn.state.under_way_on(key)
    after = explained(position, under_way.unanswered)
    after = shown_at_most(after, under_way.unresolved)
    if after is not position:
        turn.put_position(after)


def _settle_fire(
    turn: Turn, record: TriggerRecord, fired: FireRecord, attempt: AttemptRecord
) -> None:
    position = turn.state.position(attempt.key)
    if position.lifetime != fired.lifetime or position.held == ZERO:
        gone(turn, record, fired)
        return
    if attempt.filled > ZERO and _is_complete(turn.state, fired, attempt):
        await_proof(turn, record, fired)
        return
    was_asked_back = fired.asked_back > 0
    if was_asked_back:
        fired = replace(fired, asked_back=0)
        turn.put_fire(fired)
    if attempt.state is not AttemptState.CANCELLED:
        ask_slot(turn, record)
    elif _is_over(record, was_asked_back=was_asked_back):
        end_fire(turn, record, fired, TriggerCause.EXPIRED, DoneReason.EXPIRED)
    elif attempt.order.time_in_force is TimeInForce.GTC:
        _after_rest(turn, record, fired, attempt, was_asked_back=was_asked_back)
    else:
        _after_cancel(turn, record, fired, attempt)


def _is_over(record: TriggerRecord, *, was_asked_back: bool) -> bool:
    """Whether a close that its venue has ended had no more time: what is left stays."""
    close = record.definition.close
    if close is None or close.asked is None:
        return False
    return close.asked.is_once or (close.asked.is_for_a_day and not was_asked_back)


def _after_cancel(
    turn: Turn, record: TriggerRecord, fired: FireRecord, attempt: AttemptRecord
) -> None:
    """The venue could not fill it all: a stop escalates, the rest goes again."""
    fired = climb(turn, record, fired)
    if attempt.filled == ZERO:
        _refused(turn, fired)
    else:
        ask_slot(turn, record)


def _after_rest(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    attempt: AttemptRecord,
    *,
    was_asked_back: bool,
) -> None:
    """A close that rested was cancelled: by us, for what comes next, or by others."""
    is_stop, twap = turn.state.roles[record.id].is_stop, twap_of(record)
    if not is_stop and twap is not None and _goes_on(turn, fired, twap):
        _after_slice(turn, record, fired, twap, attempt.filled)
    elif not is_stop and was_asked_back and _has_spent_budget(turn, fired):
        after_budget(turn, record, fired)
    elif not is_stop:
        watch_again(turn, record, fired, "its limit close was cancelled")
    elif is_over(fired, turn.now_ns):
        ask_slot(turn, record)
    elif was_asked_back and is_out_of_reach(turn.state, record):
        # It cannot be met now: what it was taken back for goes in the meantime.
        retry_in(turn, fired, REACH_PATIENCE_NS)
    elif was_asked_back:
        # The one that it was taken back for is on hold longer, and goes first.
        hold(turn, record, fired, "another stop of the position goes first")
    else:
        _after_cancel(turn, record, fired, attempt)


def _has_spent_budget(turn: Turn, fired: FireRecord) -> bool:
    """Whether a take-profit was asked back for that, and not for its patience."""
    budget_ns = turn.state.policies.take_profit_budget_ns
    since_ns = max(fired.ts_hit_ns, fired.slice_due_ns, fired.rests_until_ns)
    return turn.now_ns >= since_ns + budget_ns


def _goes_on(turn: Turn, fired: FireRecord, twap: Twap) -> bool:
    """Whether slices are to come, or the last was cut short before its time."""
    if has_more(fired, twap):
        return True
    budget_ns = turn.state.policies.take_profit_budget_ns
    in_time = turn.now_ns < in_time_until_ns(fired, twap, budget_ns)
    return in_time and not is_over(fired, turn.now_ns)


def _after_slice(
    turn: Turn, record: TriggerRecord, fired: FireRecord, twap: Twap, filled: Decimal
) -> None:
    """What a slice has not filled joins those to come; the last is sent anew."""
    ended = end_slice(fired)
    turn.put_fire(ended)
    if has_more(ended, twap) or filled > ZERO:
        ask_slot(turn, record)
    else:
        _refused(turn, ended)


def _refused(turn: Turn, fired: FireRecord) -> None:
    """The venue took an order and filled nothing of it: as if it had said no.

    Its position may be gone, and nobody may have said so.
    """
    turn.intend(ProvePosition(fired.account, fired.symbol))
    counted = replace(fired, refusals=fired.refusals + 1)
    retry_in(turn, counted, delay_ns(RefusalKind.LIQUIDITY, counted.refusals, None))


def _is_complete(state: State, fired: FireRecord, attempt: AttemptRecord) -> bool:
    """Whether a fill leaves its firing nothing more to close."""
    live = state.position(attempt.key).live
    if live <= ZERO:
        return True
    if fired.target is not None:
        return fired.filled >= fired.target
    # A whole-position close goes on with what is left, unless the position
    # does not show this fill although it should: then proof comes first.
    return live >= attempt.position_before


def await_proof(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """All is filled: the firing ends when the position shows it (behaviour 100)."""
    if _is_shown(turn.state, fired):
        _conclude(turn, record, fired)
        return
    due_ns = turn.now_ns + turn.state.policies.confirm_after_ns
    turn.put_fire(replace(fired, confirm_ns=due_ns, held_by=""))
    turn.at(Timer(due_ns, TimerKind.CONFIRM, record.id, record.arming))


def prove(turn: Turn, key: PositionKey) -> None:
    """Let firings that wait for a position report go on with this one."""
    state = turn.state
    for fired in state.waiting_fires_on(key):
        if fired.confirm_ns and _is_shown(state, fired):
            _conclude(turn, state.triggers[fired.trigger_id], fired)
    wake(turn, key)


def _is_shown(state: State, fired: FireRecord) -> bool:
    """Whether the position shows the last fill.

    A report that is newer than the fill by the venue's slack is believed even
    if it shows no reduction: then somebody added to the position meanwhile.
    """
    last = state.attempts[AttemptKey(fired.trigger_id, fired.arming, fired.attempts)]
    position = state.position(last.key)
    if position.ts_venue_ns < last.ts_filled_venue_ns:
        return False
    slack_ns = state.capabilities[fired.account].lag_slack_ns
    return (
        position.quantity < last.position_before
        or position.ts_venue_ns >= last.ts_filled_venue_ns + slack_ns
    )


def _conclude(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    key = turn.state.roles[record.id].key
    assert key is not None
    if fired.target is None and turn.state.position(key).live > ZERO:
        # The position grew meanwhile: a whole-position close takes it all.
        turn.put_fire(replace(fired, confirm_ns=0, due_ns=turn.now_ns))
        ask_slot(turn, record)
        return
    end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)
