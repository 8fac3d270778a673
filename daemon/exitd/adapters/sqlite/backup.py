"""Copies of a state, and how one is put back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from exitd.adapters.sqlite.damage import check_content, check_files
from exitd.adapters.sqlite.database import connect
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.meta import write_meta
from exitd.errors import StoreError


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
    with closing(connect(partial)) as copy:
        driver.backup(copy)
        # One file, without a log beside it that could be left behind.
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        write_meta(copy, "stop", "backup")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def back_up(path: Path, target: Path) -> None:
    """Copy the state at *path*, whether or not a daemon is using it.

    Raises:
        StoreDamaged: The state cannot be trusted.
        StoreError: The copy could not be written.
    """
    check_files(path)
    try:
        with closing(connect(path)) as driver:
            copy_database(driver, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} could not be copied to {target} ({error}): see that both exist"
            " and that there is room."
        ) from error


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


def restore(copy: Path, path: Path) -> Path | None:
    """Put a copy in the place of the state at *path*, which no daemon may hold.

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
