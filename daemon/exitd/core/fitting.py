"""A quantity that somebody wrote, beside what the venue takes and what is held."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.market import Instrument
from exitd.core.state import State
from exitd.core.trigger import Close, Quantity, QuantityKind, TriggerDefinition
from exitd.core.units import ZERO, floor_to_step, text


def fit_quantity(
    state: State, definition: TriggerDefinition, instrument: Instrument
) -> tuple[TriggerDefinition | str, list[str]]:
    """Floor an absolute quantity to the step and say what was done to it."""
    close, key = definition.close, definition.key
    if close is None or key is None:
        return definition, []
    if close.quantity.kind is not QuantityKind.ABSOLUTE:
        return definition, []
    notes: list[str] = []
    asked = close.quantity.value
    quantity = floor_to_step(max(asked, ZERO), instrument.quantity_step)
    if quantity < instrument.min_quantity:
        return (
            f"quantity {text(asked)} is below the minimum of "
            f"{text(instrument.min_quantity)} {instrument.base}"
        ), []
    level, least = definition.level, instrument.min_notional
    if level is not None and least is not None and quantity * level < least:
        notes.append(
            f"{definition.id}: {text(quantity)} at {text(level)} is worth less than "
            f"the minimum of {text(least)} {instrument.quote}; it will close all"
        )
    above = _above_position(state, definition, quantity)
    if above:
        notes.append(f"{definition.id}: {above}; it will close what there is")
    if quantity == asked:
        return definition, notes
    notes.append(
        f"{definition.id}: quantity {text(asked)} was floored to {text(quantity)}, "
        f"a multiple of the step {text(instrument.quantity_step)}"
    )
    fitted = replace(close, quantity=Quantity(QuantityKind.ABSOLUTE, quantity))
    if isinstance(definition.action, Close):
        return replace(definition, action=fitted), notes
    return replace(definition, action=replace(definition.action, close=fitted)), notes


def too_much(state: State, definition: TriggerDefinition) -> str:
    """Say in one sentence that a quantity is above the position, where that counts."""
    close = definition.close
    if not state.policies.above_position_refused or definition.key is None:
        return ""
    if close is None or close.quantity.kind is not QuantityKind.ABSOLUTE:
        return ""
    above = _above_position(state, definition, close.quantity.value)
    remedy = "; ask for less, or for 100%" if above else ""
    return above + remedy


def _above_position(
    state: State, definition: TriggerDefinition, quantity: Decimal
) -> str:
    """Say that a quantity is above the position, if there is one."""
    assert definition.key is not None
    live = state.position(definition.key).live
    if not ZERO < live < quantity:
        return ""
    return f"quantity {text(quantity)} is above the position of {text(live)}"
