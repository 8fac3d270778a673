"""Which world a seed lives in."""

from __future__ import annotations

from pathlib import Path

from simulation.alerts.world import AlertWorld
from simulation.virtual_time import VirtualLoop
from simulation.world import World

AnyWorld = World | AlertWorld

#: Of so many seeds in a row one is a world of alerts.
ALERTS_EVERY = 4


def is_of_alerts(seed: int) -> bool:
    return seed % ALERTS_EVERY == ALERTS_EVERY - 1


def world_of(
    seed: int, folder: Path, history: list[str] | None = None
) -> World | AlertWorld:
    """Make the world of a seed; *history* is filled where it is given."""
    kind = AlertWorld if is_of_alerts(seed) else World
    return kind(seed, VirtualLoop(seed), folder, history)
