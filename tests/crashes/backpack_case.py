"""The class of a request window: Backpack, as `exitd sim` plays it."""

from __future__ import annotations

import json
from pathlib import Path

from crashes.case import Running
from crashes.warm import Warm
from e2e.house import OPENING_PRICE, SYMBOL, House
from exitd.cli.demo.exchange import ExchangeProcess
from exitd.client import calls
from exitd.errors import ExitdError

#: Closed in part, so that a second close would show: reduce-only cannot hide it.
POSITIONS_FILE = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 131.25, close: 4}
"""


class BackpackCase:
    """One exchange, and for each fire an account of its own."""

    expected = ("4",)

    def __init__(self, folder: Path) -> None:
        script = folder / "prices.json"
        markets = {"markets": {SYMBOL: {"opening_price": OPENING_PRICE}}}
        script.write_text(json.dumps(markets))
        self._exchange = ExchangeProcess(script, cadence_ms=200)
        self._exchange.wait_ready()
        self._house: House

    def open(self, folder: Path) -> None:
        self._house = House(
            folder, self._exchange, mode="live", window="2s", bind="off"
        )
        self._house.positions_file.write_text(POSITIONS_FILE)
        self._house.price(OPENING_PRICE)
        self._house.open_position()

    def start(self, warm: Warm) -> Running:
        house = self._house
        log = house.folder / "log"
        return Running(warm, house.config, house.environment, log).until_ready()

    def arm(self, daemon: Running) -> None:
        daemon.until(lambda: daemon.has("trigger.armed"), "armed")
        daemon.until(lambda: daemon.has("feed.connected"), "connected")

    def trap(self, trouble: str) -> None:
        if not trouble:
            return
        delay_ms = {"slow_reply": 60_000, "delay": 1_000}.get(trouble, 0)
        self._house.fault(trouble, delay_ms=delay_ms)
        self._house.silence()

    def cross(self) -> None:
        self._house.price("131.20")

    def answer(self) -> None:
        """The exchange itself fills what is sent."""

    def mend(self) -> None:
        self._exchange.clear_faults()

    def is_done(self) -> bool:
        try:
            with self._house.client() as client:
                return client.ask(calls.show("sol-core/sl")).trigger.is_done
        except ExitdError:
            return False

    def closed(self) -> tuple[str, ...]:
        quantities = [row["executedQuantity"] for row in self._house.ledger()]
        return tuple(q for q in quantities if q not in ("0", None))

    def shut(self) -> None:
        self._house.close()

    def close(self) -> None:
        self._exchange.close()
