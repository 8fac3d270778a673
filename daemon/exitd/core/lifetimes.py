"""Positions come and go: what that does to their triggers."""

from msgspec.structs import replace

from exitd.core.events import FactKind
from exitd.core.firing import gone
from exitd.core.hits import ask_slot
from exitd.core.inputs import PositionReport, PositionsDoubted
from exitd.core.lifecycle import TriggerCause
from exitd.core.outcomes import await_proof
from exitd.core.position import Continuity, PositionKey, PositionRecord
from exitd.core.resting import arm, finish, fresh_price, is_crossed, wait
from exitd.core.state import Turn
from exitd.core.trigger import (
    DoneReason,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.units import ZERO


def on_position(turn: Turn, report: PositionReport) -> None:
    """Take in what the venue says; older reports than the known one are ignored."""
    state, key = turn.state, report.key
    known = state.positions.get(key)
    if known is None:
        if report.quantity == ZERO:
            return
        known = PositionRecord(key=key)
    if report.ts_venue_ns < known.ts_venue_ns:
        return
    was_open = known.quantity > ZERO
    is_open = report.quantity > ZERO
    after = replace(
        known,
        quantity=report.quantity,
        entry_price=report.entry_price if is_open else known.entry_price,
        position_id=report.position_id or known.position_id,
        ts_venue_ns=report.ts_venue_ns,
        unreflected=tuple(
            f for f in known.unreflected if f.ts_venue_ns > report.ts_venue_ns
        ),
        proven=report.proven or known.proven,
    )
    if after == replace(known, ts_venue_ns=report.ts_venue_ns):
        # Nothing new but its age: kept in memory, not worth a write.
        state.positions[key] = after
        _prove(turn, key)
        return
    if was_open and (not is_open or report.continuity is Continuity.NEW):
        turn.put_position(replace(after, quantity=ZERO, unreflected=()))
        _end_lifetime(turn, key)
        was_open = False
    if is_open and not was_open:
        _begin_lifetime(turn, after, report)
        return
    if not is_open:
        turn.put_position(replace(after, unreflected=()))
        return
    turn.put_position(after)
    _changed(turn, known, after, report)


def _begin_lifetime(
    turn: Turn, position: PositionRecord, report: PositionReport
) -> None:
    key = position.key
    opened = replace(
        position,
        lifetime=position.lifetime + 1,
        ts_opened_ns=turn.now_ns,
        filled_in_lifetime=ZERO,
        unreflected=(),
        position_id=report.position_id,
    )
    turn.put_position(opened)
    turn.fact(
        FactKind.POSITION_OPENED,
        account=key.account,
        symbol=key.symbol,
        side=key.side.value,
        quantity=opened.quantity,
        entry_price=opened.entry_price,
        lifetime=opened.lifetime,
    )
    for record in turn.state.triggers_on(key):
        begin_arming(turn, record, opened)


def begin_arming(turn: Turn, record: TriggerRecord, position: PositionRecord) -> None:
    """Give a waiting trigger, or a template, its arming for this lifetime."""
    if record.state is TriggerState.DONE:
        if not record.definition.template or not _may_return(record):
            return
        record = wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.FIRST_PRICE)
    if record.state is not TriggerState.WAITING:
        return
    record = replace(record, lifetime=position.lifetime)
    price = fresh_price(turn.state, record.definition, turn.now_ns)
    if record.definition.level is None or price is None:
        wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.FIRST_PRICE)
    elif is_crossed(record.definition, price):
        wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
    else:
        arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=position.lifetime)


def _may_return(record: TriggerRecord) -> bool:
    if record.definition.once:
        return False
    return record.reason in (DoneReason.FILLED, DoneReason.RETIRED)


def _end_lifetime(turn: Turn, key: PositionKey) -> None:
    turn.fact(
        FactKind.POSITION_CLOSED,
        account=key.account,
        symbol=key.symbol,
        side=key.side.value,
        lifetime=turn.state.position(key).lifetime,
    )
    turn.state.held.pop(key, None)
    for record in turn.state.triggers_on(key):
        if record.state is TriggerState.FIRING:
            _end_firing(turn, record, key)
        elif record.state is not TriggerState.DONE:
            _retire(turn, record)


def _end_firing(turn: Turn, record: TriggerRecord, key: PositionKey) -> None:
    fired = turn.state.fires[record.id]
    if turn.state.open_attempt_of(fired) is not None:
        # Its answer is still to come; then it ends, as there is nothing to close.
        return
    gone(turn, record, fired)


def _retire(turn: Turn, record: TriggerRecord) -> None:
    definition = record.definition
    is_waiting = record.waiting_for is WaitingFor.POSITION
    if definition.template and not definition.once:
        if not is_waiting:
            wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.POSITION)
    elif not is_waiting:
        finish(
            turn,
            record,
            TriggerCause.LIFETIME_ENDED,
            DoneReason.RETIRED,
            FactKind.TRIGGER_RETIRED,
            why="the position was closed",
        )


def _changed(
    turn: Turn,
    before: PositionRecord,
    after: PositionRecord,
    report: PositionReport,
) -> None:
    key = after.key
    if report.continuity is Continuity.UNPROVEN:
        turn.fact(
            FactKind.POSITION_DOUBTED,
            account=key.account,
            symbol=key.symbol,
            side=key.side.value,
            why="fills since it was last seen do not add up to what it is now",
        )
    if after.quantity != before.quantity:
        turn.fact(
            FactKind.POSITION_CHANGED,
            account=key.account,
            symbol=key.symbol,
            side=key.side.value,
            before=before.quantity,
            quantity=after.quantity,
            entry_price=after.entry_price,
        )
    _prove(turn, key)


def _prove(turn: Turn, key: PositionKey) -> None:
    """Let firings that wait for a position report go on with this one."""
    for fired in turn.state.fires_on(key):
        record = turn.state.triggers[fired.trigger_id]
        if fired.confirm_ns:
            await_proof(turn, record, replace(fired, confirm_ns=0))
        elif fired.held_by:
            ask_slot(turn, record)


def on_doubted(turn: Turn, doubted: PositionsDoubted) -> None:
    """Without the private stream the view may be old: say so, go on with it."""
    for key, position in turn.state.positions.items():
        if key.account == doubted.account and position.proven:
            turn.state.positions[key] = replace(position, proven=False)
