"""The firing protocol under seeded faults: once, and never not."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.virtual_time import VirtualLoop, run
from simulation.world import World

SEEDS = 500
BATCH = 50


def live_through(seed: int, folder: Path) -> None:
    """Run one seed; a violation says which, so that it can be run again alone."""
    folder.mkdir()
    virtual = VirtualLoop()
    world = World(seed, virtual, folder)
    try:
        run(world.run(), virtual)
    except AssertionError as found:
        found.add_note(f"seed {seed}: {world.choices}")
        raise


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_given_seeded_faults_and_crashes_when_healed_then_each_close_happened_once(
    first: int, tmp_path: Path
) -> None:
    for seed in range(first, first + BATCH):
        live_through(seed, tmp_path / str(seed))
