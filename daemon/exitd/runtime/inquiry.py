"""Asking a venue what is: positions, orders in doubt, instruments, its clock.

Each question is asked once however many firings want the answer, and again
only after a pause; the engine repeats what it still needs to know.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    TimeInForce,
)
from exitd.core.inputs import (
    InstrumentReport,
    NothingFound,
    OrderReport,
    PositionReport,
)
from exitd.core.position import PositionKey
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

#: How far before a signature its order may be dated: clocks are not equal.
LOOK_BACK_NS = 60 * NS_PER_S
_PAUSE_S = 0.25


def flat_report(key: PositionKey, asked_ns: int, now_ns: int) -> PositionReport:
    """Say that a position was not among all that are held, as of *asked_ns*."""
    return PositionReport(key=key, quantity=ZERO, ts_venue_ns=asked_ns, now_ns=now_ns)


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
        self._missing_ns: dict[AttemptKey, int] = {}

    def resolve(self, symbol: str) -> None:
        """Look for every attempt on *symbol* that nobody has answered for."""
        self._ask(f"resolve {symbol}", lambda: self.resolve_now(symbol))

    def prove(self, symbol: str) -> None:
        self._ask(f"prove {symbol}", lambda: self.read_position(symbol))

    def refresh(self, symbol: str) -> None:
        self._ask("instruments", lambda: self.read_instruments(symbol))

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
        self._forget_found()
        if not attempts:
            return
        started_ns = self._venue.venue_now_ns()
        since_ns = min(a.ts_signed_venue_ns for a in attempts) - LOOK_BACK_NS
        # In this order: what fills between the two reads is in the second.
        resting = await self._venue.open_orders(symbol)
        history_ns = self._venue.venue_now_ns()
        found = [*await self._venue.orders_since(since_ns, symbol), *resting]
        for fill in await self._venue.fills_since(since_ns, symbol):
            self._loop.handle(fill)
        for report in self._venue_ours(found):
            self._loop.handle(report)
        doubtful = [
            a for a in self._unanswered(symbol) if a.state is AttemptState.IN_DOUBT
        ]
        self._forget_found()
        if not doubtful:
            return
        await self.read_position(symbol)
        for attempt in doubtful:
            if not self._is_clean(attempt, started_ns, history_ns):
                continue
            self._loop.handle(
                NothingFound(
                    attempt.order.attempt, started_ns, self._loop.clock.now_ns()
                )
            )

    def _forget_found(self) -> None:
        """Let go of what was missing and is known by now, however that came about."""
        attempts = self._loop.engine.state.attempts
        for key in list(self._missing_ns):
            attempt = attempts.get(key)
            if attempt is None or attempt.state is not AttemptState.IN_DOUBT:
                del self._missing_ns[key]

    def _is_clean(
        self, attempt: AttemptRecord, started_ns: int, history_ns: int
    ) -> bool:
        """Whether the reads that did not show an attempt prove that it is not there.

        What may rest can leave the book at any time, not only before its request
        expires: then history has it, but only after its lag. So history must be read
        that much later than the open orders in which it was first missing.
        """
        if attempt.order.time_in_force is not TimeInForce.GTC:
            return True
        missing_ns = self._missing_ns.setdefault(attempt.order.attempt, started_ns)
        return history_ns >= missing_ns + self._venue.capabilities.lag_slack_ns

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

    async def read_positions(self) -> None:
        """Read every position of the account in one query; what is not there is flat.

        Raises:
            VenueError: The query failed, which says nothing.
        """
        asked_ns = self._venue.venue_now_ns()
        held = {report.key: report for report in await self._venue.positions()}
        positions = self._loop.engine.state.positions
        for key in [k for k in positions if k.account == self._venue.account]:
            now_ns = self._loop.clock.now_ns()
            held.setdefault(key, flat_report(key, asked_ns, now_ns))
        for report in held.values():
            self._loop.handle(report)

    async def read_instruments(self, symbol: str | None = None) -> None:
        for instrument in await self._venue.instruments():
            if symbol is None or instrument.symbol == symbol:
                now_ns = self._loop.clock.now_ns()
                self._loop.handle(InstrumentReport(instrument, now_ns))
