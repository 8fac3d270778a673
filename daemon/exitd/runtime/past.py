"""What is done: out of memory when there is time, and triggers back when named.

A trigger is always in exactly one place where it is looked for: in the engine's memory;
here, from when it is forgotten until that is on disk; or in the store.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from itertools import islice
from typing import Protocol

from msgspec.structs import replace

from exitd.core.engine import Engine
from exitd.core.forgetting import AT_ONCE
from exitd.core.inputs import Input
from exitd.core.past_inputs import ForgetDone, Recall
from exitd.core.records import TriggerGone
from exitd.core.state import Decision
from exitd.core.trigger import TriggerRecord
from exitd.ports.clock import Clock
from exitd.ports.store import PastQuery, Store, StoreHealth

EVERY_S = 1.0
#: Rows that are read from the store at once.
_PAGE = 500


class Deciding(Protocol):
    """The engine loop, as far as it is needed here."""

    engine: Engine
    store: Store
    clock: Clock

    def handle(self, happened: Input) -> Decision: ...

    def when_durable(self, then: Callable[[], None]) -> None: ...


class Past:
    """Forgets what is long done, and finds it again."""

    def __init__(self, loop: Deciding) -> None:
        self._loop = loop
        self._going: dict[str, TriggerRecord] = {}

    async def run(self) -> None:
        """Look once a second whether there is time, and something to forget."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.step()

    def step(self) -> None:
        """Forget a little of what is long done, while nothing waits for the disk."""
        store, state = self._loop.store, self._loop.engine.state
        now_ns = self._loop.clock.now_ns()
        is_quiet = store.health is StoreHealth.WRITABLE and not store.backlog
        queues = state.done, state.market_ends.due
        first_ns = min(next(iter(due.values()), now_ns + 1) for due in queues)
        if not is_quiet or first_ns > now_ns:
            return
        some = {id: state.triggers[id] for id in islice(state.done, AT_ONCE)}
        gone: list[str] = []
        self._loop.when_durable(lambda: self._written(gone))
        for record in self._loop.handle(ForgetDone(now_ns)).records:
            if isinstance(record, TriggerGone):
                gone.append(record.trigger_id)
                self._going[record.trigger_id] = some[record.trigger_id]

    def _written(self, gone: list[str]) -> None:
        for trigger_id in gone:
            del self._going[trigger_id]

    def here(self) -> list[TriggerRecord]:
        """Give every trigger that the store need not be asked for."""
        return [*self._loop.engine.state.triggers.values(), *self._going.values()]

    def known(self, trigger_id: str) -> TriggerRecord | None:
        """Give one of those that the store need not be asked for."""
        found = self._loop.engine.state.triggers.get(trigger_id)
        return found or self._going.get(trigger_id)

    async def find(self, ids: Collection[str]) -> dict[str, TriggerRecord]:
        """Give triggers by their ids, wherever they are; those there are."""
        before = {id: self.known(id) for id in ids}
        missing = [id for id, record in before.items() if record is None]
        stored = await self._loop.store.past_triggers_by_id(missing) if missing else {}
        # Meanwhile one may have been armed, or gone to disk after it was looked for.
        found = {id: self.known(id) or before[id] or stored.get(id) for id in ids}
        return {id: record for id, record in found.items() if record is not None}

    async def recall(self, ids: Collection[str]) -> None:
        """See to it that triggers which a command names are in memory, for a while."""
        state = self._loop.engine.state
        found = await self.find(ids)
        past = tuple(r for id, r in found.items() if id not in state.triggers)
        if past or any(id in state.done for id in ids):
            now_ns = self._loop.clock.now_ns()
            self._loop.handle(
                Recall(trigger_ids=tuple(found), past=past, now_ns=now_ns)
            )

    async def each(self, query: PastQuery) -> AsyncIterator[TriggerRecord]:
        """Give what the store has of the past, in the order of the ids, all of it.

        Whoever looks at those that are `here` first, misses none; what has come or gone
        meanwhile may be in both.
        """
        while True:
            page = await self._loop.store.past_triggers(replace(query, limit=_PAGE))
            for record in page:
                yield record
            if len(page) < _PAGE:
                return
            query = replace(query, after=page[-1].id)
