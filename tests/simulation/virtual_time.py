"""An event loop whose time is a number: waiting costs nothing and is exact.

When nothing is ready the clock jumps to the next timer. When nothing is ready and no
timer is set either, everything waits for ever: that is a hang, and it raises. So it is
when there is always something ready, and time never comes to move.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: A new minute, and with it a new candle, begins twelve seconds later.
START_NS = 1_790_000_028_000_000_000

#: So many turns of the loop at one instant are no work, but going round in circles.
_TURNS_MAX = 100_000


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: asked to, it moves the loop's time instead."""

    loop: VirtualLoop
    turns = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing is scheduled: everything waits for ever")
        self.turns += 1
        if timeout > 0:
            self.loop.now_s += timeout
            self.turns = 0
        if self.turns > _TURNS_MAX:
            self.turns = 0
            raise RuntimeError("time stands still: something is ready at every turn")
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now_s = 0.0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now_s


class VirtualClock:
    """The `Clock` of a simulated machine; *skew_ns* is how wrong its wall clock is."""

    def __init__(self, loop: VirtualLoop, skew_ns: int = 0) -> None:
        self._loop = loop
        self._skew_ns = skew_ns

    def now_ns(self) -> int:
        return START_NS + self._skew_ns + self.monotonic_ns()

    def step(self, by_ns: int) -> None:
        """Set the wall clock, as a person or NTP does."""
        self._skew_ns += by_ns

    def monotonic_ns(self) -> int:
        return round(self._loop.now_s * 1e9)


def run(main: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """Run *main* to its end in virtual time."""
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_finish())
        loop.close()


async def _finish() -> None:
    rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def let_pass(seconds: float) -> None:
    """Let virtual time pass, and all that is due in it happen."""
    await asyncio.sleep(seconds)
