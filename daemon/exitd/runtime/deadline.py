"""Wakes the engine at its next deadline, which every input may move."""

import asyncio
from collections.abc import Callable

from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock


class DeadlineTimer:
    """One timer, for the earliest of all deadlines.

    `set` it whenever they may have moved; `stop` it before its loop ends.
    """

    def __init__(
        self,
        next_ns: Callable[[], int | None],
        then: Callable[[int], object],
        clock: Clock,
    ) -> None:
        """
        Args:
            next_ns: Gives the next deadline in UTC, or None.
            then: Called with the time once it has come.
        """
        self._next_ns = next_ns
        self._then = then
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns = 0

    def set(self) -> None:
        due_ns = self._next_ns()
        if due_ns is None or (self._timer is not None and due_ns == self._due_ns):
            return
        self.stop()
        wait_s = max(0, due_ns - self._clock.now_ns()) / NS_PER_S
        self._due_ns = due_ns
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._woken)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _woken(self) -> None:
        self._timer = None
        self._then(self._clock.now_ns())
        self.set()
