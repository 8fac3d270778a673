"""A core for the contender, and how much of the cores the host kept for others.

A percentile is only as good as the machine: with two cores, an exchange, a tap and a
contender wait for each other, and a host that runs other guests takes milliseconds at a
time. Both can be seen from outside of what is measured.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A round of which the host kept more than this share of one core is measured again.
STOLEN_SHARE = 0.01
_STEAL = 8


@contextmanager
def one_apart() -> Iterator[int | None]:
    """Keep this process and what it starts off one core meanwhile, and give that core.

    It is None where there is only one, or the system cannot do this.
    """
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(cores) < 2:
        yield None
        return
    apart = min(cores)
    os.sched_setaffinity(0, cores - {apart})
    try:
        yield apart
    finally:
        os.sched_setaffinity(0, cores)


def move_to(pid: int, core: int | None) -> None:
    """Let a process and all its threads run on this core alone."""
    if core is not None:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def stolen_s() -> float:
    """Seconds that a host has kept from all cores since it started; 0 if unknown."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    return int(stat.read_text().split(None, _STEAL + 1)[_STEAL]) / os.sysconf(
        "SC_CLK_TCK"
    )
