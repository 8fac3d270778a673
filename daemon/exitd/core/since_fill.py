"""Prices from before a fill: they say nothing about what was bought with it.

Before its fill the market was elsewhere: a price of then would close at once, at the
price of now, what the entry has just bought, or begin a trail that it has never seen.
"""

from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition


def is_before_fill(state: State, trigger_id: str, ts_venue_ns: int) -> bool:
    """Whether a price is older than what an exit is to close; of no other trigger."""
    entry = state.entries.get(state.entry_of_exit.get(trigger_id, ""))
    return entry is not None and ts_venue_ns < entry.ts_filled_venue_ns


def is_last_before_fill(state: State, definition: TriggerDefinition) -> bool:
    """Whether the last price of an exit's source is older than what it is to close."""
    ts_venue_ns = state.book(definition.source).ts_venue_ns
    return is_before_fill(state, definition.id, ts_venue_ns)
