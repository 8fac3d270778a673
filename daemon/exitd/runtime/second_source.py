"""A second source: while a stream is silent, its prices are asked for by REST."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from exitd.core.intents import Priority
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.feed import TickSink
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop

Poll = Callable[[PriceSource], Awaitable[Tick | None]]
Spawn = Callable[[Coroutine[Any, Any, None], str], None]

_EVERY_NS = NS_PER_S
#: Candles are asked for as history is, which the strictest venue gives 30 times a
#: minute, for all its markets together.
_CANDLES_EVERY_NS = 5 * NS_PER_S
_CANDLE_GAP_NS = 2 * NS_PER_S + NS_PER_S // 2
_AT_ONCE = 4
_PATIENCE_S = 2.0


class SecondSource:
    """Asks for each silent price of one feed, once a second or as the budget allows.

    A price that the stream tells again is not asked for any more, and an answer that
    comes after it is dropped. The venue's adapter gives no price out of a cache.
    `streamed_ns` is when the stream last told what is silent (0: never), whether REST
    is asked for it or not.
    """

    def __init__(
        self,
        feed: str,
        loop: EngineLoop,
        poll: Poll,
        sink: TickSink,
        *,
        spawn: Spawn,
        budget: RateBudget | None,
    ) -> None:
        """
        Args:
            sink: Where prices go that were asked for.
            budget: The requests that the venue allows; None where the feed itself
                minds them.
        """
        self.streamed_ns: dict[PriceSource, int] = {}
        self._feed = feed
        self._loop = loop
        self._poll = poll
        self._sink = sink
        self._spawn = spawn
        self._budget = budget
        self._silent: set[PriceSource] = set()
        self._asked_ns: dict[PriceSource, int] = {}
        self._answered_ns: dict[PriceSource, int] = {}
        self._failed: dict[PriceSource, str] = {}
        self._under_way: set[PriceSource] = set()

    def is_answered(self, source: PriceSource, now_ns: int, max_age_ns: int) -> bool:
        """Whether the price of a silent stream is known all the same."""
        answered_ns = self._answered_ns.get(source)
        longest_ns = max(max_age_ns, 2 * self._every_ns(source))
        return answered_ns is not None and now_ns - answered_ns <= longest_ns

    def why_not(self, source: PriceSource) -> str:
        """Say why REST does not give a price; empty where it does, or may yet."""
        return self._failed.get(source, "")

    def keep(self, silent: set[PriceSource]) -> None:
        """Take note of what the stream keeps from us now, and stand in for it."""
        state = self._loop.engine.state
        for source in set(self.streamed_ns) - silent:
            del self.streamed_ns[source]
        for source in silent:
            self.streamed_ns.setdefault(source, state.ts_seen_ns(source))
        if state.policies.second_source:
            self.stand_in(silent)

    def let_go(self, source: PriceSource) -> int:
        """Leave a source to its stream; gives when that had last told it, or zero."""
        streamed_ns = self.streamed_ns.pop(source, 0)
        if streamed_ns:
            self.stand_in(self.streamed_ns)
        return streamed_ns

    def stand_in(self, silent: Iterable[PriceSource]) -> None:
        """Ask for these as far as it is time to, and for no others any more."""
        self._silent = set(silent)
        for source in set(self._answered_ns) | set(self._failed):
            if source not in self._silent:
                self._answered_ns.pop(source, None)
                self._failed.pop(source, None)
        now_ns = self._loop.clock.monotonic_ns()
        for source in sorted(self._silent, key=self._last_asked):
            if len(self._under_way) >= _AT_ONCE:
                return
            if source in self._under_way or not self._is_due(source, now_ns):
                continue
            budget = self._budget
            if budget is not None and not budget.take(Priority.QUERY, now_ns):
                return
            self._asked_ns[source] = now_ns
            self._under_way.add(source)
            self._spawn(self._ask(source), f"{source} by REST")

    def _last_asked(self, source: PriceSource) -> tuple[int, str]:
        return self._asked_ns.get(source, 0), str(source)

    def _every_ns(self, source: PriceSource) -> int:
        if source.kind is not PriceKind.LAST_CLOSE:
            return _EVERY_NS
        candles = [s for s in self._silent if s.kind is PriceKind.LAST_CLOSE]
        return max(_CANDLES_EVERY_NS, _CANDLE_GAP_NS * len(candles))

    def _is_due(self, source: PriceSource, now_ns: int) -> bool:
        asked_ns = self._asked_ns.get(source)
        return asked_ns is None or now_ns - asked_ns >= self._every_ns(source)

    async def _ask(self, source: PriceSource) -> None:
        reason = "the venue has no price, or one out of a cache"
        tick = None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                tick = await self._poll(source)
        except TimeoutError:
            reason = "no answer within two seconds"
        except VenueError as error:
            reason = str(error)
        finally:
            self._under_way.discard(source)
        if source not in self._silent:
            return
        if tick is None:
            self._fail(source, reason)
            return
        self._failed.pop(source, None)
        if source not in self._answered_ns:
            log(Event.FEED_SECOND_SOURCE, **self._where(source))
        self._answered_ns[source] = self._loop.clock.now_ns()
        self._sink(tick)

    def _fail(self, source: PriceSource, reason: str) -> None:
        """Say once why a price cannot be had."""
        if source not in self._failed:
            self._failed[source] = reason
            log(Event.FEED_SECOND_FAILED, **self._where(source), reason=reason)

    def _where(self, source: PriceSource) -> dict[str, str]:
        return {
            "venue": self._feed,
            "symbol": source.symbol,
            "price_kind": source.kind.value,
        }
