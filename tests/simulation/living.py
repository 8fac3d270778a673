"""Running one seed, and telling what happened where something is wrong."""

from __future__ import annotations

from pathlib import Path

from simulation.virtual_time import VirtualLoop, run
from simulation.world import World

#: Lines of its history that a failing seed shows.
SHOWN = 60


def live_through(seed: int, folder: Path) -> World:
    """Run one seed; a violation comes with its history and how to see it again."""
    folder.mkdir(parents=True)
    virtual = VirtualLoop()
    world = World(seed, virtual, folder)
    try:
        run(world.run(), virtual)
    except AssertionError as found:
        found.add_note("\n".join(world.history[-SHOWN:]))
        found.add_note(f"seed {seed}: {world.choices}")
        found.add_note(f"again: python tests/simulation/replay.py {seed}")
        raise
    return world
