"""How long a close rests before it is taken back, wider, or sent to the market.

A stop climbs: at its limit, at a wider one, at market; each with its own patience.
Only a hard bound is never left, so a stop that has one rests on until it fills. Of
several stops of a position, the resting close of one never keeps another waiting:
which of two goes first is decided by `_rank`, so they cannot take turns for ever.
"""

from msgspec.structs import replace

from exitd.core.attempt import AttemptKey, AttemptRecord, CloseOrder, TimeInForce
from exitd.core.ending import ask_slot
from exitd.core.events import FactKind
from exitd.core.hits import ask_back, take_back
from exitd.core.position import PositionKey
from exitd.core.reach import is_out_of_reach
from exitd.core.sizing import MARKET_STAGE, next_stage
from exitd.core.slices import has_more, has_urgent_stop, is_next_due, twap_of
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import Close, FireRecord, OrderType, TriggerRecord
from exitd.core.turn import Turn
from exitd.core.under_way import AT_VENUE, is_resting
from exitd.core.units import NS_PER_S, ZERO


def patience_ns(close: Close, stage: int) -> int:
    """Give how long a close rests at a stage; zero tries it once."""
    if close.order is not OrderType.LIMIT or stage >= MARKET_STAGE:
        return 0
    return close.patience_ns[stage]


#: How long a limit that is to fill at once rests where nothing does that.
AT_ONCE_PATIENCE_NS = 2 * NS_PER_S


def is_at_once(close: Close, order: OrderType, stage: int, *, is_stop: bool) -> bool:
    """Whether a close that rests was to fill at once, or not at all."""
    wanted = time_in_force(close, order, stage, is_stop=is_stop)
    return wanted is TimeInForce.IOC


def time_in_force(
    close: Close, order: OrderType, stage: int, *, is_stop: bool, has_ioc: bool = True
) -> TimeInForce:
    """A take-profit's limit close rests; a stop's only where it has the patience.

    With a bound, what was asked for as a limit rests, and a market close does not.
    Where the venue has no orders that end at once, every limit rests for a while.
    """
    if not has_ioc and order is OrderType.LIMIT:
        return TimeInForce.GTC
    if close.asked is not None and close.asked.is_once:
        rests = False
    elif close.bound is not None:
        rests = close.order is OrderType.LIMIT
    else:
        is_limit = order is OrderType.LIMIT
        rests = is_limit and (not is_stop or patience_ns(close, stage) > 0)
    return TimeInForce.GTC if rests else TimeInForce.IOC


def rests_until_ns(
    close: Close,
    fired: FireRecord,
    now_ns: int,
    order: OrderType,
    *,
    is_stop: bool,
) -> int:
    """Give when a close that is sent to rest is to be taken back; 0: it rests on.

    A stop's patience is for the stage, however often its close has to be sent
    anew; a slice rests until the next is due at the latest, and what is to fill
    at once only as long as that may take.
    """
    if is_at_once(close, order, fired.stage, is_stop=is_stop):
        return now_ns + AT_ONCE_PATIENCE_NS
    if is_stop and fired.rests_until_ns:
        return fired.rests_until_ns
    ends: list[int] = []
    patience = patience_ns(close, fired.stage)
    if patience and not (is_stop and close.keeps_limit):
        ends.append(now_ns + patience)
    if close.twap is not None and has_more(fired, close.twap):
        ends.append(fired.slice_due_ns)
    if close.asked is not None and close.asked.until_ns:
        ends.append(close.asked.until_ns)
    return min(ends, default=0)


def climb(turn: Turn, record: TriggerRecord, fired: FireRecord) -> FireRecord:
    """Escalate limit, wider, market, where the trigger may."""
    close, role = record.definition.close, turn.state.roles[record.id]
    assert close is not None
    stage = next_stage(close, fired.stage, is_stop=role.is_stop)
    if stage == fired.stage:
        return fired
    climbed = replace(fired, stage=stage, rests_until_ns=0)
    turn.put_fire(climbed)
    to = "market" if stage == MARKET_STAGE else "a wider limit"
    turn.fact(FactKind.ORDER_ESCALATED, record, fired=True, to=to)
    return climbed


def is_over(fired: FireRecord, now_ns: int) -> bool:
    """Whether the time to rest has passed."""
    return 0 < fired.rests_until_ns <= now_ns


def climb_if_over(turn: Turn, record: TriggerRecord, fired: FireRecord) -> FireRecord:
    """Escalate a stop whose patience is over, whatever kept it from resting.

    The time of the next stage begins at once, whether its close can be sent or is on
    hold for another: a stop comes to market in the time it was given.
    """
    close = record.definition.close
    assert close is not None
    if not is_over(fired, turn.now_ns):
        return fired
    if close.twap is not None and is_next_due(fired, close.twap, turn.now_ns):
        return fired
    climbed = climb(turn, record, fired)
    if climbed.stage in (fired.stage, MARKET_STAGE):
        return climbed
    until_ns = turn.now_ns + patience_ns(close, climbed.stage)
    timed = replace(climbed, rests_until_ns=until_ns)
    turn.put_fire(timed)
    turn.at(Timer(until_ns, TimerKind.PATIENCE, record.id, record.arming))
    return timed


def on_patience(
    turn: Turn, timer: Timer, record: TriggerRecord, fired: FireRecord
) -> None:
    """Take back what has rested long enough, and ask again until it is gone."""
    if timer.n != fired.asked_back:
        return
    if not timer.n and timer.due_ns != fired.rests_until_ns:
        return
    attempt = turn.state.open_attempt_of(fired)
    if attempt is None:
        ask_slot(turn, record)
    elif is_resting(attempt) or (timer.n and attempt.state in AT_VENUE):
        # One that was not to rest may work on where a solver has to fill it.
        ask_back(turn, fired, attempt)
    # An unanswered one is taken back when it turns out to rest.


def recall(turn: Turn, fired: FireRecord, attempt: AttemptRecord) -> None:
    """Take back what turns out to rest, where its time or its turn is over."""
    if fired.asked_back or not is_resting(attempt):
        return
    state, record = turn.state, turn.state.triggers[fired.trigger_id]
    if (
        is_over(fired, turn.now_ns)
        or (twap_of(record) is not None and has_urgent_stop(state, attempt.key))
        or _is_awaited(state, record, fired, attempt.key)
    ):
        ask_back(turn, fired, attempt)


def _is_awaited(
    state: State, record: TriggerRecord, fired: FireRecord, key: PositionKey
) -> bool:
    """Whether a stop that comes before this one has nothing to take but its part."""
    if not state.roles[record.id].is_stop:
        return False
    if state.position(key).live > state.under_way_on(key).unresolved:
        return False
    mine = _rank(state, record, fired)
    return any(
        other.held_by
        and state.roles[other.trigger_id].is_stop
        and _rank(state, state.triggers[other.trigger_id], other) > mine
        for other in state.waiting_fires_on(key)
    )


def recall_excess(turn: Turn, key: PositionKey) -> None:
    """Take back what rests beyond what is held, where only its size keeps it closing.

    Somebody else has taken the position down: what is left to fill would open the other
    side. An order that is not to rest is left to fill, unless nothing is held.
    """
    state = turn.state
    capabilities = state.capabilities.get(key.account)
    if capabilities is None or capabilities.reduce_only:
        return
    live = state.position(key).live
    if state.under_way_on(key).unresolved <= live:
        return
    for attempt in state.open_attempts_on(key):
        is_queued = live == ZERO and attempt.state in AT_VENUE
        if not (is_resting(attempt) or is_queued):
            continue
        attempt_key = attempt.order.attempt
        fired = state.fires.get(attempt_key.trigger_id)
        if fired is None or fired.arming != attempt_key.arming:
            take_back(turn, attempt)
        elif not fired.asked_back:
            ask_back(turn, fired, attempt)


def watch_patience(turn: Turn, fired: FireRecord) -> None:
    """Set the timers of an open firing again that rests, or closes in slices."""
    trigger_id, arming = fired.trigger_id, fired.arming
    if fired.slice_due_ns:
        turn.at(Timer(fired.slice_due_ns, TimerKind.RETRY, trigger_id, arming))
    kind = TimerKind.PATIENCE
    if fired.rests_until_ns:
        turn.at(Timer(fired.rests_until_ns, kind, trigger_id, arming))
    if fired.asked_back:
        # What was being taken back is asked for again at once.
        turn.at(Timer(0, kind, trigger_id, arming, fired.asked_back))


def mind_the_clock(turn: Turn, close: Close, fired: FireRecord) -> FireRecord:
    """Bring deadlines nearer where the machine's clock was put back while down.

    Its last attempt lies in the future then, unless an answer has come for it since;
    or a deadline lies farther off than any can be set.
    """
    now_ns, twap, patience = turn.now_ns, close.twap, patience_ns(close, fired.stage)
    slice_due_ns, until_ns = fired.slice_due_ns, fired.rests_until_ns
    if twap is not None:
        last = turn.state.attempts.get(
            AttemptKey(fired.trigger_id, fired.arming, fired.attempts)
        )
        is_put_back = last is not None and last.ts_changed_ns > now_ns
        if is_put_back or slice_due_ns > now_ns + twap.slices * twap.every_ns:
            slice_due_ns = min(slice_due_ns, now_ns + twap.every_ns)
            until_ns = min(until_ns, slice_due_ns)
    if patience:
        until_ns = min(until_ns, now_ns + patience)
    nearer = replace(fired, slice_due_ns=slice_due_ns, rests_until_ns=until_ns)
    if nearer != fired:
        turn.put_fire(nearer)
        watch_patience(turn, nearer)
    return nearer


def clear_the_way(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """Take back what rests for stops that come after this one.

    What rests for take-profits was taken back when the first stop fired.
    """
    state, role = turn.state, turn.state.roles[record.id]
    assert role.key is not None
    mine = _rank(state, record, fired)
    for key in list(state.under_way_on(role.key).resting):
        theirs = state.roles[key.trigger_id]
        if key.trigger_id == record.id or not theirs.is_stop:
            continue
        other = state.fires.get(key.trigger_id)
        if other is None or other.arming != key.arming:
            # Somebody gave that firing up; its order is still ours.
            take_back(turn, state.attempts[key])
        elif (
            not other.asked_back
            and _rank(state, state.triggers[key.trigger_id], other) < mine
        ):
            ask_back(turn, other, state.attempts[key])


def make_way(turn: Turn, key: PositionKey) -> None:
    """Take back what rests for stops that cannot be met now: a take-profit can."""
    state = turn.state
    for trigger_id in state.stops_firing.get(key, ()):
        fired = state.fires[trigger_id]
        attempt = state.open_attempt_of(fired)
        if attempt is not None and is_resting(attempt) and not fired.asked_back:
            ask_back(turn, fired, attempt)


def _rank(
    state: State, record: TriggerRecord, fired: FireRecord
) -> tuple[bool, bool, bool, bool, int, int]:
    """Order the stops that fire on one position; the highest goes first.

    What cannot be met now comes last, before it slices, then what a hard bound may
    never let end; market goes before limit, and a later hit before an earlier one: it
    is the farther stop.
    """
    close = record.definition.close
    assert close is not None
    is_market = close.order is OrderType.MARKET or fired.stage >= MARKET_STAGE
    return (
        not is_out_of_reach(state, record),
        close.twap is None,
        not close.keeps_limit,
        is_market,
        fired.ts_hit_ns,
        record.seq,
    )


def stop_slices(turn: Turn, key: PositionKey) -> None:
    """Take back what rests for closes in slices: a stop takes over at once."""
    state = turn.state
    for attempt_key in list(state.under_way_on(key).resting):
        trigger_id = attempt_key.trigger_id
        fired = state.fires.get(trigger_id)
        if fired is None or fired.arming != attempt_key.arming or fired.asked_back:
            continue
        if not state.roles[trigger_id].is_stop:
            continue  # taken back when the first stop fired
        if twap_of(state.triggers[trigger_id]) is not None:
            ask_back(turn, fired, state.attempts[attempt_key])


def begin_attempt(
    turn: Turn, record: TriggerRecord, fired: FireRecord, order: CloseOrder
) -> None:
    """Count an attempt, and set the time after which it is taken back if it rests."""
    until_ns = fired.rests_until_ns
    if order.time_in_force is TimeInForce.GTC:
        close, role = record.definition.close, turn.state.roles[record.id]
        assert close is not None
        until_ns = rests_until_ns(
            close, fired, turn.now_ns, order.order, is_stop=role.is_stop
        )
        if until_ns:
            kind = TimerKind.PATIENCE
            turn.at(Timer(until_ns, kind, record.id, record.arming))
    turn.put_fire(
        replace(fired, attempts=order.attempt.n, asked_back=0, rests_until_ns=until_ns)
    )
