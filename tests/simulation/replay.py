"""Lives through one seed again and tells its whole history.

python tests/simulation/replay.py SEED
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fakes.memory import folder_in_memory
from simulation.virtual_time import VirtualLoop, run
from simulation.world import World


def main() -> int:
    seed = int(sys.argv[1])
    virtual = VirtualLoop()
    with folder_in_memory() as folder:
        world = World(seed, virtual, Path(folder))
        sys.stdout.write(f"{world.choices}\n")
        try:
            run(world.run(), virtual)
            verdict = "all invariants hold"
        except AssertionError as found:
            verdict = f"VIOLATION: {found}"
    sys.stdout.write("\n".join([*world.history, verdict, ""]))
    return 0 if verdict == "all invariants hold" else 1


if __name__ == "__main__":
    raise SystemExit(main())
