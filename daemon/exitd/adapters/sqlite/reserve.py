"""Room kept for firings: a file that is given up when the disk is full."""

import os
from pathlib import Path
from typing import Protocol

DEFAULT_RESERVE_BYTES = 8 * 1024 * 1024
"""Enough for a thousand firings with their attempts, fills and facts."""

SPARE_BYTES = 256 * 1024
"""Room besides the reserve that makes a disk count as no longer full."""


class Reserve(Protocol):
    @property
    def is_there(self) -> bool: ...

    def release(self) -> bool:
        """Give the room up; False when there was none to give."""
        ...

    def restore(self) -> bool:
        """Take the room again; False while there is none, or none besides."""
        ...


class ReserveFile:
    """Blocks allocated beside the database, without content."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path.with_name(f"{path.name}.reserve")
        self._size_bytes = size_bytes
        self._is_there = False

    @property
    def is_there(self) -> bool:
        return self._is_there

    def release(self) -> bool:
        had_room = self._is_there and self._size_bytes > 0
        self._path.unlink(missing_ok=True)
        self._is_there = False
        return had_room

    def restore(self) -> bool:
        if not self._is_there:
            self._is_there = allocate(self._path, self._size_bytes)
        spare = self._path.with_name(f"{self._path.name}.spare")
        has_spare = self._is_there and allocate(spare, SPARE_BYTES)
        spare.unlink(missing_ok=True)
        return has_spare


def allocate(path: Path, size_bytes: int) -> bool:
    """Make a file that really takes its room; False, and no file, without it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if size_bytes > 0:
                # Truncating alone would make a hole, and a hole holds no room.
                os.posix_fallocate(fd, 0, size_bytes)
        finally:
            os.close(fd)
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True


class NoReserve:
    """For a database in memory."""

    is_there = True

    def release(self) -> bool:
        return False

    def restore(self) -> bool:
        return True
