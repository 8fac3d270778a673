"""After an unclean stop: what may have been sent and was never written down.

Overlapped, the first close of an arming leaves while it is being written down, by an id
that was durable with the arming (`first_ids`). A stop that was not clean may come
between the two. So every trigger that such an id was reserved for counts as perhaps
fired, and nothing is sent on its position, until the venue has shown that it was not:
no request of the run before can be valid any more, and one clean read of open orders
and history has been searched for all of these ids.
"""

from msgspec.structs import replace

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
    TimeInForce,
)
from exitd.core.barrier_inputs import FirstIdsSearched
from exitd.core.ending import ask_slot
from exitd.core.events import FactKind
from exitd.core.hits import found_fired
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.patience import begin_attempt
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.pricing import price_now
from exitd.core.sizing import Room
from exitd.core.state import Barrier, State, Timer, TimerKind
from exitd.core.targets import with_target
from exitd.core.trigger import (
    DoneReason,
    FireRecord,
    OrderType,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO

BARRED = (
    "the last stop was not clean, and the venue is asked whether it was sent before"
)


def put_up(state: State) -> None:
    """Bar, as a state is restored, what its last run may have sent unwritten."""
    for account, counter in state.counters.items():
        if not counter.ahead_window_ns:
            continue
        perhaps = [
            record
            for record in state.triggers.values()
            if record.definition.account == account and _may_have_sent(state, record)
        ]
        if perhaps:
            windows_ns = [_window_ns(record) for record in perhaps]
            keys = frozenset(r.definition.key for r in perhaps if r.definition.key)
            state.barriers[account] = Barrier(
                {record.first_id: record for record in perhaps},
                keys,
                max(counter.ahead_window_ns, *windows_ns),
                positions={key: state.position(key) for key in keys},
            )


def _may_have_sent(state: State, record: TriggerRecord) -> bool:
    if not record.first_id:
        return False
    if record.state is TriggerState.FIRING:
        return not state.fires[record.id].attempts
    return record.state is TriggerState.ARMED


def _window_ns(record: TriggerRecord) -> int:
    close = record.definition.close
    return (close.window_ns or 0) if close is not None else 0


def on_venue_time(state: State, account: str, ts_venue_ns: int) -> None:
    barrier = state.barriers.get(account)
    if barrier is not None and barrier.since_venue_ns is None:
        barrier.since_venue_ns = ts_venue_ns


def is_barred(state: State, key: PositionKey) -> bool:
    """Whether an order that nobody wrote down may still take from a position."""
    barrier = state.barriers.get(key.account)
    return barrier is not None and not barrier.is_passed and key in barrier.keys


def on_searched(turn: Turn, searched: FirstIdsSearched) -> None:
    """Let go what no read has shown, if the reads were late enough to be believed.

    What could rest may have left the book just before the open orders were read; the
    history must be read that much later than they were, as its lag may be.
    """
    state, account = turn.state, searched.account
    barrier, capabilities = state.barriers.get(account), state.capabilities.get(account)
    if barrier is None or capabilities is None or barrier.is_passed:
        return
    since_ns = barrier.since_venue_ns
    if (
        since_ns is None
        or searched.resting_venue_ns <= since_ns + barrier.window_ns
        or searched.history_venue_ns
        <= searched.resting_venue_ns + capabilities.lag_slack_ns
    ):
        return
    barrier.is_passed = True
    turn.fact(FactKind.ACCOUNT_UNBARRED, account=account, triggers=len(barrier.ids))
    spent = (record.id for record in barrier.ids.values())
    state.unreserved.setdefault(account, []).extend(spent)
    for fired in list(state.fires.values()):
        if fired.account == account and fired.held_by == BARRED:
            ask_slot(turn, state.triggers[fired.trigger_id])


def adopt(turn: Turn, report: OrderReport) -> None:
    """Take an order by a reserved id for what it is: the first close of its trigger.

    Its attempt is put in place, in doubt; the report then says what became of it.
    """
    barrier = turn.state.barriers.get(report.account)
    client_id = report.client_order_id
    if barrier is None or client_id is None:
        return
    barred = barrier.ids.get(client_id)
    if barred is None or not _fits(barred, report):
        return
    fired = _firing_of(turn, barred)
    if fired is None:
        return
    del barrier.ids[client_id]
    key = barred.definition.key
    assert key is not None, "what closes has a position"
    position = turn.state.position(key)
    signed_ns = report.ts_sent_venue_ns
    order = CloseOrder(
        attempt=AttemptKey(barred.id, barred.arming, 1),
        account=report.account,
        symbol=report.symbol,
        side=report.side,
        quantity=report.quantity or max(report.filled, position.live),
        order=report.order or OrderType.MARKET,
        price=report.price if report.order is OrderType.LIMIT else None,
        time_in_force=_time_in_force(report),
        client_order_id=client_id,
    )
    turn.put_attempt(
        AttemptRecord(
            order=order,
            key=key,
            lifetime=barred.lifetime,
            state=AttemptState.IN_DOUBT,
            ts_signed_venue_ns=signed_ns,
            expires_venue_ns=signed_ns + barrier.window_ns,
            ts_changed_ns=turn.now_ns,
            position_before=position.live,
            is_flagged=not position.proven,
        )
    )
    if fired.open:
        record = turn.state.triggers[barred.id]
        begun = _with_target(turn, record, replace(fired, held_by=""), order, position)
        begin_attempt(turn, record, begun, order)
    else:
        turn.put_ended(replace(fired, attempts=1))
        kept_ns = turn.state.policies.attempts_kept_ns
        due_ns, kind = turn.now_ns + kept_ns, TimerKind.FORGET
        turn.at(Timer(due_ns, kind, barred.id, barred.arming, 1))


def _with_target(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    order: CloseOrder,
    position: PositionRecord,
) -> FireRecord:
    """Fix what the firing closes in all: what it would now, and no less than it sent.

    The position may show the close already, which must not make it close more.
    """
    close = record.definition.close
    assert close is not None, "only what closes has an id"
    instrument = turn.state.instrument_of(record.definition)
    if close.quantity.is_whole or instrument is None:
        return fired
    room = Room(
        instrument=instrument,
        closable=position.live,
        is_shared=False,
        price=price_now(turn.state, record.definition, fired),
    )
    fixed = with_target(turn.state, record, fired, close, position, room)
    return replace(fixed, target=max(fixed.target or ZERO, order.quantity))


def _fits(barred: TriggerRecord, report: OrderReport) -> bool:
    key = barred.definition.key
    return (
        key is not None
        and report.symbol == key.symbol
        and report.side is key.side.close_side
    )


def _time_in_force(report: OrderReport) -> TimeInForce:
    is_resting = report.status is OrderStatus.WORKING
    return TimeInForce.GTC if is_resting else TimeInForce.IOC


def _firing_of(turn: Turn, barred: TriggerRecord) -> FireRecord | None:
    """Give the firing that an order was for, begun now where it was not yet.

    Where the trigger is over meanwhile, or in its next arming, the firing is one that
    has ended. None where it has had its first attempt by another id.
    """
    state = turn.state
    attempt = AttemptKey(barred.id, barred.arming, 1)
    if attempt in state.attempts:
        return None
    known = state.firing_of(attempt)
    if known is not None:
        return None if known.attempts else known
    record = state.triggers.get(barred.id)
    if (
        record is not None
        and record.arming == barred.arming
        and record.state is TriggerState.ARMED
    ):
        return found_fired(turn, record)
    return _ended(turn, barred)


def _ended(turn: Turn, barred: TriggerRecord) -> FireRecord:
    definition = barred.definition
    position = _position_of(turn.state, barred)
    instrument = turn.state.instrument_of(definition)
    return FireRecord(
        trigger_id=barred.id,
        arming=barred.arming,
        account=definition.account,
        symbol=definition.symbol,
        side=definition.side,
        lifetime=barred.lifetime,
        level=barred.trigger_price,
        observed=None,
        source=definition.source,
        ts_venue_ns=turn.now_ns,
        ts_recv_ns=turn.now_ns,
        ts_hit_ns=turn.now_ns,
        cause="found",
        open=False,
        reason=DoneReason.RETIRED,
        ts_done_ns=turn.now_ns,
        entry_price=position.entry_price if position is not None else None,
        position_id=position.position_id if position is not None else "",
        quote=instrument.quote if instrument is not None else "",
    )


def _position_of(state: State, barred: TriggerRecord) -> PositionRecord | None:
    """Give the position that a trigger was armed for: it may be gone, or another."""
    account, key = barred.definition.account, barred.definition.key
    assert key is not None, "what closes has a position"
    before = state.barriers[account].positions.get(key)
    for position in (before, state.position(key)):
        if position is not None and position.lifetime == barred.lifetime:
            return position
    return None


def spend_all(turn: Turn, account: str) -> None:
    """Have every reserved id of an account replaced: another daemon may use them."""
    state = turn.state
    barrier = state.barriers.get(account)
    if barrier is None:
        barrier = state.barriers[account] = Barrier({}, frozenset(), 0, is_passed=True)
    reserved = {
        record.first_id: record
        for record in state.triggers.values()
        if record.definition.account == account and _may_have_sent(state, record)
    }
    if barrier.is_passed:
        spent = [r.id for id, r in reserved.items() if id not in barrier.ids]
        state.unreserved.setdefault(account, []).extend(spent)
    barrier.ids = {**reserved, **barrier.ids}


def take_down(turn: Turn, account: str) -> None:
    """Forget a barrier that is passed, once all that was behind it has other ids."""
    del turn.state.barriers[account]
    mark(turn, account, is_ahead=account in turn.state.overlapped)


def mark(turn: Turn, account: str, *, is_ahead: bool) -> None:
    """Write down whether closes of an account may leave before they are written."""
    counter = turn.state.counters[account]
    window_ns = turn.state.capabilities[account].window_ns if is_ahead else 0
    if counter.ahead_window_ns != window_ns:
        turn.put_counter(replace(counter, ahead_window_ns=window_ns))
