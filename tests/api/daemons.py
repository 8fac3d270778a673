"""A whole daemon on a fake venue, served on a real socket and a real port."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.api.application import make_app
from exitd.api.listening import listen_tcp, listen_unix
from exitd.api.serving import HttpServer
from exitd.client import Address
from exitd.configuration.load import load
from exitd.core.condition import ConditionKind
from exitd.core.engine import Engine
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.units import NS_PER_S
from exitd.ports.alerts import Alert, Delivered
from exitd.ports.entries import Entries
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.control import Caller, Control
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.control.running import until
from exitd.runtime.daemon import Daemon
from exitd.runtime.loop import EngineLoop
from exitd.runtime.reload import Files
from exitd.runtime.steady import SteadyClock
from fakes.exchange import SOL
from fakes.feed import FakeFeed
from fakes.venue import FakeVenue

ACCOUNT = "main"
KEY = f"{ACCOUNT}/{SOL}/long"
ME = Caller("cli:tester", "a test")
MARK = PriceSource(ACCOUNT, SOL, PriceKind.MARK)
ENVIRONMENT = {"A_KEY": "key", "A_SECRET": "secret"}

DAEMON_YAML = """\
version: 1
mode: live
venues:
  main:
    type: backpack
    key: {env: A_KEY}
    secret: {env: A_SECRET}
"""
POSITIONS_YAML = """\
positions:
  sol-core:
    venue: main
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 90}
"""


STOP_FAR_AWAY = "10.{:02}"
_NUMBERS = itertools.count(1)


class Heard:
    """Alerts, kept."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def tell(self, alert: Alert) -> None:
        self.alerts.append(alert)

    async def test(self) -> tuple[Delivered, ...]:
        return (Delivered("phone", ""), Delivered("mail", "refused"))


class ClosedFeed(FakeFeed):
    """A feed that can be closed for good, as the real one."""

    async def close(self) -> None:
        self.abort()


def steady_waits() -> Iterator[float]:
    while True:
        yield 0.01


@dataclass
class World:
    """The daemon and what it stands between: a venue, a feed, its callers."""

    daemon: Daemon
    control: Control
    venue: FakeVenue
    feed: FakeFeed
    folder: Path
    heard: Heard
    socket: Path = field(default_factory=Path)
    port: int = 0
    connections: set[Any] = field(default_factory=set)

    def mark(self, price: str) -> None:
        """Let the mark price be seen, by the feed and by queries."""
        self.venue.set_price(SOL, price)
        if not self.feed.push(MARK, price):
            self.feed.polled[MARK] = self.venue.marks[SOL]

    async def watched_mark(self, price: str) -> None:
        """As `mark`, once the feed watches it."""
        await self.until(lambda: self.feed.push(MARK, price))
        self.venue.set_price(SOL, price)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until *holds* is true, five seconds at most."""
        assert await until(holds, within_s=5), "it did not come true in time"

    def state_of(self, trigger_id: str) -> str:
        return self.daemon.loop.engine.state.triggers[trigger_id].state.value

    async def forget(self, trigger_id: str) -> None:
        """Let a trigger that is done be long done, and then forgotten."""
        loop = self.daemon.loop
        state = loop.engine.state
        # The last that is done stays, so another is done after it.
        other = STOP_FAR_AWAY.format(next(_NUMBERS))
        request = TriggerRequest(
            kind=ConditionKind.STOP_LOSS,
            level=Decimal(other),
            symbol=SOL,
            side=Side.LONG,
        )
        last = (await self.control.triggers.arm([request], ME)).triggers[0].id
        await self.control.triggers.cancel(last, ME)
        state.done = dict.fromkeys(state.done, 0)
        state.ended.clear()

        def is_gone() -> bool:
            loop.past.step()
            return trigger_id not in state.triggers and not loop.store.backlog

        await self.until(is_gone)

    @property
    def address(self) -> Address:
        return Address(socket=str(self.socket))

    def tcp(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            headers=headers,
            transport=httpx.AsyncHTTPTransport(verify=False),
            trust_env=False,
        )

    def unix(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url="http://localhost",
            transport=httpx.AsyncHTTPTransport(uds=str(self.socket), verify=False),
            trust_env=False,
        )


def build(
    folder: Path,
    *,
    exits: str = "",
    mode: str = "live",
    venue: Any = None,
    feed: Any = None,
    **home: Any,
) -> World:
    """Put a daemon together; it is not started. Venue and feed may be real ones."""
    config = folder / "config"
    (config / "conf.d").mkdir(parents=True)
    (config / "exitd.yaml").write_text(DAEMON_YAML.replace("live", mode))
    if exits:
        (config / "conf.d" / "sol.yaml").write_text(exits)
    settings = load(config, ENVIRONMENT).settings
    running = None if settings is None else settings.file
    clock = SteadyClock(SystemClock())
    venue = venue or FakeVenue(clock, ACCOUNT)
    feed = feed or ClosedFeed(clock, ACCOUNT)
    heard = Heard()
    store = open_store(
        folder / "exitd.db", clock, asyncio.get_running_loop(), reserve_bytes=0
    )
    loop = EngineLoop(Engine(), store, clock)
    accounts: dict[str, Account] = {}

    async def poll(source: PriceSource) -> Decimal | None:
        tick = await feed.poll(source)
        return tick.price if tick is not None else None

    daemon = Daemon(
        loop=loop,
        store=store,
        clock=clock,
        alerts=heard,
        files=Files(config, ENVIRONMENT, loop, poll, running=running),
        accounts=accounts,
        mode=mode,
        version="0.0.0",
        **home,
    )
    accounts[ACCOUNT] = Account(
        venue,
        feed,
        loop,
        budget=RateBudget(600_000, 1_000, 100),
        spawn=daemon.spawn,
        waits=steady_waits,
        entries=venue if isinstance(venue, Entries) else None,
    )
    loop.engine.add_account(ACCOUNT, store.tag(ACCOUNT), venue.capabilities)
    return World(daemon, Control(daemon), venue, feed, folder, heard)


@asynccontextmanager
async def started(
    folder: Path,
    *,
    net: str = "10",
    mark: str = "100",
    exits: str = "",
    venue: Any = None,
    **home: Any,
) -> AsyncIterator[World]:
    """Run a daemon with a position of *net* at entry 100."""
    world = build(folder, exits=exits, venue=venue, **home)
    if net != "0":
        world.venue.hold(SOL, net)
    world.mark(mark)
    await world.daemon.start()
    try:
        async with asyncio.timeout(5):
            await world.feed.connected.wait()
            await world.venue.connected.wait()
        yield world
    finally:
        await world.daemon.stop()


@asynccontextmanager
async def served(world: World, **options: object) -> AsyncIterator[World]:
    """Serve a daemon on a unix socket and on a free port of this machine."""
    world.socket = world.folder / "exitd.sock"
    tcp = listen_tcp("127.0.0.1", 0)
    world.port = tcp.socket.getsockname()[1]
    numbers = iter(range(1, 1 << 30))

    def counted(length: int) -> bytes:
        return next(numbers).to_bytes(length, "big")

    app = make_app(
        world.control,
        identifiers=Identifiers(world.daemon.clock, counted),
        **options,  # type: ignore[arg-type]
    )
    server = HttpServer(app, (listen_unix(world.socket, "exitd"), tcp))
    world.connections = server.server_state.connections
    serving = asyncio.create_task(server.run_until_stopped())
    try:
        await asyncio.wait(
            (serving, asyncio.create_task(server.up.wait())),
            return_when=asyncio.FIRST_COMPLETED,
        )
        yield world
    finally:
        server.stop()
        await serving


def soon_ns(seconds: float = 60) -> int:
    return int(seconds * NS_PER_S)
