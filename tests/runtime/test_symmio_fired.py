"""The whole runtime on a chain: a stop is hit, and what becomes of it there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

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

XRP = PriceSource(ACCOUNT, "XRPUSDT", PriceKind.MARK)
PATIENCE_S = 30


class ChainDesk:
    """The runtime of one account on the chain, in real time."""

    def __init__(self, w: World, disk: Disk | None = None) -> None:
        self.w = w
        clock = w.clock
        self.facts: list[Fact] = []
        self.store = FakeStore(clock, disk)
        policies = Policies(resolve_every_ns=20 * NS_PER_MS)
        self.loop = EngineLoop(Engine(policies), self.store, clock)
        self.bug: BaseException | None = None
        self._moved = asyncio.Event()
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
        self.loop.engine.state.book(XRP)
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

    async def arm(self, symbol: str, action: Close) -> None:
        stop = rule(
            "sl",
            ConditionKind.STOP_LOSS,
            "1.9",
            action=action,
            account=ACCOUNT,
            symbol=symbol,
            source=XRP,
        )
        now_ns = self.w.clock.now_ns()
        reply = await self.loop.command(Arm(definitions=(stop,), now_ns=now_ns))
        assert isinstance(reply, Accepted), reply
        self.account.prices.watch_sources()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what is told of by some fact when it comes about."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                if self.bug is not None:
                    raise self.bug
                self._moved.clear()
                await self._moved.wait()

    async def done(self) -> DoneReason:
        """Wait for the stop to be done, and say why."""
        triggers = self.loop.engine.state.triggers
        await self.until(lambda: triggers["sl"].state is TriggerState.DONE)
        return triggers["sl"].reason

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts]

    async def kill(self) -> None:
        self.store.crash()
        self.loop.stop()
        self.account.dispatcher.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def held(**settings: object) -> AsyncIterator[tuple[World, ChainDesk, int]]:
    """A quote that is followed, with a stop on it and a price above."""
    async with world(clock=SystemClock(), **settings) as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        desk = ChainDesk(w)
        await desk.start()
        await desk.until(lambda: bool(desk.loop.engine.state.positions))
        desk.feed.push(XRP, "2", seq=1)
        await desk.arm(symbol, Close(quantity=WHOLE))
        try:
            yield w, desk, quote_id
        finally:
            await desk.kill()


async def test_b001_given_a_quote_when_its_stop_is_hit_then_closed_on_the_chain():
    async with held() as (w, desk, quote_id):
        w.price = Decimal("1.9")
        desk.feed.push(XRP, "1.9", seq=2)
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert w.chain.status(quote_id) == 7
        assert len(w.pool.seen) == 1


async def test_b111_given_a_crash_after_signing_then_the_same_bytes_and_one_close():
    async with held(inclusion_s=0.02) as (w, desk, quote_id):
        w.price = Decimal("1.9")
        w.pool.is_mining = False
        desk.feed.push(XRP, "1.9", seq=2)
        await desk.until(lambda: FactKind.ORDER_IN_DOUBT in desk.kinds())
        before = set(w.pool.seen)
        await desk.kill()
        await w.venue.close()
        w.start(inclusion_s=10.0)
        await w.venue.sync_clock()
        w.pool.waiting.clear()
        w.pool.is_mining = True

        again = ChainDesk(w, desk.store.disk)
        await again.start()
        await again.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        reason = await again.done()
        await again.kill()

        assert reason is DoneReason.FILLED
        assert set(w.pool.seen) == before


async def test_b099_given_a_close_that_expires_unfilled_then_asked_for_again():
    async with held(window_ns=30 * 10**9) as (w, desk, quote_id):
        w.price = Decimal("1.9")
        desk.feed.push(XRP, "1.9", seq=2)
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        first = w.chain.quote(quote_id)[24]

        # Within what a block may be ahead of our clock.
        w.chain.pass_time(first - w.chain.now_s + 1)
        await desk.until(lambda: w.chain.quote(quote_id)[24] > first)
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
