"""The runtime of one account whose positions are quotes on a chain, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from chain.deployed import XRP_NAME
from chain.world import ACCOUNT, World, world
from exitd.adapters.system.clock import SystemClock
from exitd.core.condition import ConditionKind
from exitd.core.engine import Engine
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.state import Accepted
from exitd.core.trigger import Close, DoneReason, TriggerState
from exitd.core.units import NS_PER_MS
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop
from exitd.runtime.recover import recover, restore
from fakes.archive import Disk
from fakes.store import FakeStore
from runtime.desk import WHOLE, ClosableFeed, quick_waits, rule

CLOSE_ALL = Close(quantity=WHOLE)
PATIENCE_S = 30


class ChainDesk:
    """The runtime of one account on the chain, in real time."""

    def __init__(self, w: World, quote_id: int, disk: Disk | None = None) -> None:
        self.w = w
        # A quote is a market of its own, at the price of the watched contract.
        self.symbol = f"{XRP_NAME}#{quote_id}"
        self.source = PriceSource(ACCOUNT, self.symbol, PriceKind.MARK)
        clock = w.clock
        self.facts: list[Fact] = []
        self.store = FakeStore(clock, disk)
        policies = Policies(resolve_every_ns=20 * NS_PER_MS)
        self.loop = EngineLoop(Engine(policies), self.store, clock)
        self.bug: BaseException | None = None
        self._seq = 0
        self._moved = asyncio.Event()
        w.pool.on_change = self._moved.set
        self.loop.on_facts(self._tell)
        self.feed = ClosableFeed(clock, ACCOUNT)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.account = Account(
            w.venue,
            self.feed,
            self.loop,
            budget=RateBudget(600_000, 1_000, 100),
            spawn=self._spawn,
            waits=quick_waits,
            reconcile_every_s=0.2,
        )
        self.loop.engine.state.book(self.source)
        tag = self.store.tag(ACCOUNT)
        self.loop.engine.add_account(ACCOUNT, tag, w.venue.capabilities)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.bug = task.exception()
            self._moved.set()

    def _tell(self, facts: tuple[Fact, ...]) -> None:
        self.facts += facts
        self._moved.set()

    async def start(self) -> None:
        restore(self.loop, self.store.load())
        symbols = {key.symbol for key in self.loop.engine.state.positions}
        await self.w.venue.chain.recall(sorted(symbols))
        await recover([self.account], self.loop)
        self.account.prices.watch_sources()
        self.account.dispatcher.open()
        self.account.start()

    async def arm(
        self,
        action: Close,
        level: str = "1.9",
        kind: ConditionKind = ConditionKind.STOP_LOSS,
        id: str = "sl",
    ) -> None:
        armed = rule(
            id,
            kind,
            level,
            action=action,
            account=ACCOUNT,
            symbol=self.symbol,
            source=self.source,
        )
        now_ns = self.w.clock.now_ns()
        reply = await self.loop.command(Arm(definitions=(armed,), now_ns=now_ns))
        assert isinstance(reply, Accepted), reply
        self.account.prices.watch_sources()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what a fact or a transaction brings about."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                if self.bug is not None:
                    raise self.bug
                self._moved.clear()
                await self._moved.wait()

    def price(self, price: str) -> None:
        """Let the watched contract cost so much, for the venue and on the feed."""
        self.w.price = Decimal(price)
        self._seq += 1
        self.feed.push(self.source, price, seq=self._seq)

    async def done(self, id: str = "sl") -> DoneReason:
        """Wait for a trigger to be done, and say why."""
        triggers = self.loop.engine.state.triggers
        await self.until(lambda: triggers[id].state is TriggerState.DONE)
        return triggers[id].reason

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts]

    async def kill(self) -> None:
        self.store.crash()
        self.loop.timer.stop()
        self.account.dispatcher.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def held(
    version: str = "0.8.4",
    *,
    action: Close = CLOSE_ALL,
    quantity: str = "100",
    **settings: object,
) -> AsyncIterator[tuple[World, ChainDesk, int]]:
    """A quote that is followed, with a stop on it at 1.9 and a price of 2."""
    async with world(version, clock=SystemClock(), **settings) as w:
        quote_id = w.chain.open(quantity)
        await w.ready(quote_id)
        desk = ChainDesk(w, quote_id)
        await desk.start()
        await desk.until(lambda: bool(desk.loop.engine.state.positions))
        desk.price("2")
        await desk.arm(action)
        try:
            yield w, desk, quote_id
        finally:
            await desk.kill()
