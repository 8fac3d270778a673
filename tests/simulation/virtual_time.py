"""An event loop whose time is a number: waiting costs nothing and is exact.

When nothing is ready the clock jumps to the next timer. When nothing is ready and no
timer is set either, everything waits for ever: that is a hang, and it raises. So it is
when there is always something ready, and time never comes to move.

Nothing here waits for a file or a socket, so this loop has no selector. It is written
for speed: most of what a simulated world costs is spent between two callbacks.

What is ready at one instant comes in an order that a seed draws, as far as asyncio
leaves it open:

- What `call_soon` was given keeps its order: asyncio promises that.
- Timers keep the order of their instants. Of one instant, those that were set together
  keep theirs; those that were set at different times come in any: on a real clock they
  would be nanoseconds apart, either way.
- What comes from outside (a frame, an answer, a commit) while the machine is busy with
  something else is there all at once when it looks again: in any order, after what was
  ready before and before its timers, as what a selector gives. Frames of one socket
  keep their order, since only the first of them wakes who reads it.

So a machine is busy for a moment now and then (`busy`), and stands still for as long as
it is told to (`freeze`): what is outside goes on meanwhile. Which callbacks are the
machine's, the context tells in which they were made (`OURS`).
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")

#: A new minute, and with it a new candle, begins twelve seconds later.
START_NS = 1_790_000_028_000_000_000

#: Whether what runs is a part of the machine, which may be busy or stand still.
OURS: ContextVar[bool] = ContextVar("ours", default=False)

#: How long a machine is busy with something else, in seconds.
_BUSY_S = (0.0002, 0.008)

#: So many turns of the loop at one instant are no work, but going round in circles.
_TURNS_MAX = 100_000


class Due(Struct, eq=False):
    """A callback that is to be called; what asyncio calls a handle."""

    _callback: Callable[..., object] | None
    _args: tuple[Any, ...]
    _context: contextvars.Context
    _when_s: float
    _is_cancelled: bool = False

    def cancel(self) -> None:
        self._is_cancelled = True
        self._callback, self._args = None, ()

    def cancelled(self) -> bool:
        return self._is_cancelled

    def when(self) -> float:
        return self._when_s


class VirtualLoop(asyncio.BaseEventLoop):
    """
    Args:
        seed: Draws the order of what is ready at one instant, and how often the machine
            is busy; without it nothing is drawn.

    `start_ns` is the instant at which its clocks begin. `busy` is the probability that
    the machine is when time moves on; `on_frozen` is told for how many seconds it will
    be, or stands still.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.now_s = 0.0
        self.start_ns = START_NS
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]
        self._due: deque[Due] = deque()
        self._timers: list[tuple[float, float, int, Due]] = []
        self._timers_set = 0
        self._turns = 0
        self._rng = Random(f"order {seed}")
        self._is_drawn = seed is not None
        #: Orders timers of one instant by when they were set.
        self._rank = self._rng.random()
        self.busy = self._rng.choice((0.0, 0.02, 0.1, 0.3)) if self._is_drawn else 0.0
        self.on_frozen: Callable[[float], None] = lambda for_s: None
        self._frozen_until_s = -1.0
        self._is_frozen = False
        # What waits for the end of it: ready before, come from outside, and timers.
        self._before: list[Due] = []
        self._came: list[Due] = []
        self._late: list[Due] = []

    #: Asked for each future and each task; `bool()` says no without a call of ours.
    get_debug = staticmethod(bool)  # type: ignore[assignment]

    def time(self) -> float:
        return self.now_s

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        due = Due(
            callback, args, copy_context() if context is None else context, self.now_s
        )
        self._due.append(due)
        return due

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        due = Due(callback, args, copy_context() if context is None else context, when)
        self._timers_set += 1
        heappush(self._timers, (when, self._rank, self._timers_set, due))
        return due

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Due:
        when_s = self.now_s + delay
        due = Due(
            callback, args, copy_context() if context is None else context, when_s
        )
        self._timers_set += 1
        heappush(self._timers, (when_s, self._rank, self._timers_set, due))
        return due

    def freeze(self, for_s: float) -> None:
        """Let the machine stand still from the next turn on; the outside goes on."""
        if for_s <= 0 or self._is_frozen:
            return
        self.on_frozen(for_s)
        self._frozen_until_s = self.now_s + for_s

    def thaw(self) -> None:
        """Let the machine go on, with all that has come meanwhile."""
        self._frozen_until_s = -1.0
        self._is_frozen = False
        self._rng.shuffle(self._came)
        for waiting in (self._before, self._came, self._late):
            self._due.extend(waiting)
            waiting.clear()

    def _run_once(self) -> None:
        """Run what is ready, then what the next instant makes ready, until stopped."""
        ready, timers = self._due, self._timers
        while True:
            if self._frozen_until_s >= 0:
                self._hold()
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
            while timers and timers[0][3]._is_cancelled:
                heappop(timers)
            if self._is_frozen and (not timers or timers[0][0] >= self._frozen_until_s):
                self._go_to(max(self.now_s, self._frozen_until_s))
                self.thaw()
                continue
            if not timers:
                raise RuntimeError("nothing is scheduled: everything waits for ever")
            if timers[0][0] > self.now_s:
                self._go_to(timers[0][0])
            while timers and timers[0][0] <= self.now_s:
                due = heappop(timers)[3]
                if self._is_frozen and due._context.get(OURS):
                    self._late.append(due)
                else:
                    ready.append(due)

    def _go_to(self, now_s: float) -> None:
        self.now_s = now_s
        self._turns = 0
        if not self._is_drawn:
            return
        rng = self._rng
        self._rank = rng.random()
        if self.busy and self._frozen_until_s < 0 and rng.random() < self.busy:
            # Timers of this instant are late, too.
            self.freeze(rng.uniform(*_BUSY_S))
            self._hold()

    def _hold(self) -> None:
        """Put aside what is the machine's; what is outside goes on."""
        ready = self._due
        held = self._came if self._is_frozen else self._before
        self._is_frozen = True
        rest = []
        for due in ready:
            (held if due._context.get(OURS) else rest).append(due)
        ready.clear()
        ready.extend(rest)

    def _tell_of(self, due: Due, error: BaseException) -> None:
        """Hand on what a callback raised, as every loop does."""
        said = f"in {due._callback!r}"
        self.call_exception_handler({"message": said, "exception": error})

    # There is one thread, and no selector that would have to be woken.
    call_soon_threadsafe = call_soon


class VirtualClock:
    """The `Clock` of a simulated machine; *skew_ns* is how wrong its wall clock is.

    `rate` is how fast its clocks run: 1 where they are right.
    """

    def __init__(self, loop: VirtualLoop, skew_ns: int = 0) -> None:
        self._loop = loop
        self._skew_ns = skew_ns
        self.rate = 1.0

    def now_ns(self) -> int:
        return self._loop.start_ns + self._skew_ns + self.monotonic_ns()

    def step(self, by_ns: int) -> None:
        """Set the wall clock, as a person or NTP does."""
        self._skew_ns += by_ns

    def monotonic_ns(self) -> int:
        return round(self._loop.now_s * self.rate * 1e9)


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
