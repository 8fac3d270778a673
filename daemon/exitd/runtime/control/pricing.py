"""A price to judge a new level by, before anything watches it.

A level that is crossed already must not be armed and fire at the first tick by
surprise, so a price that nobody has is asked for once.
"""

import asyncio
from collections.abc import Collection, Iterable

from exitd.core.market import PriceSource
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import NS_PER_S
from exitd.errors import NoSuchMarket, VenueError
from exitd.logs import Event, log
from exitd.runtime.daemon import Daemon

_PATIENCE_S = 2.0
_ASK_AGAIN_NS = 5 * NS_PER_S


class Pricing:
    """Asks a feed by REST for prices that are not known, or not fresh.

    `unknown` says why there is no such market, for streams of which its venue said so
    when it was last asked.
    """

    def __init__(self, daemon: Daemon) -> None:
        self.unknown: dict[PriceSource, str] = {}
        self._daemon = daemon
        # One at a time: many who arm on one market wait for one question.
        self._asking = asyncio.Lock()
        self._asked_ns: dict[PriceSource, int] = {}

    async def know(self, definitions: Iterable[TriggerDefinition]) -> None:
        """See to a fresh price of each level's source, as far as there is one.

        A level whose price cannot be had is armed all the same: the first price
        that comes judges it (behaviour 7).
        """
        state = self._daemon.loop.engine.state
        watched = {
            definition.source
            for definition in definitions
            if definition.watches_price
            and (definition.account, definition.symbol) in state.instruments
        }
        await self.see_to({part for source in watched for part in source.parts})

    async def see_to(self, wanted: Collection[PriceSource]) -> None:
        """See to a fresh price of each stream, as far as there is one."""
        if all(self._is_fresh(source) for source in wanted):
            return
        async with self._asking:
            for source in wanted:
                if not self._is_fresh(source) and not self._was_asked(source):
                    await self._ask(source)

    def _is_fresh(self, source: PriceSource) -> bool:
        state = self._daemon.loop.engine.state
        book = state.books.get(source)
        if book is None or book.price is None:
            return False
        age_ns = self._daemon.clock.now_ns() - book.ts_recv_ns
        return age_ns <= state.policies.price_max_age_ns

    def _was_asked(self, source: PriceSource) -> bool:
        """Whether there was no answer a moment ago: then arming does not wait again."""
        asked_ns = self._asked_ns.get(source)
        if asked_ns is None:
            return False
        return self._daemon.clock.monotonic_ns() - asked_ns < _ASK_AGAIN_NS

    async def _ask(self, source: PriceSource) -> None:
        feed = self._daemon.feeds.get(source.feed)
        if feed is None:
            return
        self.unknown.pop(source, None)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                tick = await feed.poll(source)
        except (TimeoutError, VenueError) as error:
            reason = str(error) or "no answer within two seconds"
            log(Event.VENUE_FAILED, venue=source.feed, reason=reason)
            self._asked_ns[source] = self._daemon.clock.monotonic_ns()
            if isinstance(error, NoSuchMarket):
                self.unknown[source] = reason
            return
        if tick is not None:
            # The engine takes prices only for what it has a book of.
            self._daemon.loop.engine.state.book(source)
            self._daemon.loop.handle(tick)
