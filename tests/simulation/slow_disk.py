"""A store whose commits take time, so that a crash can come before one."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from random import Random
from typing import Any

from exitd.ports.store import Batch, OnDurable, Store
from fakes.archive import Disk
from fakes.store import FakeStore


class SlowDisk:
    """Holds each batch for a moment before the real store writes it, in order."""

    def __init__(self, store: Store, rng: Random, mirror: Disk) -> None:
        self._store = store
        self.mirror = mirror
        # A store in memory writes to the mirror itself.
        self._is_mirrored = getattr(store, "disk", None) is mirror
        #: How often a commit takes long, as a probability.
        self.stalls = 0.0
        self._rng = rng
        self._ours = contextvars.copy_context()
        #: Told before and after a commit.
        self.on_point: Callable[[str], None] = lambda point: None
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
        if not self._is_writing:
            self._is_writing = True
            self._later()

    def _later(self) -> None:
        loop = asyncio.get_running_loop()
        is_stalled = self._rng.random() < self.stalls
        lasts_s = (0.1, 2.0) if is_stalled else (0.0001, 0.004)
        # The disk is outside: that a commit is through comes as an answer does.
        outside = contextvars.Context()
        loop.call_later(self._rng.uniform(*lasts_s), self._through, context=outside)

    def _through(self) -> None:
        asyncio.get_running_loop().call_soon(self._write, context=self._ours.copy())

    def _write(self) -> None:
        if self.is_crashed:
            return
        self.on_point("before commit")
        if self.is_crashed:
            return
        batch, on_durable = self._held.pop(0)
        if not self._is_mirrored:
            self.mirror.write(batch)
        self._store.submit(batch, on_durable)
        self.on_point("after commit")
        self._is_writing = bool(self._held)
        if self._held:
            self._later()

    def fail(self, kind: str) -> None:
        """Let a store in memory be as a full disk, a broken one, one that another
        program has locked, or a good one again.

        What a real file does on such a disk, its own tests say.
        """
        if isinstance(self._store, FakeStore):
            {
                "full": self._store.fill_disk,
                "broken": self._store.fail_disk,
                "locked": self._store.hold,
                "good": self._mend,
            }[kind]()

    def _mend(self) -> None:
        self._store.release()
        self._store.mend_disk()

    def crash(self) -> None:
        """Lose what is not written yet."""
        self.is_crashed = True
        self._held.clear()

    def finish(self) -> None:
        """Write all that waits, as an orderly end does."""
        while self._held:
            batch, on_durable = self._held.pop(0)
            if not self._is_mirrored:
                self.mirror.write(batch)
            self._store.submit(batch, on_durable)

    async def close(self) -> None:
        while self._held:
            batch, on_durable = self._held.pop(0)
            self._store.submit(batch, on_durable)
        await self._store.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
