"""One account: its venue, its prices, what keeps them up and what it sends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from exitd.core.inputs import FillReport, OrderReport, PositionReport, PositionsDoubted
from exitd.core.intents import Priority
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.alerts import Alert
from exitd.ports.entries import Entries
from exitd.ports.feed import Feed, TickSink
from exitd.ports.venue import PrivateEvent, StreamDown, StreamUp, Venue
from exitd.runtime.barriers import BarrierSearch
from exitd.runtime.bookkeeping import Bookkeeper
from exitd.runtime.breaker import Breaker
from exitd.runtime.budget import RateBudget
from exitd.runtime.dispatch import Dispatcher
from exitd.runtime.gap import Gap, last_sign_of_life_ns, open_since_ns
from exitd.runtime.gate import Gate
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue
from exitd.runtime.prices import Spawn, WatchedFeed
from exitd.runtime.reconcile import audit_tag, reconcile
from exitd.runtime.supervise import CameUp, keep_running
from exitd.runtime.venue_status import AskStatus, keep_status
from exitd.runtime.venue_time import VenueTime

_RETRY_S, _RECONCILE_PAUSE_S = 2.0, 1.0


class Account:
    """The runtime's side of one entry under `venues:`."""

    def __init__(
        self,
        venue: Venue,
        feed: Feed,
        loop: EngineLoop,
        *,
        budget: RateBudget,
        spawn: Spawn,
        waits: Callable[[], Iterator[float]],
        history_budget: RateBudget | None = None,
        reconcile_every_s: float = 30.0,
        clock_every_s: float = 30.0,
        before_tick: TickSink | None = None,
        before_catching_up: Callable[[], Awaitable[None]] | None = None,
        entries: Entries | None = None,
        status: AskStatus | None = None,
    ) -> None:
        """
        Args:
            status: Asks the venue whether it is in maintenance, where it says so.
            entries: Where entries are sent; without it, it can open nothing.
            before_catching_up: What the venue has to be told before it can be asked
                for positions; a `VenueError` of it is one of the venue.
        """
        self.name = venue.account
        self.venue = venue
        self.prices = WatchedFeed(
            feed, loop, spawn=spawn, waits=waits, before_tick=before_tick, budget=budget
        )
        clock = loop.clock
        self.gate = Gate(loop.engine.state, self.name)
        budgets = (budget, history_budget)
        urgent = PacedVenue(venue, *budgets, clock, Priority.CANCEL, self.gate)
        self.asking = PacedVenue(venue, *budgets, clock, Priority.QUERY, self.gate)
        self.inquiry = Inquiry(loop, urgent, spawn)
        self.time = VenueTime(loop, urgent, self._tell)
        self.breaker = Breaker(self.name, clock, self._tell)
        self.books = Bookkeeper(loop, self.asking)
        self.barriers = BarrierSearch(loop, urgent)
        self.dispatcher = Dispatcher(
            loop,
            venue,
            budget,
            self.inquiry,
            urgent,
            spawn,
            entries,
            time=self.time,
            breaker=self.breaker,
            gate=self.gate,
        )
        self.entering = self.dispatcher.entering
        self.gap = Gap(self.name, loop.engine.state)
        self.is_stream_up = self.is_reconciled = self._has_caught_up = False
        self._before_catching_up = before_catching_up
        self._stream_came_up = CameUp()
        self._loop, self._spawn, self._waits, self._status = loop, spawn, waits, status
        self._reconcile_every_s, self._clock_every_s = reconcile_every_s, clock_every_s
        self._wants_reconcile = asyncio.Event()
        loop.on_contradiction(self._wants_reconcile.set)

    def _tell(self, alert: Alert) -> None:
        self.prices.tell(alert)

    def start(self) -> None:
        """Bring the streams up; recovery comes before it."""
        self.prices.start()
        self._spawn(
            keep_running(
                partial(self.venue.run_stream, self._on_event),
                self._on_stream_lost,
                was_up=self._stream_came_up.take,
                waits=self._waits,
            ),
            f"{self.name} account",
        )
        self._spawn(self._reconcile(), f"{self.name} reconcile")
        self._spawn(self._keep_clock(), f"{self.name} clock")
        if self._status is not None:
            status = keep_status(self.asking, self._status, self.breaker)
            self._spawn(status, f"{self.name} status")
        self.search_barrier()

    def search_barrier(self) -> None:
        """Find out what may have been sent unwritten; then reserve ids anew."""
        self._spawn(self.barriers.run(), f"{self.name} sent before the stop")

    def _on_event(self, event: PrivateEvent) -> None:
        match event:
            case StreamUp():
                self.is_stream_up = True
                self._stream_came_up.note()
                self._wants_reconcile.set()
                log(Event.ACCOUNT_CONNECTED, account=self.name, venue=self.name)
            case StreamDown():
                self._doubt()
            case PositionReport():
                self._know_market(event.key.symbol)
                self._loop.handle(event)
            case OrderReport() | FillReport():
                self._loop.handle(event)

    def _know_market(self, symbol: str) -> None:
        """A position in a market that is new to us: its steps are needed to close."""
        if (self.name, symbol) not in self._loop.engine.state.instruments:
            self.inquiry.refresh(symbol)

    def _on_stream_lost(self, reason: str) -> None:
        log(Event.ACCOUNT_LOST, account=self.name, venue=self.name, reason=reason)
        self._doubt()

    def _doubt(self) -> None:
        self.is_stream_up = False
        self.gap.note()
        self._loop.handle(PositionsDoubted(self.name, self._loop.clock.now_ns()))

    async def catch_up(self) -> None:
        """Ask the venue for all that happened while nobody looked.

        Raises:
            VenueError: A query failed; it is all to be asked again.
        """
        state = self._loop.engine.state
        signed_ns = open_since_ns(state, self.name)
        since_ns = last_sign_of_life_ns(state, self.name, self.venue.venue_now_ns())
        await self.time.read()
        # Before positions show what a close did that nobody knows of yet.
        await self.barriers.look()
        if self._before_catching_up is not None:
            await self._before_catching_up()
        await self.inquiry.read_instruments()
        await self._reconcile_now()
        if signed_ns is not None:
            since_ns = min(since_ns, signed_ns)
        await audit_tag(self._loop, self.asking, since_ns)
        if signed_ns is not None:
            for fill in await self.asking.fills_since(signed_ns):
                self._loop.handle(fill)
        self._has_caught_up = True

    async def _reconcile_now(self) -> None:
        with self.gap.being_closed() as held:
            await reconcile(self._loop, self.asking, before_gap=held)
            await self.entering.inquiry.reconcile()
            await self.dispatcher.backstops.reconcile()
        self.is_reconciled = True
        for key in self._loop.engine.state.positions:
            if key.account == self.name:
                self._know_market(key.symbol)
        for symbol in self._asks_liquidation():
            # Venues say it only where one market is asked for.
            await self.inquiry.read_position(symbol)

    def _asks_liquidation(self) -> list[str]:
        """Name the markets in which a stop keeps in front of the liquidation."""
        state = self._loop.engine.state
        return [
            key.symbol
            for key, position in state.positions.items()
            if key.account == self.name
            and position.is_open
            and any(
                record.definition.before_liquidation is not None
                for record in state.followers_on(key)
            )
        ]

    async def _reconcile(self) -> None:
        """After each connect, then at a steady pace, ask what is."""
        patience_s = self._reconcile_every_s if self._has_caught_up else _RETRY_S
        while True:
            try:
                async with asyncio.timeout(patience_s):
                    await self._wants_reconcile.wait()
            except TimeoutError:
                pass
            self._wants_reconcile.clear()
            patience_s = self._reconcile_every_s
            try:
                if self._has_caught_up:
                    await self._reconcile_now()
                else:
                    await self.catch_up()
                await self.books.keep()
            except VenueError as error:
                log(Event.VENUE_FAILED, venue=self.name, reason=str(error))
                patience_s = _RETRY_S
            # A report that contradicts us each time must not make us ask for ever.
            await asyncio.sleep(_RECONCILE_PAUSE_S)

    async def _keep_clock(self) -> None:
        while True:
            await asyncio.sleep(self._clock_every_s)
            try:
                await self.time.read()
            except VenueError as error:
                log(Event.VENUE_FAILED, venue=self.name, reason=str(error))

    async def stop(self) -> None:
        self.dispatcher.stop()
        await self.prices.stop()
        await self.venue.close()
