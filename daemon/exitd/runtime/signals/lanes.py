"""Alerts of one route and ticker are carried out one after another, others at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NamedTuple, Protocol

from exitd.core.entry import SignalRecord, SignalState
from exitd.errors import VenueError
from exitd.logs import Event, log

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
Lane = tuple[str, str]


class CarryOut(Protocol):
    """Does what an alert asks for, and gives its record as it ended.

    Once for each alert, however often it is called. One that comes for the first time
    (`is_first`) need not be looked for among what was begun before.
    """

    def __call__(
        self, record: SignalRecord, *, is_first: bool = False
    ) -> Awaitable[SignalRecord]: ...


class _Waiting(NamedTuple):
    record: SignalRecord
    is_new: bool


class Lanes:
    """Each lane has its alerts in order, and a task while there are some.

    A venue that fails leaves the alert where it is, and it is tried again: the ones
    behind it wait, or a close could overtake the entry that it is meant for. What else
    is raised is a bug, and ends the daemon.
    """

    def __init__(
        self,
        carry_out: CarryOut,
        *,
        done: Callable[[SignalRecord], None],
        late: Callable[[SignalRecord, VenueError], None],
        spawn: Spawn,
        waits: Callable[[], Iterator[float]],
    ) -> None:
        """
        Args:
            done: Called with the record of an alert as it ended.
            late: Called once for an alert that a venue failed, before it is tried
                again.
            waits: Seconds between tries.
        """
        self._carry_out = carry_out
        self._done = done
        self._late = late
        self._spawn = spawn
        self._waits = waits
        self._lanes: dict[Lane, deque[_Waiting]] = {}
        self._is_open = False
        self.waiting = 0

    def add(self, lane: Lane, record: SignalRecord, *, is_new: bool) -> None:
        """Let an alert wait its turn; it is carried out once the lanes are open.

        Args:
            is_new: It just came in, so that nothing can have been begun for it.
        """
        self.waiting += 1
        waiting = _Waiting(record, is_new)
        if lane in self._lanes:
            self._lanes[lane].append(waiting)
            return
        self._lanes[lane] = deque((waiting,))
        if self._is_open:
            self._begin(lane)

    def open(self) -> None:
        self._is_open = True
        for lane in self._lanes:
            self._begin(lane)

    def close(self) -> None:
        """Begin nothing more; what is left is carried out after the next start."""
        self._is_open = False

    def _begin(self, lane: Lane) -> None:
        route, ticker = lane
        self._spawn(self._work(lane), f"alerts of {route} for {ticker}")

    async def _work(self, lane: Lane) -> None:
        here = self._lanes[lane]
        while here and self._is_open:
            ended = await self._until_carried_out(*here[0])
            assert ended.id == here[0].record.id, "another alert came back"
            assert ended.state is not SignalState.ACCEPTED, "it ended, or it was not"
            here.popleft()
            self.waiting -= 1
            self._done(ended)
        if not here:
            del self._lanes[lane]

    async def _until_carried_out(
        self, record: SignalRecord, is_first: bool
    ) -> SignalRecord:
        waits = self._waits()
        is_told = False
        while True:
            try:
                return await self._carry_out(record, is_first=is_first)
            except VenueError as error:
                is_first = False
                log(
                    Event.WEBHOOK_DELAYED,
                    route=record.route,
                    webhook_id=record.id,
                    reason=str(error),
                )
                if not is_told:
                    is_told = True
                    self._late(record, error)
            await asyncio.sleep(next(waits))
