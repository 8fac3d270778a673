"""After evidence: a firing ends, goes on with the rest, or waits for proof."""

from msgspec.structs import replace

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    RefusalKind,
    TimeInForce,
)
from exitd.core.ending import ask_slot, end_fire, gone, wake, watch_again
from exitd.core.hits import is_in_the_way, take_back
from exitd.core.holding import hold, retry_in
from exitd.core.lifecycle import TriggerCause
from exitd.core.patience import climb, is_over, recall_if_over
from exitd.core.position import PositionKey, explained
from exitd.core.refusals import delay_ns
from exitd.core.slices import end_slice, has_more, has_urgent_stop, twap_of
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import DoneReason, FireRecord, TriggerRecord
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
        if attempt.key in state.stops_firing and is_in_the_way(turn, attempt):
            take_back(turn, attempt)
        elif fired is not None:
            recall_if_over(turn, fired, attempt)
        return
    if fired is not None:
        _settle_fire(turn, state.triggers[key.trigger_id], fired, attempt)
    wake(turn, attempt.key)


def forget_unexplained(turn: Turn, key: PositionKey) -> None:
    """An answered close explains no more than it says it has filled."""
    position = turn.state.position(key)
    after = explained(position, turn.state.under_way_on(key).unanswered)
    if after is not position:
        turn.put_position(after)


def _settle_fire(
    turn: Turn, record: TriggerRecord, fired: FireRecord, attempt: AttemptRecord
) -> None:
    position = turn.state.position(attempt.key)
    if position.lifetime != fired.lifetime or position.quantity == ZERO:
        gone(turn, record, fired)
        return
    if attempt.filled > ZERO and _is_complete(turn.state, fired, attempt):
        await_proof(turn, record, fired)
        return
    if attempt.state is not AttemptState.CANCELLED:
        ask_slot(turn, record)
    elif attempt.order.time_in_force is TimeInForce.GTC:
        _after_rest(turn, record, fired, attempt)
    else:
        _after_cancel(turn, record, fired, attempt)


def _after_cancel(
    turn: Turn, record: TriggerRecord, fired: FireRecord, attempt: AttemptRecord
) -> None:
    """The venue could not fill it all: a stop escalates, the rest goes again."""
    fired = climb(turn, record, fired)
    if attempt.filled == ZERO:
        fired = replace(fired, refusals=fired.refusals + 1)
        retry_in(turn, fired, delay_ns(RefusalKind.LIQUIDITY, fired.refusals, None))
    else:
        ask_slot(turn, record)


def _after_rest(
    turn: Turn, record: TriggerRecord, fired: FireRecord, attempt: AttemptRecord
) -> None:
    """A close that rested was cancelled: by us, for what comes next, or by others."""
    role, twap = turn.state.roles[record.id], twap_of(record)
    assert role.key is not None
    if not role.is_stop:
        goes_on = twap is not None and (
            has_more(fired, twap) or has_urgent_stop(turn.state, role.key)
        )
        if not goes_on:
            watch_again(turn, record, fired, "its limit close was cancelled")
            return
        turn.put_fire(end_slice(fired))
        ask_slot(turn, record)
    elif is_over(fired, turn.now_ns):
        ask_slot(turn, record)
    elif fired.asked_back:
        # The one that it was taken back for is on hold longer, and goes first.
        hold(turn, record, fired, "another stop of the position goes first")
    else:
        _after_cancel(turn, record, fired, attempt)


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
