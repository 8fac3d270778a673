"""The protection audit: every open position against the stops that watch it."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.combining import is_unjudged
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.pricing import price_at_hit
from exitd.core.sizing import target_quantity
from exitd.core.state import State
from exitd.core.trigger import QuantityKind, TriggerRecord, TriggerState, WaitingFor
from exitd.core.units import NS_PER_S, ZERO, text

_PARTLY = "its stops cover only a part of it"
#: How long an armed stop counts without any price: a connect and a query take less.
_PRICELESS_NS = 30 * NS_PER_S


class Hole(Struct, frozen=True):
    """A position that no live stop covers whole, and why."""

    key: PositionKey
    quantity: Decimal
    covered: Decimal
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.key.side} {text(self.quantity)} {self.key.symbol} on "
            f"{self.key.account}: {self.reason}"
        )


def audit(
    state: State,
    stale: frozenset[PriceSource],
    *,
    now_ns: int,
    ts_started_ns: int = 0,
) -> tuple[Hole, ...]:
    """List the open positions without full protection.

    A stop counts while it is armed on a fresh price, or firing; and while it waits
    for its first price, for as long as a price may be old. Armed on a price that has
    not come in this run, it counts for half a minute.

    Args:
        state: The engine's memory.
        stale: What is not judged now.
        now_ns: The steady clock, UTC.
        ts_started_ns: When this run began, by the same clock.
    """
    holes = []
    expected_ns = now_ns - _PRICELESS_NS
    oldest_ns = now_ns - state.policies.price_max_age_ns

    def is_priceless(record: TriggerRecord) -> bool:
        since_ns = max(record.ts_armed_ns, ts_started_ns)
        return since_ns < expected_ns and _has_no_price(state, record)

    for key, position in state.positions.items():
        if not position.is_open:
            continue
        stops: list[TriggerRecord] = []
        priceless: list[TriggerRecord] = []
        covered, is_partly = _held_by_brokers(state, key), False
        for trigger_id in state.by_position.get(key, ()):
            # Of thousands of stops, a few cover all of it.
            if covered >= position.live:
                break
            record = state.triggers[trigger_id]
            if not _may_protect(record):
                continue
            stops.append(record)
            if not _is_live(record, stale, oldest_ns):
                continue
            if is_priceless(record):
                priceless.append(record)
            else:
                covered, is_partly = covered + _covers(state, record, position), True
        if covered < position.live:
            is_partly |= covered > ZERO
            reason = _PARTLY if is_partly else _why(stops, priceless, stale)
            holes.append(Hole(key, position.live, covered, reason))
    return tuple(holes)


def _covers(state: State, record: TriggerRecord, position: PositionRecord) -> Decimal:
    """Give what a stop is to close yet; its fills are off the live size already."""
    is_firing = record.state is TriggerState.FIRING
    fired = state.fires.get(record.id) if is_firing else None
    if fired is not None and fired.target is not None:
        return fired.target - fired.filled
    close = record.definition.close
    assert close is not None
    is_amount = close.quantity.kind is QuantityKind.QUOTE
    price = price_at_hit(state, record) if is_amount else None
    return target_quantity(
        close.quantity,
        position,
        record.filled,
        price=price,
        of_live=state.policies.shares_of_live,
    )


def _held_by_brokers(state: State, key: PositionKey) -> Decimal:
    """Give what stops cover that a broker itself holds, as long as it lists them."""
    covered = ZERO
    for entry in state.entries_on(key):
        attached = entry.order.ticket.attached
        has_stop = attached is not None and attached.stop_price is not None
        if has_stop and entry.legs and entry.is_held_by_broker:
            covered += entry.left
    return covered


def _may_protect(record: TriggerRecord) -> bool:
    return record.protects or (
        record.state is TriggerState.FIRING and record.definition.is_stop
    )


def _is_live(
    record: TriggerRecord, stale: frozenset[PriceSource], oldest_ns: int
) -> bool:
    if record.state is TriggerState.FIRING:
        return True
    if record.paused:
        return False
    if record.waiting_for is WaitingFor.FIRST_PRICE:
        return record.ts_changed_ns >= oldest_ns
    return record.state is TriggerState.ARMED and not _is_stale(record, stale)


def _has_no_price(state: State, record: TriggerRecord) -> bool:
    """Whether an armed stop has never been judged; a closed bar may take a day."""
    source = record.definition.source
    if record.state is not TriggerState.ARMED or any(p.closed for p in source.parts):
        return False
    return state.last_price(source) is None


def _is_stale(record: TriggerRecord, stale: frozenset[PriceSource]) -> bool:
    return is_unjudged(record.definition.source, stale.__contains__)


def _why(
    stops: list[TriggerRecord],
    priceless: list[TriggerRecord],
    stale: frozenset[PriceSource],
) -> str:
    for record in priceless:
        return f"{record.id} watches a price that has not come since the start"
    for record in stops:
        if record.paused:
            return f"{record.id} is paused"
        if record.state is TriggerState.WAITING:
            return f"{record.id} waits: {record.waiting_for}"
        if record.state is TriggerState.ARMED and _is_stale(record, stale):
            return f"{record.id} watches a price that is stale"
    return "no stop watches it"
