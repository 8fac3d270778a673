"""Conditions that make no sense whatever the price is; files and people alike."""

from decimal import Decimal

from exitd.core.condition import (
    AtTimeOfDay,
    Confirmation,
    FixedLevel,
    Level,
    MaxHold,
    Offset,
    Relative,
    Trailing,
)
from exitd.core.market import Instrument
from exitd.core.position import Side
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import HUNDRED, ZERO, text
from exitd.core.wording import level_text, offset_text

_SECONDS_A_DAY = 86_400
_PRICES_MAX = 1_000


def wrong_terms(definition: TriggerDefinition, instrument: Instrument) -> str:
    """Say in one sentence what is wrong with a condition; nothing if nothing is."""
    condition = definition.condition
    if isinstance(condition, Trailing):
        return _wrong_trail(definition, condition, instrument)
    if isinstance(condition, MaxHold) and condition.duration_ns <= 0:
        return "how long a position may be held must be above zero"
    if isinstance(condition, AtTimeOfDay):
        if not 0 <= condition.second < _SECONDS_A_DAY:
            return "a time of day lies between 00:00:00 and 23:59:59"
        return ""
    needs_position = isinstance(condition, MaxHold) or (
        isinstance(condition, FixedLevel) and isinstance(condition.price, Relative)
    )
    if needs_position and definition.side is None:
        return "without a side there is no position that it could be relative to"
    if definition.confirmation is not None:
        return _wrong_confirmation(definition, definition.confirmation)
    return ""


def _wrong_trail(
    definition: TriggerDefinition, trail: Trailing, instrument: Instrument
) -> str:
    if definition.side is None:
        return "a trailing stop needs a side: long or short"
    if definition.source.combined is not None:
        return "a trail follows one price, not several"
    if definition.confirmation is not None:
        return "a trailing stop takes no confirmation"
    wrong = _wrong_offset(trail.offset, instrument)
    if wrong:
        return wrong
    if trail.step is not None and not ZERO < trail.step < HUNDRED:
        return f"a trailing step must be above 0 % and under 100 %, not {trail.step} %"
    tighten = trail.tighten
    if tighten is None:
        return ""
    wrong = _wrong_offset(tighten.to, instrument)
    if wrong:
        return wrong
    is_alike = tighten.to.is_percent == trail.offset.is_percent
    if is_alike and tighten.to.value >= trail.offset.value:
        return (
            f"it tightens to {offset_text(tighten.to)}, which is not narrower than "
            f"{offset_text(trail.offset)}"
        )
    return ""


def _wrong_offset(offset: Offset, instrument: Instrument) -> str:
    """Behaviour 49."""
    if offset.value <= ZERO:
        return "a trailing offset must be above zero"
    if offset.is_percent and offset.value >= HUNDRED:
        return f"a trailing offset must be under 100 %, not {offset_text(offset)}"
    if not offset.is_percent and offset.value < instrument.price_step:
        return (
            f"a trailing offset of {offset_text(offset)} is under one price step of "
            f"{text(instrument.price_step)}"
        )
    return ""


def _wrong_confirmation(
    definition: TriggerDefinition, confirmation: Confirmation
) -> str:
    if not definition.watches_price:
        return "only a level can be confirmed"
    if confirmation.for_ns < 0 or not 0 <= confirmation.prices <= _PRICES_MAX:
        return f"a confirmation counts up to {_PRICES_MAX} prices"
    if confirmation.for_ns and confirmation.prices:
        return "a confirmation is by time or by prices in a row, not by both"
    level, emergency = definition.level, confirmation.emergency
    if level is None or not isinstance(emergency, Decimal):
        return ""
    return _wrong_side(definition, level, emergency)


def _wrong_side(definition: TriggerDefinition, level: Decimal, other: Level) -> str:
    assert isinstance(other, Decimal)
    is_falling = definition.direction.value == "falling"
    if (other < level) if is_falling else (other > level):
        return ""
    place = "below" if is_falling else "above"
    kind = "stop" if definition.is_stop else "level"
    side = f" of a {Side(definition.side)}" if definition.side else ""
    return (
        f"the emergency level {level_text(other)} must lie {place} the {kind} "
        f"{text(level)}{side}, or it would never be needed"
    )
