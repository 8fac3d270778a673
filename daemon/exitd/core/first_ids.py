"""The id of an arming's first close, reserved with it: overlapped firing.

Strict, a close leaves once it is written down. Overlapped, the first close of an arming
goes by an id that became durable with the arming, so that it can be found at the venue
whatever became of its own row; it leaves while that is being written. What follows it,
and every close by an id that is not reserved, is strict.
"""

from msgspec.structs import replace

from exitd.core import barrier
from exitd.core.barrier_inputs import FirstIdsWanted, RunEnded
from exitd.core.client_ids import reserve
from exitd.core.events import FactKind
from exitd.core.state import State
from exitd.core.trigger import (
    FireRecord,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn

#: So many armings get an id in one turn.
AT_ONCE = 500


def of(state: State, record: TriggerRecord, fired: FireRecord) -> int:
    """Give the id that the next close is to go by; 0 where none is reserved for it."""
    if fired.attempts or _is_spent(state, record):
        return 0
    return record.first_id


def _is_spent(state: State, record: TriggerRecord) -> bool:
    """Whether an id may have been used before, for other bytes, without success."""
    barred = state.barriers.get(record.definition.account)
    return barred is not None and record.first_id in barred.ids


def begin_run(turn: Turn) -> None:
    """Write down that closes may leave unwritten from now on, and find whom that suits.

    What was armed while its account was strict has no id yet.
    """
    state = turn.state
    for account in state.overlapped:
        if account not in state.barriers:
            barrier.mark(turn, account, is_ahead=True)
    for account, barred in state.barriers.items():
        turn.fact(
            FactKind.ACCOUNT_BARRED,
            account=account,
            why=barrier.BARRED,
            triggers=len(barred.ids),
        )
    if not state.overlapped:
        # There may be a hundred thousand of them, and none wants an id.
        return
    for record in state.triggers.values():
        account = record.definition.account
        if account in state.overlapped and not record.first_id and _wants_id(record):
            state.unreserved.setdefault(account, []).append(record.id)


def _wants_id(record: TriggerRecord) -> bool:
    return record.state is TriggerState.ARMED and record.definition.close is not None


def on_wanted(turn: Turn, wanted: FirstIdsWanted) -> None:
    """Reserve ids for some of the armings that have none, or one that is spent."""
    state, account = turn.state, wanted.account
    unreserved = state.unreserved.get(account, [])
    if account in state.standing_by:
        return
    some, unreserved[:AT_ONCE] = unreserved[:AT_ONCE], []
    for trigger_id in some:
        record = state.triggers.get(trigger_id)
        if record is None or not _is_in_want(state, record):
            continue
        turn.put_trigger(replace(record, first_id=_renewed(turn, record)))
    barred = state.barriers.get(account)
    if barred is not None and barred.is_passed and not unreserved:
        # Whoever has gone on since has an id of its own.
        barrier.take_down(turn, account)


def _is_in_want(state: State, record: TriggerRecord) -> bool:
    is_without = not record.first_id or _is_spent(state, record)
    is_under_way = record.state in (TriggerState.ARMED, TriggerState.FIRING)
    return is_without and is_under_way


def _renewed(turn: Turn, record: TriggerRecord) -> int:
    return reserve(turn, record.definition) if _wants_id(record) else 0


def on_run_ended(turn: Turn, ended: RunEnded) -> None:
    """Write down that nothing leaves unwritten any more: this stop is a clean one."""
    state = turn.state
    for account in state.counters:
        if account in state.capabilities and account not in state.barriers:
            barrier.mark(turn, account, is_ahead=False)
