"""
The exchange as a whole: engine, maker, prices, streams and faults, on one clock.

Everything that changes it runs on one event loop and is complete before the next
thing starts; `publish` then sends what happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import msgspec

from exitd.simulator.candles import Candle, Candles
from exitd.simulator.cdn import EdgeCache
from exitd.simulator.clock import VenueClock
from exitd.simulator.engine import Engine
from exitd.simulator.faults import FaultBoard
from exitd.simulator.hub import Hub
from exitd.simulator.limits import RateLimiter
from exitd.simulator.maker import LEVELS, MarketMaker
from exitd.simulator.markets import Market
from exitd.simulator.path import PricePoint
from exitd.simulator.publisher import Publisher, day_bar, next_funding_ms
from exitd.simulator.quirks import Quirks
from exitd.simulator.requests import Request
from exitd.simulator.script import Script, duration_ms, paths, scripted_markets
from exitd.simulator.state import EngineState

CADENCE_MS = 1_000
PING_INTERVAL_S = 60.0
HISTORY_MINUTES = 1_440
OPEN_INTEREST_MS = 60_000
#: Later than any instant of any run.
EVERYTHING_US = 1 << 62
DEPTH_EVERY_MS = {"200ms": 200, "600ms": 600, "1000ms": 1_000}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a simulator is started.

    Attributes:
        cadence_ms: How often marks are sent and paths move on; the real exchange
            sends one mark each second.
        paused: Whether paths wait for the control API instead of the clock.
        ping_interval_s: WebSocket pings of the exchange; the real one waits 60 s.
        rate_limited: Whether the documented request limits apply.
        levels: Quotes of the market maker on each side, 1 or more.
    """

    seed: int = 0
    cadence_ms: int = CADENCE_MS
    paused: bool = False
    history_minutes: int | None = None
    ping_interval_s: float = PING_INTERVAL_S
    ping_timeout_s: float = 120.0
    rate_limited: bool = False
    levels: int = LEVELS
    quirks: dict[str, Any] = {}


class Exchange:
    """
    One simulated exchange, without sockets.

    Attributes:
        status: `Ok` or `Maintenance`; in maintenance every order gets a 503.
        elapsed_ms: How far the price paths have come.
        stopping: Set once it was asked to end.
    """

    def __init__(
        self,
        settings: Settings,
        script: Script | None = None,
        clock: VenueClock | None = None,
    ) -> None:
        quirks = Quirks().changed({} if script is None else script.quirks, "script")
        quirks = quirks.changed(settings.quirks)
        scripted = script or Script()
        seed = settings.seed if scripted.seed is None else scripted.seed
        history = settings.history_minutes
        if history is None:
            history = scripted.history_minutes
        if history is None:
            history = HISTORY_MINUTES if script is None else 0
        self.settings = settings
        self.seed = seed
        self.cadence_ms = scripted.cadence_ms or settings.cadence_ms
        self.clock = clock or VenueClock()
        self.state = EngineState(markets=scripted_markets(scripted), quirks=quirks)
        if scripted.balances is not None:
            self.state.opening_balances = dict(scripted.balances)
        self.engine = Engine(self.state)
        self.maker = MarketMaker(self.engine, settings.levels)
        self.faults = FaultBoard()
        self.cdn = EdgeCache()
        self.limiter = RateLimiter(settings.rate_limited)
        self.hub = Hub(self.faults)
        self.candles = Candles(seed, self.clock.now_us() // 1_000_000, history)
        self.publisher = Publisher(self.state, self.hub, self.candles, self.clock)
        self.status = "Ok"
        self.status_message: str | None = None
        self.paused = settings.paused
        self.elapsed_ms = 0
        self.stopping = asyncio.Event()
        self._paths = paths(script, self.state.markets, seed, self.cadence_ms)
        self._timed_faults = sorted(
            (duration_ms(str(fault.get("at", "0"))), number)
            for number, fault in enumerate(scripted.faults)
        )
        self._scripted_faults = scripted.faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._open(scripted)

    @property
    def quirks(self) -> Quirks:
        return self.state.quirks

    @quirks.setter
    def quirks(self, quirks: Quirks) -> None:
        self.state.quirks = quirks

    def _open(self, script: Script) -> None:
        """Prices at time zero, the maker's first quotes, the scripted positions."""
        for symbol in self.state.markets:
            ts_us = self.clock.stamp_us()
            prices = self.state.prices[symbol]
            self.candles.observe(symbol, "Mark", prices.mark, ts_us)
            self.candles.observe(symbol, "Index", prices.index, ts_us)
            self.maker.quote(symbol, ts_us)
            # A market that has a last price has traded once.
            size = self.state.markets[symbol].quantity_min
            self.maker.print_at_anchor(symbol, size, self.clock.stamp_us())
        self._walk(-1, 0)
        for written in script.positions:
            self.engine.set_position(
                written.api_key,
                written.symbol,
                written.net_quantity,
                written.entry_price,
                self.clock.stamp_us(),
            )
        self.publish()

    def publish(self) -> None:
        """Send what happened since the last call."""
        self.publisher.publish(self.engine.drain())

    def set_prices(
        self,
        symbol: str,
        *,
        mark: Decimal | None = None,
        index: Decimal | None = None,
        last: Decimal | None = None,
    ) -> None:
        """Move prices; a last price also moves the maker and prints a trade."""
        ts_us = self.clock.stamp_us()
        if last is not None:
            self.maker.move(symbol, last, ts_us)
            size = self.state.markets[symbol].quantity_min
            self.maker.print_at_anchor(symbol, size, self.clock.stamp_us())
        self.engine.set_prices(
            symbol, self.clock.stamp_us(), mark=mark, index=index, last=last
        )
        self.publish()

    def advance(self, by_ms: int) -> None:
        """Move the price paths on, through every point on the way."""
        self._walk(self.elapsed_ms, self.elapsed_ms + by_ms)
        self.elapsed_ms += by_ms

    def _walk(self, after_ms: int, until_ms: int) -> None:
        found: list[tuple[int, int, str, PricePoint]] = []
        for number, (symbol, path) in enumerate(self._paths.items()):
            for point in path.between(after_ms, until_ms):
                found.append((point.at_ms, number, symbol, point))
        found.sort(key=lambda entry: entry[:2])
        for at_ms, _, symbol, point in found:
            self._put_up_faults(at_ms)
            self.set_prices(symbol, mark=point.mark, index=point.index, last=point.last)
        self._put_up_faults(until_ms)

    def _put_up_faults(self, until_ms: int) -> None:
        while self._timed_faults and self._timed_faults[0][0] <= until_ms:
            _, number = self._timed_faults.pop(0)
            raw = dict(self._scripted_faults[number])
            raw.pop("at", None)
            if "action" in raw:
                self.hub.touch(raw["action"], raw.get("stream"))
            else:
                self.faults.add(raw, f"script: fault {number + 1}")

    def beat(self) -> None:
        """One beat of the cadence: move on, quote again, send the marks."""
        if not self.paused:
            self.advance(self.cadence_ms)
        for symbol in self.state.markets:
            # A book that somebody wrote by hand stays as trades left it.
            if symbol not in self.maker.held:
                self.maker.quote(symbol, self.clock.stamp_us())
        self.publish()
        self.publisher.beat()

    def visible_until_us(self, request: Request, kind: str = "history_lag") -> int:
        """How new a row may be to be shown; a lag fault holds the newest back."""
        if self.faults.is_empty:
            return EVERYTHING_US
        fault = self.faults.take_request(
            (kind,), request.method, request.path, request.symbols(), request.key
        )
        if fault is None:
            return EVERYTHING_US
        return self.clock.now_us() - fault.delay_ms * 1_000

    def next_funding_ms(self, market: Market) -> int:
        return next_funding_ms(market, self.clock.now_us())

    def day(self, market: Market) -> Candle:
        return day_bar(self.candles, market, self.clock.now_us())

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run *work* beside everything else until it ends or the exchange stops."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Keep the beats until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beats(), name="beats")
                group.create_task(self._klines(), name="klines")
                group.create_task(self._open_interest(), name="open interest")
                for name, every_ms in DEPTH_EVERY_MS.items():
                    group.create_task(
                        self._depths(name, every_ms), name=f"depth {name}"
                    )
        finally:
            for task in list(self._tasks):
                task.cancel()

    async def _beats(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s = max(due_s + self.cadence_ms / 1_000, loop.time())
            await asyncio.sleep(due_s - loop.time())
            self.beat()

    async def _klines(self) -> None:
        while True:
            # Just after each whole second, or each beat when beats are faster.
            now_us = self.clock.now_us()
            until_s = (1_000_000 - now_us % 1_000_000) / 1_000_000
            await asyncio.sleep(min(until_s + 0.001, self.cadence_ms / 1_000))
            self.publisher.klines(self.clock.now_us() // 1_000_000)

    async def _open_interest(self) -> None:
        while True:
            await asyncio.sleep(OPEN_INTEREST_MS / 1_000)
            for symbol in self.state.markets:
                self.publisher.open_interest(symbol, self.engine.open_interest(symbol))

    async def _depths(self, name: str, every_ms: int) -> None:
        while True:
            await asyncio.sleep(every_ms / 1_000)
            for symbol in self.state.markets:
                self.publisher.depth(f"depth.{name}.{symbol}", symbol)
