"""Values of a trigger as the files write them, for plans, views and sentences."""

from typing import assert_never

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
from exitd.core.units import NS_PER_MS, NS_PER_S, ZERO, text


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
        case _:
            assert_never(quantity.kind)


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
        case _:
            assert_never(condition)


def asked_text(condition: Condition) -> str:
    """Write what was asked for, where that is more than a price: `-3%`, `2.5%`."""
    match condition:
        case FixedLevel(price=Relative() as level):
            return level_text(level)
        case Trailing():
            after = f" after {level_text(condition.after)}" if condition.after else ""
            return f"{offset_text(condition.offset)}{after}"
        case AtTimeOfDay():
            return f"{clock_text(condition.second)} {condition.zone}"
        case BeforeClose():
            before = duration_text(condition.before_ns)
            return f"{before} before the close of {condition.calendar}"
        case MaxHold():
            return duration_text(condition.duration_ns)
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
        case _:
            assert_never(level.basis)


def offset_text(offset: Offset) -> str:
    """Write how far a trail is behind: `2.5%` or `5`."""
    return f"{text(offset.value)}%" if offset.is_percent else text(offset.value)


_UNITS = (
    ("d", 86_400 * NS_PER_S),
    ("h", 3_600 * NS_PER_S),
    ("m", 60 * NS_PER_S),
    ("s", NS_PER_S),
    ("ms", NS_PER_MS),
)


def duration_text(duration_ns: int) -> str:
    """Write a duration in the largest unit that it is a whole number of: `2m`, `8h`.

    Below a millisecond it is cut off.
    """
    for unit, unit_ns in _UNITS:
        if duration_ns >= unit_ns and duration_ns % unit_ns == 0:
            return f"{duration_ns // unit_ns}{unit}"
    return f"{duration_ns // NS_PER_MS}ms"


def clock_text(second: int) -> str:
    """Write a second of the day as clocks show it: `15:55` or `15:55:30`."""
    hour, rest = divmod(second, 3_600)
    minute, second = divmod(rest, 60)
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")
