"""Disks that are really full: a small one, and files that may not grow.

Both leave room for so many pages of the write-ahead log, for a while.
"""

from __future__ import annotations

import errno
import os
import resource
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

#: One page of the database with the head of its frame.
FRAME_BYTES = 4_096 + 24
LOG_HEAD_BYTES = 32
#: Where the index of the log says so (WalIndexHdr.mxFrame, www.sqlite.org/walformat).
MX_FRAME_AT = 16
#: With the reserve of a daemon, and room for what it wrote before.
DISK_MIB = 24
_AGAIN_S = 0.02


def may_mount() -> bool:
    """Whether this machine lets us have a disk of our own."""
    return os.geteuid() == 0


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Have a small disk at a place that is then made."""
    place.mkdir(mode=0o700)
    size = f"size={DISK_MIB}m,mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", size, "exitd-crashes", str(place)]
    subprocess.run(mount, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill_for(place: Path, pages: int, lasts_s: float, *, again: bool) -> None:
    """Leave room for so many pages on a disk, then free it after a while.

    *again*: fill up as well what a daemon gives up of its own meanwhile.
    """
    filler = place / "filler"
    until_s = monotonic() + lasts_s
    pause = threading.Event()
    _fill(filler, place, pages * FRAME_BYTES)
    while monotonic() < until_s:
        pause.wait(_AGAIN_S)
        if again:
            _fill(filler, place, 0)
    filler.unlink()


def _fill(filler: Path, place: Path, room: int) -> None:
    """Take all but so much; a daemon that writes meanwhile may take it first."""
    with filler.open("ab") as file:
        while (more := _free_bytes(place) - room) > 0:
            at = os.fstat(file.fileno()).st_size
            try:
                os.posix_fallocate(file.fileno(), at, more)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def _free_bytes(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def limit_for(pid: int, database: Path, pages: int, lasts_s: float) -> None:
    """Let a process write so many pages more to its log, and no more, for a while.

    The kernel then says EFBIG, which SQLite takes for a broken disk.
    """
    most = LOG_HEAD_BYTES + (frames_of(database) + pages) * FRAME_BYTES
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, before[1]))
    threading.Event().wait(lasts_s)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def frames_of(database: Path) -> int:
    """Give how many frames of the log are in use: the next is written behind them.

    The file itself may be longer: SQLite writes it over from the beginning.
    """
    index = database.with_name(database.name + "-shm").read_bytes()
    frames: int = struct.unpack_from("=I", index, MX_FRAME_AT)[0]
    return frames
