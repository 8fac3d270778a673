"""An event loop whose time is a number: waiting costs nothing and is exact.

When nothing is ready the clock jumps to the next timer. When nothing is ready and no
timer is set either, everything waits for ever: that is a hang, and it raises. So it is
when there is always something ready, and time never comes to move.

Nothing here waits for a file or a socket, so this loop has no selector. It is written
for speed: most of what a simulated world costs is spent between two callbacks.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")

#: A new minute, and with it a new candle, begins twelve seconds later.
START_NS = 1_790_000_028_000_000_000

#: So many turns of the loop at one instant are no work, but going round in circles.
_TURNS_MAX = 100_000


class Due:
    """A callback that is to be called; what asyncio calls a handle."""

    __slots__ = ("_args", "_callback", "_context", "_is_cancelled", "_when_s")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        when_s: float,
    ) -> None:
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._context = context or contextvars.copy_context()
        self._is_cancelled = False
        self._when_s = when_s

    def cancel(self) -> None:
        self._is_cancelled = True
        self._callback, self._args = None, ()

    def cancelled(self) -> bool:
        return self._is_cancelled

    def when(self) -> float:
        return self._when_s


class VirtualLoop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._due: deque[Due] = deque()
        self._timers: list[tuple[float, int, Due]] = []
        self._timers_set = 0
        self._turns = 0

    def time(self) -> float:
        return self.now_s

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        due = Due(callback, args, context, self.now_s)
        self._due.append(due)
        return due

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        due = Due(callback, args, context, when)
        self._timers_set += 1
        # Those of one instant come in the order in which they were set.
        heappush(self._timers, (when, self._timers_set, due))
        return due

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        return self.call_at(self.now_s + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        """Run what is ready, then what the next instant makes ready, until stopped."""
        ready, timers = self._due, self._timers
        while True:
            for _ in range(len(ready)):
                due = ready.popleft()
                if due._is_cancelled:
                    continue
                try:
                    due._context.run(due._callback, *due._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self._tell_of(due, error)
            if self._stopping:  # type: ignore[attr-defined]
                return
            self._turns += 1
            if self._turns > _TURNS_MAX:
                self._turns = 0
                raise RuntimeError("time stands still: something is always ready")
            if ready:
                continue
            while timers and timers[0][2]._is_cancelled:
                heappop(timers)
            if not timers:
                raise RuntimeError("nothing is scheduled: everything waits for ever")
            if timers[0][0] > self.now_s:
                self.now_s = timers[0][0]
                self._turns = 0
            while timers and timers[0][0] <= self.now_s:
                ready.append(heappop(timers)[2])

    def _tell_of(self, due: Due, error: BaseException) -> None:
        """Hand on what a callback raised, as every loop does."""
        said = f"in {due._callback!r}"
        self.call_exception_handler({"message": said, "exception": error})

    # There is one thread, and no selector that would have to be woken.
    call_soon_threadsafe = call_soon


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
