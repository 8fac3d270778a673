"""Queries and cancels of one account, each within the venue's rate budgets.

Closes have their own way to a slot, in the dispatcher. What is asked here waits
until there is room, and what reads history waits for a second, scarcer budget too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from exitd.core.attempt import Capabilities
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.intents import Priority
from exitd.core.market import Instrument
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.ports.clock import Clock
from exitd.ports.venue import FundingReport, Refusal, Venue
from exitd.runtime.budget import RateBudget
from exitd.runtime.gate import Gate

# Longer than any limit counts: whoever asks for more is not believed.
_LONGEST_PAUSE_S = 60

Answer = TypeVar("Answer")


class PacedVenue:
    """The part of a venue that the runtime asks, in step with its budgets.

    Args:
        venue: Who is asked.
        budget: Its requests per minute, shared with the closes.
        history: Its queries of history per minute; None where they are not limited.
        clock: Both budgets run on its monotonic time.
        priority: Whom these questions let go first.
        gate: What holds cancels up while the account stands by.
    """

    def __init__(
        self,
        venue: Venue,
        budget: RateBudget,
        history: RateBudget | None,
        clock: Clock,
        priority: Priority,
        gate: Gate | None = None,
    ) -> None:
        self._venue = venue
        self._budget = budget
        self._history = history
        self._clock = clock
        self._priority = priority
        self._gate = gate

    @property
    def account(self) -> str:
        return self._venue.account

    @property
    def capabilities(self) -> Capabilities:
        return self._venue.capabilities

    @property
    def is_shut(self) -> bool:
        """Whether the account stands by, so that nothing may leave."""
        return self._gate is not None and self._gate.is_shut

    def venue_now_ns(self) -> int:
        return self._venue.venue_now_ns()

    async def _ask(
        self, question: Callable[[], Awaitable[Answer]], *, is_history: bool = False
    ) -> Answer:
        history = self._history if is_history else None
        if history is not None:
            await self._wait_for(history)
        await self._wait_for(self._budget)
        try:
            return await question()
        except VenueError as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                pause_ns = min(error.retry_after_s or 1, _LONGEST_PAUSE_S) * NS_PER_S
                limited = history or self._budget
                limited.pause_queries(self._clock.monotonic_ns() + pause_ns)
            raise

    async def _wait_for(self, budget: RateBudget) -> None:
        while not budget.take(self._priority, self._clock.monotonic_ns()):
            now_ns = self._clock.monotonic_ns()
            await asyncio.sleep(budget.wait_ns(self._priority, now_ns) / NS_PER_S)

    async def room(self) -> None:
        """Wait until a request of this priority may go; it is counted."""
        await self._wait_for(self._budget)

    async def opened(self) -> None:
        """Wait as long as the account stands by: nothing that writes may leave."""
        if self._gate is not None:
            await self._gate.opened()

    async def paced(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask what only some venues can be asked, when there is room."""
        return await self._ask(question)

    async def sync_clock(self) -> int:
        return await self._ask(self._venue.sync_clock)

    async def instruments(self) -> tuple[Instrument, ...]:
        return await self._ask(self._venue.instruments)

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        return await self._ask(lambda: self._venue.positions(symbol))

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        return await self._ask(lambda: self._venue.open_orders(symbol))

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        return await self._ask(
            lambda: self._venue.orders_since(ts_venue_ns, symbol), is_history=True
        )

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return await self._ask(
            lambda: self._venue.fills_since(ts_venue_ns, symbol), is_history=True
        )

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        return await self._ask(
            lambda: self._venue.funding_since(ts_venue_ns, symbol), is_history=True
        )

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        async def cancel() -> OrderReport | Refusal | None:
            await self.opened()
            return await self._venue.cancel_order(
                symbol, venue_order_id=venue_order_id, client_order_id=client_order_id
            )

        return await self._ask(cancel)

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        async def cancel() -> tuple[OrderReport, ...] | Refusal | None:
            await self.opened()
            return await self._venue.cancel_orders(symbol, scope)

        return await self._ask(cancel)
