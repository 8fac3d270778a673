"""Which world a seed lives in."""

from __future__ import annotations

from pathlib import Path

from simulation.alerts.world import AlertWorld
from simulation.chain.world import ChainWorld
from simulation.virtual_time import VirtualLoop
from simulation.world import World

AnyWorld = World | AlertWorld | ChainWorld

#: How the first close of an arming leaves: once it is written down, or meanwhile.
FIRINGS = ("strict", "overlapped")

#: Of so many seeds in a row one is a world of alerts.
ALERTS_EVERY = 4
#: And of so many one is a world of the chain: it is dearer than the others.
CHAIN_EVERY = 8


def is_of_alerts(seed: int) -> bool:
    return seed % ALERTS_EVERY == ALERTS_EVERY - 1


def is_of_chain(seed: int) -> bool:
    return seed % CHAIN_EVERY == CHAIN_EVERY - 3


def is_overlapped(seed: int) -> bool:
    """Whether a seed is lived through overlapped, where nobody says; every other is."""
    return seed // CHAIN_EVERY % 2 == 0


def world_of(
    seed: int, folder: Path, history: list[str] | None = None, firing: str = ""
) -> AnyWorld:
    """Make the world of a seed; *history* is filled where it is given.

    *firing* is one of `FIRINGS`; all else is drawn the same, whichever it is. Where a
    venue takes an id once, and on a chain, closes are strict.
    """
    if is_of_alerts(seed):
        return AlertWorld(seed, VirtualLoop(seed), folder, history)
    if is_of_chain(seed):
        return ChainWorld(seed, VirtualLoop(seed), folder, history)
    is_ahead = firing == "overlapped" if firing else is_overlapped(seed)
    return World(seed, VirtualLoop(seed), folder, history, is_overlapped=is_ahead)
