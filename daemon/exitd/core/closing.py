"""Closing a position now, by command: by hand or by an alert."""

from exitd.core.arming import begin, first_answer
from exitd.core.checks import Draft
from exitd.core.condition import Immediately
from exitd.core.entry import EntryRecord
from exitd.core.hits import fire
from exitd.core.inputs import ClosePosition, IfCrossed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.records import IdempotencyRecord
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Close, TriggerDefinition
from exitd.core.turn import Turn
from exitd.core.units import ZERO
from exitd.core.withdrawing import open_entries, withdraw


def on_close(turn: Turn, command: ClosePosition) -> None:
    """Close now, reduce-only, by a trigger that fires as it is armed.

    Closing all of a position takes back the entries that would open it again; where
    nothing is held yet, that is all that there is to do.
    """
    key, idempotency_key = command.key, command.idempotency_key
    turn.reply = first_answer(turn, idempotency_key, "")
    if turn.reply is not None:
        return
    opening = open_entries(turn.state, key) if command.quantity.is_whole else []
    ids: tuple[str, ...] = ()
    notes: list[str] = []
    if turn.state.position(key).held > ZERO:
        definition = _definition(command)
        draft = Draft(turn.state, turn.now_ns, IfCrossed.FIRE)
        refused = draft.admit(definition)
        if refused is not None:
            draft.withdraw()
            turn.reply = refused
            return
        item = draft.accepted[definition.id]
        begin(turn, item, IfCrossed.FIRE)
        fire(turn, turn.state.triggers[definition.id], "command")
        ids, notes = (definition.id,), item.notes
    elif not opening:
        turn.reply = Refused(
            "no_position", f"there is no {key.side} position in {key.symbol} to close"
        )
        return
    for entry in opening:
        withdraw(turn, entry, f"{command.id} closes the whole position")
    if idempotency_key:
        turn.put_idempotency(IdempotencyRecord(idempotency_key, "", ids, turn.now_ns))
    turn.reply = Accepted(ids, (*notes, *_taken_back(opening)))


def _definition(command: ClosePosition) -> TriggerDefinition:
    key = command.key
    return TriggerDefinition(
        id=command.id,
        owner=command.owner,
        account=key.account,
        symbol=key.symbol,
        side=key.side,
        source=command.source or PriceSource(key.account, key.symbol, PriceKind.MARK),
        condition=Immediately(),
        action=Close(quantity=command.quantity),
        note=command.note,
    )


def _taken_back(opening: list[EntryRecord]) -> tuple[str, ...]:
    return tuple(f"{entry.id}, which still works, is taken back" for entry in opening)
