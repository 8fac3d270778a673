"""Small changes that somebody waits for: queued behind the batches, then durable."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar, cast

from exitd.adapters.sqlite.delivery import Delivery
from exitd.adapters.sqlite.drivers import WriterDriver
from exitd.adapters.sqlite.writer import Job, Writer
from exitd.errors import StoreError

T = TypeVar("T")

JOB_TIMEOUT_S = 30.0


class Jobs:
    def __init__(
        self, path: Path, driver: WriterDriver, writer: Writer, delivery: Delivery
    ) -> None:
        self._path = path
        self._driver = driver
        self._writer = writer
        self._delivery = delivery

    async def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Change something; returns when it is durable."""
        self._delivery.raise_bug()
        self._delivery.loop()
        return await asyncio.wrap_future(
            self._queue(work), loop=asyncio.get_running_loop()
        )

    def wait(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Change something and block until it is durable; for the start only.

        Raises:
            StoreError: The disk does not take it.
        """
        self._delivery.raise_bug()
        try:
            return self._queue(work).result(JOB_TIMEOUT_S)
        except TimeoutError:
            why = self._writer.disk.detail or "slow disk"
            raise StoreError(
                f"{self._path} takes no writes ({why}):"
                " see to its disk, then start exitd again."
            ) from None

    def _queue(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        future: Future[T] = Future()

        def done(outcome: object, error: StoreError | None) -> None:
            if not future.set_running_or_notify_cancel():
                # Whoever asked has gone; what was asked for is done all the same.
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(cast("T", outcome))

        self._driver.put(Job(work, done))
        return future
