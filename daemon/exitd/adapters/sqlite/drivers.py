"""Who runs the writer: a thread of its own, or the caller in the simulation."""

import asyncio
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from exitd.adapters.sqlite.disk import RETRY_NS
from exitd.adapters.sqlite.writer import Entry, Writer
from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock

IDLE_S = 0.25
"""A quiet moment: nothing came for this long."""

DRAIN_NS = 10 * NS_PER_S
"""How long a close keeps trying to write what the disk refuses."""


class WriterDriver(Protocol):
    def put(self, entry: Entry) -> None: ...

    def prune(self, before_ns: int) -> None: ...

    async def stop(self, *, drain: bool) -> None:
        """End the writer; afterwards its database may be used by the caller."""
        ...


class ThreadDriver:
    """The writer's own thread; what it raises is a bug and ends the daemon."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._on_crash = on_crash
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._is_draining = True
        self._thread = threading.Thread(
            target=self._run, name="exitd-store", daemon=True
        )
        self._thread.start()

    def put(self, entry: Entry) -> None:
        self._queue.put(entry)

    def prune(self, before_ns: int) -> None:
        # Picked up at the next quiet moment: the attribute is set in one step.
        self._writer.prune(before_ns)

    async def stop(self, *, drain: bool) -> None:
        self._is_draining = drain
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as bug:
            # Nothing is swallowed: the loop raises it, and the process ends.
            self._on_crash(bug)

    def _loop(self) -> None:
        writer, queue = self._writer, self._queue
        deadline_ns: int | None = None
        while True:
            try:
                entry = queue.get(timeout=self._patience_s())
            except Empty:
                writer.idle()
                writer.work()
            else:
                is_over = not self._take(entry)
                if is_over and not self._is_draining:
                    return
                writer.work()
                if is_over:
                    deadline_ns = self._clock.monotonic_ns() + DRAIN_NS
            if deadline_ns is not None and (
                not writer.is_blocked or self._clock.monotonic_ns() > deadline_ns
            ):
                return

    def _take(self, entry: Entry | None) -> bool:
        """Hand everything queued to the writer; False at the end of the queue."""
        while entry is not None:
            self._writer.add(entry)
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return True
        return False

    def _patience_s(self) -> float:
        if self._writer.is_blocked:
            return RETRY_NS / NS_PER_S
        if self._writer.has_idle_work:
            return 0.001
        return IDLE_S


class InlineDriver:
    """The same writer, run by whoever submits; for the simulation.

    What the disk refuses is tried again on the loop's own clock.
    """

    def __init__(
        self, writer: Writer, loop: Callable[[], asyncio.AbstractEventLoop]
    ) -> None:
        self._writer = writer
        self._loop = loop
        self._retry: asyncio.TimerHandle | None = None

    def put(self, entry: Entry) -> None:
        self._writer.add(entry)
        self._work()

    def prune(self, before_ns: int) -> None:
        self._writer.prune(before_ns)
        while self._writer.has_idle_work:
            self._writer.idle()

    async def stop(self, *, drain: bool) -> None:
        if drain:
            self._writer.work()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _work(self) -> None:
        self._writer.work()
        if self._writer.is_blocked and self._retry is None:
            self._retry = self._loop().call_later(RETRY_NS / NS_PER_S, self._again)

    def _again(self) -> None:
        self._retry = None
        self._writer.idle()
        self._work()
