"""Asking a venue what is: positions, orders in doubt, instruments, its clock.

Each question is asked once however many firings want the answer, and again
only after a pause; the engine repeats what it still needs to know.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from exitd.core.attempt import AttemptRecord, AttemptState
from exitd.core.inputs import InstrumentReport, NothingFound, OrderReport
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

#: How far before a signature its order may be dated: clocks are not equal.
_LOOK_BACK_NS = 60 * NS_PER_S
_PAUSE_S = 0.25


class Inquiry:
    """The questions of one account."""

    def __init__(
        self,
        loop: EngineLoop,
        venue: PacedVenue,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._loop = loop
        self._venue = venue
        self._spawn = spawn
        self._asking: set[str] = set()

    def resolve(self, symbol: str) -> None:
        """Look for every attempt on *symbol* that nobody has answered for."""
        self._ask(f"resolve {symbol}", lambda: self.resolve_now(symbol))

    def prove(self, symbol: str) -> None:
        self._ask(f"prove {symbol}", lambda: self.read_position(symbol))

    def refresh(self, symbol: str) -> None:
        self._ask("instruments", lambda: self.read_instruments(symbol))

    def sync_clock(self) -> None:
        self._ask("clock", self.read_clock)

    def _ask(self, question: str, answer: Callable[[], Awaitable[None]]) -> None:
        if question in self._asking:
            return
        self._asking.add(question)
        self._spawn(self._answer(question, answer), question)

    async def _answer(
        self, question: str, answer: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            await answer()
        except VenueError as error:
            log(
                Event.VENUE_FAILED,
                venue=self._venue.account,
                question=question,
                reason=str(error),
            )
        finally:
            asyncio.get_running_loop().call_later(
                _PAUSE_S, self._asking.discard, question
            )

    def _unanswered(self, symbol: str) -> list[AttemptRecord]:
        return [
            attempt
            for attempt in self._loop.engine.state.attempts.values()
            if not attempt.is_ended
            and attempt.order.account == self._venue.account
            and attempt.order.symbol == symbol
            and attempt.state not in (AttemptState.SIGNED, AttemptState.SENT)
        ]

    async def resolve_now(self, symbol: str) -> None:
        """Search open orders, history and fills; report what is there.

        What is not there is reported as `NothingFound` with the instant at
        which the search began; the engine decides whether that was late enough.

        Raises:
            VenueError: A query failed, which is never the same as 'none'.
        """
        attempts = self._unanswered(symbol)
        if not attempts:
            return
        started_ns = self._venue.venue_now_ns()
        since_ns = min(a.ts_signed_venue_ns for a in attempts) - _LOOK_BACK_NS
        found = [
            *await self._venue.orders_since(since_ns, symbol),
            *await self._venue.open_orders(symbol),
        ]
        for fill in await self._venue.fills_since(since_ns, symbol):
            self._loop.handle(fill)
        for report in self._venue_ours(found):
            self._loop.handle(report)
        doubtful = [
            a for a in self._unanswered(symbol) if a.state is AttemptState.IN_DOUBT
        ]
        if not doubtful:
            return
        await self.read_position(symbol)
        for attempt in doubtful:
            self._loop.handle(
                NothingFound(
                    attempt.order.attempt, started_ns, self._loop.clock.now_ns()
                )
            )

    def _venue_ours(self, reports: list[OrderReport]) -> list[OrderReport]:
        known = self._loop.engine.state.attempt_of_client_id
        return [
            r
            for r in reports
            if r.client_order_id is not None and (r.account, r.client_order_id) in known
        ]

    async def read_position(self, symbol: str) -> None:
        for report in await self._venue.positions(symbol):
            self._loop.handle(report)

    async def read_instruments(self, symbol: str | None = None) -> None:
        for instrument in await self._venue.instruments():
            if symbol is None or instrument.symbol == symbol:
                now_ns = self._loop.clock.now_ns()
                self._loop.handle(InstrumentReport(instrument, now_ns))

    async def read_clock(self) -> None:
        offset_ns = await self._venue.sync_clock()
        log(
            Event.CLOCK_MEASURED,
            venue=self._venue.account,
            offset_ms=offset_ns // 1_000_000,
        )
