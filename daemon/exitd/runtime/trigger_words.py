"""The further words of a trigger, beside its condition, as people write them."""

from exitd.core.condition import (
    AtTimeOfDay,
    Basis,
    BeforeClose,
    FixedLevel,
    Level,
    Move,
    Relative,
    Trailing,
)
from exitd.core.trigger import Close, TriggerDefinition
from exitd.core.units import text
from exitd.core.wording import duration_text, level_text, offset_text


def further_words(definition: TriggerDefinition) -> dict[str, str]:
    """Give what was asked for beside the condition: key to value, in one order."""
    found: dict[str, str] = {}
    condition, confirmation = definition.condition, definition.confirmation
    if isinstance(condition, Trailing):
        tighten = condition.tighten
        if tighten is not None:
            narrow = offset_text(tighten.to)
            found["tighten"] = f"{narrow} at {level_text(tighten.at)}"
        if condition.step is not None:
            found["step"] = f"{text(condition.step)}%"
    if isinstance(condition, AtTimeOfDay | BeforeClose) and condition.calendar:
        found["calendar"] = condition.calendar
    if confirmation is not None:
        if confirmation.for_ns:
            found["for"] = duration_text(confirmation.for_ns)
        if confirmation.prices:
            found["prices"] = str(confirmation.prices)
        if confirmation.emergency is not None:
            found["emergency"] = level_text(confirmation.emergency)
    if definition.before_liquidation is not None:
        found["before_liquidation"] = f"{text(definition.before_liquidation)}%"
    if definition.missed is not None:
        found["missed"] = definition.missed.value
    if definition.moves:
        found["moves"] = ", ".join(move_text(move) for move in definition.moves)
    found |= _entry_words(definition)
    if definition.close is not None:
        found |= _close_words(definition.close)
    return found


def move_text(move: Move) -> str:
    """Write a move as `exitd add --move` takes it: `entry after sol-core/tp1`."""
    to = move.to_level_of or "entry"
    if move.to is not None:
        to = level_text(move.to)
    when = f"after {move.after}" if move.after else ""
    if move.at is not None:
        when = f"at {level_text(move.at)}"
    bare = " without fees" if to == "entry" and not move.covers_fees else ""
    return f"{to} {when}{bare}"


def relative_levels(definition: TriggerDefinition) -> list[Relative]:
    """Give every level of a trigger that the entry decides."""
    condition, confirmation = definition.condition, definition.confirmation
    levels: list[Level | None] = []
    if isinstance(condition, FixedLevel):
        levels.append(condition.price)
    elif isinstance(condition, Trailing):
        levels.append(condition.after)
        levels.append(condition.tighten.at if condition.tighten is not None else None)
    if confirmation is not None:
        levels.append(confirmation.emergency)
    for move in definition.moves:
        levels += [move.at, move.to]
    return [level for level in levels if isinstance(level, Relative)]


def _entry_words(definition: TriggerDefinition) -> dict[str, str]:
    levels = relative_levels(definition)
    found = {}
    if levels:
        found["entry"] = "follow" if levels[0].follows else "keep"
    leverages = [level.leverage for level in levels if level.basis is Basis.ROI]
    if leverages:
        found["leverage"] = text(leverages[0])
    return found


def _close_words(close: Close) -> dict[str, str]:
    found = {}
    if any(close.patience_ns):
        rests = [duration_text(ns) for ns in close.patience_ns if ns]
        found["patience"] = ", ".join(rests)
    if close.is_hard:
        found["hard"] = "true"
    if close.bound is not None:
        found["bound"] = text(close.bound)
    if close.twap is not None:
        every = duration_text(close.twap.every_ns)
        found["twap"] = f"{close.twap.slices} every {every}"
    return found
