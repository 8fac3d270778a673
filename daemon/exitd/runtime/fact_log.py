"""Each fact is logged once, under its own name and instant, as it was stored."""

from collections.abc import Sequence
from decimal import Decimal

from exitd.core.events import Fact, FactKind
from exitd.core.simulated import is_simulated
from exitd.core.units import text
from exitd.logs import Event, log

#: A log line's `level` is how loud it is.
_NAMES = {"level": "trigger_price", "level_before": "trigger_price_before"}
_EVENTS = {kind: Event(kind.value) for kind in FactKind}


def log_facts(facts: Sequence[Fact], is_durable: bool) -> None:
    """Write each fact as one line; one that is not on disk yet says so."""
    unwritten = {} if is_durable else {"durable": False}
    for fact in facts:
        ids = {
            "account": fact.account,
            "symbol": fact.symbol,
            "trigger_id": fact.trigger_id,
            "fire_id": fact.fire_id,
        }
        fields = {
            _NAMES.get(name, name): text(value) if isinstance(value, Decimal) else value
            for name, value in fact.fields.items()
            if value is not None and value != ""
        }
        named = {name: value for name, value in ids.items() if value}
        if is_simulated(fact.account):
            named["mode"] = "PAPER, NOT PROTECTING"
        log(_EVENTS[fact.kind], ts_ns=fact.ts_ns, **named, **fields, **unwritten)
