"""One seed: a position, its triggers, a price path, faults and crashes.

First everything goes wrong that the seed draws; then the faults heal, and within a
minute every hit must have had its effect: once, and not never.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct
from nacl.signing import SigningKey

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.sqlite.opening import open_store
from exitd.core.engine import Engine
from exitd.core.inputs import Arm, IfCrossed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.trigger import (
    Close,
    ConditionKind,
    FixedLevel,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerState,
)
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.loop import EngineLoop
from exitd.runtime.recover import recover, restore
from exitd.runtime.supervise import backoff
from exitd.secret import Secret
from exitd.simulator.clock import VenueClock
from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.quirks import Quirks
from simulation.slow_disk import SlowDisk
from simulation.virtual_time import VirtualClock, VirtualLoop
from simulation.wire import CALM, Network, Rates, SimulatedTransport

SYMBOL = "SOL_USDC_PERP"
ACCOUNT = "sim"
LAG_SLACK_NS = 3_000_000_000
FAULTS_END_S = 40.0
HEALED_S = 60.0
#: How far below (a long) or above (a short) its entry each partial stop lies.
PART_DISTANCES = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(3), Decimal("3.5"))


class Violation(AssertionError):
    """An invariant does not hold; the message names it."""


class Choices(Struct, frozen=True, kw_only=True):
    """What a seed draws."""

    side: Side
    size: Decimal
    rates: Rates
    crashes_s: tuple[float, ...]
    skew_ms: int
    quirks: dict[str, Any]
    triggers: tuple[TriggerDefinition, ...]
    path: tuple[tuple[float, Decimal], ...]


def draw(rng: Random) -> Choices:
    side = rng.choice((Side.LONG, Side.SHORT))
    sign = 1 if side is Side.LONG else -1
    hostile = rng.random() < 0.8
    rates = Rates(
        lost_request=rng.choice((0.0, 0.06, 0.2)),
        lost_reply=rng.choice((0.0, 0.08, 0.3)),
        delayed=rng.choice((0.0, 0.07, 0.2)),
        error_before=rng.choice((0.0, 0.03)),
        error_after=rng.choice((0.0, 0.03, 0.1)),
        limited=rng.choice((0.0, 0.03)),
        read_failure=rng.choice((0.0, 0.05)),
        history_lag_s=rng.choice((0.0, 0.5, 1.5)),
        stream_drop=rng.choice((0.0, 0.02, 0.1)),
        is_stream_silent=rng.random() < 0.5,
    )
    crashes = sorted(
        rng.uniform(2.0, FAULTS_END_S) for _ in range(rng.choice((0, 1, 1, 2, 3)))
    )
    return Choices(
        side=side,
        size=Decimal(10),
        rates=rates if hostile else CALM,
        crashes_s=tuple(crashes),
        skew_ms=rng.choice((0, 0, -300, 300)),
        quirks=_quirks(rng),
        triggers=tuple(_triggers(rng, side, sign)),
        path=tuple(_path(rng, sign)),
    )


def _quirks(rng: Random) -> dict[str, Any]:
    """A plausible answer to some of what the venue's documents leave open."""
    drawn = {}
    for name, kind in get_type_hints(Quirks).items():
        if get_origin(kind) is Literal and rng.random() < 0.4:
            drawn[name] = rng.choice(get_args(kind))
    return drawn


def _triggers(rng: Random, side: Side, sign: int) -> Iterator[TriggerDefinition]:
    source = PriceSource(ACCOUNT, SYMBOL, PriceKind.MARK)
    entry = Decimal(140)

    def trigger(name: str, kind: ConditionKind, level: Decimal, close: Close) -> Any:
        return TriggerDefinition(
            id=name,
            owner="api:simulation",
            account=ACCOUNT,
            symbol=SYMBOL,
            side=side,
            source=source,
            condition=FixedLevel(kind, level),
            action=close,
        )

    whole = Quantity(QuantityKind.SHARE, Decimal(100))
    for number, distance in enumerate(PART_DISTANCES):
        size = rng.choice((Decimal("0.5"), Decimal(1), Decimal("1.5")))
        yield trigger(
            f"part-{number}",
            ConditionKind.STOP_LOSS,
            entry - sign * distance,
            Close(quantity=Quantity(QuantityKind.ABSOLUTE, size)),
        )
    if rng.random() < 0.4:
        yield trigger(
            "stop-whole",
            ConditionKind.STOP_LOSS,
            entry - sign * Decimal(rng.choice((3, 9))),
            Close(quantity=whole),
        )
    if rng.random() < 0.7:
        yield trigger(
            "target",
            ConditionKind.TAKE_PROFIT,
            entry + sign * Decimal(4),
            Close(
                quantity=Quantity(QuantityKind.SHARE, Decimal(rng.choice((25, 50)))),
                order=rng.choice((OrderType.MARKET, OrderType.LIMIT)),
            ),
        )


def _path(rng: Random, sign: int) -> Iterator[tuple[float, Decimal]]:
    """The price over time; it ends beyond the first stop, so that it must fire."""
    at_s, offset = 1.0, Decimal(0)
    while at_s < FAULTS_END_S - 5:
        at_s += rng.uniform(0.2, 6.0)
        offset = Decimal(rng.randint(-400, 550)) / 100
        yield at_s, Decimal(140) + sign * offset
    yield FAULTS_END_S + 3, Decimal(140) - sign * Decimal("3.6")


class Machine:
    """The daemon's part of the world: crashes, and starts again from its disk."""

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._tasks: set[asyncio.Task[Any]] = set()
        self.loop: EngineLoop
        self.account: Account
        self.disk: SlowDisk
        self._store: Any = None

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._world.bugs.append(task.exception())

    async def start(self) -> None:
        world = self._world
        clock = VirtualClock(world.virtual, world.choices.skew_ms * 1_000_000)
        running = asyncio.get_running_loop()
        self._store = open_store(self._path, clock, running, inline=True)
        self.disk = SlowDisk(self._store, world.rng)
        self.disk.durable_ids = world.durable_ids
        engine = Engine(world.policies)
        loop = self.loop = EngineLoop(engine, self.disk, clock)
        venue = BackpackVenue(
            ACCOUNT,
            key=world.api_key,
            secret=Secret(world.api_secret),
            clock=clock,
            url="http://127.0.0.1:1",
            ws_url="ws://127.0.0.1:1",
            window_ms=world.window_ms,
            deadline_s=5.0,
            lag_slack_ns=LAG_SLACK_NS,
            transport=SimulatedTransport(world.network),
            connect=world.network.connect,
        )
        feed = BackpackFeed(
            ACCOUNT,
            clock=clock,
            url="http://127.0.0.1:1",
            ws_url="ws://127.0.0.1:1",
            venue_clock=venue.clock,
            transport=SimulatedTransport(world.network),
            connect=world.network.connect,
        )
        self.account = Account(
            venue,
            feed,
            loop,
            budget=RateBudget(2_000, 100, 25),
            spawn=self.spawn,
            waits=lambda: backoff(world.rng.random),
            reconcile_every_s=10.0,
        )
        engine.add_account(ACCOUNT, self._store.tag(ACCOUNT), venue.capabilities)
        restore(loop, self._store.load())
        self.account.watch_sources()
        await recover([self.account], loop)
        self.account.dispatcher.open()
        self.account.start()

    async def crash(self) -> None:
        """Stop at once, as kill -9 does; requests that have left go on."""
        self.disk.crash()
        self.loop.stop()
        self.account.dispatcher.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.abandon()
        self._world.network.drop_sockets()


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, virtual: VirtualLoop, folder: Path) -> None:
        self.seed = seed
        self.virtual = virtual
        self.rng = Random(seed)
        self.choices = draw(self.rng)
        self.policies = Policies(confirm_after_ns=2_000_000_000)
        self.window_ms = self.rng.choice((1_000, 3_000, 5_000))
        key = SigningKey(bytes([seed % 251 + 1]) * 32)
        self.api_key = base64.b64encode(bytes(key.verify_key)).decode()
        self.api_secret = base64.b64encode(bytes(key)).decode()
        self.bugs: list[BaseException | None] = []
        self.durable_ids: dict[int, str] = {}
        self.early: list[int] = []
        self.hits: set[str] = set()
        self._folder = folder
        self.exchange: Exchange
        self.network: Network
        self.machine: Machine

    async def run(self) -> None:
        clock = VenueClock(read_ns=VirtualClock(self.virtual).now_ns)
        settings = Settings(
            seed=self.seed, paused=True, history_minutes=0, quirks=self.choices.quirks
        )
        self.exchange = Exchange(settings, clock=clock)
        self.network = Network(self.exchange, self.rng, CALM)
        self.network.on_order = self._check_order
        running = asyncio.ensure_future(self.exchange.run())
        self._price(Decimal(140))
        sign = 1 if self.choices.side is Side.LONG else -1
        self.exchange.engine.set_position(
            self.api_key,
            SYMBOL,
            sign * self.choices.size,
            Decimal(140),
            clock.stamp_us(),
        )
        self.machine = Machine(self, self._folder / "exitd.db")
        await self.machine.start()
        await self._arm()
        await self._live()
        self._check()
        await self.machine.crash()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _arm(self) -> None:
        loop = self.machine.loop
        reply = await loop.command(
            Arm(
                definitions=self.choices.triggers,
                if_crossed=IfCrossed.REFUSE,
                now_ns=loop.clock.now_ns(),
            )
        )
        assert isinstance(reply, Accepted), reply
        self.machine.account.watch_sources()

    async def _live(self) -> None:
        """Walk the path, break things, then let everything heal and settle."""
        happenings: list[tuple[float, str, Any]] = [
            *((at_s, "price", price) for at_s, price in self.choices.path),
            *((at_s, "crash", None) for at_s in self.choices.crashes_s),
            (1.0, "faults", self.choices.rates),
            (FAULTS_END_S, "faults", CALM),
        ]
        if self.choices.rates.stream_drop:
            for _ in range(self.rng.randint(0, 3)):
                happenings.append((self.rng.uniform(2, FAULTS_END_S), "drop", None))
        started_s = self.virtual.now_s
        for at_s, what, value in sorted(happenings, key=lambda h: h[:2]):
            await asyncio.sleep(max(0.0, started_s + at_s - self.virtual.now_s))
            if what == "price":
                self._price(value)
            elif what == "faults":
                self._set_faults(value)
            elif what == "drop":
                self.network.drop_sockets()
            else:
                await self.machine.crash()
                await asyncio.sleep(self.rng.uniform(0.05, 3.0))
                await self.machine.start()
        end_s = started_s + FAULTS_END_S + HEALED_S
        await asyncio.sleep(max(0.0, end_s - self.virtual.now_s))

    def _set_faults(self, rates: Rates) -> None:
        self.network.rates = rates
        self.exchange.faults.clear()
        if rates.history_lag_s:
            self.exchange.faults.add(
                {"kind": "history_lag", "delay_ms": int(rates.history_lag_s * 1_000)}
            )

        if rates.is_stream_silent:
            silence = {"kind": "silence", "stream": "account."}
            self.exchange.faults.add(silence)

    def _price(self, price: Decimal) -> None:
        self.exchange.set_prices(SYMBOL, mark=price, index=price, last=price)

    def _check_order(self, body: dict[str, Any]) -> None:
        if body["clientId"] not in self.durable_ids:
            self.early.append(body["clientId"])

    def _check(self) -> None:
        """The invariants, after everything has healed."""
        if self.bugs:
            raise Violation(f"a bug: {self.bugs[0]!r}") from self.bugs[0]
        if self.early:
            raise Violation(f"sent before it was durable: {self.early}")
        for client_id, bodies in self.network.bodies.items():
            if len(bodies) > 1:
                raise Violation(f"client id {client_id} was used for two requests")
        state = self.machine.loop.engine.state
        filled = self._filled_by_trigger()
        for record in state.triggers.values():
            if record.state is TriggerState.FIRING:
                raise Violation(
                    f"{record.id} is still firing: {state.fires[record.id]} "
                    f"{[a for a in state.attempts.values() if not a.is_ended]}"
                )
        key = PositionKey(ACCOUNT, SYMBOL, self.choices.side)
        seen = state.position(key).quantity
        real = abs(self._net())
        if seen != real:
            raise Violation(f"the position is {real} and is taken for {seen}")
        self._check_sizes(filled)

    def _check_sizes(self, filled: dict[str, Decimal]) -> None:
        """Each partial trigger closed what it says, exactly once."""
        state = self.machine.loop.engine.state
        for definition in self.choices.triggers:
            record = state.triggers[definition.id]
            close = definition.close
            assert close is not None
            done = filled.get(definition.id, Decimal(0))
            quantity = close.quantity
            if quantity.kind is QuantityKind.ABSOLUTE:
                if done > quantity.value:
                    raise Violation(
                        f"{definition.id} closed {done} instead of {quantity.value}"
                    )
                if record.state is TriggerState.DONE and (
                    done != quantity.value and self._net() != 0
                ):
                    raise Violation(f"{definition.id} is done with {done} closed")
            is_part = definition.id.startswith("part-")
            if is_part and record.state is TriggerState.ARMED:
                raise Violation(f"{definition.id} was crossed and has not fired")

    def _filled_by_trigger(self) -> dict[str, Decimal]:
        """Executed quantity by trigger, from the exchange's own ledger."""
        filled: dict[str, Decimal] = {}
        for order in self.exchange.state.open_account(self.api_key).orders.values():
            trigger_id = self.durable_ids.get(order.client_id or 0)
            if trigger_id is None:
                raise Violation(f"an order nobody wrote down: {order}")
            filled[trigger_id] = filled.get(trigger_id, Decimal(0)) + order.executed
        return filled

    def _net(self) -> Decimal:
        account = self.exchange.state.open_account(self.api_key)
        position = account.positions.get(SYMBOL)
        return Decimal(0) if position is None else position.net_quantity
