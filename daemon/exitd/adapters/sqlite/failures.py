"""What an error of SQLite means for the writer."""

import sqlite3
from enum import StrEnum


class Failure(StrEnum):
    """`FULL` and `BUSY` are known not to be written; `UNKNOWN` must be read back."""

    FULL = "full"
    BUSY = "busy"
    UNKNOWN = "unknown"


# A quota or a file size limit (EDQUOT, EFBIG) arrives as IOERR_WRITE, and growing
# the shared index on a full disk as IOERR_SHMSIZE; only ENOSPC is SQLITE_FULL.
_NO_ROOM = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def failure_of(error: sqlite3.Error) -> Failure:
    """Sort an error of the disk; anything else is a bug and is raised again.

    Raises:
        sqlite3.Error: *error* itself, when it is no fault of the disk: a broken
            constraint, a wrong statement, a value that does not fit.
    """
    if isinstance(
        error,
        sqlite3.IntegrityError
        | sqlite3.ProgrammingError
        | sqlite3.InterfaceError
        | sqlite3.DataError
        | sqlite3.NotSupportedError,
    ):
        raise error
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_ERROR:
        raise error
    if code in _NO_ROOM:
        return Failure.FULL
    if code is not None and code & 0xFF in _HELD:
        return Failure.BUSY
    return Failure.UNKNOWN
