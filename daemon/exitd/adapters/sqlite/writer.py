"""What is written when, and what happens when it cannot be: the writer's policy.

Batches leave in the order in which they came, as many as are waiting in one
commit. A commit that failed is read back and written again until it is there;
only a `may_fail` batch is ever refused, and only for want of room.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from exitd.adapters.sqlite.database import Database
from exitd.adapters.sqlite.disk import Disk
from exitd.adapters.sqlite.failures import Failure
from exitd.adapters.sqlite.pruning import delete_some
from exitd.adapters.sqlite.reserve import Reserve
from exitd.errors import StoreError, StoreFull, Withdrawn
from exitd.ports.clock import Clock
from exitd.ports.store import Batch, OnDurable, StoreHealth
from exitd.runtime.durations import Durations

GROUP_BATCHES = 512
"""Batches in one commit; more would only make the first of them wait."""

CHECKPOINT_COMMITS = 64
"""The log is folded in, in a quiet moment, after this many commits."""

CHECKPOINT_COMMITS_FULL = 32
"""And at once after this many on a full disk: the log must not eat the reserve."""


class QueuedBatch(NamedTuple):
    batch: Batch
    on_durable: OnDurable | None


class Job(NamedTuple):
    """A small change that somebody waits for and can repeat: a token, a note.

    `done` is called with the outcome in the writer's thread.
    """

    work: Callable[[sqlite3.Connection], object]
    done: Callable[[object, StoreError | None], None]


class Doubt(NamedTuple):
    """A group whose commit failed: it is there if the batch number went past it."""

    before: int
    batches: int
    failure: Failure


Entry = QueuedBatch | Job
Settled = tuple[OnDurable | None, StoreError | None]


class Writer:
    """Driven by a thread, or inline by the simulation; by one at a time."""

    def __init__(
        self,
        database: Database,
        reserve: Reserve,
        clock: Clock,
        deliver: Callable[[list[Settled]], None],
        mark: Callable[[int], None],
    ) -> None:
        self._database = database
        self._reserve = reserve
        self._deliver = deliver
        self._mark = mark
        self._clock = clock
        self.commits = Durations()
        self._pending: deque[Entry] = deque()
        self._prune_before_ns: int | None = None
        self._commits_since_checkpoint = 0
        self._group_batches = GROUP_BATCHES
        self._doubt: Doubt | None = None
        self.disk = Disk(reserve, clock)

    def add(self, entry: Entry) -> None:
        self._pending.append(entry)

    @property
    def is_blocked(self) -> bool:
        """Whether something is left that must be tried again later."""
        return bool(self._pending)

    @property
    def has_idle_work(self) -> bool:
        return self._prune_before_ns is not None and self.disk.is_well

    def prune(self, before_ns: int) -> None:
        self._prune_before_ns = before_ns

    def work(self) -> None:
        """Write what is pending, until all is written or the disk says no."""
        self._recover_if_due()
        while self._pending:
            if self._doubt is not None and not self._resolve():
                return
            if not self._pending:
                return
            if isinstance(self._pending[0], Job):
                self._run_job()
                continue
            if self.disk.health is StoreHealth.FULL and not self._reserve.is_there:
                # What is left of the reserve belongs to firings.
                self._refuse_what_may_fail()
                if not self._pending or isinstance(self._pending[0], Job):
                    continue
            if not self._write_group():
                return

    def idle(self) -> None:
        """Use a quiet moment: recover, probe, checkpoint, prune; a little of each."""
        if not self.disk.is_well:
            self._recover_if_due()
        elif self._prune_before_ns is not None:
            self._prune_some(self._prune_before_ns)
        elif self.disk.is_probe_due:
            self._attempt(self._database.probe)
        elif self._commits_since_checkpoint >= CHECKPOINT_COMMITS:
            self._attempt(self.checkpoint)

    def checkpoint(self) -> None:
        """Fold the log into the database, so that no commit has to.

        Raises:
            sqlite3.Error: The disk does not take it; the log keeps everything.
        """
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._commits_since_checkpoint = 0

    def _group(self) -> list[QueuedBatch]:
        group: list[QueuedBatch] = []
        withdrawn: list[QueuedBatch] = []
        for entry in islice(self._pending, self._group_batches):
            if not isinstance(entry, QueuedBatch):
                break
            (withdrawn if entry.batch.is_withdrawn else group).append(entry)
        for entry in withdrawn:
            self._pending.remove(entry)
        if withdrawn:
            self._deliver([(entry.on_durable, taken_back()) for entry in withdrawn])
        return group

    def _write_group(self) -> bool:
        """Commit the batches at the head; False when that must wait."""
        group = self._group()
        if not group:
            return True
        was_well = self.disk.is_well
        try:
            self._database.ensure_open()
        except sqlite3.Error as error:
            self.disk.note_failure(error)
            return False
        before = self._database.batch
        began_ns = self._clock.monotonic_ns()
        try:
            self._database.write([queued.batch for queued in group])
        except sqlite3.Error as error:
            failure = self.disk.note_failure(error)
            self._doubt = Doubt(before, len(group), failure)
            if not self._resolve():
                return False
            if self._database.batch > before:
                return True
            if failure is Failure.FULL:
                return self._make_room(len(group))
            # Once at once: most of what goes wrong with a disk goes wrong once.
            return was_well
        self.commits.note(self._clock.monotonic_ns() - began_ns)
        self._settle(len(group))
        if (
            not self.disk.is_well
            and self._commits_since_checkpoint >= CHECKPOINT_COMMITS_FULL
        ):
            self._attempt(self.checkpoint)
        return True

    def _resolve(self) -> bool:
        """Learn whether the group in doubt is there; False while nobody knows.

        Until that is known nothing else is written: written twice, its facts
        would be there twice.
        """
        doubt = self._doubt
        assert doubt is not None
        if not self._read_back(doubt.failure):
            return False
        self._doubt = None
        if self._database.batch > doubt.before:
            # The commit was answered with an error, and yet it is there, whole.
            assert self._database.batch == doubt.before + doubt.batches
            self._settle(doubt.batches)
        return True

    def _settle(self, batches: int) -> None:
        """Tell those at the head of the queue that they are durable."""
        self._committed()
        settled: list[Settled] = []
        for _ in range(batches):
            entry = self._pending.popleft()
            assert isinstance(entry, QueuedBatch)
            settled.append((entry.on_durable, None))
        self._deliver(settled)
        self._mark(self._database.batch)

    def _read_back(self, failure: Failure) -> bool:
        """Learn how far the database came; False, and it is closed, if that fails."""
        try:
            if failure is Failure.UNKNOWN or not self._database.is_open:
                self._database.reopen()
            else:
                self._database.read_progress()
        except sqlite3.Error as again:
            self._database.close()
            self.disk.note_failure(again)
            if self.disk.health is StoreHealth.FULL:
                self._reserve.release()
            return False
        return True

    def _make_room(self, batches: int) -> bool:
        """Go on after a group of *batches* did not fit; False to wait first."""
        self._refuse_what_may_fail()
        if not self._pending or self._reserve.release():
            return True
        # What is too much together may still fit one by one.
        self._group_batches = max(1, batches // 2)
        return batches > 1

    def _refuse_what_may_fail(self) -> None:
        refused: list[Settled] = []
        kept: deque[Entry] = deque()
        for entry in self._pending:
            if isinstance(entry, Job):
                entry.done(None, no_room())
            elif entry.batch.may_fail:
                refused.append((entry.on_durable, no_room()))
            else:
                kept.append(entry)
        self._pending = kept
        if refused:
            self._deliver(refused)

    def _run_job(self) -> None:
        job = self._pending.popleft()
        assert isinstance(job, Job)
        try:
            self._database.ensure_open()
            outcome = self._database.change(job.work)
        except sqlite3.Error as error:
            failure = self.disk.note_failure(error)
            self._read_back(failure)
            if failure is Failure.FULL:
                job.done(None, no_room())
            else:
                job.done(None, StoreError(f"The store could not be written: {error}."))
            return
        self._committed()
        job.done(outcome, None)

    def _prune_some(self, before_ns: int) -> None:
        def delete_and_look() -> None:
            if self._database.change(lambda d: delete_some(d, before_ns)) == 0:
                self._prune_before_ns = None

        self._attempt(delete_and_look)

    def _recover_if_due(self) -> None:
        """Find out, now and then, whether the disk takes writes again.

        By the clock and not only in quiet moments: while arms are refused, those
        who ask for them ask again.
        """
        if not self.disk.take_retry():
            return
        # The reserve comes first: room that a probe finds may be the last there is.
        is_roomy = self._reserve.restore()
        if not is_roomy and self.disk.health is StoreHealth.FULL:
            return
        if self._attempt(self._database.probe) and is_roomy:
            self.disk.recovered()
            self._group_batches = GROUP_BATCHES

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            self._database.ensure_open()
            work()
        except sqlite3.Error as error:
            failure = self.disk.note_failure(error)
            self._read_back(failure)
            return False
        self._committed()
        return True

    def _committed(self) -> None:
        self._commits_since_checkpoint += 1
        self.disk.note_commit()


def taken_back() -> Withdrawn:
    return Withdrawn("It was taken back before it was written.")


def no_room() -> StoreFull:
    return StoreFull(
        "The disk of the state directory is full: nothing new is armed until there"
        " is room; what is armed still fires."
    )
