"""Lives through many seeds on all cores, and tells which are violated and how.

python tests/simulation/survey.py FIRST LAST [BUILD]

BUILD names one of the broken builds of `broken.py`.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fakes.memory import folder_in_memory
from simulation.broken import BUILDS
from simulation.virtual_time import VirtualLoop, run
from simulation.world import World

#: So often it says how far it has come.
TOLD_EVERY = 100
#: What a world counts of what its invariants had to look at.
Counts = dict[str, int]


def live_through(seed: int, build: str) -> tuple[int, str, Counts]:
    """Run one seed; gives what it violates, or nothing, and what it has looked at."""
    if build:
        BUILDS[build](setattr)
    virtual = VirtualLoop()
    with folder_in_memory() as folder:
        world = World(seed, virtual, Path(folder))
        violated = ""
        try:
            run(world.run(), virtual)
        except AssertionError as found:
            violated = str(found)
        return seed, violated, counts(world)


def counts(world: World) -> Counts:
    watch = world.watch
    told = "\n".join(world.history)
    return {
        "decisions": watch.decisions,
        "restores compared": watch.shadow.compared,
        "trails followed": watch.trails.trailed,
        "stops moved": watch.trails.moved,
        "confirmations begun": watch.confirmations.begun,
        "slices taken over from": watch.orders.taken_over,
        "hits": told.count("trigger.hit"),
        "prices held": told.count("price.held"),
        "trails mended by candles": told.count("'why': 'candles'"),
    }


def main() -> int:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    build = sys.argv[3] if len(sys.argv) > 3 else ""
    total: Counts = {}
    violated = 0
    begun_s = time.monotonic()
    with ProcessPoolExecutor() as pool:
        lives = partial(live_through, build=build)
        for seed, why, counted in pool.map(lives, range(first, last), chunksize=5):
            if why:
                violated += 1
                sys.stdout.write(f"{seed}: {why[:300]}\n")
            for name, number in counted.items():
                total[name] = total.get(name, 0) + number
            if seed % TOLD_EVERY == TOLD_EVERY - 1:
                sys.stderr.write(f"as far as seed {seed}\n")
    took_s = time.monotonic() - begun_s
    sys.stdout.write(f"{violated} of {last - first} seeds violated, {took_s:.0f} s\n")
    sys.stdout.write(f"{total}\n")
    return 1 if violated else 0


if __name__ == "__main__":
    raise SystemExit(main())
