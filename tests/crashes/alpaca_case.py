"""The class of a unique client id: a simulated Alpaca, as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crashes.case import Running
from crashes.warm import Warm
from e2e.alpaca_house import AlpacaProcess
from e2e.house import environment_of
from exitd.client import Address, Client, calls
from exitd.errors import ExitdError

DAEMON_FILE = """\
version: 1
mode: live
venues:
  shares:
    type: alpaca
    environment: paper
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
    url: {url}
    ws_url: {ws_url}/stream
    data_url: {url}
    data_ws_url: {ws_url}
    requests_per_minute: 100000
http:
  socket: {folder}/exitd.sock
  bind: "off"
log: {{level: info, format: json}}
defaults: {{price: last}}
"""
POSITIONS_FILE = """\
positions:
  apple:
    venue: shares
    symbol: AAPL
    side: long
    exits:
      sl: {stop_loss: 131.25, close: 4}
"""


class AlpacaCase:
    """One Alpaca; each fire finds ten shares there, and orders of those before it."""

    expected = ("4",)

    def __init__(self, folder: Path) -> None:
        self._alpaca = AlpacaProcess()
        self._alpaca.do("keys", key="PKTEST", secret="secret-of-the-tests")
        self._folder = folder
        self._before: set[str] = set()

    def _ours(self) -> list[dict[str, Any]]:
        orders = self._alpaca.state()["orders"]
        return [o for o in orders if o["client_order_id"].startswith("exitd-")]

    def open(self, folder: Path) -> None:
        self._folder = folder
        (folder / "config" / "conf.d").mkdir(parents=True)
        for name, value in (("key", "PKTEST"), ("secret", "secret-of-the-tests")):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)
        url = self._alpaca.url
        written = DAEMON_FILE.format(
            folder=folder, url=url, ws_url=url.replace("http", "ws", 1)
        )
        (folder / "config" / "exitd.yaml").write_text(written)
        (folder / "config" / "conf.d" / "shares.yaml").write_text(POSITIONS_FILE)
        self._alpaca.do("price", symbol="AAPL", price="140")
        self._alpaca.do("hold", symbol="AAPL", net="10")
        self._before = {order["id"] for order in self._ours()}

    def start(self, warm: Warm) -> Running:
        config = self._folder / "config" / "exitd.yaml"
        environment = environment_of(self._folder)
        return Running(warm, config, environment, self._folder / "log").until_ready()

    def arm(self, daemon: Running) -> None:
        def is_subscribed() -> bool:
            return any(row["trades"] for row in self._alpaca.state()["subscribed"])

        daemon.until(is_subscribed, "subscribed")
        self._alpaca.do("price", symbol="AAPL", price="140")
        daemon.until(lambda: daemon.has("trigger.armed"), "armed")

    def trap(self, trouble: str) -> None:
        if trouble:
            self._alpaca.do("fault", kind=trouble, path="/v2/orders", method="POST")

    def cross(self) -> None:
        self._alpaca.do("price", symbol="AAPL", price="131.20")

    def answer(self) -> None:
        """The exchange itself fills what is sent."""

    def mend(self) -> None:
        # The next daemon hears the price anew once it listens.
        self._alpaca.do("price", symbol="AAPL", price="131.20")

    def is_done(self) -> bool:
        try:
            with Client(Address(socket=str(self._folder / "exitd.sock"))) as client:
                return client.ask(calls.show("apple/sl")).trigger.is_done
        except ExitdError:
            return False

    def closed(self) -> tuple[str, ...]:
        ours = [order for order in self._ours() if order["id"] not in self._before]
        taken = (order["filled_qty"] for order in ours)
        return tuple(quantity for quantity in taken if quantity not in ("0", None))

    def shut(self) -> None:
        """Nothing is left open between two fires."""

    def close(self) -> None:
        self._alpaca.close()
