"""Connections for reading: many at once, none of which can write."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from exitd.adapters.sqlite.database import Database, checked_out
from exitd.errors import StoreError

T = TypeVar("T")


class Readers:
    """Lends connections; without a pool there is only the writer's own."""

    def __init__(self, path: Path, database: Database, pool: Engine | None) -> None:
        self._path = path
        self._database = database
        self._pool = pool

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        if self._pool is None:
            if not self._database.is_open:
                raise sqlite3.OperationalError("it is being opened again")
            yield self._database.driver
            return
        with checked_out(self._pool) as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            yield driver

    async def ask(self, work: Callable[[], T]) -> T:
        """Run what reads in a thread, so that a long answer does not hold the loop.

        Raises:
            StoreError: The disk does not give it back.
        """
        try:
            if self._pool is None:
                return work()
            return await asyncio.to_thread(work)
        except sqlite3.Error as error:
            raise unreadable(self._path, error) from error

    def close(self) -> None:
        if self._pool is not None:
            self._pool.dispose()


def unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{path} could not be read ({error}): see to its disk, then ask again."
    )
