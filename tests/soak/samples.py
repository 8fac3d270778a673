"""What a process holds, looked at again and again, and how fast that grows."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

KIB_PER_MIB = 1024
S_PER_H = 3600


class Sample(Struct, frozen=True):
    """
    What was seen at one instant.

    Attributes:
        at_s: Since the load began.
        rss_kib: Memory of the daemon that is in RAM.
        descriptors: Open files and sockets.
        threads: As the kernel counts them.
        wal_kib: Size of the write-ahead log.
        database_kib: Size of the database.
        lines: What it has logged so far.
        fires: How many fires have ended so far.
        cpu_s: Processor time so far.
    """

    at_s: float
    rss_kib: int
    descriptors: int
    threads: int
    wal_kib: int
    database_kib: int
    lines: int
    fires: int
    cpu_s: float


def sample(at_s: float, pid: int, database: Path, lines: int, fires: int) -> Sample:
    """Look at a process and its files now."""
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Sample(
        at_s=round(at_s, 1),
        rss_kib=int(status["VmRSS"].split()[0]),
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),
        threads=int(status["Threads"]),
        wal_kib=_kib(database.with_name(database.name + "-wal")),
        database_kib=_kib(database),
        lines=lines,
        fires=fires,
        cpu_s=(int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
    )


def _kib(path: Path) -> int:
    return path.stat().st_size // 1024 if path.exists() else 0


def second_half(samples: list[Sample]) -> list[Sample]:
    half_s = (samples[0].at_s + samples[-1].at_s) / 2
    return [one for one in samples if one.at_s >= half_s]


def mib_per_hour(samples: list[Sample]) -> float:
    """Give the slope of the memory, by least squares."""
    count = len(samples)
    mean_s = sum(one.at_s for one in samples) / count
    mean_kib = sum(one.rss_kib for one in samples) / count
    spread = sum((one.at_s - mean_s) ** 2 for one in samples)
    if not spread:
        return 0.0
    along = sum((one.at_s - mean_s) * (one.rss_kib - mean_kib) for one in samples)
    return along / spread / KIB_PER_MIB * S_PER_H
