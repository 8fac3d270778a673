"""Running one seed, and telling what happened where something is wrong."""

from __future__ import annotations

from pathlib import Path

from simulation.virtual_time import VirtualLoop, run
from simulation.world import VIOLATED, World

#: Lines of its history that a failing seed shows: those that led to it.
SHOWN = 60


def live_through(seed: int, folder: Path) -> World:
    """Run one seed; a violation comes with its history and how to see it again."""
    folder.mkdir(parents=True)
    virtual = VirtualLoop()
    world = World(seed, virtual, folder)
    try:
        run(world.run(), virtual)
    except AssertionError as found:
        found.add_note("\n".join(leading_to_it(world.history)))
        found.add_note(f"seed {seed}: {world.choices}")
        found.add_note(f"again: python tests/simulation/replay.py {seed}")
        raise
    return world


def leading_to_it(history: list[str]) -> list[str]:
    """Give the last lines up to the first violation, or to the end."""
    lines = enumerate(history, start=1)
    end = next((at for at, line in lines if VIOLATED in line), len(history))
    return history[max(end - SHOWN, 0) : end]
