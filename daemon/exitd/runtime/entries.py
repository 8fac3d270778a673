"""Sends the entries of one account, after every close.

An entry leaves once it is durable, and no close waits for room. It is never sent anew:
in doubt it is looked up, and where the venue takes an id once the same bytes go again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from exitd.core.attempt import RefusalKind
from exitd.core.entries import is_too_late
from exitd.core.entry import EntryOrder, EntryState
from exitd.core.entry_inputs import (
    EntryRefused,
    EntrySent,
    EntrySigned,
    EntrySlotOpened,
    EntryUnanswered,
)
from exitd.core.inputs import OrderReport
from exitd.core.intents import (
    CancelEntry,
    CancelLeg,
    EntryIntent,
    FindEntry,
    FindLegs,
    Priority,
    RequestEntrySlot,
    ResendEntry,
    SendEntry,
)
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.ports.entries import Entries
from exitd.ports.venue import Prepared, Refusal
from exitd.runtime.budget import RateBudget
from exitd.runtime.entry_inquiry import EntryInquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

_PAUSE_S = 0.25
_AT_BROKER = (EntryState.WORKING, EntryState.PARTIALLY_FILLED)


class Entering:
    """The entries of one account; without `entries` it can open nothing."""

    def __init__(
        self,
        loop: EngineLoop,
        entries: Entries | None,
        venue: PacedVenue,
        budget: RateBudget,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        may_go: Callable[[], bool],
    ) -> None:
        """
        Args:
            may_go: Whether the gate is open and no close waits for room.
        """
        self.entries = entries
        self._loop = loop
        self._venue = venue
        self._budget = budget
        self._spawn = spawn
        self._may_go = may_go
        self._queue: deque[str] = deque()
        self._sending: set[str] = set()
        self.inquiry = EntryInquiry(loop, entries, venue, budget, spawn, self._sending)
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_stopped = False
        self._wake: asyncio.TimerHandle | None = None

    def take(self, intent: EntryIntent) -> None:
        """Carry out one intent; never waits."""
        match intent:
            case RequestEntrySlot():
                if intent.entry_id not in self._queue:
                    self._queue.append(intent.entry_id)
                self.pump()
            case SendEntry():
                self._sign(intent.order)
            case ResendEntry():
                self._resend(intent)
            case FindEntry():
                self.inquiry.ask(intent.order, intent.venue_order_id)
            case CancelEntry():
                order, name = intent.order, f"cancel entry {intent.order.id}"
                self._spawn(self.inquiry.cancel(order, intent.venue_order_id), name)
            case FindLegs():
                self.inquiry.find_legs()
            case CancelLeg():
                self.inquiry.cancel_leg(intent.symbol, intent.venue_order_id)
            case _:
                assert_never(intent)

    def pump(self) -> None:
        """Open slots for what waits, as far as the closes leave room."""
        while self._queue and self.entries is not None and self._may_go():
            now_ns = self._loop.clock.monotonic_ns()
            wait_ns = self._budget.wait_ns(Priority.ARM, now_ns)
            if wait_ns:
                self._wake_in(wait_ns)
                return
            entry_id = self._queue.popleft()
            self._loop.handle(EntrySlotOpened(entry_id, self._loop.clock.now_ns()))

    def _wake_in(self, wait_ns: int) -> None:
        if self._wake is None:
            loop = asyncio.get_running_loop()
            self._wake = loop.call_later(wait_ns / NS_PER_S, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self.pump()

    def _sign(self, order: EntryOrder) -> None:
        assert self.entries is not None, "a slot opens only where entries can be sent"
        now_ns = self._loop.clock.now_ns
        self._budget.take(Priority.ARM, self._loop.clock.monotonic_ns())
        try:
            prepared = self.entries.prepare_entry(order)
        except VenueError as error:
            self._refuse(order, Refusal(RefusalKind.INVALID, "UNUSABLE", str(error)))
            return
        self._begin(order.id)
        self._loop.when_durable(lambda: self._launch(order, prepared))
        self._loop.handle(
            EntrySigned(
                order.id,
                prepared.body,
                prepared.ts_signed_venue_ns,
                prepared.expires_venue_ns,
                now_ns(),
            )
        )

    def _launch(self, order: EntryOrder, prepared: Prepared) -> None:
        ts_ns = self._loop.clock.now_ns()
        entry = self._loop.engine.state.entries[order.id]
        if is_too_late(entry, ts_ns) or entry.withdrawn or self._venue.is_shut:
            # The disk took longer than the entry may be old, or than it was wanted.
            why = entry.withdrawn or "it could not be written down in its time"
            if self._venue.is_shut:
                why = "this account stands by"
            self._refuse(order, Refusal(RefusalKind.EXPIRED, "NOT_SENT", why))
            self._end(order.id)
            return
        self._spawn(self._send(order, prepared, ts_ns), f"send entry {order.id}")
        # After the task's first step, which writes the request to the socket.
        note = self._loop.handle
        asyncio.get_running_loop().call_soon(note, EntrySent(order.id, ts_ns))

    def _resend(self, intent: ResendEntry) -> None:
        """Send stored bytes again, unless they are on their way at this moment."""
        order = intent.order
        if self.entries is None or not self._may_go() or order.id in self._sending:
            return
        self._budget.take(Priority.ARM, self._loop.clock.monotonic_ns())
        self._begin(order.id)
        prepared = Prepared(
            intent.signed, intent.ts_signed_venue_ns, intent.expires_venue_ns
        )
        work = self._send(order, prepared, self._loop.clock.now_ns(), is_again=True)
        self._spawn(work, f"send entry {order.id} again")

    async def _send(
        self,
        order: EntryOrder,
        prepared: Prepared,
        ts_ns: int,
        *,
        is_again: bool = False,
    ) -> None:
        assert self.entries is not None
        now_ns = self._loop.clock.now_ns
        try:
            outcome = await self.entries.send_entry(order, prepared)
        except VenueError as error:
            self._loop.handle(EntrySent(order.id, ts_ns))
            self._loop.handle(EntryUnanswered(order.id, str(error), now_ns()))
        except asyncio.CancelledError:
            # At a stop the next start asks; while we go on nobody else would.
            if not self._is_stopped:
                why = "its sending was broken off"
                self._loop.handle(EntryUnanswered(order.id, why, now_ns()))
            raise
        else:
            self._loop.handle(EntrySent(order.id, ts_ns))
            if isinstance(outcome, OrderReport):
                self.inquiry.report(order, outcome)
            elif not is_again:
                self._refuse(order, outcome)
            else:
                # It says nothing about the first copy, which may have filled.
                self._pause(outcome)
        finally:
            self._end(order.id)

    def _refuse(self, order: EntryOrder, refusal: Refusal) -> None:
        self._pause(refusal)
        self._loop.handle(
            EntryRefused(
                entry_id=order.id,
                kind=refusal.kind,
                code=refusal.code,
                message=refusal.message,
                retry_after_ns=refusal.retry_after_ns,
                now_ns=self._loop.clock.now_ns(),
            )
        )

    def _pause(self, refusal: Refusal) -> None:
        if refusal.kind is RefusalKind.RATE_LIMITED:
            now_ns = self._loop.clock.monotonic_ns()
            self._budget.pause(now_ns + (refusal.retry_after_ns or NS_PER_S))

    def _begin(self, entry_id: str) -> None:
        self._sending.add(entry_id)
        self._idle.clear()

    def _end(self, entry_id: str) -> None:
        self._sending.discard(entry_id)
        if not self._sending:
            self._idle.set()
        self.pump()

    async def all_answered(self) -> None:
        await self._idle.wait()

    def stop(self) -> None:
        self._is_stopped = True
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
