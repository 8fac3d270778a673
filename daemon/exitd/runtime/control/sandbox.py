"""A second engine with a copy of what concerns a few triggers, to try something in.

So that what would come of a command is decided by the same rules as what comes of it.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from exitd.core.attempt import CloseOrder
from exitd.core.engine import Engine
from exitd.core.inputs import CancelsConfirmed, SlotOpened
from exitd.core.intents import CancelOrders, Intent, RequestSlot, SendClose
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.records import Snapshot
from exitd.core.resting import watermark_now
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerDefinition, TriggerRecord


def sandbox_for(state: State, definitions: Iterable[TriggerDefinition]) -> Engine:
    """Copy the positions, siblings, markets and prices of triggers, there or not."""
    definitions = tuple(definitions)
    markets = {(one.account, one.symbol) for one in definitions}
    keys = {one.key for one in definitions if one.key is not None}
    siblings = _records(state, definitions, keys)
    ids = {record.id for record in siblings}
    attempts = [attempt for key in keys for attempt in state.open_attempts_on(key)]
    accounts = {account for account, _ in markets}
    sandbox = Engine(state.policies)
    sandbox.restore(
        Snapshot(
            triggers=tuple(_as_seen(state, record) for record in siblings),
            fires=tuple(fire for id, fire in state.fires.items() if id in ids),
            attempts=tuple(attempts),
            positions=tuple(state.position(key) for key in keys),
            counters=tuple(
                one for one in state.counters.values() if one.account in accounts
            ),
            instruments=tuple(
                state.instruments[market]
                for market in markets
                if market in state.instruments
            ),
            seq=state.seq,
        )
    )
    _copy_rest(sandbox.state, state)
    watched = {record.definition.source for record in siblings}
    for source in watched | {one.source for one in definitions}:
        for part in (*source.parts, source):
            _copy_price(sandbox.state, state, part)
    return sandbox


def follow(
    sandbox: Engine,
    decision: Decision,
    trigger_id: str,
    notes: list[str],
    now_ns: int,
) -> CloseOrder | None:
    """Answer a sandbox as the dispatcher would, up to the first order of a trigger."""
    intents: list[Intent] = list(decision.intents)
    while intents:
        intent = intents.pop(0)
        match intent:
            case SendClose():
                return intent.order
            case RequestSlot() if intent.trigger_id == trigger_id:
                slot = SlotOpened(trigger_id, intent.arming, now_ns)
                intents += sandbox.handle(slot).intents
            case CancelOrders() if intent.trigger_id == trigger_id:
                notes.append(
                    f"first it cancels orders of {intent.symbol}: {intent.cancel.scope}"
                )
                confirmed = CancelsConfirmed(trigger_id, intent.arming, 0, now_ns)
                intents += sandbox.handle(confirmed).intents
            case _:
                pass
    return None


def why_nothing(sandbox: Engine, trigger_id: str) -> str:
    """Say why a firing would send no order."""
    fired = sandbox.state.fires.get(trigger_id)
    if fired is not None and fired.held_by:
        return f"nothing would be sent yet: {fired.held_by}"
    return "nothing would be sent: there is no position to close"


def _records(
    state: State,
    definitions: tuple[TriggerDefinition, ...],
    keys: set[PositionKey],
) -> list[TriggerRecord]:
    found = {record.id: record for key in keys for record in state.triggers_on(key)}
    for definition in definitions:
        record = state.triggers.get(definition.id)
        if record is not None:
            found[record.id] = record
    return list(found.values())


def _as_seen(state: State, record: TriggerRecord) -> TriggerRecord:
    """Let a trail have seen in its record what it has seen by now."""
    watermark = watermark_now(state, record)
    if watermark is None or watermark == record.watermark:
        return record
    return replace(record, watermark=watermark)


def _copy_rest(to: State, state: State) -> None:
    """Copy what no row tells of."""
    to.capabilities = dict(state.capabilities)
    to.active = dict(state.active)
    to.sessions = dict(state.sessions)
    to.standing_by = set(state.standing_by)
    # What was restored there is a copy, and no stop of anything.
    to.barriers = dict(state.barriers)


def _copy_price(to: State, state: State, source: PriceSource) -> None:
    book = to.book(source)
    book.price = state.last_price(source)
    book.ts_recv_ns = state.ts_seen_ns(source)
    known = state.books.get(source)
    if known is not None:
        book.ts_venue_ns, book.seq = known.ts_venue_ns, known.seq
    # It was judged when it came.
    book.is_back = False
