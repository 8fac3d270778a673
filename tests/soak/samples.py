"""What a process holds, looked at again and again, and how fast that grows."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from soak.growth import Growth, growth

KIB_PER_MIB = 1024
S_PER_H = 3600
#: Before half an hour and more; before a shorter soak as long as it. The cache of
#: requests that were read takes twelve minutes to fill, and longer what belongs to
#: threads that seldom come to work. In an hour and a half, what it held grew by 4.2 MiB
#: an hour from minute 20 to 50, and by 0.2 from minute 30 to 60.
_WARM_UP_S = 1_800.0
_MINUTE_S = 60.0
#: So many instants at the least, also of a soak of a few minutes.
_INSTANTS = 8


class Sample(Struct, frozen=True):
    """
    What was seen at one instant.

    Attributes:
        at_s: Since the load began.
        rss_kib: Memory of the daemon that is in RAM.
        own_kib: The part of it that is no file's: nobody else has it, and no other
            process that needs room takes it away.
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
    own_kib: int
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
        own_kib=int(status["RssAnon"].split()[0]),
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),
        threads=int(status["Threads"]),
        wal_kib=_kib(database.with_name(database.name + "-wal")),
        database_kib=_kib(database),
        lines=lines,
        fires=fires,
        cpu_s=(int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
    )


def parts_of_memory(pid: int) -> dict[str, int]:
    """
    Say in KiB what a process holds in RAM, by what it is for.

    The C library has what the libraries and large values of Python need, Python's own
    arenas all small ones; the heaps and stacks of threads are counted to the latter.
    """
    parts = {"the C library's heap": 0, "Python and threads": 0, "files": 0}
    of = "files"
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else ""
            of = "files" if name.startswith("/") else "Python and threads"
            of = "the C library's heap" if name == "[heap]" else of
        elif words[0] == "Rss:":
            parts[of] += int(words[1])
    return parts


def _kib(path: Path) -> int:
    return path.stat().st_size // 1024 if path.exists() else 0


def second_half(samples: list[Sample]) -> list[Sample]:
    half_s = (samples[0].at_s + samples[-1].at_s) / 2
    return [one for one in samples if one.at_s >= half_s]


def warm_up_s(span_s: float) -> float:
    """Say how long pools and caches, and what is kept for a while, may fill before."""
    return min(_WARM_UP_S, span_s)


def warm(samples: list[Sample], span_s: float) -> list[Sample]:
    """Give what was seen in the soak itself, after its warm-up."""
    since_s = warm_up_s(span_s)
    return [one for one in samples if one.at_s >= since_s]


def own_mib_per_hour(samples: list[Sample]) -> Growth:
    """Give how its own memory grows, in MiB an hour, by the least of each minute.

    Between two of those a request or a reading of the files has its own room.

    Raises:
        ValueError: There are fewer than three samples.
    """
    span_s = samples[-1].at_s - samples[0].at_s
    width_s = min(_MINUTE_S, span_s / _INSTANTS)
    least: dict[int, tuple[float, float]] = {}
    for one in samples:
        minute = int(one.at_s // width_s)
        seen = (one.at_s / S_PER_H, one.own_kib / KIB_PER_MIB)
        least[minute] = min(least.get(minute, seen), seen, key=lambda pair: pair[1])
    return growth(least.values())
