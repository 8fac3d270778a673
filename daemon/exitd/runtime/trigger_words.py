"""The words of a trigger, as people write them."""

from exitd.configuration.instants import instant_text
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    Basis,
    BeforeClose,
    FixedLevel,
    Level,
    MaxHold,
    Move,
    Relative,
    Trailing,
)
from exitd.core.trigger import Close, TriggerDefinition
from exitd.core.units import text
from exitd.core.wording import (
    clock_text,
    duration_text,
    level_text,
    offset_text,
    quantity_text,
)


def written_words(definition: TriggerDefinition) -> dict[str, str]:
    """Give every word of a trigger that can be amended, as `exitd amend` takes it."""
    found = _condition_words(definition) | further_words(definition)
    close = definition.close
    if close is not None:
        limit = close.slippage_limit
        found |= {"close": quantity_text(close.quantity), "order": close.order.value}
        found |= {} if limit is None else {"slippage_limit": f"{text(limit)}%"}
        # What no file has a word for cannot be amended.
        found.pop("bound", None)
    if definition.expires_ns is not None:
        found["expires"] = instant_text(definition.expires_ns)
    if definition.note:
        found["note"] = definition.note
    return found


def _condition_words(definition: TriggerDefinition) -> dict[str, str]:
    condition = definition.condition
    match condition:
        case FixedLevel():
            return {"level": level_text(condition.price)}
        case Trailing():
            after = condition.after
            begins = {} if after is None else {"after": level_text(after)}
            return {"trailing": offset_text(condition.offset), **begins}
        case AtInstant():
            return {"at_time": instant_text(condition.ts_ns)}
        case AtTimeOfDay():
            return {"at_time": f"{clock_text(condition.second)} {condition.zone}"}
        case BeforeClose():
            return {"at_time": f"{duration_text(condition.before_ns)} before close"}
        case MaxHold():
            return {"max_hold": duration_text(condition.duration_ns)}
        case _:
            return {}


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
