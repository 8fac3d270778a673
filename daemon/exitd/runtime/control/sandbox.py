"""A second engine with a copy of what concerns a few triggers, to try something in.

So that what would come of a command is decided by the same rules as what comes of it.
The copy is taken where the engine is called; what is done with it may take its time
elsewhere, as a position may have thousands of triggers.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.attempt import Capabilities, CloseOrder
from exitd.core.engine import Engine
from exitd.core.inputs import CancelsConfirmed, SlotOpened
from exitd.core.intents import CancelOrders, Intent, RequestSlot, SendClose
from exitd.core.market import PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey
from exitd.core.records import Snapshot
from exitd.core.resting import watermark_now
from exitd.core.state import Barrier, Decision, State
from exitd.core.trigger import TriggerDefinition, TriggerRecord


class Seen(Struct, frozen=True):
    """The last price of a source."""

    price: Decimal | None
    ts_recv_ns: int


class Copied(Struct, frozen=True):
    """Rows, and what no row tells of, as they were when they were copied."""

    snapshot: Snapshot
    policies: Policies
    capabilities: Mapping[str, Capabilities]
    active: Mapping[str, int]
    sessions: Mapping[str, tuple[tuple[int, int], ...]]
    standing_by: frozenset[str]
    barriers: Mapping[str, Barrier]
    seen: Mapping[PriceSource, Seen]


def copied_for(state: State, definitions: Iterable[TriggerDefinition]) -> Copied:
    """Copy the positions, siblings, markets and prices of triggers, there or not."""
    definitions = tuple(definitions)
    markets = {(one.account, one.symbol) for one in definitions}
    accounts = {account for account, _ in markets}
    keys = {one.key for one in definitions if one.key is not None}
    siblings = _records(state, definitions, keys)
    ids = {record.id for record in siblings}
    sources = {record.definition.source for record in siblings}
    sources |= {one.source for one in definitions}
    watched = {part for source in sources for part in (*source.parts, source)}
    return Copied(
        snapshot=Snapshot(
            triggers=tuple(_as_seen(state, record) for record in siblings),
            fires=tuple(fire for id, fire in state.fires.items() if id in ids),
            attempts=tuple(a for key in keys for a in state.open_attempts_on(key)),
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
        ),
        policies=state.policies,
        capabilities=dict(state.capabilities),
        active=dict(state.active),
        sessions=dict(state.sessions),
        standing_by=frozenset(state.standing_by),
        # What is restored from the copy is no stop of anything.
        barriers={
            account: replace(barrier, ids=dict(barrier.ids))
            for account, barrier in state.barriers.items()
        },
        seen={
            source: Seen(state.last_price(source), state.ts_seen_ns(source))
            for source in watched
        },
    )


def sandbox(copied: Copied) -> Engine:
    """Make an engine of a copy; several of one do not disturb one another."""
    engine = Engine(copied.policies)
    engine.restore(copied.snapshot)
    state = engine.state
    state.capabilities = dict(copied.capabilities)
    state.active = dict(copied.active)
    state.sessions = dict(copied.sessions)
    state.standing_by = set(copied.standing_by)
    state.barriers = {
        account: replace(barrier, ids=dict(barrier.ids))
        for account, barrier in copied.barriers.items()
    }
    for source, seen in copied.seen.items():
        book = state.book(source)
        book.price, book.ts_recv_ns = seen.price, seen.ts_recv_ns
        # It was judged when it came.
        book.is_back = False
    return engine


def follow(
    engine: Engine,
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
                intents += engine.handle(slot).intents
            case CancelOrders() if intent.trigger_id == trigger_id:
                notes.append(
                    f"first it cancels orders of {intent.symbol}: {intent.cancel.scope}"
                )
                confirmed = CancelsConfirmed(trigger_id, intent.arming, 0, now_ns)
                intents += engine.handle(confirmed).intents
            case _:
                pass
    return None


def why_nothing(engine: Engine, trigger_id: str) -> str:
    """Say why a firing would send no order."""
    fired = engine.state.fires.get(trigger_id)
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
