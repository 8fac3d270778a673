"""Commands that only look: lists, one trigger, why it has not fired, positions."""

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from heapq import nsmallest

from msgspec import Struct

from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.state import State
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState
from exitd.core.units import INFINITY
from exitd.core.wording import condition_word
from exitd.ports.store import FactQuery, PastQuery
from exitd.runtime.control.census import Census, Rest
from exitd.runtime.control.explaining import sentences
from exitd.runtime.control.identities import find_trigger, named_key
from exitd.runtime.control.nearest import active, nearest
from exitd.runtime.control.running import AllPrices, settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.past import Past
from exitd.runtime.protect import Hole, audit
from exitd.runtime.shown import (
    attempts_of,
    fact_view,
    feed_view,
    fire_view,
    is_protecting,
    position_view,
    shown_state,
    trigger_view,
)
from exitd.runtime.trigger_words import written_words
from exitd.runtime.views import (
    DetailView,
    ExplainView,
    FeedsView,
    FireView,
    NearestView,
    PageView,
    PositionsView,
    TriggerView,
)

PAGE_MAX = 500
#: Triggers looked at before others get the loop: about a millisecond.
_CHUNK = 500
#: Triggers shown before others get the loop.
_SHOWN_CHUNK = 20
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

    def __init__(self, daemon: Daemon, census: Census) -> None:
        self._daemon = daemon
        self._census = census
        self._rest = Rest(daemon.clock.monotonic_ns)
        self._holes: tuple[Hole, ...] = ()

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
            written=written_words(record.definition),
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

    async def nearest(self, *, limit: int = 100) -> NearestView:
        """Give the triggers that are nearest to firing, the nearest first.

        What is not done and watches nothing, or has no distance, comes last.
        """
        records = await nearest(self._daemon, limit)
        views = []
        for index, record in enumerate(records):
            views.append(trigger_view(self._state, record, AllPrices(self._daemon)))
            if index % _SHOWN_CHUNK == _SHOWN_CHUNK - 1:
                await asyncio.sleep(0)
        more = max(0, active(self._state) - len(views))
        return NearestView(triggers=tuple(sorted(views, key=_by_distance)), more=more)

    async def positions(self) -> PositionsView:
        """Give every open position, and what protects it."""
        holes = {hole.key: hole for hole in self.holes()}
        views = []
        for position in [p for p in self._state.positions.values() if p.is_open]:
            active, protecting = await self._around(position.key)
            views.append(
                position_view(
                    self._state,
                    position,
                    holes.get(position.key),
                    active=active,
                    protected_by=protecting,
                )
            )
        return PositionsView(positions=tuple(views))

    def holes(self) -> tuple[Hole, ...]:
        """Give the open positions that no live stop covers whole, and why.

        Where that takes long, as they were a moment ago.
        """
        if self._rest.is_over():
            self._holes = audit(
                self._state,
                self._stale(),
                now_ns=self._daemon.clock.now_ns(),
                ts_started_ns=self._daemon.ts_started_ns,
            )
            self._rest.begin()
        return self._holes

    async def _around(self, key: PositionKey) -> tuple[tuple[str, ...], ...]:
        """Name the triggers of a position that are not done, and those protecting it.

        Others have the loop in between: a position may have thousands.
        """
        state, prices = self._state, AllPrices(self._daemon)
        active: list[str] = []
        protecting: list[str] = []
        for index, id in enumerate(list(state.by_position.get(key, ()))):
            record = state.triggers.get(id)
            if record is not None and record.state is not TriggerState.DONE:
                active.append(id)
                if is_protecting(state, record, prices):
                    protecting.append(id)
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)
        return tuple(active), tuple(protecting)

    async def feeds(self) -> FeedsView:
        """Give every price that a trigger watches."""
        state, prices = self._state, AllPrices(self._daemon)
        watched: Counter[PriceSource] = Counter()
        for source, count in (await self._census.latest()).watched.items():
            for stream in source.parts:
                watched[stream] += count
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


def _by_distance(trigger: TriggerView) -> tuple[Decimal, str]:
    away = trigger.distance_percent
    return (Decimal(away) if away is not None else INFINITY), trigger.id


def kind_word(record: TriggerRecord) -> str:
    return condition_word(record.definition.condition)


def _matches(owner: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return owner.startswith(pattern[:-1])
    return owner == pattern
