"""The few rows that everything else hangs on: what the state is, how far it came.

They cannot be set aside: a state whose tags or numbers are wrong would send
ids that were used before. One that fails its checksum makes the file damaged.
"""

import sqlite3
from typing import NamedTuple

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.rows import checksum, key_bytes

#: Who put this state back from a copy, until a start has written that down.
PUT_BACK = "put_back"


class Progress(NamedTuple):
    """The last batch, the last fact's number, the highest arming sequence."""

    batch: int
    fact_seq: int
    arming_seq: int


def write_meta(driver: sqlite3.Connection, key: str, value: str) -> None:
    driver.execute(
        statements.UPSERT_META,
        (key, value, checksum(key_bytes(key), value.encode())),
    )


def read_meta(driver: sqlite3.Connection) -> dict[str, str]:
    """Read every meta row.

    Raises:
        sqlite3.Error: One of them is not what was written.
    """
    meta: dict[str, str] = {}
    for key, value, stored in driver.execute(statements.READ_META):
        if checksum(key, value) != stored:
            raise sqlite3.DatabaseError("a row of meta does not match its checksum")
        meta[key.decode()] = value.decode()
    return meta


def write_progress(driver: sqlite3.Connection, progress: Progress) -> None:
    driver.execute(
        statements.WRITE_PROGRESS, (*progress, checksum(key_bytes(*progress), b""))
    )


def read_progress(driver: sqlite3.Connection) -> Progress:
    """Read how far the database came.

    Raises:
        sqlite3.Error: It does not say, or what it says is not what was written.
    """
    row = driver.execute(statements.READ_PROGRESS).fetchone()
    if row is None:
        raise sqlite3.DatabaseError("the row that says how far it came is missing")
    *numbers, stored = row
    progress = Progress(*numbers)
    if checksum(key_bytes(*progress), b"") != stored:
        raise sqlite3.DatabaseError(
            "the row that says how far it came does not match its checksum"
        )
    return progress
