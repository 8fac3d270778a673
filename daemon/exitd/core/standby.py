"""Two daemons with one past: which of them acts, and what it does first.

A copy of a state, or a state that has moved, may have another daemon going on from the
same past, with the same tag. The one that finds an older one alive stands by: it
watches and keeps what is hit, and sends nothing until it is told to take over.
"""

from collections.abc import Iterable

from exitd.core import backstops, barrier, siblings
from exitd.core.client_ids import moved_on
from exitd.core.commands import pause
from exitd.core.ending import end_fire
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport
from exitd.core.lifecycle import TriggerCause
from exitd.core.position import PositionKey
from exitd.core.state import Accepted, State
from exitd.core.takeover import TakeOver
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState
from exitd.core.turn import Turn

#: Ids that are left to whoever uses the older ones still: 65,536 closes.
IDS_LEFT = 1 << 16


def resume(turn: Turn) -> None:
    """A run begins: what has an id of before it, and is made in it, is not ours."""
    for account in turn.state.counters:
        siblings.begin(turn.state, account, turn.now_ns)


def on_foreign(turn: Turn, report: OrderReport) -> bool:
    """Stand by where an order shows that an older daemon is alive.

    Returns:
        Whether it shows that.
    """
    state, account = turn.state, report.account
    if not siblings.shows_older(state, report):
        return False
    if account not in state.standing_by:
        state.standing_by.add(account)
        turn.fact(
            FactKind.ACCOUNT_SHARED,
            account=account,
            symbol=report.symbol,
            why="another exitd with the same state sends orders on this account; this "
            "one sends nothing any more until one of the two is stopped and `exitd "
            "takeover` is given here",
            client_order_id=report.client_order_id,
            venue_order_id=report.venue_order_id,
            ts_created_venue_ns=report.ts_created_venue_ns,
            alert=True,
        )
    return True


def on_take_over(turn: Turn, command: TakeOver) -> None:
    """Act again: with ids of its own, and without what the other may have done."""
    state, account = turn.state, command.account
    state.standing_by.discard(account)
    turn.put_counter(moved_on(state.counters[account], IDS_LEFT))
    siblings.begin(state, account, turn.now_ns)
    barrier.spend_all(turn, account)
    held_back = _hold_back(turn, command.closed)
    turn.fact(
        FactKind.ACCOUNT_TAKEN_OVER,
        account=account,
        by=command.by,
        orders=command.orders,
        paused=", ".join(held_back),
    )
    for key in (*state.backstop_terms, *state.backstops):
        if key.account == account:
            backstops.look(turn, key)
    turn.reply = Accepted(held_back)


def may_have_fired(state: State, keys: Iterable[PositionKey]) -> list[TriggerRecord]:
    """List the take-profits of a part that another daemon may have fired.

    A stop, or what closes the whole, closes no more than is there.
    """
    return [
        record
        for key in keys
        for record in state.triggers_on(key)
        if _is_partial_target(record) and _is_unsent(state, record)
    ]


def _is_partial_target(record: TriggerRecord) -> bool:
    close = record.definition.close
    return (
        close is not None
        and not close.quantity.is_whole
        and not record.definition.is_stop
        and not record.paused
    )


def _is_unsent(state: State, record: TriggerRecord) -> bool:
    if record.state is TriggerState.FIRING:
        return not state.fires[record.id].attempts
    return record.state in (TriggerState.ARMED, TriggerState.WAITING)


def _hold_back(turn: Turn, closed: Iterable[PositionKey]) -> tuple[str, ...]:
    """Pause what may have fired elsewhere; what has been hit here is given up."""
    held_back = may_have_fired(turn.state, closed)
    for record in held_back:
        if record.state is TriggerState.FIRING:
            fired = turn.state.fires[record.id]
            end_fire(turn, record, fired, TriggerCause.ABANDONED, DoneReason.ABANDONED)
        else:
            pause(turn, record, "takeover")
    return tuple(record.id for record in held_back)
