"""Copies of a state, and how one is put back."""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from exitd.adapters.sqlite.damage import check_content, check_files
from exitd.adapters.sqlite.database import connect
from exitd.adapters.sqlite.lock import StateLock, give_to_owner
from exitd.adapters.sqlite.meta import PUT_BACK, write_meta
from exitd.errors import StoreError
from exitd.ports.store import PutBack

#: What a copy leaves free on a disk that a daemon may need for what it fires.
_ROOM_BYTES = 64 * 1024 * 1024


class LastCopy(Struct, frozen=True):
    """Where the last copy of a state was put, and when; UTC."""

    path: str
    ts_ns: int

    @property
    def is_there(self) -> bool:
        """Whether it still is, as far as this user may see."""
        try:
            return Path(self.path).exists()
        except OSError:
            return True


def copy_database(driver: sqlite3.Connection, target: Path) -> None:
    """Write a copy of a database that may be in use, whole and synced.

    The copy says that it is one, so that a daemon which finds it does not take
    it for its own last state.

    Raises:
        sqlite3.Error, OSError: There is no copy; an older one at *target* stays.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(connect(partial)) as copy:
            driver.backup(copy)
            # One file, without a log beside it that could be left behind.
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
            write_meta(copy, "stop", "backup")
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        give_to_owner(partial)
        partial.replace(target)
    except BaseException:
        # On a full disk, half a copy would take the room that the daemon needs.
        partial.unlink(missing_ok=True)
        raise


def back_up(path: Path, target: Path, now_ns: int = 0) -> None:
    """Copy the state at *path*, whether or not a daemon is using it.

    The copy is read through SQLite's own checks before it counts as one. With *now_ns*
    it is noted beside the state when it was made.

    Raises:
        StoreDamaged: The state cannot be trusted.
        StoreError: The copy could not be written, or a daemon would be left no room.
    """
    check_files(path)
    try:
        _leave_room(path, target)
        with closing(connect(path)) as driver:
            copy_database(driver, target)
        check_copy(target)
        if now_ns:
            _note_copy(path, LastCopy(str(target), now_ns))
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} could not be copied to {target} ({error}): see that both exist"
            " and that there is room."
        ) from error


def _leave_room(path: Path, target: Path) -> None:
    """
    Raises:
        StoreError: The copy would fill the disk.
        OSError: There is no such folder.
    """
    needed = path.stat().st_size + _ROOM_BYTES
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise StoreError(
            f"{target.parent} has {free >> 20} MiB free, and a copy needs"
            f" {needed >> 20} with what has to stay free: name another disk."
        )


def _note_copy(path: Path, copy: LastCopy) -> None:
    note = _note_path(path)
    # The copy is there, whether or not this can be written.
    with suppress(OSError):
        new = note.with_name(f"{note.name}.new")
        new.touch(mode=0o600)
        new.write_bytes(msgspec.json.encode(copy))
        give_to_owner(new)
        new.replace(note)


def last_copy(path: Path) -> LastCopy | None:
    """Read where and when the state at *path* was copied last, if that is known."""
    try:
        return msgspec.json.decode(_note_path(path).read_bytes(), type=LastCopy)
    except (OSError, msgspec.DecodeError):
        return None


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.last-copy")


def check_copy(copy: Path) -> None:
    """Read a copy through SQLite's own checks; changes nothing.

    Raises:
        StoreDamaged: It cannot be trusted.
        StoreError: It cannot be read.
    """
    check_files(copy)
    try:
        with closing(connect(copy, read_only=True)) as driver:
            check_content(driver, copy, least_batch=0)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{copy} cannot be read ({error}): name another.") from error


def restore(copy: Path, path: Path, told: PutBack | None = None) -> Path | None:
    """Put a copy in the place of the state at *path*, which no daemon may hold.

    *told* is kept with it: the next start writes it down among the changes.

    Returns:
        Where the state that was there is kept, None if there was none.

    Raises:
        StoreLocked: A daemon runs on the state.
        StoreDamaged: The copy cannot be trusted; nothing was changed.
        StoreError: A file could not be written.
    """
    check_copy(copy)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = StateLock(path)
    kept = path.with_name(f"{path.name}.replaced")
    new = path.with_name(f"{path.name}.new")
    try:
        with closing(connect(copy, read_only=True)) as driver:
            copy_database(driver, new)
        if told is not None:
            with closing(connect(new)) as driver:
                write_meta(driver, PUT_BACK, msgspec.json.encode(told).decode())
        was_there = path.exists()
        for suffix in ("", "-wal", "-shm"):
            old = path.with_name(f"{path.name}{suffix}")
            old_kept = kept.with_name(f"{kept.name}{suffix}")
            old_kept.unlink(missing_ok=True)
            if old.exists():
                old.replace(old_kept)
        new.replace(path)
        # The copy is older than what was there, and this time on purpose.
        lock.mark(0)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{copy} could not be put in the place of {path} ({error}); what was there"
            f" is at {path} or {kept}."
        ) from error
    finally:
        lock.release()
    return kept if was_there else None
