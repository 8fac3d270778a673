"""One account of a daemon on fakes, in virtual time: what it waits for costs nothing.

Unless told otherwise: long 10 at entry 100, mark price 100, everything fresh.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterator
from decimal import Decimal
from typing import Any

from exitd.core.attempt import CloseOrder
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.engine import Engine
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm, IfCrossed, OrderReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.trigger import (
    WHOLE,
    Action,
    Close,
    FireRecord,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerRecord,
)
from exitd.errors import FeedError
from exitd.ports.alerts import Alert, Delivered
from exitd.ports.entries import Entries
from exitd.ports.venue import Prepared, PrivateEvent, Refusal
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop
from exitd.runtime.recover import recover, restore
from fakes.archive import Disk
from fakes.exchange import SOL
from fakes.feed import FakeFeed
from fakes.store import FakeStore
from fakes.venue import FakeVenue
from simulation.virtual_time import VirtualClock, VirtualLoop, let_pass, run

ACCOUNT = "main"
MARK = PriceSource(ACCOUNT, SOL, PriceKind.MARK)
LONG = PositionKey(ACCOUNT, SOL, Side.LONG)
S = 1_000_000_000
D = Decimal


def in_virtual_time(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """Run a test on a loop whose time jumps to whatever is next."""

    @functools.wraps(test)
    def run_it(*args: Any, **named: Any) -> None:
        loop = VirtualLoop()
        run(test(*args, **named), loop)

    return run_it


def quick_waits() -> Iterator[float]:
    while True:
        yield 0.01


class ClosableFeed(FakeFeed):
    async def close(self) -> None:
        self.abort()


class StreamlessVenue(FakeVenue):
    """A venue a millisecond away, whose private stream alone can be down."""

    is_stream_down = False

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        await let_pass(0.001)
        return await super().send(order, prepared)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        if self.is_stream_down:
            raise FeedError("the private stream is down")
        await super().run_stream(on_event)

    def lose_stream(self) -> None:
        self.is_stream_down = True
        self.drop_stream()


class Heard:
    """Alerts, kept."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def tell(self, alert: Alert) -> None:
        self.alerts.append(alert)

    async def test(self) -> tuple[Delivered, ...]:
        return (Delivered("phone", ""), Delivered("mail", "refused"))

    def topics(self, *, cleared: bool = False) -> list[str]:
        return [a.topic for a in self.alerts if a.cleared is cleared]


def rule(
    id: str,
    kind: ConditionKind,
    level: str,
    size: str = "100%",
    *,
    action: Action | None = None,
    **changed: Any,
) -> TriggerDefinition:
    return TriggerDefinition(
        **{
            "id": id,
            "owner": "api:test",
            "account": ACCOUNT,
            "symbol": SOL,
            "side": Side.LONG,
            "source": MARK,
            "condition": FixedLevel(kind, D(level)),
            "action": action or Close(quantity=_quantity(size)),
            **changed,
        }
    )


def _quantity(size: str) -> Quantity:
    if size == "100%":
        return WHOLE
    if size.endswith("%"):
        return Quantity(QuantityKind.SHARE, D(size[:-1]))
    return Quantity(QuantityKind.ABSOLUTE, D(size))


def stop(id: str = "sl", level: str = "95", size: str = "100%", **changed: Any) -> Any:
    return rule(id, ConditionKind.STOP_LOSS, level, size, **changed)


def target(id: str = "tp", level: str = "110", size: str = "100%", **c: Any) -> Any:
    return rule(id, ConditionKind.TAKE_PROFIT, level, size, **c)


class Desk:
    """The runtime of one account, and the fakes around it."""

    def __init__(
        self,
        *,
        venue: StreamlessVenue | None = None,
        disk: Disk | None = None,
        net: str | None = "10",
        per_minute: int = 600_000,
        burst: int = 1_000,
        reserve: int = 100,
        policies: Policies | None = None,
        is_overlapped: bool = False,
    ) -> None:
        running = asyncio.get_running_loop()
        assert isinstance(running, VirtualLoop)
        self.clock = VirtualClock(running)
        self.heard = Heard()
        self.facts: list[Fact] = []
        self.bugs: list[BaseException] = []
        self._seq = 0
        self.venue = (
            venue if venue is not None else StreamlessVenue(self.clock, ACCOUNT)
        )
        if net is not None:
            self.venue.hold(SOL, net)
        self.feed = ClosableFeed(self.clock, ACCOUNT)
        self.store = FakeStore(self.clock, disk)
        self.loop = EngineLoop(Engine(policies), self.store, self.clock)
        self.loop.on_facts(self.facts.extend)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.budget = RateBudget(per_minute, burst, reserve)
        self.account = Account(
            self.venue,
            self.feed,
            self.loop,
            budget=self.budget,
            spawn=self.spawn,
            waits=quick_waits,
            entries=self.venue if isinstance(self.venue, Entries) else None,
        )
        self.account.prices.tell = self.heard.tell
        self.loop.engine.state.book(MARK)
        tag = self.store.tag(ACCOUNT)
        self.loop.engine.add_account(
            ACCOUNT, tag, self.venue.capabilities, is_overlapped=is_overlapped
        )

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            self.bugs.append(bug)

    async def recover(self) -> tuple[Account, ...]:
        """Restore and ask the venue; the gate stays shut."""
        restore(self.loop, self.store.load())
        return await recover([self.account], self.loop)

    async def start(self, *, mark: str | None = "100") -> Desk:
        """Recover, open the gate, bring the streams up, see a price."""
        await self.recover()
        await self.open()
        if mark is not None:
            self.mark(mark)
        return self

    async def open(self) -> None:
        """Open the gate and bring the streams up."""
        self.account.prices.watch_sources()
        self.account.dispatcher.open()
        self.account.start()
        await let_pass(0.05)

    async def arm(
        self, *definitions: TriggerDefinition, if_crossed: IfCrossed = IfCrossed.REFUSE
    ) -> None:
        reply = await self.loop.command(
            Arm(
                definitions=definitions,
                if_crossed=if_crossed,
                now_ns=self.clock.now_ns(),
            )
        )
        assert isinstance(reply, Accepted), reply
        self.account.prices.watch_sources()

    def mark(self, price: str) -> None:
        """Let a mark price be seen."""
        self.venue.set_price(SOL, price)
        self._seq += 1
        self.feed.push(MARK, price, seq=self._seq)

    async def settle(self, seconds: float = 0.1) -> None:
        await let_pass(seconds)
        self.venue.settle()
        if self.bugs:
            raise self.bugs[0]

    async def restarted(self, **changed: Any) -> Desk:
        """Kill it as kill -9 does, and build what starts from its disk."""
        self.store.crash()
        self.loop.timer.stop()
        self.account.dispatcher.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return Desk(venue=self.venue, disk=self.store.disk, net=None, **changed)

    def trigger(self, id: str = "sl") -> TriggerRecord:
        return self.loop.engine.state.triggers[id]

    def fire(self, id: str = "sl") -> FireRecord | None:
        return self.loop.engine.state.fires.get(id)

    def kinds(self, id: str = "") -> list[FactKind]:
        return [f.kind for f in self.facts if id in ("", f.trigger_id)]

    def fact(self, kind: FactKind) -> Fact:
        return next(f for f in self.facts if f.kind is kind)

    @property
    def sent(self) -> list[tuple[str, Decimal]]:
        """Every close that left: whose, and how much."""
        return [(s.order.attempt.trigger_id, s.order.quantity) for s in self.venue.sent]
