"""One account: its venue, its feed, what keeps them up and what it sends."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from exitd.core.inputs import FillReport, OrderReport, PositionReport, PositionsDoubted
from exitd.core.intents import Priority
from exitd.core.market import PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.alerts import Alert
from exitd.ports.feed import Feed, FeedNotice, FeedSignal, TickSink
from exitd.ports.venue import PrivateEvent, StreamDown, StreamUp, Venue
from exitd.runtime.bookkeeping import Bookkeeper
from exitd.runtime.budget import RateBudget
from exitd.runtime.dispatch import Dispatcher
from exitd.runtime.freshness import FreshnessWatch, Staleness, judge
from exitd.runtime.gap import Gap, last_sign_of_life_ns, open_since_ns
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue
from exitd.runtime.reconcile import audit_tag, reconcile
from exitd.runtime.supervise import CameUp, keep_running

Spawn = Callable[[Coroutine[Any, Any, None], str], None]

#: A peer that has proved nothing for this long is dropped without a handshake.
_SILENCE_MAX_NS = 4 * NS_PER_S
_WATCH_EVERY_S = 0.5
#: One symbol that stays silent must not cost all others their prices for ever.
_RESUBSCRIBE_EVERY_NS = 60 * NS_PER_S
_RETRY_S, _RECONCILE_PAUSE_S = 2.0, 1.0


def _tell_nobody(alert: Alert) -> None:
    """Until the daemon says who is to be told."""


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
    ) -> None:
        self.name = venue.account
        self.venue = venue
        self.feed = feed
        clock = loop.clock
        urgent = PacedVenue(venue, budget, history_budget, clock, Priority.CANCEL)
        self._paced = PacedVenue(venue, budget, history_budget, clock, Priority.QUERY)
        self.inquiry = Inquiry(loop, urgent, spawn)
        self.books = Bookkeeper(loop, self._paced)
        self.dispatcher = Dispatcher(loop, venue, budget, self.inquiry, urgent, spawn)
        self.gap = Gap(self.name, loop.engine.state)
        self.tell: Callable[[Alert], None] = _tell_nobody
        self.is_stream_up = False
        self.is_reconciled = False
        self.feed_since_ns: int | None = None
        self.garbled = 0
        self.reconnects = 0
        self._freshness = FreshnessWatch(venue.account)
        self._has_caught_up = False
        self._ts_resubscribed_ns = 0
        self._feed_came_up = CameUp()
        self._stream_came_up = CameUp()
        self._loop = loop
        self._spawn = spawn
        self._waits = waits
        self._reconcile_every_s = reconcile_every_s
        self._clock_every_s = clock_every_s
        self._before_tick = before_tick
        self._wants_reconcile = asyncio.Event()
        loop.on_contradiction(self._wants_reconcile.set)

    @property
    def stale(self) -> dict[PriceSource, Staleness]:
        """What is not judged now, and why."""
        return self._freshness.stale

    def is_stale(self, source: PriceSource) -> bool:
        return source in self.stale

    def price_age_ns(self, source: PriceSource) -> int | None:
        """How old the last price of a source is; None if none was ever seen."""
        book = self._loop.engine.state.books.get(source)
        if book is None or book.price is None:
            return None
        return self._loop.clock.now_ns() - book.ts_recv_ns

    def watch_sources(self) -> None:
        """Subscribe to what the triggers of this feed watch now."""
        self.feed.watch(
            frozenset(s for s in self._loop.engine.sources() if s.feed == self.name)
        )

    def start(self) -> None:
        """Bring the streams up; recovery comes before it."""
        tasks: dict[str, Coroutine[Any, Any, None]] = {
            "prices": keep_running(
                partial(self.feed.run, self._on_tick, self._on_notice),
                self._on_feed_lost,
                was_up=self._feed_came_up.take,
                waits=self._waits,
            ),
            "account": keep_running(
                partial(self.venue.run_stream, self._on_event),
                self._on_stream_lost,
                was_up=self._stream_came_up.take,
                waits=self._waits,
            ),
            "watchdog": self._watch(),
            "reconcile": self._reconcile(),
            "clock": self._keep_clock(),
        }
        for what, task in tasks.items():
            self._spawn(task, f"{self.name} {what}")

    def _on_tick(self, tick: Tick) -> None:
        if self._before_tick is not None:
            self._before_tick(tick)
        self._loop.handle(tick)

    def _on_notice(self, notice: FeedNotice) -> None:
        match notice.signal:
            case FeedSignal.CONNECTED:
                self.feed_since_ns = self._loop.clock.now_ns()
                self._feed_came_up.note()
                log(Event.FEED_CONNECTED, venue=self.name, channel="prices")
            case FeedSignal.REFUSED:
                log(Event.FEED_REFUSED, venue=self.name, reason=notice.detail)
            case FeedSignal.GARBAGE:
                self.garbled += 1
                log(Event.FEED_GARBLED, venue=self.name, reason=notice.detail)
            case FeedSignal.LOST:
                self.feed_since_ns = None

    def _on_feed_lost(self, reason: str) -> None:
        self.feed_since_ns = None
        self.reconnects += 1
        log(Event.FEED_LOST, venue=self.name, channel="prices", reason=reason)

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

    async def _watch(self) -> None:
        """Drop dead peers and say which prices went stale or came back."""
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            silent_ns = self._loop.clock.monotonic_ns() - self.feed.ts_alive_ns
            if self.feed_since_ns is not None and silent_ns > _SILENCE_MAX_NS:
                self.feed.abort()
            self.check_freshness()

    def check_freshness(self) -> None:
        state, now_ns = self._loop.engine.state, self._loop.clock.now_ns()
        max_age_ns = state.policies.price_max_age_ns
        watched = {s for s in self._loop.engine.watched() if s.feed == self.name}
        for source in watched | set(self.stale):
            found = None
            if source in watched:
                found = judge(
                    source,
                    state,
                    now_ns=now_ns,
                    max_age_ns=max_age_ns,
                    connected_since_ns=self.feed_since_ns,
                )
            self._freshness.note(
                source, found, now_ns=now_ns, max_age_ns=max_age_ns, tell=self.tell
            )
        is_mute = self._freshness.is_mute(now_ns, max_age_ns)
        if is_mute and now_ns - self._ts_resubscribed_ns > _RESUBSCRIBE_EVERY_NS:
            # A subscription that nobody answered: a new connection asks for it again.
            self._ts_resubscribed_ns = now_ns
            self.feed.abort()

    async def catch_up(self) -> None:
        """Ask the venue for all that happened while nobody looked.

        Raises:
            VenueError: A query failed; it is all to be asked again.
        """
        state = self._loop.engine.state
        signed_ns = open_since_ns(state, self.name)
        since_ns = last_sign_of_life_ns(state, self.name, self.venue.venue_now_ns())
        await self.inquiry.read_clock()
        await self.inquiry.read_instruments()
        await self._reconcile_now()
        if signed_ns is not None:
            since_ns = min(since_ns, signed_ns)
        await audit_tag(self._loop, self._paced, since_ns)
        if signed_ns is not None:
            for fill in await self._paced.fills_since(signed_ns):
                self._loop.handle(fill)
        self._has_caught_up = True

    async def _reconcile_now(self) -> None:
        with self.gap.being_closed() as held:
            await reconcile(self._loop, self._paced, before_gap=held)
        self.is_reconciled = True
        for key in self._loop.engine.state.positions:
            if key.account == self.name:
                self._know_market(key.symbol)

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
            self.inquiry.sync_clock()

    async def stop(self) -> None:
        self.dispatcher.stop()
        await self.feed.close()
        await self.venue.close()
