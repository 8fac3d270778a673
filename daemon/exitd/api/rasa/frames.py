"""`report` frames: one fact of an order, in the words of this wire.

Clients know new, edit, pending, trigger, triggered, canceled and close, and take any
other word for a live order: so what has ended is never called anything but the last
two.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from exitd.api.rasa.holdings import Holding
from exitd.api.rasa.rows import coh_id, kind_of, wire_state
from exitd.api.rasa.wire import number
from exitd.core.events import Fact, FactKind
from exitd.core.state import State
from exitd.core.trigger import DoneReason, TriggerRecord
from exitd.core.units import NS_PER_S

BEGUN = frozenset({FactKind.TRIGGER_WAITING, FactKind.TRIGGER_ARMED})
ENDED = frozenset(
    {
        FactKind.TRIGGER_CANCELLED,
        FactKind.TRIGGER_EXPIRED,
        FactKind.TRIGGER_RETIRED,
        FactKind.TRIGGER_DONE,
    }
)
_CHANGED = frozenset({FactKind.TRIGGER_AMENDED, FactKind.TRIGGER_MOVED})
_AT_VENUE = frozenset({FactKind.ORDER_ACKED, FactKind.ORDER_PARTIALLY_FILLED})
REPORTED = BEGUN | ENDED | _CHANGED | _AT_VENUE | {FactKind.TRIGGER_HIT}
#: The words of rows, as clients of frames understand them.
_OF_ROWS = MappingProxyType({"triggered_pending": "trigger", "triggered": "triggered"})


class Report(Struct, frozen=True, kw_only=True):
    """What there is to tell of one order; `details` are those of its frame."""

    quote_id: int
    party_a: str
    kind: str
    state: str
    ts_ns: int
    details: Mapping[str, Any]

    def frame(self, app_name: str) -> bytes:
        """Write it as a frame for those who watch under *app_name*."""
        data = {
            "coh_quote_id": coh_id(self.quote_id),
            "conditional_order_type": self.kind,
            "state": self.state,
            "details": self.details,
            "successful": True,
        }
        return msgspec.json.encode(
            {
                "app_name": app_name,
                "primary_identifier": self.quote_id,
                "secondary_identifier": 0,
                "address": self.party_a,
                "type": "report",
                "timestamp": self.ts_ns // NS_PER_S,
                "data": data,
            }
        )


def report_of(
    fact: Fact, record: TriggerRecord, holding: Holding, *, is_edit: bool
) -> Report:
    """Report a fact; *is_edit* where its order took the place of another."""
    fields = fact.fields
    filled, average = fields.get("filled"), fields.get("average_price")
    details: dict[str, Any] = {}
    if fact.kind is FactKind.TRIGGER_DONE or fact.kind in _AT_VENUE:
        details |= _numbers(quantity_to_close=filled, close_price=average)
    return _report(
        record,
        holding,
        state="edit" if is_edit else _word(fact),
        ts_ns=fact.ts_ns,
        **details,
    )


def report_now(
    state: State, ts_ns: int, record: TriggerRecord, holding: Holding
) -> Report:
    """Report what an order is now, without anything having happened to it."""
    word = _OF_ROWS.get(wire_state(state, record), "new")
    return _report(record, holding, state=word, ts_ns=ts_ns)


def _report(
    record: TriggerRecord, holding: Holding, *, state: str, ts_ns: int, **more: Any
) -> Report:
    details = _numbers(
        sent_time=Decimal(ts_ns) / NS_PER_S, trigger_price=record.trigger_price
    )
    return Report(
        quote_id=holding.quote_id,
        party_a=holding.party_a,
        kind=kind_of(record),
        state=state,
        ts_ns=ts_ns,
        details={**details, **more},
    )


def _word(fact: Fact) -> str:
    if fact.kind in BEGUN:
        return "new"
    if fact.kind in _CHANGED:
        return "edit"
    if fact.kind is FactKind.TRIGGER_HIT:
        return "trigger"
    if fact.kind in _AT_VENUE:
        return "triggered"
    is_filled = fact.fields.get("reason") == DoneReason.FILLED
    return "close" if is_filled else "canceled"


def _numbers(**values: object) -> dict[str, Any]:
    return {n: number(v) for n, v in values.items() if isinstance(v, Decimal)}
