"""Which world a seed lives in."""

from __future__ import annotations

from pathlib import Path

from simulation.alerts.world import AlertWorld
from simulation.chain.world import ChainWorld
from simulation.virtual_time import VirtualLoop
from simulation.world import World

AnyWorld = World | AlertWorld | ChainWorld

#: Of so many seeds in a row one is a world of alerts.
ALERTS_EVERY = 4
#: And of so many one is a world of the chain: it is dearer than the others.
CHAIN_EVERY = 8


def is_of_alerts(seed: int) -> bool:
    return seed % ALERTS_EVERY == ALERTS_EVERY - 1


def is_of_chain(seed: int) -> bool:
    return seed % CHAIN_EVERY == CHAIN_EVERY - 3


def world_of(seed: int, folder: Path, history: list[str] | None = None) -> AnyWorld:
    """Make the world of a seed; *history* is filled where it is given."""
    kind: type[AnyWorld] = World
    if is_of_alerts(seed):
        kind = AlertWorld
    elif is_of_chain(seed):
        kind = ChainWorld
    return kind(seed, VirtualLoop(), folder, history)
