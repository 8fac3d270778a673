"""Asking a broker about entries: what became of them, and what exits it holds."""

import asyncio
from collections.abc import Callable, Coroutine, Set
from typing import Any

from msgspec.structs import replace

from exitd.core.entry import EntryOrder, EntryRecord, EntryState
from exitd.core.entry_inputs import EntryNotFound, EntryUnanswered, LegsMissing
from exitd.core.inputs import OrderReport
from exitd.core.intents import Priority
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.entries import Entries
from exitd.runtime.budget import RateBudget
from exitd.runtime.inquiry import LOOK_BACK_NS
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

_PAUSE_S = 0.25
_AT_BROKER = (EntryState.WORKING, EntryState.PARTIALLY_FILLED)


class EntryInquiry:
    """The questions of one account; `sending` are entries on their way just now."""

    def __init__(
        self,
        loop: EngineLoop,
        entries: Entries | None,
        venue: PacedVenue,
        budget: RateBudget,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        sending: Set[str],
    ) -> None:
        self.entries = entries
        self._loop = loop
        self._venue = venue
        self._budget = budget
        self._spawn = spawn
        self._sending = sending
        self._asking: set[str] = set()
        self._cancelling: set[str] = set()

    def report(self, order: EntryOrder, report: OrderReport) -> None:
        """Hand on what a broker says of this very order, and doubt what is not."""
        reference = order.ticket.client_order_id
        self._loop.handle(replace(report, reference=reference))
        entry = self._loop.engine.state.entries.get(order.id)
        if entry is not None and entry.state in (EntryState.SIGNED, EntryState.SENT):
            why = "the answer was about another order"
            now_ns = self._loop.clock.now_ns()
            self._loop.handle(EntryUnanswered(order.id, why, now_ns))

    def ask(self, order: EntryOrder, venue_order_id: str) -> None:
        if order.id in self._asking or self.entries is None:
            return
        self._asking.add(order.id)
        self._spawn(self._answer(order, venue_order_id), f"find entry {order.id}")

    async def _answer(self, order: EntryOrder, venue_order_id: str) -> None:
        try:
            await self.find(order, venue_order_id)
        except VenueError as error:
            question, venue = f"entry {order.id}", self._venue.account
            log(Event.VENUE_FAILED, venue=venue, question=question, reason=str(error))
        finally:
            asyncio.get_running_loop().call_later(
                _PAUSE_S, self._asking.discard, order.id
            )

    async def find(self, order: EntryOrder, venue_order_id: str) -> None:
        """Ask for one entry and report what the broker says.

        Raises:
            VenueError: It did not answer, which is never the same as none.
        """
        assert self.entries is not None
        await self._room()
        started_ns = self._venue.venue_now_ns()
        report = await self.entries.find_entry(order, venue_order_id)
        if report is not None:
            self.report(order, report)
        elif order.id not in self._sending:
            now_ns = self._loop.clock.now_ns()
            self._loop.handle(EntryNotFound(order.id, started_ns, now_ns))

    async def _room(self) -> None:
        while not self._budget.take(Priority.ARM, self._loop.clock.monotonic_ns()):
            now_ns = self._loop.clock.monotonic_ns()
            wait_ns = self._budget.wait_ns(Priority.ARM, now_ns)
            await asyncio.sleep(wait_ns / NS_PER_S)

    async def cancel(self, order: EntryOrder, venue_order_id: str) -> None:
        """Cancel an entry and report what the broker says; one call at a time."""
        if self.entries is None or order.id in self._cancelling:
            return
        self._cancelling.add(order.id)
        try:
            await self._room()
            await self._venue.opened()
            outcome = await self.entries.cancel_entry(order, venue_order_id)
        except VenueError as error:
            log(Event.VENUE_FAILED, venue=self._venue.account, reason=str(error))
            outcome = None
        finally:
            self._cancelling.discard(order.id)
        if isinstance(outcome, OrderReport):
            self.report(order, outcome)
        else:
            self.ask(order, venue_order_id)

    async def cancel_leg(self, symbol: str, venue_order_id: str) -> None:
        try:
            outcome = await self._venue.cancel_order(
                symbol, venue_order_id=venue_order_id
            )
            if isinstance(outcome, OrderReport):
                self._loop.handle(outcome)
            else:
                await self.reconcile_legs()
        except VenueError as error:
            log(Event.VENUE_FAILED, venue=self._venue.account, reason=str(error))

    def _mine(self) -> list[EntryRecord]:
        entries = self._loop.engine.state.entries.values()
        return [e for e in entries if e.order.account == self._venue.account]

    async def reconcile(self) -> None:
        """Ask for what works at the broker, and for the exits that it holds.

        Raises:
            VenueError: A query failed; nothing that it would have said is assumed.
        """
        if self.entries is None:
            return
        for entry in self._mine():
            if entry.state in _AT_BROKER:
                await self.find(entry.order, entry.venue_order_id)
        await self.reconcile_legs()

    async def reconcile_legs(self) -> None:
        """Compare the exits that a broker is to hold with what it lists.

        Raises:
            VenueError: A query failed.
        """
        held = [e for e in self._mine() if e.legs or (e.is_held_by_broker and e.left)]
        if not held:
            return
        resting = {o.venue_order_id: o for o in await self._venue.open_orders()}
        for report in resting.values():
            if report.parent:
                self._loop.handle(report)
        if any(leg not in resting for e in held for leg in e.legs):
            since_ns = min(e.ts_signed_venue_ns for e in held) - LOOK_BACK_NS
            legs = {leg for e in held for leg in e.legs}
            reports = await self._venue.orders_since(since_ns)
            # What has filled first: it is why the other has ended, which by itself
            # would look like an exit that is no longer there.
            for report in sorted(reports, key=lambda report: report.filled == ZERO):
                if report.venue_order_id in legs or report.parent:
                    self._loop.handle(report)
        now_ns = self._loop.clock.now_ns()
        for entry in held:
            if not entry.legs and entry.is_ended:
                self._loop.handle(LegsMissing(entry.id, now_ns))
