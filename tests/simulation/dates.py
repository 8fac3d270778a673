"""Worlds that begin at an edge of the calendar, a few seconds before it is passed."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from msgspec.structs import replace

from exitd.core.condition import AtInstant
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import NS_PER_S
from simulation.choices import Choices
from simulation.virtual_time import START_NS

_SHARE = 0.15
#: Each twelve seconds before a minute, as every world begins: the end of 32 bits is
#: nineteen after it.
EDGES = (
    datetime(2038, 1, 19, 3, 13, 48, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 48, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 48, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 48, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 59, 48, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 48, tzinfo=UTC),
)


def start_of(seed: int) -> int:
    """Give the instant at which the world of a seed begins, in UTC nanoseconds."""
    rng = Random(f"date {seed}")
    if rng.random() >= _SHARE:
        return START_NS
    return int(rng.choice(EDGES).timestamp()) * NS_PER_S


def dated(choices: Choices, start_ns: int) -> Choices:
    """Let what waits for an instant wait as long as it would have."""
    later_ns = start_ns - START_NS
    return replace(
        choices, triggers=tuple(_dated(one, later_ns) for one in choices.triggers)
    )


def _dated(definition: TriggerDefinition, later_ns: int) -> TriggerDefinition:
    condition = definition.condition
    if not isinstance(condition, AtInstant):
        return definition
    return replace(definition, condition=AtInstant(condition.ts_ns + later_ns))
