"""Commands that only look: lists, one trigger, why it has not fired, positions."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from heapq import nsmallest

from msgspec import Struct

from exitd.core.condition import Trailing
from exitd.core.market import PriceSource
from exitd.core.resting import level_now
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord, TriggerState, WaitingFor
from exitd.core.units import NS_PER_S, text
from exitd.core.wording import condition_word, level_text
from exitd.ports.store import FactQuery
from exitd.runtime.control.identities import find_trigger
from exitd.runtime.control.running import AllPrices, each_trigger, settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.protect import audit
from exitd.runtime.shown import (
    attempts_of,
    distance_percent,
    fact_view,
    feed_view,
    fire_view,
    last_price,
    percent_text,
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
    """Which triggers; empty takes all. `owner` may end in `*`."""

    account: str = ""
    symbol: str = ""
    state: str = ""
    kind: str = ""
    owner: str = ""
    position: str = ""


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
        state, prices = self._state, AllPrices(self._daemon)
        ids = list(state.triggers)
        for start in range(0, len(ids), _CHUNK):
            chunk = (
                id
                for id in ids[start : start + _CHUNK]
                if id > after and _is_wanted(state, id, wanted, prices)
            )
            found = nsmallest(limit + 1, (*found, *chunk))
            if start:
                await asyncio.sleep(0)
        shown = [
            await self._view(state.triggers[id])
            for id in found[:limit]
            if id in state.triggers
        ]
        has_more = len(found) > limit
        return PageView(
            triggers=tuple(shown), next=found[limit - 1] if has_more else None
        )

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
        record = find_trigger(self._state, trigger_id, account)
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
        record = find_trigger(self._state, trigger_id, account)
        view = await self._view(record)
        await settle(self._daemon.store)
        facts = await self._daemon.store.facts(
            FactQuery(trigger_id=trigger_id, limit=_EXPLAIN_FACTS)
        )
        return ExplainView(
            trigger=view,
            sentences=tuple(_sentences(self._state, record, view)),
            facts=tuple(fact_view(fact) for fact in facts),
        )

    def positions(self) -> PositionsView:
        """Give every open position, and what protects it."""
        state, prices = self._state, AllPrices(self._daemon)
        now_ns = self._daemon.clock.now_ns()
        holes = {h.key: h for h in audit(state, self._stale(), now_ns=now_ns)}
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
                watched[definition.source] = watched.get(definition.source, 0) + 1
        return FeedsView(
            feeds=tuple(
                feed_view(state, source, prices, count)
                for source, count in sorted(watched.items(), key=lambda i: str(i[0]))
            )
        )

    def _stale(self) -> frozenset[PriceSource]:
        feeds = self._daemon.feeds.values()
        return frozenset(source for feed in feeds for source in feed.stale)

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


def _is_wanted(state: State, id: str, wanted: Filter, prices: AllPrices) -> bool:
    record = state.triggers.get(id)
    if record is None:
        return False
    definition = record.definition
    if wanted.account and definition.account != wanted.account:
        return False
    if wanted.symbol and definition.symbol != wanted.symbol:
        return False
    if wanted.position and wanted.position not in (
        str(definition.key),
        id.partition("/")[0],
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


_WAITS = {
    WaitingFor.NOTHING: "it waits",
    WaitingFor.POSITION: "it waits for its position to be opened",
    WaitingFor.ENTRY: "its level is relative to the entry price, which the venue has "
    "not said yet",
    WaitingFor.FIRST_PRICE: "it waits for the first price, to see on which side it is",
    WaitingFor.RIGHT_SIDE: "its level was already crossed when the position began; it "
    "arms once the price has been on the other side",
}


def _sentences(state: State, record: TriggerRecord, view: TriggerView) -> Iterator[str]:
    """Say why a trigger has or has not fired, the most important first."""
    if record.state is TriggerState.DONE:
        yield f"it is done: {record.reason}"
    elif record.state is TriggerState.FIRING:
        yield from _about_fire(state, record)
    elif record.paused:
        yield f"it is paused; `exitd resume {record.id}` lets it watch again"
    elif record.state is TriggerState.WAITING:
        yield _WAITS[record.waiting_for]
    elif record.id in _held(state, record):
        yield "its level was crossed, and it waits for a stop of the position to end"
    elif view.price is None:
        yield f"no {view.price_kind} price of {view.symbol} has been seen yet"
    if record.state in (TriggerState.ARMED, TriggerState.WAITING):
        yield from _about_price(state, record, view)
    elif view.fire is not None:
        yield from _about_last(view.fire)


def _held(state: State, record: TriggerRecord) -> dict[str, None]:
    key = record.definition.key
    return state.held.get(key, {}) if key is not None else {}


def _about_fire(state: State, record: TriggerRecord) -> Iterator[str]:
    fired = state.fires[record.id]
    yield f"it is firing, in attempt {fired.attempts}"
    if fired.held_by:
        yield f"it cannot send yet: {fired.held_by}"
    attempt = state.open_attempt_of(fired)
    if attempt is not None:
        filled, asked = text(attempt.filled), text(attempt.order.quantity)
        yield f"its order is {attempt.state}: {filled} of {asked} filled"


def _about_price(
    state: State, record: TriggerRecord, view: TriggerView
) -> Iterator[str]:
    definition = record.definition
    if view.due is not None:
        yield f"its time comes at {view.due}, at any price"
    price = last_price(state, definition.source)
    if price is None or not definition.watches_price:
        return
    yield from _about_trail(record, view)
    level = level_now(state, record)
    if level is not None:
        away = distance_percent(definition, level, price)
        where = f"{percent_text(away)} % away" if away > 0 else "beyond it"
        yield (
            f"{view.price_kind} is {view.price}; it fires when that is "
            f"{definition.direction} to {view.level}, {where}"
        )
        yield from _about_confirmation(state, record, view)
    age = f"{view.price_age_ms} ms old" if view.price_age_ms is not None else "unknown"
    stale = ", too old to judge by" if view.state == "stale" else ""
    yield f"the price is {age}{stale}"


def _about_trail(record: TriggerRecord, view: TriggerView) -> Iterator[str]:
    condition = record.definition.condition
    if not isinstance(condition, Trailing):
        return
    if view.watermark is None:
        after = level_text(condition.after) if condition.after is not None else "any"
        yield f"its trail has not begun: it begins at {after} price"
        return
    yield f"it trails the best price since it began, {view.watermark}, by {view.asked}"


def _about_confirmation(
    state: State, record: TriggerRecord, view: TriggerView
) -> Iterator[str]:
    confirmation = record.definition.confirmation
    if confirmation is None:
        return
    counted = state.book(record.definition.source).counting.get(record.id)
    if view.confirms is not None:
        yield f"its level is crossed; it fires at {view.confirms} unless that ends"
    elif counted is not None:
        yield f"its level is crossed, for {counted} of {confirmation.prices} prices"
    elif confirmation.prices:
        yield f"then it waits for {confirmation.prices} prices in a row beyond"
    elif confirmation.for_ns:
        seconds = text(Decimal(confirmation.for_ns) / NS_PER_S)
        yield f"then it waits until the price has been beyond for {seconds} s"
    if confirmation.emergency is not None:
        yield f"at {level_text(confirmation.emergency)} it does not wait"


def _about_last(fire: FireView) -> Iterator[str]:
    seen = f" at {fire.observed}" if fire.observed is not None else ""
    level = f" with level {fire.level}" if fire.level is not None else ""
    yield f"it fired{seen}{level} on {fire.ts_hit}, by {fire.cause}"
    if fire.average_price is not None:
        slipped = fire.slippage_percent
        against = f", {slipped} % against us" if slipped is not None else ""
        yield f"{fire.filled} was filled at {fire.average_price}{against}"
