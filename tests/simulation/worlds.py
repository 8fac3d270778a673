"""Which world a seed lives in."""

from __future__ import annotations

from pathlib import Path

from simulation.alerts.world import AlertWorld
from simulation.virtual_time import VirtualLoop
from simulation.world import World

AnyWorld = World | AlertWorld

#: How the first close of an arming leaves: once it is written down, or meanwhile.
FIRINGS = ("strict", "overlapped")

#: Of so many seeds in a row one is a world of alerts.
ALERTS_EVERY = 4


def is_of_alerts(seed: int) -> bool:
    return seed % ALERTS_EVERY == ALERTS_EVERY - 1


def is_overlapped(seed: int) -> bool:
    """Whether a seed is lived through overlapped, where nobody says; every other is."""
    return seed // ALERTS_EVERY % 2 == 0


def world_of(
    seed: int, folder: Path, history: list[str] | None = None, firing: str = ""
) -> World | AlertWorld:
    """Make the world of a seed; *history* is filled where it is given.

    *firing* is one of `FIRINGS`; all else is drawn the same, whichever it is. Where a
    venue takes an id once, closes are strict.
    """
    if is_of_alerts(seed):
        return AlertWorld(seed, VirtualLoop(seed), folder, history)
    is_ahead = firing == "overlapped" if firing else is_overlapped(seed)
    return World(seed, VirtualLoop(seed), folder, history, is_overlapped=is_ahead)
