"""The rows that front-ends read: which triggers are whose, and in which state."""

from collections.abc import Mapping
from typing import Any

from exitd.api.rasa.holdings import Holding
from exitd.api.rasa.orders import SIDES
from exitd.api.rasa.wire import number
from exitd.core.attempt import AttemptState
from exitd.core.condition import FixedLevel
from exitd.core.market import PriceKind
from exitd.core.state import State
from exitd.core.trigger import (
    DoneReason,
    OrderType,
    TriggerRecord,
    TriggerState,
)
from exitd.core.units import NS_PER_S

#: What the ids of triggers begin with that came through this API.
PREFIX = "rasa"
LIVE = ("pending", "new", "triggered", "triggered_pending")
STATES = (*LIVE, "canceled", "killed")
#: What an order may be when it is done.
OVER = ("triggered", "canceled", "killed")
_AT_VENUE = (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED)

Row = dict[str, Any]


def prefix_of(quote_id: int) -> str:
    return f"{PREFIX}_{quote_id}"


def quote_of(trigger_id: str) -> int | None:
    """Give the quote that a trigger of this API is for; None for other triggers."""
    parts = trigger_id.split("_")
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1].isdecimal():
        return None
    return int(parts[1])


def triggers_of(state: State, holding: Holding) -> list[TriggerRecord]:
    """Give the triggers of this API on a holding, oldest first."""
    return [
        record
        for record in state.triggers_on(holding.key)
        if quote_of(record.id) == holding.quote_id
    ]


def by_age(records: Mapping[str, TriggerRecord]) -> list[TriggerRecord]:
    """Give orders oldest first: their ids end with when they were made."""
    return [records[id] for id in sorted(records, key=lambda id: id.rpartition("_")[2])]


def kind_of(record: TriggerRecord) -> str:
    condition = record.definition.condition
    assert isinstance(condition, FixedLevel), "this API arms levels only"
    return condition.kind.value


def wire_state(state: State, record: TriggerRecord) -> str:
    """Give a trigger's state in the words of this wire; a live stop always shows."""
    if record.state in (TriggerState.WAITING, TriggerState.ARMED):
        return "new"
    if record.state is TriggerState.FIRING:
        fired = state.fires[record.id]
        attempt = state.open_attempt_of(fired)
        is_there = attempt is not None and attempt.state in _AT_VENUE
        return "triggered" if is_there or fired.confirm_ns else "triggered_pending"
    if record.reason is DoneReason.FILLED:
        return "triggered"
    return "killed" if record.reason is DoneReason.ABANDONED else "canceled"


def is_live(record: TriggerRecord) -> bool:
    return record.state is not TriggerState.DONE


def v4_row(state: State, record: TriggerRecord, holding: Holding) -> Row:
    """Make a row of v4; its keys are in the order of the page."""
    row = _row(state, record, holding)
    close = record.definition.close
    assert close is not None
    row["order_type"] = 2 if close.order is OrderType.LIMIT else 1
    return row


def _row(state: State, record: TriggerRecord, holding: Holding) -> Row:
    definition, close = record.definition, record.definition.close
    level = record.trigger_price
    assert close is not None, "this API arms closes only"
    assert level is not None, "this API arms prices only"
    is_candle = definition.source.kind is PriceKind.LAST_CLOSE
    return {
        "quote_id": holding.quote_id,
        "party_a_address": holding.party_a,
        "symbol_id": holding.symbol_id,
        "conditional_order_type": kind_of(record),
        "quantity": number(close.quantity.value),
        "price": number(level if close.bound is None else close.bound),
        "conditional_order_price": number(level),
        "order_type": 0 if close.order is OrderType.LIMIT else 1,
        "state": wire_state(state, record),
        "action_price_type": "last_close" if is_candle else "market",
        "position_type": SIDES.index(holding.key.side),
    }


def v1_row(state: State, record: TriggerRecord, holding: Holding) -> Row:
    """Make a row of v1: as v4 has it, with the contract's order types."""
    return _row(state, record, holding)


def v5_row(state: State, record: TriggerRecord, holding: Holding) -> Row:
    """Make a row of v5: with its order's id, and when it was made and changed."""
    reason = record.reason.value
    return {
        "coh_quote_id": coh_id(holding.quote_id),
        **_row(state, record, holding),
        "close_status": reason or None,
        "leverage": None,
        "create_time": (record.ts_armed_ns or record.ts_changed_ns) // NS_PER_S,
        "modify_time": record.ts_changed_ns // NS_PER_S,
    }


def coh_id(quote_id: int) -> str:
    """Name the orders of a quote: one name for both of its sides."""
    return f"coh{quote_id}"
