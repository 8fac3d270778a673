"""The store as the runtime sees it."""

import asyncio
import secrets
import sqlite3
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.archive import Archive
from exitd.adapters.sqlite.damage import damaged
from exitd.adapters.sqlite.database import Database
from exitd.adapters.sqlite.delivery import Delivery
from exitd.adapters.sqlite.drivers import InlineDriver, ThreadDriver, WriterDriver
from exitd.adapters.sqlite.jobs import Jobs
from exitd.adapters.sqlite.loading import (
    BadRow,
    list_set_aside,
    read_snapshot,
    set_aside,
)
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.meta import PUT_BACK, write_meta
from exitd.adapters.sqlite.readers import Readers, unreadable
from exitd.adapters.sqlite.reserve import Reserve
from exitd.adapters.sqlite.rows import note_row, token_row
from exitd.adapters.sqlite.writer import QueuedBatch, Writer
from exitd.core.records import Snapshot
from exitd.errors import StoreError
from exitd.ports.clock import Clock
from exitd.ports.store import Batch, OnDurable, PutBack, StoreHealth, TokenRecord


class SqliteStore(Archive):
    """One SQLite file, written by one thread; made by `open_store`.

    Attributes:
        notices: What opening found and a person should know, one sentence each:
            a torn last record, a migration, a copy restored from a backup.
        deployment: Random name of this state, chosen when it was made.
        was_clean_stop: Whether the daemon before this one ended by `close`; True
            for a new state.
        is_from_backup: Whether the file is a copy that `backup` made.
        put_back: Who put it there, where no clean stop lies between.
        commits: How long those took that succeeded.
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
        super().__init__(Readers(path, database, readers), self._put_aside)
        self.path = path
        self.notices = notices
        self.deployment = meta["deployment"]
        self.was_clean_stop = meta["stop"] in ("new", "clean")
        self.is_from_backup = meta["stop"] == "backup"
        told = meta.get(PUT_BACK)
        self.put_back = msgspec.json.decode(told, type=PutBack) if told else None
        self._tags = {
            key.removeprefix("tag:"): int(value)
            for key, value in meta.items()
            if key.startswith("tag:")
        }
        self._database = database
        self._lock = lock
        self._clock = clock
        self._inline = inline
        self._is_closed = False
        self._set_aside = list_set_aside(database.driver)
        self._delivery = Delivery(loop, is_inline=inline)
        self._writer = Writer(
            database,
            reserve,
            clock,
            self._delivery.deliver,
            lock.mark if lock else _forget,
        )
        self.commits = self._writer.commits
        self._driver: WriterDriver = (
            InlineDriver(self._writer, self._delivery.loop)
            if inline
            else ThreadDriver(self._writer, clock, self._crash)
        )
        self._jobs = Jobs(path, self._driver, self._writer, self._delivery)

    def load(self) -> Snapshot:
        bad: list[BadRow] = []
        try:
            with self._readers.lend() as driver:
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
        self._delivery.raise_bug()
        assert not self._is_closed, "a batch was submitted to a closed store"
        self._delivery.expect()
        self._driver.put(QueuedBatch(batch, on_durable))

    @property
    def health(self) -> StoreHealth:
        return self._writer.disk.health

    @property
    def health_detail(self) -> str:
        """What the disk last said, empty while all is well."""
        return self._writer.disk.detail

    @property
    def backlog(self) -> int:
        return self._delivery.backlog

    def ts_committed_ns(self) -> int:
        if self._inline and self.health is StoreHealth.WRITABLE:
            # Nobody is idle between two submits, so there is nothing to probe with.
            return self._clock.monotonic_ns()
        return self._writer.disk.ts_committed_ns

    def tag(self, account: str) -> int:
        """Give the account's tag, 1 to 255; the first call waits for the disk.

        Zero is left to people: small client ids are what they choose by hand.
        """
        if account not in self._tags:
            tag = secrets.randbelow(255) + 1
            self._jobs.wait(
                lambda driver: write_meta(driver, f"tag:{account}", str(tag))
            )
            self._tags[account] = tag
        return self._tags[account]

    async def put_token(self, token: TokenRecord) -> None:
        statement = statements.UPSERTS[TokenRecord]
        await self._jobs.change(lambda d: d.execute(statement, token_row(token)))

    async def drop_token(self, name: str) -> bool:
        deleted = await self._jobs.change(
            lambda driver: driver.execute(statements.DELETE_TOKEN, (name,)).rowcount
        )
        return deleted > 0

    async def put_note(self, key: str, value: bytes) -> None:
        row = note_row(key, value)
        await self._jobs.change(lambda d: d.execute(statements.UPSERT_NOTE, row))

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
            if not lost and not self._delivery.is_broken and self._database.is_open:
                self._mark_clean()
        finally:
            self._release()
        # Callbacks of the last commits are queued on the loop; they run first.
        await asyncio.sleep(0)
        self._delivery.raise_bug()
        if lost:
            raise StoreError(
                f"{self.path} did not take the last batches"
                f" ({self._writer.disk.detail}): make room, then start exitd again; it"
                " asks the venue what became of them."
            )

    async def abandon(self) -> None:
        """Let go at once, as a crash would: what is not durable is lost."""
        if not self._is_closed:
            self._is_closed = self._delivery.is_muted = True
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
        self._readers.close()
        self._database.close()
        if self._lock is not None:
            self._lock.release()

    def _crash(self, bug: BaseException) -> None:
        self._writer.disk.health = StoreHealth.FAILING
        self._delivery.crash(bug)

    def _put_aside(self, bad: list[BadRow]) -> None:
        """Move rows that cannot be trusted out of the way; list them either way."""
        if not bad:
            return
        ts_ns = self._clock.now_ns()

        def move(driver: sqlite3.Connection) -> tuple[str, ...]:
            set_aside(driver, bad, ts_ns)
            return list_set_aside(driver)

        try:
            self._set_aside = self._jobs.wait(move)
        except StoreError as error:
            self._set_aside += tuple(
                f"{row.table.name} {row.key}: {row.reason}; the row could not be"
                f" moved: {error}"
                for row in bad
            )


def _forget(_: int) -> None:
    """A database in memory has nothing beside it to compare with."""
