"""Connections to SQLite whose disk does as it is told."""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import Any


def disk_error(code: int, text: str = "disk I/O error") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


class Disk:
    """
    Shared by the connections of one database.

    Attributes:
        commits: What becomes of the next commits that write, in turn: `fail` raises
            before the commit, `lie` commits and then raises, `work` works, as do all
            after the last.
        code: SQLite's code of those errors.
        opens: How many of the next connections fail to open.
        gone: After each failed commit, how many of the next connections fail.
        pages_max: How large the database may become, None for no limit.
    """

    def __init__(self) -> None:
        self.commits: deque[str] = deque()
        self.code = sqlite3.SQLITE_IOERR_FSYNC
        self.opens = 0
        self.gone: deque[int] = deque()
        self.pages_max: int | None = None
        self.opened = 0

    def connection_class(self) -> type[sqlite3.Connection]:
        disk = self

        class Connection(sqlite3.Connection):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                self.is_writing = False
                disk.opened += 1
                if disk.opens:
                    disk.opens -= 1
                    self.close()
                    raise disk_error(sqlite3.SQLITE_IOERR_READ)

            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                if sql == "BEGIN IMMEDIATE":
                    # SQLite keeps the page count it has if that is more.
                    limit = disk.pages_max or 2**30
                    super().execute(f"PRAGMA max_page_count = {limit}").fetchone()
                if sql.startswith("BEGIN"):
                    self.is_writing = sql == "BEGIN IMMEDIATE"
                if sql != "COMMIT" or not self.is_writing or not disk.commits:
                    return super().execute(sql, *args)
                what = disk.commits.popleft()
                if what == "work":
                    return super().execute(sql)
                if what == "lie":
                    super().execute(sql)
                if disk.gone:
                    disk.opens = disk.gone.popleft()
                raise disk_error(disk.code)

        return Connection


class DiskReserve:
    """Gives a disk that is full some pages more, as deleting a file would."""

    def __init__(self, disk: Disk, pages: int) -> None:
        self.disk = disk
        self.pages = pages
        self.is_there = True
        self.has_room_again = False
        self.released = 0

    def release(self) -> bool:
        if not self.is_there:
            return False
        self.is_there = False
        self.released += 1
        assert self.disk.pages_max is not None
        self.disk.pages_max += self.pages
        return True

    def restore(self) -> bool:
        self.is_there = self.is_there or self.has_room_again
        return self.has_room_again
