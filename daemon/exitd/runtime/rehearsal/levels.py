"""The level that a trigger watches now, also where it follows the price."""

from decimal import Decimal

from exitd.core.state import State


def watched_level(state: State, trigger_id: str) -> Decimal | None:
    """Give the level of a trigger, None while it has none."""
    record = state.triggers.get(trigger_id)
    return None if record is None else record.trigger_price
