"""Asking a broker about entries: what became of them, and what exits it holds."""

import asyncio
from collections.abc import Callable, Coroutine, Set
from typing import Any

from msgspec.structs import replace

from exitd.core.entry import EntryOrder, EntryRecord, EntryState
from exitd.core.entry_inputs import (
    EntryNotFound,
    EntryUnanswered,
    LegGone,
    LegsMissing,
)
from exitd.core.inputs import OrderReport
from exitd.core.intents import Priority
from exitd.core.legs import has_unnamed
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
        self._cancelling_legs: set[str] = set()
        self._is_looking = False

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
            nothing = EntryNotFound(order.id, started_ns, self._loop.clock.now_ns())
            entry = self._loop.engine.state.entries.get(order.id)
            if entry is not None and entry.state in _AT_BROKER:
                # It was taken, and is listed no more: its executions say the rest.
                nothing = await self._executed(entry, nothing)
            self._loop.handle(nothing)

    async def _executed(
        self, entry: EntryRecord, nothing: EntryNotFound
    ) -> EntryNotFound:
        ticket = entry.order.ticket
        since_ns = entry.ts_signed_venue_ns - LOOK_BACK_NS
        fills = {
            fill.trade_id: fill
            for fill in await self._venue.fills_since(since_ns, ticket.symbol)
            if fill.side is ticket.side
            and (
                fill.venue_order_id == entry.venue_order_id
                or (fill.reference and fill.reference == ticket.client_order_id)
            )
        }.values()
        return replace(
            nothing,
            filled=sum((f.quantity for f in fills), ZERO),
            filled_quote=sum((f.quantity * f.price for f in fills), ZERO),
            ts_filled_venue_ns=max((f.ts_venue_ns for f in fills), default=0),
            now_ns=self._loop.clock.now_ns(),
        )

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

    def cancel_leg(self, symbol: str, venue_order_id: str) -> None:
        """Cancel an exit at the broker; while an answer is awaited, once."""
        if venue_order_id not in self._cancelling_legs:
            self._cancelling_legs.add(venue_order_id)
            work = self._cancel_leg(symbol, venue_order_id)
            self._spawn(work, f"cancel leg {venue_order_id}")

    async def _cancel_leg(self, symbol: str, venue_order_id: str) -> None:
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
        finally:
            self._cancelling_legs.discard(venue_order_id)

    def find_legs(self) -> None:
        """Look for the exits that the broker is to hold, unless that is under way."""
        if not self._is_looking:
            self._is_looking = True
            self._spawn(self._find_legs(), f"find legs of {self._venue.account}")

    async def _find_legs(self) -> None:
        try:
            await self.reconcile_legs()
        except VenueError as error:
            log(Event.VENUE_FAILED, venue=self._venue.account, reason=str(error))
        finally:
            self._is_looking = False

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
        held = [e for e in self._mine() if e.legs or (has_unnamed(e) and e.left)]
        if not held:
            return
        started_ns = self._venue.venue_now_ns()
        legs = {leg for e in held for leg in e.legs}
        resting = {o.venue_order_id: o for o in await self._venue.open_orders()}
        for report in resting.values():
            if report.venue_order_id in legs or report.parent:
                self._loop.handle(report)
        # A list of what rests does not say whose exit a leg is: of an entry whose
        # answer never came, only the history does.
        missing = [(e.id, leg) for e in held for leg in e.legs if leg not in resting]
        if missing or any(has_unnamed(e) for e in held):
            since_ns = min(e.ts_signed_venue_ns for e in held) - LOOK_BACK_NS
            reports = await self._venue.orders_since(since_ns)
            # What has filled first: it is why the other has ended, which by itself
            # would look like an exit that is no longer there.
            for report in sorted(reports, key=lambda report: report.filled == ZERO):
                if report.venue_order_id in legs or report.parent:
                    self._loop.handle(report)
            listed = {report.venue_order_id for report in reports}
            for entry_id, leg in missing:
                if leg not in listed:
                    now_ns = self._loop.clock.now_ns()
                    self._loop.handle(LegGone(entry_id, leg, started_ns, now_ns))
        now_ns = self._loop.clock.now_ns()
        for entry in held:
            if has_unnamed(entry) and entry.is_ended:
                self._loop.handle(LegsMissing(entry.id, now_ns))
