"""One account: its venue, its feed, what keeps them up and what it sends."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from exitd.core.inputs import FillReport, OrderReport, PositionReport, PositionsDoubted
from exitd.core.market import PriceSource, Tick
from exitd.core.trigger import TriggerState
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.feed import Feed, FeedNotice, FeedSignal, TickSink
from exitd.ports.venue import PrivateEvent, StreamDown, StreamUp, Venue
from exitd.runtime.budget import RateBudget
from exitd.runtime.dispatch import Dispatcher
from exitd.runtime.freshness import Staleness, judge
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop
from exitd.runtime.reconcile import reconcile
from exitd.runtime.supervise import keep_running

Spawn = Callable[[Coroutine[Any, Any, None], str], None]

#: A peer that has proved nothing for this long is dropped without a handshake.
_SILENCE_MAX_NS = 4 * NS_PER_S
_WATCH_EVERY_S = 0.5


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
        reconcile_every_s: float = 30.0,
        clock_every_s: float = 30.0,
        before_tick: TickSink | None = None,
    ) -> None:
        self.name = venue.account
        self.venue = venue
        self.feed = feed
        self.inquiry = Inquiry(loop, venue, spawn)
        self.dispatcher = Dispatcher(loop, venue, budget, self.inquiry, spawn)
        self.is_stream_up = False
        self.is_reconciled = False
        self.feed_since_ns: int | None = None
        self.stale: dict[PriceSource, Staleness] = {}
        self.garbled = 0
        self.reconnects = 0
        self._loop = loop
        self._spawn = spawn
        self._waits = waits
        self._reconcile_every_s = reconcile_every_s
        self._clock_every_s = clock_every_s
        self._before_tick = before_tick
        self._wants_reconcile = asyncio.Event()
        loop.on_contradiction(self._wants_reconcile.set)

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
                was_up=lambda: self._was_up,
                waits=self._waits,
            ),
            "account": keep_running(
                partial(self.venue.run_stream, self._on_event),
                self._on_stream_lost,
                was_up=lambda: self._was_stream_up,
                waits=self._waits,
            ),
            "watchdog": self._watch(),
            "reconcile": self._reconcile(),
            "clock": self._keep_clock(),
        }
        for what, task in tasks.items():
            self._spawn(task, f"{self.name} {what}")

    _was_up = False
    _was_stream_up = False

    def _on_tick(self, tick: Tick) -> None:
        if self._before_tick is not None:
            self._before_tick(tick)
        self._loop.handle(tick)

    def _on_notice(self, notice: FeedNotice) -> None:
        match notice.signal:
            case FeedSignal.CONNECTED:
                self.feed_since_ns = self._loop.clock.now_ns()
                self._was_up = True
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
                self.is_stream_up = self._was_stream_up = True
                self._wants_reconcile.set()
                log(Event.ACCOUNT_CONNECTED, account=self.name, venue=self.name)
            case StreamDown():
                self._doubt()
            case PositionReport() if not self.is_stream_up:
                self._loop.handle(event)
            case OrderReport() | FillReport() | PositionReport():
                self._loop.handle(event)

    def _on_stream_lost(self, reason: str) -> None:
        log(Event.ACCOUNT_LOST, account=self.name, venue=self.name, reason=reason)
        self._doubt()

    def _doubt(self) -> None:
        self.is_stream_up = False
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
        watched = {s for s in self._loop.engine.watched() if s.feed == self.name}
        for source in watched | set(self.stale):
            found = None
            if source in watched:
                found = judge(
                    source,
                    state,
                    now_ns=now_ns,
                    max_age_ns=state.policies.price_max_age_ns,
                    connected_since_ns=self.feed_since_ns,
                )
            self._note_freshness(source, found)

    def _note_freshness(self, source: PriceSource, found: Staleness | None) -> None:
        was = self.stale.pop(source, None)
        if found is not None:
            self.stale[source] = found
        where = {"venue": self.name, "symbol": source.symbol, "price_kind": source.kind}
        if found is not None and was is None:
            age_ms = None if found.age_ns is None else found.age_ns // 1_000_000
            if found.age_ns is not None:
                log(Event.FEED_STALE, **where, age_ms=age_ms, reason=found.reason)
        elif found is None and was is not None and was.age_ns is not None:
            log(Event.FEED_RECOVERED, **where)

    async def _reconcile(self) -> None:
        """After each connect, then at a steady pace, ask what is."""
        while True:
            try:
                async with asyncio.timeout(self._reconcile_every_s):
                    await self._wants_reconcile.wait()
            except TimeoutError:
                pass
            self._wants_reconcile.clear()
            try:
                await reconcile(self._loop, self.venue)
                self.is_reconciled = True
            except VenueError as error:
                log(Event.VENUE_FAILED, venue=self.name, reason=str(error))

    async def _keep_clock(self) -> None:
        while True:
            await asyncio.sleep(self._clock_every_s)
            self.inquiry.sync_clock()

    def has_firing(self) -> bool:
        state = self._loop.engine.state
        return any(
            f.account == self.name
            and state.triggers[f.trigger_id].state is TriggerState.FIRING
            for f in state.fires.values()
        )

    async def stop(self) -> None:
        self.dispatcher.stop()
        await self.feed.close()
        await self.venue.close()
