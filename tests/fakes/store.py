"""A store in memory whose disk does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from exitd.core.records import Snapshot
from exitd.errors import StoreError, StoreFull, Withdrawn
from exitd.ports.clock import Clock
from exitd.ports.store import Batch, OnDurable, StoreHealth, TokenRecord
from fakes.archive import Disk, FakeArchive


class Queued(NamedTuple):
    batch: Batch
    on_durable: OnDurable | None


class Answers:
    """Given on the loop, in order, until the process is gone."""

    def __init__(self) -> None:
        self.unsettled = 0
        self.is_over = False

    def give(
        self, answers: Iterable[tuple[OnDurable | None, StoreError | None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        for on_durable, error in answers:
            loop.call_soon(self._settle, on_durable, error)

    def _settle(self, on_durable: OnDurable | None, error: StoreError | None) -> None:
        self.unsettled -= 1
        # A process that is gone hears no answer; what it wrote stays written.
        if on_durable is not None and not self.is_over:
            on_durable(error)


class FakeStore(FakeArchive):
    """
    Writes at once and answers on the loop, until it is told otherwise.

    `hold` keeps commits back until `release`; `fill_disk` and `fail_disk` refuse
    them as a full and a broken disk do, until `mend_disk`; `crash` loses whatever is
    not durable and `restart` opens what is left.
    """

    def __init__(self, clock: Clock, disk: Disk | None = None) -> None:
        super().__init__(disk or Disk())
        self.set_aside: tuple[str, ...] = ()
        self.queued: list[Queued] = []
        self.submitted: list[Batch] = []
        self._clock = clock
        self._health = StoreHealth.WRITABLE
        self._is_held = False
        self._answers = Answers()
        self._ts_committed_ns = clock.monotonic_ns()

    def hold(self) -> None:
        self._is_held = True

    def release(self, count: int | None = None) -> None:
        """Commit the oldest *count* of what is held; all of it, and go on, if None."""
        if count is None:
            self._is_held = False
            count = len(self.queued)
        self._commit(count)

    def fill_disk(self) -> None:
        self._health = StoreHealth.FULL

    def fail_disk(self) -> None:
        self._health = StoreHealth.FAILING

    def mend_disk(self) -> None:
        self._health = StoreHealth.WRITABLE
        if not self._is_held:
            self._commit(len(self.queued))

    def crash(self) -> None:
        """Lose what is not durable, and every answer that was not given yet."""
        self._answers.is_over = True
        self.queued.clear()

    def restart(self) -> FakeStore:
        self.crash()
        return FakeStore(self._clock, self.disk)

    def load(self) -> Snapshot:
        return self.disk.snapshot()

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        assert not self._answers.is_over, "a batch was submitted to a closed store"
        self.submitted.append(batch)
        self._answers.unsettled += 1
        if batch.may_fail and self._health is StoreHealth.FULL:
            self._answers.give([(on_durable, StoreFull("The disk is full."))])
            return
        self.queued.append(Queued(batch, on_durable))
        if not self._is_held and self._health is StoreHealth.WRITABLE:
            self._commit(len(self.queued))

    @property
    def health(self) -> StoreHealth:
        return self._health

    @property
    def backlog(self) -> int:
        return self._answers.unsettled

    def ts_committed_ns(self) -> int:
        if self._health is StoreHealth.WRITABLE and not self.queued:
            return self._clock.monotonic_ns()
        return self._ts_committed_ns

    def tag(self, account: str) -> int:
        tags = self.disk.tags
        return tags.setdefault(account, 1 + len(tags))

    async def put_token(self, token: TokenRecord) -> None:
        self._change(lambda: self.disk.tokens.update({token.name: token}))

    async def drop_token(self, name: str) -> bool:
        was_there = name in self.disk.tokens
        self._change(lambda: self.disk.tokens.pop(name, None))
        return was_there

    async def put_note(self, key: str, value: bytes) -> None:
        self._change(lambda: self.disk.notes.update({key: value}))

    async def close(self) -> None:
        self.release()
        await asyncio.sleep(0)
        self._answers.is_over = True

    def _change(self, work: Callable[[], object]) -> None:
        if self._health is not StoreHealth.WRITABLE:
            raise StoreError("The store takes no writes.")
        work()

    def _commit(self, count: int) -> None:
        done, self.queued = self.queued[:count], self.queued[count:]
        answers: list[tuple[OnDurable | None, StoreError | None]] = []
        for queued in done:
            if queued.batch.is_withdrawn:
                answers.append((queued.on_durable, Withdrawn("It was taken back.")))
                continue
            self.disk.write(queued.batch)
            answers.append((queued.on_durable, None))
        self._ts_committed_ns = self._clock.monotonic_ns()
        self._answers.give(answers)


def begin(store: FakeStore) -> None:
    """Begin to write what is held, as a commit that hangs has."""
    for queued in store.queued:
        assert not queued.batch.is_withdrawn, "it was taken back already"
