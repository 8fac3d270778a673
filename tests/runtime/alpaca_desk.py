"""The runtime of one account at a simulated Alpaca, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from adapters.alpaca_desk import LateClock
from exitd.adapters.alpaca.feed import AlpacaFeed
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.core.engine import Engine
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.trigger import DoneReason, TriggerDefinition, TriggerState
from exitd.core.units import NS_PER_MS
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop
from exitd.runtime.recover import recover, restore
from exitd.secret import Secret
from fakes.alpaca.serving import Alpaca, alpaca
from fakes.archive import Disk
from fakes.observed import DEADLINE_S
from fakes.store import FakeStore
from runtime.desk import quick_waits, rule

ACCOUNT, SYMBOL = "alpaca", "AAPL"
LAST = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST)
LONG = PositionKey(ACCOUNT, SYMBOL, Side.LONG)
KEY, SECRET = Secret("PKTEST"), Secret("secret-of-the-tests")


class AlpacaRun:
    """One run of the daemon's parts; `venue` and its prices are the real adapters."""

    def __init__(self, there: Alpaca, disk: Disk | None = None) -> None:
        self.there = there
        self.clock = LateClock()
        self.venue = AlpacaVenue(
            ACCOUNT,
            key=KEY,
            secret=SECRET,
            clock=self.clock,
            url=there.url,
            ws_url=there.ws_url,
            data_url=there.url,
        )
        self.feed = AlpacaFeed(
            ACCOUNT,
            key=KEY,
            secret=SECRET,
            clock=self.clock,
            data_url=there.url,
            data_ws_url=there.data_ws_url,
            venue_clock=self.venue.clock,
        )
        self.facts: list[Fact] = []
        self.bug: BaseException | None = None
        self.store = FakeStore(self.clock, disk)
        policies = Policies(resolve_every_ns=20 * NS_PER_MS)
        self.loop = EngineLoop(Engine(policies), self.store, self.clock)
        self.loop.on_facts(self._tell)
        self._moved = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.account = Account(
            self.venue,
            self.feed,
            self.loop,
            budget=RateBudget(600_000, 1_000, 100),
            spawn=self._spawn,
            waits=quick_waits,
            reconcile_every_s=0.2,
            entries=self.venue,
        )
        self.loop.engine.state.book(LAST)
        tag = self.store.tag(ACCOUNT)
        self.loop.engine.add_account(ACCOUNT, tag, self.venue.capabilities)

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

    async def start(self) -> AlpacaRun:
        restore(self.loop, self.store.load())
        await recover([self.account], self.loop)
        self.account.prices.watch_sources()
        self.account.dispatcher.open()
        self.account.start()
        return self

    async def arm(self, *definitions: TriggerDefinition) -> None:
        now_ns = self.clock.now_ns()
        reply = await self.loop.command(Arm(definitions=definitions, now_ns=now_ns))
        assert isinstance(reply, Accepted), reply
        self.account.prices.watch_sources()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what a fact brings about."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                if self.bug is not None:
                    raise self.bug
                self._moved.clear()
                await self._moved.wait()

    async def price(self, price: str) -> None:
        """Let the market trade at a price, once somebody listens."""
        async with asyncio.timeout(DEADLINE_S):
            while not any(s.wanted["trades"] for s in self.there.prices.open):
                await self.venue.mark_price(SYMBOL)
        self.there.market.price(SYMBOL, Decimal(price))

    async def done(self, id: str = "sl") -> DoneReason:
        triggers = self.loop.engine.state.triggers
        await self.until(lambda: triggers[id].state is TriggerState.DONE)
        return triggers[id].reason

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts]

    async def kill(self) -> None:
        """End it as kill -9 does."""
        self.store.crash()
        self.loop.timer.stop()
        self.account.dispatcher.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.venue.close()
        await self.feed.close()


def at_alpaca(id: str, kind: Any, level: str, **changed: Any) -> TriggerDefinition:
    return rule(id, kind, level, account=ACCOUNT, symbol=SYMBOL, source=LAST, **changed)


@asynccontextmanager
async def held(net: str = "10") -> AsyncIterator[tuple[Alpaca, AlpacaRun]]:
    """A position in AAPL at 140, and a daemon that has seen it."""
    async with alpaca() as there:
        if Decimal(net):
            there.exchange.book.apply(SYMBOL, Decimal(net), Decimal(140))
        run = await AlpacaRun(there).start()
        try:
            yield there, run
        finally:
            await run.kill()
