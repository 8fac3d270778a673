"""Prices from before a fill: they say nothing about what was bought with it."""

from decimal import Decimal

from exitd.core.entry import EntryRecord
from exitd.core.resting import fresh_price
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition


def price_since_filled(
    state: State, entry: EntryRecord, definition: TriggerDefinition, now_ns: int
) -> Decimal | None:
    """Give a fresh price, if it is not older than what an exit is to close.

    Before its fill the market was elsewhere: a price of then would close at once, at
    the price of now, what the entry has just bought.
    """
    if state.book(definition.source).ts_venue_ns < entry.ts_filled_venue_ns:
        return None
    return fresh_price(state, definition, now_ns)


def is_before_fill(state: State, trigger_id: str, ts_venue_ns: int) -> bool:
    """Whether a price that came late is older than what an exit is to close."""
    entry = state.entries.get(state.entry_of_exit.get(trigger_id, ""))
    return entry is not None and ts_venue_ns < entry.ts_filled_venue_ns
