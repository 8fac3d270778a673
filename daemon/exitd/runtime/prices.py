"""One feed, kept up and watched: what it tells, how fresh that is, what it says."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from exitd.core.inputs import SourceJudged
from exitd.core.market import PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert
from exitd.ports.feed import Feed, FeedNotice, FeedSignal, TickSink
from exitd.runtime.budget import RateBudget
from exitd.runtime.first_prices import FirstPrices
from exitd.runtime.freshness import FreshnessWatch, Staleness, judge
from exitd.runtime.holes import Holes
from exitd.runtime.loop import EngineLoop
from exitd.runtime.price_samples import PriceSamples
from exitd.runtime.second_source import SecondSource
from exitd.runtime.seen import Seen
from exitd.runtime.supervise import CameUp, keep_running

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
F = TypeVar("F", bound=Feed)

#: A peer that has proved nothing for this long is dropped without a handshake.
_SILENCE_MAX_NS = 4 * NS_PER_S
_WATCH_EVERY_S = 0.5
#: One symbol that stays silent must not cost all others their prices for ever.
_RESUBSCRIBE_EVERY_NS = 60 * NS_PER_S


def _tell_nobody(alert: Alert) -> None:
    """Until the daemon says who is to be told."""


class WatchedFeed:
    """The runtime's side of one feed, of an account or of a venue of prices only.

    `since_ns` is when its connection came up, None while it is down; `garbled` and
    `reconnects` count since the start.
    """

    def __init__(
        self,
        feed: Feed,
        loop: EngineLoop,
        *,
        spawn: Spawn,
        waits: Callable[[], Iterator[float]],
        before_tick: TickSink | None = None,
        budget: RateBudget | None = None,
    ) -> None:
        self.name = feed.name
        self.tell: Callable[[Alert], None] = _tell_nobody
        self.since_ns: int | None = None
        self.garbled = 0
        self.reconnects = 0
        self.samples = PriceSamples()
        self._feed = feed
        self._loop = loop
        self._spawn = spawn
        self._waits = waits
        self._before_tick = before_tick
        self._freshness = FreshnessWatch(self.name)
        self._first = FirstPrices(self.name, loop, self.poll, self._take)
        self._second = SecondSource(
            self.name, loop, self.poll, self._take, spawn=spawn, budget=budget
        )
        self.holes = Holes(
            self.name, loop, lambda *bars: self._feed.candles(*bars), spawn
        )
        self.seen = Seen(loop)
        self._came_up = CameUp()
        self._ts_resubscribed_ns = 0

    @property
    def stale(self) -> dict[PriceSource, Staleness]:
        """What the stream keeps from us now, and why."""
        return self._freshness.stale

    @property
    def unjudged(self) -> frozenset[PriceSource]:
        """What is not judged now: stale, and not told by REST either."""
        return frozenset(s for s, found in self.stale.items() if not found.is_asked)

    def is_stale(self, source: PriceSource) -> bool:
        """Whether a source is not judged."""
        found = self.stale.get(source)
        return found is not None and not found.is_asked

    def is_asked(self, source: PriceSource) -> bool:
        """Whether REST stands in for the stream of a source."""
        found = self.stale.get(source)
        return found is not None and found.is_asked

    def price_age_ns(self, source: PriceSource) -> int | None:
        """How old the last price of a source is; None if none was ever seen."""
        book = self._loop.engine.state.books.get(source)
        if book is None or book.price is None:
            return None
        return self._loop.clock.now_ns() - book.ts_recv_ns

    async def poll(self, source: PriceSource) -> Tick | None:
        """Ask for one price by REST.

        Raises:
            VenueError: There was no answer.
        """
        return await self._feed.poll(source)

    def watch_sources(self) -> None:
        """Subscribe to what triggers watch on this feed now."""
        self._feed.watch(
            frozenset(s for s in self._loop.engine.sources() if s.feed == self.name)
        )
        self._first.watch(self._watched())
        self._see_to_first_prices()

    def wrap(self, wrapper: Callable[[Feed], F]) -> F:
        """Put a feed around this one, before it is started."""
        self._feed = wrapped = wrapper(self._feed)
        return wrapped

    def start(self) -> None:
        """Bring the prices up, and keep them up."""
        prices = keep_running(
            partial(self._feed.run, self._on_tick, self._on_notice),
            self._on_lost,
            was_up=self._came_up.take,
            waits=self._waits,
        )
        self._spawn(prices, f"{self.name} prices")
        self._spawn(self._watch(), f"{self.name} watchdog")

    async def stop(self) -> None:
        await self._feed.close()

    def _on_tick(self, tick: Tick) -> None:
        if self._second.streamed_ns:
            # Back to the stream; what it kept from us is looked for in candles.
            now_ns, since_ns = tick.ts_recv_ns, self._second.let_go(tick.source)
            self.holes.found(tick.source, since_ns, now_ns)
        self._take(tick)

    def _take(self, tick: Tick) -> None:
        if self._before_tick is not None:
            self._before_tick(tick)
        samples = self.samples
        samples.taken += 1
        if samples.is_due:
            samples.measure(tick, self._loop)
        else:
            self._loop.handle(tick)

    def _on_notice(self, notice: FeedNotice) -> None:
        match notice.signal:
            case FeedSignal.CONNECTED:
                self.since_ns = self._loop.clock.now_ns()
                self.samples.ts_alive_ns = self.since_ns
                self.holes.find(self.since_ns, self._second.streamed_ns)
                self._first.watch(self._watched())
                self._first.connected(self.since_ns)
                self._see_to_first_prices()
                self._came_up.note()
                log(Event.FEED_CONNECTED, venue=self.name, channel="prices")
            case FeedSignal.REFUSED:
                log(Event.FEED_REFUSED, venue=self.name, reason=notice.detail)
            case FeedSignal.GARBAGE:
                self.garbled += 1
                log(Event.FEED_GARBLED, venue=self.name, reason=notice.detail)
            case FeedSignal.LOST:
                self.since_ns = None
                self._first.lost()

    def _see_to_first_prices(self) -> None:
        """Ask for what no trade may tell for hours; nobody waits for it."""
        if self._first.is_wanted():
            self._spawn(self._first.ask(), f"{self.name} first prices")

    def _on_lost(self, reason: str) -> None:
        self.since_ns = None
        self._first.lost()
        self.reconnects += 1
        log(Event.FEED_LOST, venue=self.name, channel="prices", reason=reason)

    async def _watch(self) -> None:
        """Drop a dead peer, and say which prices went stale or came back."""
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            silent_ns = self._loop.clock.monotonic_ns() - self._feed.ts_alive_ns
            self.samples.is_due = True
            if self._feed.ts_alive_ns:
                self.samples.ts_alive_ns = self._loop.clock.now_ns() - silent_ns
            if self.since_ns is not None and silent_ns > _SILENCE_MAX_NS:
                self._feed.abort()
            self.check_freshness()
            if self.since_ns is not None:
                told = self._watched() - self._second.streamed_ns.keys()
                self.seen.note(told, self._feed.ts_alive_ns)
            self._see_to_first_prices()

    def _watched(self) -> frozenset[PriceSource]:
        """What decides about a level now, and comes from this feed."""
        watched = self._loop.engine.watched()
        return frozenset(s for s in watched if s.feed == self.name)

    def check_freshness(self) -> None:
        state, now_ns = self._loop.engine.state, self._loop.clock.now_ns()
        max_age_ns = state.policies.price_max_age_ns
        watched = self._watched()
        self._first.watch(watched)
        for source in set(self.stale) - watched:
            self._freshness.forget(source, self.tell)
            self._judge(source, now_ns)
        self._freshness.asks_rest = state.policies.second_source
        for source in watched:
            found = judge(
                source,
                state,
                now_ns=now_ns,
                max_age_ns=max_age_ns,
                connected_since_ns=self.since_ns,
                streamed_ns=self._second.streamed_ns.get(source),
            )
            if found is not None:
                is_asked = self._second.is_answered(source, now_ns, max_age_ns)
                no_rest = "" if is_asked else self._second.why_not(source)
                found = replace(found, is_asked=is_asked, no_rest=no_rest)
            self._freshness.note(
                source, found, now_ns=now_ns, max_age_ns=max_age_ns, tell=self.tell
            )
            self._judge(source, now_ns)
        is_young = self._freshness.is_young
        silent = {s for s in self.stale if not is_young(s, now_ns, max_age_ns)}
        self._second.keep(silent)
        is_mute = self._freshness.is_mute(now_ns, max_age_ns)
        if is_mute and now_ns - self._ts_resubscribed_ns > _RESUBSCRIBE_EVERY_NS:
            # A subscription that nobody answered: a new connection asks for it again.
            self._ts_resubscribed_ns = now_ns
            self._feed.abort()

    def _judge(self, source: PriceSource, now_ns: int) -> None:
        """Let the engine know of what is told to people: prices may depend on it."""
        is_stale = self._freshness.is_told(source) and not self.is_asked(source)
        if is_stale is not (source in self._loop.engine.state.stale):
            self._loop.handle(SourceJudged(source, is_stale, now_ns))
