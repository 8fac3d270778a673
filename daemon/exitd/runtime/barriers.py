"""After an unclean stop: asking a venue what the run before had sent unwritten.

The rules are in `core/barrier.py`; this asks at the right times, and reports.
"""

import asyncio

from exitd.core.barrier_inputs import FirstIdsSearched, FirstIdsWanted
from exitd.core.state import Barrier
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue
from exitd.runtime.standby import newest_ns

#: A send is younger than all that its run had written before it; the machine's clock
#: may have been set since.
_LOOK_BACK_NS = 3_600 * NS_PER_S
_RETRY_S = 1.0
#: Between two slices of ids that are reserved: prices go first.
_PAUSE_S = 0.05


class BarrierSearch:
    """The search of one account."""

    def __init__(self, loop: EngineLoop, venue: PacedVenue) -> None:
        self._loop = loop
        self._venue = venue
        self._resting_ns: int | None = None
        self._since_ns: int | None = None
        self._is_running = False

    @property
    def _barrier(self) -> Barrier | None:
        barrier = self._loop.engine.state.barriers.get(self._venue.account)
        return None if barrier is None or barrier.is_passed else barrier

    async def look(self) -> None:
        """Search open orders and history once; do nothing where nothing is barred.

        Raises:
            VenueError: A query failed, which is never the same as 'none'.
        """
        barrier = self._barrier
        if barrier is None or barrier.since_venue_ns is None:
            return
        account = self._venue.account
        asked_ns = self._venue.venue_now_ns()
        resting = await self._venue.open_orders()
        is_late_enough = asked_ns > barrier.since_venue_ns + barrier.window_ns
        if self._resting_ns is None and is_late_enough:
            self._resting_ns = asked_ns
        history_ns = self._venue.venue_now_ns()
        since_ns = self._searched_from_ns(barrier)
        found = [*await self._venue.orders_since(since_ns), *resting]
        ours = [report for report in found if report.client_order_id in barrier.ids]
        for report in ours:
            self._loop.handle(report)
        if ours:
            for fill in await self._venue.fills_since(since_ns):
                self._loop.handle(fill)
        if self._resting_ns is not None:
            now_ns = self._loop.clock.now_ns()
            self._loop.handle(
                FirstIdsSearched(account, self._resting_ns, history_ns, now_ns)
            )

    def _searched_from_ns(self, barrier: Barrier) -> int:
        if self._since_ns is None:
            assert barrier.since_venue_ns is not None
            written_ns = newest_ns(self._loop.engine.state, self._venue.account)
            self._since_ns = min(written_ns, barrier.since_venue_ns) - _LOOK_BACK_NS
        return self._since_ns

    async def run(self) -> None:
        """Search until the barrier is passed; then reserve ids for what has none."""
        if self._is_running:
            return
        self._is_running = True
        while (barrier := self._barrier) is not None:
            await asyncio.sleep(self._wait_s(barrier))
            try:
                await self.look()
            except VenueError as error:
                log(
                    Event.VENUE_FAILED,
                    venue=self._venue.account,
                    question="what was sent before the stop",
                    reason=str(error),
                )
                await asyncio.sleep(_RETRY_S)
        await self._reserve()
        self._is_running = False

    def _wait_s(self, barrier: Barrier) -> float:
        """Say how long it is until a search can be late enough."""
        if barrier.since_venue_ns is None:
            return _RETRY_S
        due_ns = barrier.since_venue_ns + barrier.window_ns
        if self._resting_ns is not None:
            due_ns = self._resting_ns + self._venue.capabilities.lag_slack_ns
        left_ns = due_ns - self._venue.venue_now_ns()
        return max(left_ns / NS_PER_S, 0.0) + 0.001

    async def _reserve(self) -> None:
        account, state = self._venue.account, self._loop.engine.state
        while state.unreserved.get(account) or account in state.barriers:
            now_ns = self._loop.clock.now_ns()
            self._loop.handle(FirstIdsWanted(account, now_ns))
            is_standing_by = account in state.standing_by
            await asyncio.sleep(_RETRY_S if is_standing_by else _PAUSE_S)
