"""Commands that put triggers on watch: arm, amend, close now."""

from itertools import takewhile

from msgspec.structs import replace

from exitd.core.checks import Checked, Draft
from exitd.core.condition import Trailing
from exitd.core.derived import priced
from exitd.core.events import FactKind
from exitd.core.hits import fire
from exitd.core.holes import forget_hole
from exitd.core.inputs import Amend, Arm, IfCrossed
from exitd.core.known_prices import fresh_price
from exitd.core.lifecycle import TriggerCause
from exitd.core.narrowing import tightened_by
from exitd.core.records import IdempotencyRecord
from exitd.core.resting import (
    arm,
    begun,
    goes_on,
    is_level_unknown,
    kept,
    level_now,
    rest,
    unrest,
    wait,
    watch_expiry,
    watch_time,
)
from exitd.core.state import Accepted, Refused, State
from exitd.core.trigger import (
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO


def on_arm(turn: Turn, command: Arm) -> None:
    """Arm all or none; a repeated idempotency key gives the first answer."""
    state, key = turn.state, command.idempotency_key
    turn.reply = first_answer(turn, key, command.digest)
    if turn.reply is not None:
        return
    draft = Draft(state, turn.now_ns, command.if_crossed)
    for definition in command.definitions:
        refused = draft.admit(definition)
        if refused is not None:
            draft.withdraw()
            turn.reply = refused
            return
    notes: list[str] = []
    for item in draft.accepted.values():
        notes += item.notes
        begin(turn, item, command.if_crossed)
    ids = tuple(draft.accepted)
    if key:
        turn.put_idempotency(IdempotencyRecord(key, command.digest, ids, turn.now_ns))
    turn.reply = Accepted(ids, tuple(notes))


def first_answer(turn: Turn, key: str, digest: str) -> Accepted | Refused | None:
    """Give what a repeated idempotency key is answered with; None for a new one."""
    _forget_old_keys(turn.state, turn.now_ns)
    earlier = turn.state.idempotency.get(key)
    if earlier is None:
        return None
    if earlier.digest == digest:
        return Accepted(earlier.trigger_ids)
    return Refused(
        "idempotency_conflict",
        f"idempotency key '{key}' was used before with "
        "another body; use a new key for a new request",
    )


def _forget_old_keys(state: State, now_ns: int) -> None:
    """Keys are in the order of their age."""
    oldest_ns = now_ns - state.policies.idempotency_kept_ns
    records = state.idempotency.values()
    # Each arming asks: those of a day must not be copied for it.
    for old in list(takewhile(lambda record: record.ts_ns < oldest_ns, records)):
        del state.idempotency[old.key]


def begin(turn: Turn, item: Checked, if_crossed: IfCrossed) -> None:
    """Put a checked trigger on watch, or let it wait, or fire it.

    One that had this id before passes on its arming number: no id of an order
    is ever given twice.
    """
    definition = item.definition
    earlier = turn.state.triggers.get(definition.id)
    record = TriggerRecord(
        definition=definition,
        state=TriggerState.WAITING,
        arming=earlier.arming if earlier is not None else 0,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_trigger(record)
    watch_expiry(turn, record)
    key = turn.state.roles[definition.id].key
    if key is None:
        _watch(turn, record, item, if_crossed)
        return
    position = turn.state.position(key)
    if position.held == ZERO:
        wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.POSITION)
        return
    record = priced(turn.state, replace(record, lifetime=position.lifetime))
    _watch(turn, record, item, if_crossed)


def _watch(
    turn: Turn, record: TriggerRecord, item: Checked, if_crossed: IfCrossed
) -> None:
    """Arm what waits for its price; what has crossed already does as it was told."""
    if if_crossed is IfCrossed.WAIT and (item.crosses or item.is_unjudged):
        _wait_for_price(turn, record, item)
        return
    lifetime = record.lifetime
    armed = arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=lifetime)
    if item.crosses:
        fire(turn, armed, "crossed when armed")


def _wait_for_price(turn: Turn, record: TriggerRecord, item: Checked) -> None:
    """Let a price on the right side arm it; until there is one it must not fire.

    For a trail that goes on that is a price before its stop, which stays meanwhile.
    """
    if goes_on(record):
        record = replace(record, level=level_now(turn.state, record))
    why = WaitingFor.RIGHT_SIDE if item.crosses else WaitingFor.FIRST_PRICE
    wait(turn, record, TriggerCause.CROSSED_AT_OPEN, why)


def on_amend(turn: Turn, command: Amend) -> None:
    """Replace a definition under its id; refused while it fires or is done."""
    definition = command.definition
    record = turn.state.triggers.get(definition.id)
    if record is None:
        turn.reply = Refused(
            "unknown", f"there is no trigger {definition.id}; `exitd ls` lists them"
        )
        return
    if record.state in (TriggerState.FIRING, TriggerState.DONE):
        turn.reply = Refused(
            "state",
            f"{definition.id} is {record.state} and cannot be amended"
            + ("; rearm it first" if record.state is TriggerState.DONE else ""),
            definition.id,
        )
        return
    if place_of(record.definition) != place_of(definition):
        turn.reply = Refused(
            "place",
            f"{definition.id} belongs to another account, symbol or side; cancel it "
            "and arm a new one there",
            definition.id,
        )
        return
    draft = Draft(turn.state, turn.now_ns, command.if_crossed)
    refused = draft.admit(definition, amends=True)
    if refused is not None:
        draft.withdraw()
        turn.reply = refused
        return
    item = draft.accepted[definition.id]
    replace_definition(turn, record, item, command.if_crossed)
    turn.reply = Accepted((definition.id,), tuple(item.notes))


def place_of(definition: TriggerDefinition) -> tuple[str, str, str]:
    """Where a trigger belongs: account, symbol and side."""
    return definition.account, definition.symbol, definition.side or ""


def replace_definition(
    turn: Turn, record: TriggerRecord, item: Checked, if_crossed: IfCrossed
) -> None:
    """Watch the new level instead of the old one, in the same arming."""
    amended = _amended(turn, record, item.definition)
    waited_for = amended.waiting_for
    if waited_for is WaitingFor.ENTRY:
        # Whether the new level needs it too is seen below.
        amended = replace(amended, waiting_for=WaitingFor.FIRST_PRICE)
    turn.put_trigger(amended)
    if record.definition.expires_ns != item.definition.expires_ns:
        watch_expiry(turn, amended)
    turn.fact(
        FactKind.TRIGGER_AMENDED,
        amended,
        level_before=record.trigger_price,
        level=amended.trigger_price,
        owner=amended.definition.owner,
    )
    if waited_for is WaitingFor.POSITION:
        return
    if is_level_unknown(amended):
        wait(turn, amended, TriggerCause.CROSSED_AT_OPEN, WaitingFor.ENTRY)
        return
    if amended.paused:
        return
    if amended.state is TriggerState.ARMED:
        watch_time(turn, amended)
    if amended.state is TriggerState.WAITING:
        is_judged = (
            waited_for is WaitingFor.ENTRY
            or not amended.definition.watches_price
            or fresh_price(turn.state, amended.definition, turn.now_ns) is not None
        )
        if is_judged:
            _watch(turn, amended, item, if_crossed)
        else:
            rest(turn.state, amended)
    elif if_crossed is IfCrossed.WAIT and (
        item.crosses or (item.is_unjudged and _watches_anew(record, amended))
    ):
        _wait_for_price(turn, amended, item)
    elif not item.crosses:
        rest(turn.state, amended)
    else:
        fire(turn, amended, "crossed when amended")


def _amended(
    turn: Turn, record: TriggerRecord, definition: TriggerDefinition
) -> TriggerRecord:
    """Put a new definition into an arming: a trail keeps what it has seen.

    A confirmation under way begins again only where what it confirms has changed.
    """
    before, seen = record.definition, kept(turn.state, record)
    # Somebody has looked at it: what nobody saw before does not count any more.
    forget_hole(turn.state, before)
    amended = replace(seen, definition=definition, unseen="", ts_changed_ns=turn.now_ns)
    is_anew = _watches_anew(record, amended)
    if is_anew or before.confirmation != definition.confirmation:
        unrest(turn.state, record)
        amended = replace(amended, confirm_ns=0)
    if is_anew and not (
        isinstance(before.condition, Trailing)
        and isinstance(definition.condition, Trailing)
        and before.source == definition.source
    ):
        amended = replace(amended, watermark=None, trail_seq=0, is_tightened=False)
    if is_anew:
        # What a move had decided was for the level that was there before.
        amended = replace(amended, level=None, is_moved=False)
        if not definition.watches_price:
            # The next time from now on, not from when it was armed.
            amended = replace(amended, ts_armed_ns=turn.now_ns)
    if amended.state is TriggerState.ARMED:
        amended = begun(turn, amended)
    if goes_on(amended):
        price = fresh_price(turn.state, definition, turn.now_ns)
        amended = tightened_by(turn.state, amended, price)
    return priced(turn.state, amended)


def _watches_anew(before: TriggerRecord, after: TriggerRecord) -> bool:
    """Whether an amended trigger looks at another level or another price."""
    old, new = before.definition, after.definition
    return (old.condition, old.source) != (new.condition, new.source)
