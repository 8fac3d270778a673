"""The runtime of one account at a fake broker, in real time, with the real adapters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from contract.test_venue_contract_schwab import logged_in
from exitd.adapters.interactive_brokers.contracts import Listed
from exitd.adapters.interactive_brokers.feed import InteractiveBrokersFeed
from exitd.adapters.interactive_brokers.venue import InteractiveBrokersVenue
from exitd.adapters.schwab.feed import schwab_feed
from exitd.adapters.schwab.prices import CENT
from exitd.adapters.schwab.venue import SchwabVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.engine import Engine
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.state import Accepted
from exitd.core.trigger import DoneReason, TriggerDefinition, TriggerState
from exitd.core.units import NS_PER_MS
from exitd.ports.entries import Entries
from exitd.ports.feed import Feed
from exitd.ports.venue import Venue
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop
from exitd.runtime.recover import recover, restore
from exitd.secret import Secret
from fakes.archive import Disk
from fakes.interactive_brokers.door import Gateway
from fakes.interactive_brokers.door import serving as serving_gateway
from fakes.observed import DEADLINE_S
from fakes.schwab.book import ACCOUNT as NUMBER
from fakes.schwab.book import HASH
from fakes.schwab.door import KEY, SECRET, Broker
from fakes.schwab.door import serving as serving_broker
from fakes.store import FakeStore
from runtime.desk import quick_waits, rule

ACCOUNT, SYMBOL, AAPL = "broker", "AAPL", 265598
LAST = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST)


class There(Protocol):
    """A fake broker with a hand on its world."""

    def made(self) -> tuple[Venue, Feed]: ...

    async def price(self, price: str) -> None: ...

    def lose_replies(self, count: int) -> None: ...

    def hide(self, is_hidden: bool) -> None:
        """Answer nothing about orders, or again."""
        ...

    def tell_exact_instants(self) -> None:
        """Cut no instant to its second: what proves a position then is quicker."""
        ...

    @property
    def held(self) -> Decimal: ...

    @property
    def orders(self) -> int: ...

    def sold(self) -> list[Decimal]:
        """What each order that sells has filled."""
        ...

    def resting(self) -> int: ...

    def fail_cancels(self, count: int) -> None:
        """Answer so many cancels of each order with an error."""
        ...


class AtInteractiveBrokers:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def made(self) -> tuple[Venue, Feed]:
        clock = SystemClock()
        venue = InteractiveBrokersVenue(
            ACCOUNT,
            broker_account="DU1234567",
            clock=clock,
            url=self.gateway.url,
            symbols={SYMBOL: Listed()},
            poll_s=0.05,
            pause_s=0.0,
        )
        feed = InteractiveBrokersFeed(
            ACCOUNT,
            session=venue.session,
            contracts=venue.contracts,
            clock=clock,
            url=self.gateway.url,
        )
        return venue, feed

    async def price(self, price: str) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.gateway.until_topics({f"smd+{AAPL}"})
        await self.gateway.move(SYMBOL, last=price)

    def lose_replies(self, count: int) -> None:
        self.gateway.fault("DU1234567/orders", *["after"] * count)

    def hide(self, is_hidden: bool) -> None:
        self.gateway.faults["iserver/account/orders"] = ["503"] * 1000 * is_hidden
        self.gateway.faults["iserver/account/trades"] = ["503"] * 1000 * is_hidden

    def tell_exact_instants(self) -> None:
        self.gateway.book.cuts_seconds = False

    @property
    def held(self) -> Decimal:
        return self.gateway.book.positions[AAPL][0]

    @property
    def orders(self) -> int:
        return len(self.gateway.book.orders)

    def sold(self) -> list[Decimal]:
        orders = self.gateway.book.orders.values()
        return [o.filled for o in orders if o.side == "SELL" and o.filled]

    def resting(self) -> int:
        return sum(o.is_working for o in self.gateway.book.orders.values())

    def fail_cancels(self, count: int) -> None:
        for number in self.gateway.book.orders:
            self.gateway.fault(f"order/{number}", *["500"] * count)


class AtSchwab:
    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.folder = folder

    def made(self) -> tuple[Venue, Feed]:
        clock = SystemClock()
        venue = SchwabVenue(
            ACCOUNT,
            account_number=NUMBER,
            key=Secret(KEY),
            secret=Secret(SECRET),
            login=logged_in(self.folder),
            clock=clock,
            url=self.broker.url,
            symbols={SYMBOL: CENT},
            poll_s=0.05,
        )
        return venue, schwab_feed(ACCOUNT, venue, clock=clock, every_s=0.02)

    async def price(self, price: str) -> None:
        self.broker.book.move(SYMBOL, last=price)

    def lose_replies(self, count: int) -> None:
        path = f"POST /trader/v1/accounts/{HASH}/orders"
        self.broker.fault(path, *["after"] * count)

    def hide(self, is_hidden: bool) -> None:
        path = f"GET /trader/v1/accounts/{HASH}/orders"
        self.broker.faults[path] = ["503"] * 1000 * is_hidden

    def tell_exact_instants(self) -> None:
        self.broker.book.cuts_seconds = False

    @property
    def held(self) -> Decimal:
        return self.broker.book.positions[SYMBOL][0]

    @property
    def orders(self) -> int:
        return len(self.broker.book.roots)

    def sold(self) -> list[Decimal]:
        return [
            order.filled
            for order in self.broker.book.orders.values()
            if order.filled and order.leg["instruction"] == "SELL"
        ]

    def resting(self) -> int:
        orders = self.broker.book.orders.values()
        return sum(o.is_open for o in orders if not o.is_wrapper)

    def fail_cancels(self, count: int) -> None:
        for number in self.broker.book.orders:
            path = f"DELETE /trader/v1/accounts/{HASH}/orders/{number}"
            self.broker.fault(path, *["500"] * count)


class BrokerRun:
    """One run of the daemon's parts."""

    def __init__(self, there: There, disk: Disk | None = None) -> None:
        self.there = there
        self.clock = SystemClock()
        self.venue, self.feed = there.made()
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
            before_catching_up=self._recall,
            entries=self.venue if isinstance(self.venue, Entries) else None,
        )
        self.loop.engine.state.book(LAST)
        tag = self.store.tag(ACCOUNT)
        self.loop.engine.add_account(ACCOUNT, tag, self.venue.capabilities)

    async def _recall(self) -> None:
        if isinstance(self.venue, SchwabVenue):
            self.venue.ours.recall(self.loop.engine.state.attempts.values())

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

    async def start(self) -> BrokerRun:
        restore(self.loop, self.store.load())
        await recover([self.account], self.loop)
        self.account.prices.watch_sources()
        self.account.dispatcher.open()
        self.account.start()
        return self

    async def arm(self, definition: TriggerDefinition) -> None:
        now_ns = self.clock.now_ns()
        reply = await self.loop.command(Arm(definitions=(definition,), now_ns=now_ns))
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

    async def done(self) -> DoneReason:
        triggers = self.loop.engine.state.triggers
        await self.until(lambda: triggers["sl"].state is TriggerState.DONE)
        return triggers["sl"].reason

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
        await self.feed.close()
        await self.venue.close()


def at_broker(kind: Any, level: str, **changed: Any) -> TriggerDefinition:
    names = {"account": ACCOUNT, "symbol": SYMBOL, "source": LAST}
    return rule("sl", kind, level, **names, **changed)


@asynccontextmanager
async def held(
    kind: str, folder: Path, net: str = "10"
) -> AsyncIterator[tuple[There, BrokerRun]]:
    """A position in AAPL at 140, and a daemon that has seen it."""
    if kind == "schwab":
        async with serving_broker(Broker()) as broker:
            broker.book.hold(SYMBOL, net)
            async with _running(AtSchwab(broker, folder)) as found:
                yield found
        return
    async with serving_gateway(Gateway()) as gateway:
        gateway.book.hold(AAPL, Decimal(net), Decimal(140))
        async with _running(AtInteractiveBrokers(gateway)) as found:
            yield found


@asynccontextmanager
async def _running(there: There) -> AsyncIterator[tuple[There, BrokerRun]]:
    run = await BrokerRun(there).start()
    try:
        yield there, run
    finally:
        await run.kill()
