"""A store whose commits take time, so that a crash can come before one."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from exitd.core.attempt import AttemptKey, AttemptRecord
from exitd.ports.store import Batch, OnDurable, Store
from fakes.archive import Disk
from simulation.violation import Violation


class SlowDisk:
    """Holds each batch for a moment before the real store writes it, in order."""

    def __init__(self, store: Store, rng: Random, mirror: Disk) -> None:
        self._store = store
        self.mirror = mirror
        # A store in memory writes to the mirror itself.
        self._is_mirrored = getattr(store, "disk", None) is mirror
        self._rng = rng
        self._held: list[tuple[Batch, OnDurable | None]] = []
        self._is_writing = False
        self.is_crashed = False
        self.durable_ids: dict[int, AttemptKey] = {}

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        if self.is_crashed:
            return
        self._held.append((batch, on_durable))
        if not self._is_writing:
            self._is_writing = True
            self._later()

    def _later(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._rng.uniform(0.0001, 0.004), self._write)

    def _write(self) -> None:
        if self.is_crashed:
            return
        batch, on_durable = self._held.pop(0)
        if not self._is_mirrored:
            self.mirror.write(batch)
        self._store.submit(batch, on_durable)
        for record in batch.records:
            if isinstance(record, AttemptRecord):
                order = record.order
                known = self.durable_ids.setdefault(
                    order.client_order_id, order.attempt
                )
                if known != order.attempt:
                    raise Violation(
                        f"client id {order.client_order_id} is that of {known} "
                        f"and of {order.attempt}"
                    )
        self._is_writing = bool(self._held)
        if self._held:
            self._later()

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
