"""What a commit costs in a folder: real ones, in a database that is thrown away."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from exitd.adapters.sqlite.database import configure
from exitd.errors import StoreError

#: About what a hit and its attempt write in one commit.
_ROW_BYTES = 2_000
_COMMITS = 200
_LONGEST_NS = 2_000_000_000


class CommitCost(Struct, frozen=True):
    """How long commits took, in nanoseconds."""

    commits: int
    p50_ns: int
    p99_ns: int
    most_ns: int


def commit_cost(folder: Path, monotonic_ns: Callable[[], int]) -> CommitCost:
    """Measure commits as the daemon makes them; leaves nothing behind.

    Raises:
        StoreError: The folder takes no database.
    """
    try:
        beside = Path(tempfile.mkdtemp(prefix="doctor-", dir=folder))
    except OSError as error:
        raise StoreError(f"{folder} cannot be written ({error.strerror})") from error
    try:
        with closing(
            sqlite3.connect(beside / "measured.db", isolation_level=None)
        ) as driver:
            return _measured(driver, monotonic_ns)
    except sqlite3.Error as error:
        raise StoreError(f"no commit goes through in {folder} ({error})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _measured(
    driver: sqlite3.Connection, monotonic_ns: Callable[[], int]
) -> CommitCost:
    configure(driver)
    driver.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, body BLOB)")
    took: list[int] = []
    began_ns = monotonic_ns()
    while len(took) < _COMMITS and monotonic_ns() - began_ns < _LONGEST_NS:
        before_ns = monotonic_ns()
        driver.execute("BEGIN IMMEDIATE")
        driver.execute("INSERT INTO rows (body) VALUES (?)", (bytes(_ROW_BYTES),))
        driver.execute("COMMIT")
        took.append(monotonic_ns() - before_ns)
    took.sort()
    return CommitCost(
        len(took), took[len(took) // 2], took[len(took) * 99 // 100], took[-1]
    )
