"""Runs one demonstration: the exchange, the daemon, the prices, the end."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from decimal import Decimal

from exitd.app import Application, run_daemon
from exitd.cli.demo.exchange import Exchange
from exitd.cli.demo.scenario import (
    BASE,
    ENTRY_PRICE,
    FIRST_TARGET,
    LAST_TARGET,
    QUANTITY,
    STOP,
    SYMBOL,
    WAYPOINTS,
    Stage,
)
from exitd.cli.demo.story import ExitSeen, Story
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import HUNDRED, ZERO, text
from exitd.settings import read_settings

_TICKER_S = 0.5
# Far more than the path needs to its first exit.
_PATIENCE_S = 60.0
_NEARLY = Decimal("0.05")
_CENT = Decimal("0.01")


class Director:
    """
    Lets the price path run once the daemon is ready, and tells what comes of it.

    Args:
        stage: The files; the configuration is written.
        exchange: Running, its prices held.
        ends_with_exit: Whether the daemon stops after the first exit that filled.
        tell: Takes a line for the person.
        command: How the commands are called here, such as `./exitd`.
    """

    def __init__(
        self,
        stage: Stage,
        exchange: Exchange,
        *,
        ends_with_exit: bool,
        tell: Callable[[str], None],
        command: str,
    ) -> None:
        self._stage = stage
        self._exchange = exchange
        self._ends_with_exit = ends_with_exit
        self._command = command
        self._is_terminal = sys.stderr.isatty() and not ends_with_exit
        self._print = tell
        self._story = Story(BASE, self.tell, self._exited)
        self._application: Application | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.first_exit: ExitSeen | None = None

    def tell(self, line: str) -> None:
        """Say something, in place of the ticker's line where there is one."""
        self._print(f"\r\033[K{line}" if self._is_terminal else line)

    def open_position(self) -> None:
        self._exchange.post(
            "/sim/positions",
            {
                "api_key": self._stage.key.reveal(),
                "symbol": SYMBOL,
                "net_quantity": QUANTITY,
                "entry_price": ENTRY_PRICE,
            },
        )

    async def perform(self) -> int:
        """Run until Ctrl-C, or the first exit; returns the daemon's exit status."""
        settings = read_settings().model_copy(
            update={
                "state": self._stage.folder / "state",
                "runtime_directory": None,
                "notify_socket": None,
                "journal_stream": None,
            }
        )
        try:
            return await run_daemon(
                self._stage.config, settings, on_ready=self._on_ready
            )
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_ready(self, application: Application) -> None:
        self._application = application
        application.daemon.loop.on_written(self._story.take)
        self._say_what_is_held(application)
        if not self._ends_with_exit:
            self._introduce()
        self._start(self._let_prices_run(), "prices")
        if self._is_terminal:
            self._start(self._show_prices(), "ticker")

    def _say_what_is_held(self, application: Application) -> None:
        positions = application.daemon.loop.engine.state.positions.values()
        held = sum((p.live for p in positions), ZERO)
        self._story.has_position = held > ZERO
        if held == ZERO:
            self.tell("You hold nothing now; the next round opens a position.")
            return
        self.tell(
            f"You are long {text(held)} {BASE} from {ENTRY_PRICE}. exitd holds your"
            f" exits: stop {STOP}, half at {FIRST_TARGET}, the rest at {LAST_TARGET}."
        )

    def _introduce(self) -> None:
        prefix = f"EXITD_URL={self._stage.url} {self._command}"
        self.tell(f"The daemon answers at {self._stage.url} (its API: /docs).")
        self.tell("In another terminal:")
        for command in ("ls", "explain sol-demo/sl", "tail -f"):
            self.tell(f"    {prefix} {command}")
        self.tell("Ctrl-C stops the demonstration. Prices run now.")

    def _start(self, work: object, name: str) -> None:
        assert asyncio.iscoroutine(work)
        self._tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    def _exited(self, seen: ExitSeen) -> None:
        if self.first_exit is None:
            self.first_exit = seen
        if self._ends_with_exit and self._application is not None:
            self._application.stop.set()

    async def _let_prices_run(self) -> None:
        await self._ask("/sim/path", {"paused": False})
        if self._ends_with_exit:
            await asyncio.sleep(_PATIENCE_S)
            assert self._application is not None
            self._application.stop.set()
        while True:
            await asyncio.sleep(_TICKER_S)
            if not self._story.has_position and self._is_back():
                await asyncio.to_thread(self.open_position)
                self._story.has_position = True

    async def _ask(self, path: str, document: dict[str, object]) -> None:
        await asyncio.to_thread(self._exchange.post, path, document)

    def _is_back(self) -> bool:
        price = self._price()
        opening = Decimal(WAYPOINTS[0][1])
        return price is not None and abs(price - opening) <= _NEARLY

    def _price(self) -> Decimal | None:
        assert self._application is not None
        source = PriceSource("demo", SYMBOL, PriceKind.MARK)
        book = self._application.daemon.loop.engine.state.books.get(source)
        return book.price if book is not None else None

    async def _show_prices(self) -> None:
        """Keep one line with the price and how far the exits are."""
        while True:
            price = self._price()
            if price is not None and self._story.has_position:
                away = (price - STOP) / price * HUNDRED
                line = (
                    f"{BASE} {price.quantize(_CENT)}   stop {STOP}"
                    f" ({away.quantize(_CENT)} % away)"
                )
                with contextlib.suppress(OSError):
                    sys.stderr.write(f"\r\033[K{line}")
                    sys.stderr.flush()
            await asyncio.sleep(_TICKER_S)
