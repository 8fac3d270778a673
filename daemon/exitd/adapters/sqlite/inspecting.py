"""Looking into a state that a daemon may be using: read only, and never its lock."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct
from sqlalchemy import func, select

from exitd.adapters.sqlite import schema
from exitd.adapters.sqlite.damage import check_files, revision_of
from exitd.adapters.sqlite.database import connect
from exitd.adapters.sqlite.migrating import known_revisions
from exitd.adapters.sqlite.statements import bound
from exitd.errors import StoreError

LOCKS = Path("/proc/locks")


class Inspected(Struct, frozen=True, kw_only=True):
    """A state as it is on disk.

    `complaint` is what SQLite's own check found, empty where all is well. `tags` are
    the client id tags of its accounts, `newest_fill_ns` the venue's instant of the last
    fill of each.
    """

    revision: str
    newest_revision: str
    complaint: str
    tags: dict[str, int]
    newest_fill_ns: dict[str, int]

    @property
    def is_known(self) -> bool:
        return self.revision <= self.newest_revision


def inspect(path: Path) -> Inspected:
    """Check a state and read what identifies it.

    Raises:
        StoreDamaged: Its names or headers say already that it cannot be trusted.
        StoreError: It cannot be read.
    """
    try:
        check_files(path)
        with closing(connect(path, read_only=True)) as driver:
            revision = revision_of(driver)
            if revision is None:
                raise StoreError(f"{path} is not a database of exitd")
            (verdict,) = driver.execute("PRAGMA quick_check(1)").fetchone()
            fills = _pairs(driver, schema.FILLS.c.ts_venue_ns, schema.FILLS.c.account)
            tags = _pairs(driver, schema.COUNTERS.c.tag, schema.COUNTERS.c.account)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be read ({error})") from error
    return Inspected(
        revision=revision,
        newest_revision=known_revisions()[-1],
        complaint="" if verdict == "ok" else str(verdict).replace("\n", " ").strip(),
        tags=tags,
        newest_fill_ns=fills,
    )


def note_in(path: Path, key: str) -> bytes | None:
    """Read one small named value; None when there is none.

    Raises:
        StoreError: The state cannot be read.
    """
    statement = select(schema.NOTES.c.body).where(schema.NOTES.c.key == key)
    sql, values = bound(statement)
    try:
        with closing(connect(path, read_only=True)) as driver:
            row = driver.execute(sql, values).fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read ({error})") from error
    return None if row is None else bytes(row[0])


def holder_of(path: Path, locks: Path = LOCKS) -> int | None:
    """Give the process that holds the lock of a state; None when nobody does.

    The kernel is asked, not the lock: taking it, if only to see, could keep a daemon
    from its state that starts in that moment. A holder that this process may not see
    (one in another container) is 0.

    Raises:
        OSError: The file or the kernel's list cannot be read.
    """
    lock = path.with_name(f"{path.name}.lock")
    if not lock.exists():
        return None
    inode = str(lock.stat().st_ino)
    for line in locks.read_text().splitlines():
        words = line.split()
        if "FLOCK" in words and "->" not in words:
            pid, file = words[4], words[5]
            if file.rpartition(":")[2] == inode:
                return max(int(pid), 0)
    return None


def last_holder(path: Path) -> str:
    """Give the process that wrote its number into the lock last; empty if none did."""
    with suppress(OSError):
        text = path.with_name(f"{path.name}.lock").read_text(errors="replace")
        return text[:20].strip()
    return ""


def _pairs(
    driver: sqlite3.Connection, number: object, account: object
) -> dict[str, int]:
    sql, values = bound(select(account, func.max(number)).group_by(account))  # type: ignore[call-overload]
    return {str(name): int(value) for name, value in driver.execute(sql, values)}
