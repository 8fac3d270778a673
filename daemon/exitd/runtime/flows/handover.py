"""Before maintenance: what protects here rests at the venue for a while."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.market import PriceKind
from exitd.core.position import PositionRecord
from exitd.core.pricing import watches_own_market
from exitd.core.sizing import bound_on_step, target_quantity
from exitd.core.state import State
from exitd.core.trigger import OrderType, TriggerRecord, TriggerState
from exitd.core.units import ZERO, floor_to_step, text
from exitd.ports.venue import NativeStop
from exitd.runtime.shown import text_or_none

_KINDS = {PriceKind.MARK: "mark", PriceKind.INDEX: "index", PriceKind.LAST: "last"}


class Handed(Struct, frozen=True, kw_only=True):
    """A trigger of ours that a native order stands in for; kept as a note."""

    trigger_id: str
    symbol: str
    client_order_id: int
    venue_order_id: str


class Candidate(Struct, frozen=True):
    """A trigger and what would stand in for it; or why nothing can."""

    record: TriggerRecord
    stop: NativeStop | None
    why_not: str = ""

    def __str__(self) -> str:
        if self.stop is None:
            return f"{self.record.id}: {self.why_not}"
        stop = self.stop
        quantity = text_or_none(stop.quantity) or "100%"
        return (
            f"{self.record.id}: {stop.side} {quantity} of {stop.symbol} when "
            f"{stop.trigger_kind} reaches {text(stop.trigger_price)}"
        )


def candidates(state: State, account: str) -> tuple[Candidate, ...]:
    """List the armed stops and take-profits of the account's open positions."""
    found = []
    for key, position in state.positions.items():
        if key.account != account or not position.is_open:
            continue
        for record in state.triggers_on(key):
            if record.state is TriggerState.ARMED and not record.paused:
                found.append(_candidate(state, record, position))
    return tuple(found)


def _candidate(
    state: State, record: TriggerRecord, position: PositionRecord
) -> Candidate:
    definition = record.definition
    close, level = definition.close, record.trigger_price
    if close is None:
        return Candidate(record, None, "it closes nothing, so it stays here")
    if level is None:
        return Candidate(record, None, "it has no level that the venue could watch")
    if not watches_own_market(definition):
        return Candidate(record, None, "the venue cannot watch another market for it")
    kind = _KINDS.get(definition.source.kind)
    if kind is None:
        return Candidate(
            record, None, f"the venue cannot watch {definition.source.kind} for it"
        )
    quantity: Decimal | None = None
    if not close.quantity.is_whole:
        instrument = state.instrument_of(definition)
        assert instrument is not None, "armed without an instrument"
        step = instrument.quantity_step
        wanted = target_quantity(
            close.quantity,
            position,
            record.filled,
            step=step,
            price=level,
            of_live=state.policies.shares_of_live,
        )
        quantity = floor_to_step(wanted, step)
        if quantity < instrument.min_quantity or quantity == ZERO:
            return Candidate(record, None, "its quantity is below the venue's minimum")
    # A resting limit without a bound is what a take-profit with order: limit means.
    is_limit = close.order is OrderType.LIMIT and not definition.is_stop
    limit_price = level if is_limit and close.slippage_limit is None else None
    if close.bound is not None:
        instrument = state.instrument_of(definition)
        assert instrument is not None, "armed without an instrument"
        step, side = instrument.price_step, position.key.side.close_side
        limit_price = bound_on_step(close.bound, side, step)
    return Candidate(
        record,
        NativeStop(
            symbol=definition.symbol,
            side=position.key.side.close_side,
            trigger_price=level,
            trigger_kind=kind,
            quantity=quantity,
            client_order_id=0,
            limit_price=limit_price,
        ),
    )
