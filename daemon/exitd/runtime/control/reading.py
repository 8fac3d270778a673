"""Commands that only look: lists, one trigger, why it has not fired, positions."""

import asyncio
from collections.abc import Callable
from heapq import nsmallest

from msgspec import Struct

from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.state import State
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState
from exitd.core.wording import condition_word
from exitd.ports.store import FactQuery, PastQuery
from exitd.runtime.control.explaining import sentences
from exitd.runtime.control.identities import find_trigger, named_key
from exitd.runtime.control.running import AllPrices, each_trigger, settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.past import Past
from exitd.runtime.protect import audit
from exitd.runtime.shown import (
    attempts_of,
    fact_view,
    feed_view,
    fire_view,
    position_view,
    shown_state,
    trigger_view,
)
from exitd.runtime.views import (
    DetailView,
    ExplainView,
    FeedsView,
    FireView,
    PageView,
    PositionsView,
    TriggerView,
)

PAGE_MAX = 500
#: Triggers looked at before others get the loop: about a millisecond.
_CHUNK = 500
_EXPLAIN_FACTS = 10
_DETAIL_FACTS = 50


class Filter(Struct, frozen=True, kw_only=True):
    """Which triggers; empty takes all. `owner` may end in `*`.

    `position` is its key or its name in the files; whoever armed them belongs to it.
    """

    account: str = ""
    symbol: str = ""
    state: str = ""
    kind: str = ""
    owner: str = ""
    position: str = ""

    @property
    def may_be_past(self) -> bool:
        """Whether it takes triggers that are done, which memory need not have."""
        return self.state in ("", "done", *DoneReason)


class Reading:
    """Shows what there is; changes nothing."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def search(
        self, wanted: Filter | None = None, *, limit: int = 100, after: str = ""
    ) -> PageView:
        """Give a page of triggers in the order of their ids.

        *after* is the cursor of the page before. A trigger that is there all the
        while is seen exactly once, whatever fires between the pages.
        """
        wanted = wanted or Filter()
        found: list[str] = []
        past, is_wanted = self._past, self._wanted(wanted)
        here = past.here()
        for start in range(0, len(here), _CHUNK):
            chunk = (
                record.id
                for record in here[start : start + _CHUNK]
                if record.id > after and is_wanted(record)
            )
            found = nsmallest(limit + 1, (*found, *chunk))
            if start:
                await asyncio.sleep(0)
        if wanted.may_be_past:
            stored = await self._stored(wanted, is_wanted, limit + 1, after)
            found = nsmallest(limit + 1, {*found, *stored})
        records = await past.find(found[:limit])
        has_more = len(found) > limit
        return PageView(
            triggers=tuple([await self._view(record) for record in records.values()]),
            next=found[limit - 1] if has_more else None,
        )

    async def _stored(
        self,
        wanted: Filter,
        is_wanted: Callable[[TriggerRecord], bool],
        limit: int,
        after: str,
    ) -> list[str]:
        """Name triggers of the past, the first of them by their ids."""
        found: list[str] = []
        query = PastQuery(account=wanted.account, symbol=wanted.symbol, after=after)
        async for record in self._past.each(query):
            if is_wanted(record):
                found.append(record.id)
            if len(found) == limit:
                break
        return found

    def _wanted(self, wanted: Filter) -> Callable[[TriggerRecord], bool]:
        state, prices = self._state, AllPrices(self._daemon)
        key = named_key(self._daemon, wanted.position) if wanted.position else None
        return lambda record: _is_wanted(state, record, wanted, key, prices)

    async def every(self, wanted: Filter | None = None) -> tuple[TriggerView, ...]:
        """Give all triggers, page by page."""
        page = await self.search(wanted, limit=PAGE_MAX)
        found = list(page.triggers)
        while page.next is not None:
            page = await self.search(wanted, limit=PAGE_MAX, after=page.next)
            found += page.triggers
        return tuple(found)

    async def _view(self, record: TriggerRecord) -> TriggerView:
        """Show a trigger, with its last firing where it has one."""
        last = None
        if record.arming > 1 or record.state is TriggerState.DONE:
            fires = await self._fires(record.id)
            last = fires[-1] if fires else None
        return trigger_view(self._state, record, AllPrices(self._daemon), last)

    async def _fires(self, trigger_id: str) -> list[FireView]:
        """Give every firing of a trigger, oldest first, the open one as it is now."""
        await settle(self._daemon.store)
        stored = await self._daemon.store.fires(trigger_id)
        state = self._state
        now = state.fires.get(trigger_id)
        return [
            fire_view(known, attempts_of(state, known))
            for known in (
                now if now is not None and now.arming == fired.arming else fired
                for fired in stored
            )
        ]

    async def show(self, trigger_id: str, *, account: str = "") -> DetailView:
        record = await find_trigger(self._daemon, trigger_id, account)
        fires = await self._fires(trigger_id)
        last = fires[-1] if fires else None
        facts = await self._daemon.store.facts(
            FactQuery(trigger_id=trigger_id, limit=_DETAIL_FACTS)
        )
        return DetailView(
            trigger=trigger_view(self._state, record, AllPrices(self._daemon), last),
            fires=tuple(reversed(fires)),
            facts=tuple(fact_view(fact) for fact in facts),
        )

    async def explain(self, trigger_id: str, *, account: str = "") -> ExplainView:
        record = await find_trigger(self._daemon, trigger_id, account)
        view = await self._view(record)
        await settle(self._daemon.store)
        facts = await self._daemon.store.facts(
            FactQuery(trigger_id=trigger_id, limit=_EXPLAIN_FACTS)
        )
        why_no_time = self._daemon.calendars.why_no_time(record)
        said = sentences(self._state, record, view, why_no_time=why_no_time)
        return ExplainView(
            trigger=view,
            sentences=tuple(said),
            facts=tuple(fact_view(fact) for fact in facts),
        )

    def positions(self) -> PositionsView:
        """Give every open position, and what protects it."""
        state, prices = self._state, AllPrices(self._daemon)
        now_ns = self._daemon.clock.now_ns()
        started_ns = self._daemon.ts_started_ns
        found = audit(state, self._stale(), now_ns=now_ns, ts_started_ns=started_ns)
        holes = {hole.key: hole for hole in found}
        return PositionsView(
            positions=tuple(
                position_view(state, position, prices, holes.get(key))
                for key, position in state.positions.items()
                if position.is_open
            )
        )

    async def feeds(self) -> FeedsView:
        """Give every price that a trigger watches."""
        state, prices = self._state, AllPrices(self._daemon)
        watched: dict[PriceSource, int] = {}
        async for record in each_trigger(self._daemon):
            definition = record.definition
            if record.state is not TriggerState.DONE and definition.watches_price:
                for stream in definition.source.parts:
                    watched[stream] = watched.get(stream, 0) + 1
        return FeedsView(
            feeds=tuple(
                feed_view(state, source, prices, count)
                for source, count in sorted(watched.items(), key=lambda i: str(i[0]))
            )
        )

    @property
    def _past(self) -> Past:
        return self._daemon.loop.past

    def _stale(self) -> frozenset[PriceSource]:
        feeds = self._daemon.feeds.values()
        return frozenset(source for feed in feeds for source in feed.unjudged)

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


def _is_wanted(
    state: State,
    record: TriggerRecord,
    wanted: Filter,
    key: PositionKey | None,
    prices: AllPrices,
) -> bool:
    definition = record.definition
    if wanted.account and definition.account != wanted.account:
        return False
    if wanted.symbol and definition.symbol != wanted.symbol:
        return False
    if wanted.position and not (
        (key is not None and definition.key == key)
        or record.id.partition("/")[0] == wanted.position
    ):
        return False
    if wanted.kind and kind_word(record) != wanted.kind:
        return False
    if wanted.owner and not _matches(definition.owner, wanted.owner):
        return False
    if not wanted.state:
        return True
    if wanted.state in ("done", "active"):
        return (record.state is TriggerState.DONE) == (wanted.state == "done")
    return shown_state(state, record, prices) == wanted.state


def kind_word(record: TriggerRecord) -> str:
    return condition_word(record.definition.condition)


def _matches(owner: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return owner.startswith(pattern[:-1])
    return owner == pattern
