"""Values of a trigger as the files write them, for plans, views and sentences."""

from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    Basis,
    BeforeClose,
    Condition,
    FixedLevel,
    Immediately,
    Level,
    MaxHold,
    Offset,
    Relative,
    Trailing,
)
from exitd.core.trigger import Quantity, QuantityKind
from exitd.core.units import NS_PER_S, ZERO, text


def quantity_text(quantity: Quantity) -> str:
    """Write a quantity: `50%`, `50% initial`, `2.5`, `500 USDC` or `rest`."""
    number = text(quantity.value)
    match quantity.kind:
        case QuantityKind.REST:
            return "rest"
        case QuantityKind.SHARE:
            return f"{number}%"
        case QuantityKind.INITIAL:
            return f"{number}% initial"
        case QuantityKind.QUOTE:
            return f"{number} {quantity.currency}"
        case QuantityKind.ABSOLUTE:
            return number


def condition_word(condition: Condition) -> str:
    """Give the key that a condition is written under; `now` for one without."""
    match condition:
        case FixedLevel():
            return condition.kind.value
        case Trailing():
            return "trailing"
        case MaxHold():
            return "max_hold"
        case AtInstant() | AtTimeOfDay() | BeforeClose():
            return "at_time"
        case Immediately():
            return "now"


def asked_text(condition: Condition) -> str:
    """Write what was asked for, where that is more than a price: `-3%`, `2.5%`."""
    match condition:
        case FixedLevel(price=Relative() as level):
            return level_text(level)
        case Trailing():
            after = f" after {level_text(condition.after)}" if condition.after else ""
            return f"{offset_text(condition.offset)}{after}"
        case AtTimeOfDay():
            minutes, second = divmod(condition.second, 60)
            clock = f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"
            return f"{clock} {condition.zone}"
        case BeforeClose():
            return f"{condition.before_ns // NS_PER_S}s before {condition.calendar}"
        case MaxHold():
            return f"{condition.duration_ns // NS_PER_S}s"
        case _:
            return ""


def level_text(level: Level) -> str:
    """Write a level: `131.25`, `+12%`, `-20% roi` or `+500 pnl`."""
    if not isinstance(level, Relative):
        return text(level)
    number = f"+{text(level.value)}" if level.value > ZERO else text(level.value)
    match level.basis:
        case Basis.ENTRY:
            return f"{number}%"
        case Basis.ROI:
            return f"{number}% roi"
        case Basis.PNL:
            return f"{number} pnl"


def offset_text(offset: Offset) -> str:
    """Write how far a trail is behind: `2.5%` or `5`."""
    return f"{text(offset.value)}%" if offset.is_percent else text(offset.value)
