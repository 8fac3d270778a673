"""The last price of what a trigger watches: however old, fresh, or since its fill."""

from decimal import Decimal

from exitd.core.since_fill import is_last_before_fill
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition


def known_price(state: State, definition: TriggerDefinition) -> Decimal | None:
    """Give the last price of a trigger's source, however old."""
    return state.last_price(definition.source)


def fresh_price(
    state: State, definition: TriggerDefinition, now_ns: int
) -> Decimal | None:
    """Give the last price of a trigger's source if it is young enough to judge by."""
    source = definition.source
    price = state.last_price(source)
    if price is None:
        return None
    is_old = now_ns - state.ts_seen_ns(source) > state.policies.price_max_age_ns
    return None if is_old else price


def price_to_arm_by(
    state: State, definition: TriggerDefinition, now_ns: int
) -> Decimal | None:
    """Give a fresh price; for an exit of an entry, none from before its fill."""
    if is_last_before_fill(state, definition):
        return None
    return fresh_price(state, definition, now_ns)
