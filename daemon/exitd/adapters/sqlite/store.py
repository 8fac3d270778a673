"""The store as the runtime sees it."""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Engine

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.books import Books
from exitd.adapters.sqlite.damage import damaged
from exitd.adapters.sqlite.database import Database, checked_out
from exitd.adapters.sqlite.drivers import InlineDriver, ThreadDriver, WriterDriver
from exitd.adapters.sqlite.history import History
from exitd.adapters.sqlite.loading import (
    BadRow,
    list_set_aside,
    read_snapshot,
    set_aside,
)
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.meta import write_meta
from exitd.adapters.sqlite.reserve import Reserve
from exitd.adapters.sqlite.rows import note_row, token_row
from exitd.adapters.sqlite.writer import Job, QueuedBatch, Settled, Writer
from exitd.core.records import FundingRecord, Snapshot
from exitd.core.trigger import FireRecord
from exitd.errors import StoreError
from exitd.ports.clock import Clock
from exitd.ports.store import (
    Batch,
    BookedFill,
    ExitRow,
    FactQuery,
    OnDurable,
    StoredFact,
    StoreHealth,
    TokenRecord,
)

T = TypeVar("T")

JOB_TIMEOUT_S = 30.0


class SqliteStore:
    """One SQLite file, written by one thread; made by `open_store`.

    Attributes:
        notices: What opening found and a person should know, one sentence each:
            a torn last record, a migration, a copy restored from a backup.
        deployment: Random name of this state, chosen when it was made.
        was_clean_stop: Whether the daemon before this one ended by `close`; True
            for a new state.
        is_from_backup: Whether the file is a copy that `backup` made.
    """

    def __init__(
        self,
        path: Path,
        *,
        database: Database,
        reserve: Reserve,
        lock: StateLock | None,
        readers: Engine | None,
        clock: Clock,
        loop: asyncio.AbstractEventLoop | None,
        inline: bool,
        meta: dict[str, str],
        notices: tuple[str, ...],
    ) -> None:
        self.path = path
        self.notices = notices
        self.deployment = meta["deployment"]
        self.was_clean_stop = meta["stop"] in ("new", "clean")
        self.is_from_backup = meta["stop"] == "backup"
        self._tags = {
            key.removeprefix("tag:"): int(value)
            for key, value in meta.items()
            if key.startswith("tag:")
        }
        self._database = database
        self._lock = lock
        self._readers = readers
        self._clock = clock
        self._loop = loop
        self._inline = inline
        self._submitted = 0
        self._settled = 0
        self._bug: BaseException | None = None
        self._is_closed = False
        self._is_abandoned = False
        self._set_aside = list_set_aside(database.driver)
        self._writer = Writer(
            database, reserve, clock, self._deliver, lock.mark if lock else _forget
        )
        self._history = History(self._reader, self._put_aside)
        self._books = Books(self._reader, self._put_aside)
        self._driver: WriterDriver = (
            InlineDriver(self._writer, self._the_loop)
            if inline
            else ThreadDriver(self._writer, clock, self._crash)
        )

    def load(self) -> Snapshot:
        bad: list[BadRow] = []
        try:
            with self._reader() as driver:
                snapshot = read_snapshot(driver, bad.append)
        except sqlite3.OperationalError as error:
            raise unreadable(self.path, error) from error
        except sqlite3.Error as error:
            raise damaged(self.path, str(error)) from error
        self._put_aside(bad)
        return snapshot

    @property
    def set_aside(self) -> tuple[str, ...]:
        return self._set_aside

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        self._raise_bug()
        assert not self._is_closed, "a batch was submitted to a closed store"
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        self._submitted += 1
        self._driver.put(QueuedBatch(batch, on_durable))

    @property
    def health(self) -> StoreHealth:
        return self._writer.health

    @property
    def health_detail(self) -> str:
        """What the disk last said, empty while all is well."""
        return self._writer.detail

    @property
    def backlog(self) -> int:
        return self._submitted - self._settled

    def ts_committed_ns(self) -> int:
        if self._inline and self.health is StoreHealth.WRITABLE:
            # Nobody is idle between two submits, so there is nothing to probe with.
            return self._clock.monotonic_ns()
        return self._writer.ts_committed_ns

    def tag(self, account: str) -> int:
        """Give the account's tag, 1 to 255; the first call waits for the disk.

        Zero is left to people: small client ids are what they choose by hand.
        """
        if account not in self._tags:
            tag = secrets.randbelow(255) + 1
            self._wait(lambda driver: write_meta(driver, f"tag:{account}", str(tag)))
            self._tags[account] = tag
        return self._tags[account]

    async def facts(self, query: FactQuery) -> tuple[StoredFact, ...]:
        return await self._read(lambda: self._history.facts(query))

    async def exits(self, ts_from_ns: int, ts_to_ns: int) -> tuple[ExitRow, ...]:
        return await self._read(lambda: self._books.exits(ts_from_ns, ts_to_ns))

    async def fills(self, ts_from_ns: int, ts_to_ns: int) -> tuple[BookedFill, ...]:
        return await self._read(lambda: self._books.fills(ts_from_ns, ts_to_ns))

    async def funding(
        self, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[FundingRecord, ...]:
        return await self._read(lambda: self._books.funding(ts_from_ns, ts_to_ns))

    async def fires(self, trigger_id: str) -> tuple[FireRecord, ...]:
        return await self._read(lambda: self._history.fires(trigger_id))

    async def put_token(self, token: TokenRecord) -> None:
        statement = statements.UPSERTS[TokenRecord]
        await self._change(lambda d: d.execute(statement, token_row(token)))

    async def drop_token(self, name: str) -> bool:
        deleted = await self._change(
            lambda driver: driver.execute(statements.DELETE_TOKEN, (name,)).rowcount
        )
        return deleted > 0

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return await self._read(self._history.tokens)

    async def put_note(self, key: str, value: bytes) -> None:
        row = note_row(key, value)
        await self._change(lambda d: d.execute(statements.UPSERT_NOTE, row))

    async def note(self, key: str) -> bytes | None:
        return await self._read(lambda: self._history.note(key))

    def prune(self, before_ns: int) -> None:
        """Delete, in quiet moments, history from before an instant.

        Fires, attempts and fills stay for ever, and so do the facts that tell the
        story of a firing.
        """
        self._driver.prune(before_ns)

    async def close(self) -> None:
        """Drain what was submitted, then close; a second call does nothing.

        Raises:
            StoreError: The disk did not take the last batches, however often it
                was asked.
        """
        if self._is_closed:
            return
        self._is_closed = True
        await self._driver.stop(drain=True)
        lost = self._writer.is_blocked
        try:
            if not lost and self._bug is None and self._database.is_open:
                self._mark_clean()
        finally:
            self._release()
        # Callbacks of the last commits are queued on the loop; they run first.
        await asyncio.sleep(0)
        self._raise_bug()
        if lost:
            raise StoreError(
                f"{self.path} did not take the last batches"
                f" ({self._writer.detail}): make room, then start exitd again; it"
                " asks the venue what became of them."
            )

    async def abandon(self) -> None:
        """Let go at once, as a crash would: what is not durable is lost."""
        if not self._is_closed:
            self._is_closed = self._is_abandoned = True
            await self._driver.stop(drain=False)
            self._release()

    def _mark_clean(self) -> None:
        try:
            self._database.change(lambda driver: write_meta(driver, "stop", "clean"))
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path} could not be closed cleanly ({error}); nothing is lost."
            ) from error

    def _release(self) -> None:
        if self._readers is not None:
            self._readers.dispose()
        self._database.close()
        if self._lock is not None:
            self._lock.release()

    def _the_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop if self._loop is not None else asyncio.get_running_loop()

    def _deliver(self, settled: list[Settled]) -> None:
        """Tell the loop what became durable; called by the writer, in order."""
        loop = self._loop
        assert loop is not None
        if self._inline:
            loop.call_soon(self._settle, settled)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._settle, settled)

    def _settle(self, settled: list[Settled]) -> None:
        self._settled += len(settled)
        for on_durable, error in settled:
            if on_durable is not None and not self._is_abandoned:
                on_durable(error)

    def _crash(self, bug: BaseException) -> None:
        self._bug = bug
        self._writer.health = StoreHealth.FAILING
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._raise_bug)

    def _raise_bug(self) -> None:
        if self._bug is not None:
            raise self._bug

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading; inline there is only the one."""
        if self._readers is None:
            if not self._database.is_open:
                raise sqlite3.OperationalError("it is being opened again")
            yield self._database.driver
            return
        with checked_out(self._readers) as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            yield driver

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            if self._readers is None:
                return work()
            return await asyncio.to_thread(work)
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._raise_bug()
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        return await asyncio.wrap_future(self._queue_job(work), loop=loop)

    def _wait(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Change something and block until it is durable; for the start only."""
        self._raise_bug()
        try:
            return self._queue_job(work).result(JOB_TIMEOUT_S)
        except TimeoutError:
            raise StoreError(
                f"{self.path} takes no writes ({self._writer.detail or 'slow disk'}):"
                " see to its disk, then start exitd again."
            ) from None

    def _queue_job(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
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

    def _put_aside(self, bad: list[BadRow]) -> None:
        """Move rows that cannot be trusted out of the way; list them either way."""
        if not bad:
            return
        ts_ns = self._clock.now_ns()

        def move(driver: sqlite3.Connection) -> tuple[str, ...]:
            set_aside(driver, bad, ts_ns)
            return list_set_aside(driver)

        try:
            self._set_aside = self._wait(move)
        except StoreError as error:
            self._set_aside += tuple(
                f"{row.table.name} {row.key}: {row.reason}; the row could not be"
                f" moved: {error}"
                for row in bad
            )


def _forget(_: int) -> None:
    """A database in memory has nothing beside it to compare with."""


def unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{path} could not be read ({error}): see to its disk, then ask again."
    )
