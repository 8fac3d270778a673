"""What a seed draws and what happened in it, in lines that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from exitd.core.trigger import TriggerDefinition
from simulation.alerts.choices import AlertChoices
from simulation.chain.choices import ChainChoices
from simulation.choices import Choices
from simulation.failures import Failures

#: Stands in the line of a history where an invariant was broken first.
VIOLATED = "VIOLATED"
#: Lines of its history that a failing seed shows: those that led to it.
SHOWN = 60


def leading_to_it(history: Sequence[str]) -> list[str]:
    """Give what was drawn, and the last lines up to the first violation or the end."""
    drawn = [line for line in history if line.startswith("  ") and ": " in line[:22]]
    happened = history[len(drawn) :]
    lines = enumerate(happened, start=1)
    end = next((at for at, line in lines if VIOLATED in line), len(happened))
    return [*drawn, *happened[max(end - SHOWN, 0) : end]]


def told(
    choices: Choices | AlertChoices | ChainChoices, failures: Failures
) -> Iterator[str]:
    """Say what a seed draws, without what is as it always is."""
    for name, value in msgspec.to_builtins(failures).items():
        if _says(value):
            yield _line(name, _short(value))
    plain = msgspec.to_builtins(choices)
    for name, value in plain.items():
        if name in ("path", "rooms", "triggers", "by_hand", "alerts", "troubles"):
            # A history tells of each price when it comes.
            continue
        yield _line(name, _set(value) if isinstance(value, dict) else _short(value))
    for definition in getattr(choices, "triggers", ()):
        yield _line("trigger", trigger(definition))
    for name in ("by_hand", "alerts"):
        for deed in plain.get(name, ()):
            yield _line(name, _set(deed))


def _line(name: str, value: object) -> str:
    return f"  {name + ':':<16} {value}"


def trigger(definition: TriggerDefinition) -> str:
    """Tell one trigger: its name, what it waits for, and how it closes."""
    plain = msgspec.to_builtins(definition)
    parts = [definition.id]
    for name in ("condition", "action", "confirmation", "moves"):
        if plain.get(name):
            parts.append(f"{name} {_short(plain[name])}")
    return "; ".join(parts)


def _set(values: dict[str, Any]) -> str:
    """Tell the fields that have a value, in one line."""
    return ", ".join(f"{k} {_short(v)}" for k, v in values.items() if _says(v))


def _short(value: object) -> str:
    if isinstance(value, dict):
        return f"({_set(value)})"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_short, value)) + "]"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _says(value: object) -> bool:
    return value not in (None, "", 0, False, "0", "0.0") and value != [] and value != {}
