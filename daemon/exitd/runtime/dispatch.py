"""Sends what the engine wants to one venue, the most urgent first.

A firing that wants to send is queued until the rate budget has a slot for it;
then the engine sizes it, it is signed, and it leaves once it is durable.
"""

import asyncio
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from typing import Any, assert_never

from exitd.core.attempt import AttemptKey, CloseOrder, Expiry, RefusalKind
from exitd.core.backstop import CancelBackstop, ListBackstops, PlaceBackstop
from exitd.core.inputs import (
    AttemptRefused,
    AttemptSent,
    AttemptSigned,
    AttemptUnanswered,
    OrderReport,
    SlotOpened,
)
from exitd.core.intents import (
    CancelEntry,
    CancelLeg,
    CancelOrder,
    CancelOrders,
    FindEntry,
    FindLegs,
    Intent,
    Priority,
    ProvePosition,
    RefreshInstrument,
    RequestEntrySlot,
    RequestSlot,
    ResendClose,
    ResendEntry,
    ResolveAttempt,
    SendClose,
    SendEntry,
    SyncClock,
)
from exitd.errors import VenueError
from exitd.ports.entries import Entries
from exitd.ports.venue import Prepared, Refusal, Venue
from exitd.runtime.backstops import Backstops
from exitd.runtime.breaker import Breaker
from exitd.runtime.budget import RateBudget
from exitd.runtime.cancels import cancel_scope, cancel_working
from exitd.runtime.entries import Entering
from exitd.runtime.gate import Gate
from exitd.runtime.in_flight import InFlight
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue
from exitd.runtime.proofs import Proofs
from exitd.runtime.venue_time import VenueTime

_NS_PER_S = 1_000_000_000
_UNAUTHORIZED_PAUSE_NS = 15 * _NS_PER_S
#: Sends under way at once; more would queue in the transport, out of our sight.
_IN_FLIGHT_MAX = 64

NOT_SENT = "it was not sent, as this account stands by"

_Entry = tuple[Priority, int, RequestSlot]


class Dispatcher:
    """The outgoing side of one account.

    While it is not open (before recovery, at shutdown, standing by) requests queue and
    nothing is sent.
    """

    def __init__(
        self,
        loop: EngineLoop,
        venue: Venue,
        budget: RateBudget,
        inquiry: Inquiry,
        paced: PacedVenue,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        entries: Entries | None = None,
        *,
        time: VenueTime,
        breaker: Breaker,
        gate: Gate,
    ) -> None:
        self._loop = loop
        self._venue = venue
        self._budget = budget
        self._inquiry = inquiry
        self._paced = paced
        self._spawn = spawn
        self._time = time
        self._breaker = breaker
        self._queue: list[_Entry] = []
        self._queued: set[tuple[str, int]] = set()
        self._seq = 0
        self._sending = InFlight()
        self._wake: asyncio.TimerHandle | None = None
        self._proofs: Proofs[_Entry] = Proofs(loop, venue, inquiry)
        self.backstops = Backstops(loop, venue, paced, spawn)
        self._gate = gate
        self._is_open = False
        self.entering = Entering(
            loop,
            entries,
            paced,
            budget,
            spawn,
            # Closes always go first.
            lambda: (
                self.is_open
                and not self._queue
                and not self._proofs.waiting
                and not breaker.is_open
            ),
        )
        loop.attach(venue.account, self.take)

    @property
    def depth(self) -> int:
        """Firings that wait for a slot."""
        return len(self._queue)

    @property
    def in_flight(self) -> int:
        """Sends without an answer so far."""
        return len(self._sending)

    @property
    def is_open(self) -> bool:
        return self._is_open and not self._gate.is_shut

    def open(self) -> None:
        """Let what waits go; after a takeover, what was put off first."""
        self._is_open = True
        for intent in self._gate.take_all():
            self.take(intent)
        self._pump()

    def take(self, intent: Intent) -> None:
        """Carry out one intent of this account; never waits."""
        if self._gate.puts_off(intent):
            return
        match intent:
            case RequestSlot():
                self._enqueue(intent)
            case SendClose():
                self._sign(intent)
            case CancelOrder():
                back = cancel_working(intent, self._loop, self._paced, self._inquiry)
                self._spawn(back, f"cancel {intent.attempt}")
            case CancelOrders():
                work = cancel_scope(intent, self._loop, self._paced)
                self._spawn(work, f"cancel orders for {intent.trigger_id}")
            case ResendClose():
                self._resend(intent)
            case ResolveAttempt():
                self._inquiry.resolve(intent.symbol)
            case ProvePosition():
                self._inquiry.prove(intent.symbol)
            case RefreshInstrument():
                self._inquiry.refresh(intent.symbol)
            case SyncClock():
                if not self._time.is_being_cured:
                    self._time.is_being_cured = True
                    self._spawn(self._time.cure(self._pump), "cure the clock")
            case (
                RequestEntrySlot()
                | SendEntry()
                | ResendEntry()
                | FindEntry()
                | CancelEntry()
                | FindLegs()
                | CancelLeg()
            ):
                self.entering.take(intent)
            case PlaceBackstop() | CancelBackstop() | ListBackstops():
                self.backstops.take(intent)
            case _:
                assert_never(intent)

    def _enqueue(self, request: RequestSlot) -> None:
        name = (request.trigger_id, request.arming)
        if name in self._queued:
            return
        self._queued.add(name)
        self._seq += 1
        heappush(self._queue, (request.priority, self._seq, request))
        self._pump()

    def _pump(self) -> None:
        """Open slots for as many queued firings as the budget allows now."""
        while self._may_open():
            priority, _, request = self._queue[0]
            now_ns = self._loop.clock.monotonic_ns()
            wait_ns = max(
                self._budget.wait_ns(priority, now_ns), self._breaker.wait_ns(now_ns)
            )
            if wait_ns:
                self._wake_in(wait_ns)
                return
            entry = heappop(self._queue)
            if request.symbol in self._proofs.waiting:
                self._proofs.waiting[request.symbol].append(entry)
                continue
            if not self._proofs.has(request):
                self._proofs.waiting[request.symbol] = [entry]
                self._spawn(self._prove(request.symbol), f"prove {request.symbol}")
                continue
            self._open_slot(request)
        self.entering.pump()

    def _may_open(self) -> bool:
        """Whether there is a firing that nothing but the venue's limits may hold."""
        return (
            bool(self._queue)
            and self.is_open
            and self.in_flight < _IN_FLIGHT_MAX
            # What is signed by a wrong clock would be refused as the last was.
            and not self._time.is_being_cured
        )

    def _open_slot(self, request: RequestSlot) -> None:
        self._queued.discard((request.trigger_id, request.arming))
        now_ns = self._loop.clock.now_ns()
        self._loop.handle(SlotOpened(request.trigger_id, request.arming, now_ns))

    async def _prove(self, symbol: str) -> None:
        requests = (request for _, _, request in self._proofs.waiting[symbol])
        await self._proofs.ask(symbol, requests)
        for entry in self._proofs.waiting.pop(symbol):
            heappush(self._queue, entry)
        self._pump()

    def _wake_in(self, wait_ns: int) -> None:
        if self._wake is None:
            loop = asyncio.get_running_loop()
            self._wake = loop.call_later(wait_ns / _NS_PER_S, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self._pump()

    def _sign(self, intent: SendClose) -> None:
        """Sign, write down, and send what was written once it can be found again.

        That is once it is durable; or at once, by an id that is durable already. Signed
        by a clock that nobody has measured, a request may be valid for too long for
        that.
        """
        self._budget.take(Priority.STOP, self._loop.clock.monotonic_ns())
        prepared = self._venue.prepare(intent.order)
        self._sending.begin(intent.order.attempt)
        self._breaker.sends()
        is_ahead = (
            intent.seq and self._time.is_measured and self._loop.is_durable(intent.seq)
        )
        when = self._loop.with_commit if is_ahead else self._loop.when_durable
        when(lambda: self._launch(intent, prepared))
        self._loop.handle(
            AttemptSigned(
                intent.order,
                prepared.body,
                prepared.ts_signed_venue_ns,
                prepared.expires_venue_ns,
                self._loop.clock.now_ns(),
            )
        )

    def _resend(self, intent: ResendClose) -> None:
        """Send stored bytes again, unless they are on their way at this moment."""
        order = intent.order
        if not self.is_open or order.attempt in self._sending:
            return
        self._budget.take(Priority.STOP, self._loop.clock.monotonic_ns())
        self._sending.begin(order.attempt)
        prepared = Prepared(
            intent.signed, intent.ts_signed_venue_ns, intent.expires_venue_ns
        )
        ts_ns = self._loop.clock.now_ns()
        work = self._send(order, prepared, ts_ns, is_again=True)
        self._spawn(work, f"send {order.attempt} again")

    def _launch(self, intent: SendClose, prepared: Prepared) -> None:
        key, ts_ns = intent.order.attempt, self._loop.clock.now_ns()
        if self._gate.is_shut:
            # It stood by between the signature and the disk: found out, then anew.
            self._breaker.given_up()
            self._sending.end(key)
            self._loop.handle(AttemptUnanswered(key, NOT_SENT, ts_ns))
            return
        self._spawn(self._send(intent.order, prepared, ts_ns), f"send {key}")
        # After the task's first step, which writes the request to the socket.
        note = self._loop.handle
        asyncio.get_running_loop().call_soon(note, AttemptSent(key, ts_ns))

    async def _send(
        self,
        order: CloseOrder,
        prepared: Prepared,
        ts_ns: int,
        *,
        is_again: bool = False,
    ) -> None:
        now_ns = self._loop.clock.now_ns
        try:
            outcome = await self._venue.send(order, prepared)
        except VenueError as error:
            self._loop.handle(AttemptSent(order.attempt, ts_ns))
            self._breaker.failed(str(error))
            self._loop.handle(AttemptUnanswered(order.attempt, str(error), now_ns()))
        except asyncio.CancelledError:
            self._breaker.given_up()
            # At a stop the next start asks; while we go on nobody else would.
            if self.is_open:
                why = "its sending was broken off"
                self._loop.handle(AttemptUnanswered(order.attempt, why, now_ns()))
            raise
        else:
            self._loop.handle(AttemptSent(order.attempt, ts_ns))
            self._take_outcome(order.attempt, outcome, is_again=is_again)
        finally:
            self._sending.end(order.attempt)
            self._pump()

    def _take_outcome(
        self, key: AttemptKey, outcome: OrderReport | Refusal, *, is_again: bool
    ) -> None:
        if isinstance(outcome, Refusal) and outcome.is_for_all:
            self._breaker.failed(f"{outcome.code}: {outcome.message}")
        else:
            self._breaker.worked()
        if isinstance(outcome, OrderReport):
            self._loop.handle(outcome)
            return
        now_ns = self._loop.clock.monotonic_ns()
        if outcome.kind is RefusalKind.UNAUTHORIZED:
            self._budget.pause(now_ns + _UNAUTHORIZED_PAUSE_NS)
        elif outcome.kind is RefusalKind.RATE_LIMITED:
            self._budget.pause(now_ns + (outcome.retry_after_ns or _NS_PER_S))
        if is_again and self._venue.capabilities.expiry is not Expiry.NONCE:
            # A copy was refused; the first may have filled, which is why.
            return
        self._loop.handle(
            AttemptRefused(
                attempt=key,
                kind=outcome.kind,
                code=outcome.code,
                message=outcome.message,
                retry_after_ns=outcome.retry_after_ns,
                now_ns=self._loop.clock.now_ns(),
            )
        )

    async def drain(self) -> None:
        """Return once every send has its answer."""
        await self._sending.all_answered()
        await self.entering.all_answered()

    def stop(self) -> None:
        """Open no more slots; what is in flight goes on."""
        self._is_open = False
        self.entering.stop()
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
