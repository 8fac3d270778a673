"""A store whose commits take time, so that a crash can come before one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from exitd.core.attempt import AttemptRecord, AttemptState
from exitd.core.records import Record
from exitd.ports.store import Batch, OnDurable, Store
from fakes.archive import Disk
from fakes.store import FakeStore

SOONEST_COMMIT_S = 0.0001


def is_signed(record: Record) -> bool:
    """Whether a record is of an attempt that is about to leave."""
    return isinstance(record, AttemptRecord) and record.state is AttemptState.SIGNED


class SlowDisk:
    """Holds each batch for a moment before the real store writes it, in order."""

    def __init__(self, store: Store, rng: Random, mirror: Disk) -> None:
        self._store = store
        self.mirror = mirror
        # A store in memory writes to the mirror itself.
        self._is_mirrored = getattr(store, "disk", None) is mirror
        #: How often a commit takes long, as a probability.
        self.stalls = 0.0
        #: Called as an attempt is handed over, before any of it is written.
        self.on_signed: Callable[[], None] = lambda: None
        self._rng = rng
        self._held: list[tuple[Batch, OnDurable | None]] = []
        self._is_writing = False
        self.is_crashed = False

    @property
    def backlog(self) -> int:
        return len(self._held) + self._store.backlog

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        if self.is_crashed:
            return
        self._held.append((batch, on_durable))
        if any(is_signed(record) for record in batch.records):
            self.on_signed()
        if not self._is_writing:
            self._is_writing = True
            self._later()

    def _later(self) -> None:
        loop = asyncio.get_running_loop()
        is_stalled = self._rng.random() < self.stalls
        lasts_s = (0.1, 2.0) if is_stalled else (SOONEST_COMMIT_S, 0.004)
        loop.call_later(self._rng.uniform(*lasts_s), self._write)

    def _write(self) -> None:
        if self.is_crashed:
            return
        batch, on_durable = self._held.pop(0)
        if not self._is_mirrored:
            self.mirror.write(batch)
        self._store.submit(batch, on_durable)
        self._is_writing = bool(self._held)
        if self._held:
            self._later()

    def fail(self, kind: str) -> None:
        """Let a store in memory be as a full disk, a broken one, or a good one again.

        What a real file does on such a disk, its own tests say.
        """
        if isinstance(self._store, FakeStore):
            {
                "full": self._store.fill_disk,
                "broken": self._store.fail_disk,
                "good": self._store.mend_disk,
            }[kind]()

    def crash(self) -> None:
        """Lose what is not written yet."""
        self.is_crashed = True
        self._held.clear()

    async def close(self) -> None:
        while self._held:
            batch, on_durable = self._held.pop(0)
            self._store.submit(batch, on_durable)
        await self._store.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
