"""Facts on their way to the disk, and who is told of each once it is there.

What is logged, or reaches a phone, is a promise that must outlive a crash, so it waits
for its commit. A disk that does not take it for a second is no reason to keep silent:
then it is told as not durable yet, and not a second time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from exitd.core.events import Fact

#: Takes the facts of one turn, and whether they are on disk.
WrittenSink = Callable[[Sequence[Fact], bool], None]

TELL_WITHIN_S = 1.0


class Untold:
    """The facts of one turn; `is_durable` is None until the store has answered."""

    __slots__ = ("due_s", "facts", "is_durable", "is_told")

    def __init__(self, facts: tuple[Fact, ...], due_s: float) -> None:
        self.facts = facts
        self.due_s = due_s
        self.is_durable: bool | None = None
        self.is_told = False


class Unwritten:
    """Tells facts in the order in which they were decided, each once."""

    def __init__(self) -> None:
        self._sinks: list[WrittenSink] = []
        self._queue: deque[Untold] = deque()
        self._is_telling_soon = False
        self._patience: asyncio.TimerHandle | None = None

    def attach(self, sink: WrittenSink) -> None:
        self._sinks.append(sink)

    def add(self, facts: tuple[Fact, ...]) -> Untold:
        """Keep the facts of a turn that is handed to the store now."""
        loop = asyncio.get_running_loop()
        untold = Untold(facts, loop.time() + TELL_WITHIN_S)
        self._queue.append(untold)
        if self._patience is None:
            self._patience = loop.call_later(TELL_WITHIN_S, self._tell_overdue)
        return untold

    def settle(self, untold: Untold, *, is_durable: bool) -> None:
        """Take in what the store says of a turn: it is written, or refused for good."""
        untold.is_durable = is_durable
        if not self._is_telling_soon:
            self._is_telling_soon = True
            # Two rounds of the loop later: what this commit lets go of, orders above
            # all, takes its first step before anything is told.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._tell)

    def reserve(self) -> Untold:
        """Keep a place for facts that are told only if they come to be on disk."""
        return self.add(())

    def fill(self, place: Untold, facts: tuple[Fact, ...]) -> None:
        """Tell facts that are on disk, in their place; none where they are not.

        What comes after a place that a slow disk has cost waits still: then at once.
        """
        place.facts = facts
        if place.is_told:
            place.is_durable = True
            self._pass_on(place)
        else:
            self.settle(place, is_durable=True)

    def tell_rest(self) -> None:
        """Tell whatever is left, written or not: nobody will ask again."""
        self._tell()
        while self._queue:
            self._pass_on(self._queue.popleft())
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _tell(self) -> None:
        self._is_telling_soon = False
        while self._queue and self._queue[0].is_durable is not None:
            self._pass_on(self._queue.popleft())

    def _tell_overdue(self) -> None:
        self._patience = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._queue and self._queue[0].due_s <= now_s:
            self._pass_on(self._queue.popleft())
        self._tell()
        if self._queue:
            self._patience = loop.call_at(self._queue[0].due_s, self._tell_overdue)

    def _pass_on(self, untold: Untold) -> None:
        untold.is_told = True
        if not untold.facts:
            return
        for sink in self._sinks:
            sink(untold.facts, bool(untold.is_durable))
