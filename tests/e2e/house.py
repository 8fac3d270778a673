"""A simulated exchange and a daemon as processes, in a directory of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from exitd.adapters.backpack.signing import throwaway_keys
from exitd.cli.demo.exchange import ExchangeProcess
from exitd.client import Address, Client

DEADLINE_S = 60.0
SYMBOL = "SOL_USDC_PERP"
OPENING_PRICE = "141"
EXITD = (sys.executable, "-P", "-m", "exitd")

DAEMON_FILE = """\
version: 1
mode: {mode}
venues:
  backpack:
    type: backpack
    url: {url}
    ws_url: {ws_url}
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
    request_window: {window}
    lag_slack: 1s
http:
  socket: {folder}/exitd.sock
  bind: "{bind}"
log: {{level: info, format: json}}
"""
POSITIONS_FILE = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl:  {stop_loss: 131.25}
      tp1: {take_profit: 150, close: 50%}
"""


def is_one(line: dict[str, Any], event: str, fields: dict[str, Any]) -> bool:
    """Whether a line of the log tells of an event with these fields."""
    return line["event"] == event and all(
        line.get(name) == value for name, value in fields.items()
    )


class LogLines:
    """What a process writes, line by line, for those who wait for one of them."""

    def __init__(self, stream: Any) -> None:
        self._lines: list[dict[str, Any]] = []
        self._other: list[str] = []
        self._changed = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, args=(stream,))
        self._thread.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    if line.startswith("{"):
                        self._lines.append(json.loads(line))
                    else:
                        self._other.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def of(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        return [line for line in list(self._lines) if is_one(line, event, fields)]

    def wait(self, event: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """Wait until an event was logged *count* times; returns the last of them."""
        found: list[dict[str, Any]] = []
        looked_at = 0

        def is_there() -> bool:
            # Each line once: thousands come, and whoever writes them is waited for.
            nonlocal looked_at
            new = self._lines[looked_at:]
            looked_at += len(new)
            found.extend(line for line in new if is_one(line, event, fields))
            return len(found) >= count or self._is_over

        with self._changed:
            self._changed.wait_for(is_there, DEADLINE_S)
        assert len(found) >= count, f"no {event} {fields} in {self.text()}"
        return found[count - 1]

    def wait_until(self, is_so: Callable[[], bool], deadline_s: float = 60.0) -> None:
        """Wait until what was logged so far makes something true."""
        with self._changed:
            assert self._changed.wait_for(is_so, deadline_s), self.text()[-5_000:]

    def text(self) -> str:
        lines = [json.dumps(line) for line in self._lines]
        return "\n".join([*lines, *self._other])

    def close(self) -> None:
        self._thread.join(DEADLINE_S)


class DaemonProcess:
    """`exitd run`, and what it logs."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [*EXITD, "run", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
        self.log = LogLines(self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end; returns the exit status."""
        status = self._process.wait(DEADLINE_S)
        self.log.close()
        return status

    def kill(self) -> None:
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self.wait()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()


def environment_of(folder: Path) -> dict[str, str]:
    """Give what a daemon of a folder finds in its environment, and nothing of ours."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("EXITD_")},
        "EXITD_STATE": str(folder / "state"),
        "EXITD_SOCKET": str(folder / "exitd.sock"),
    }


class House:
    """One exchange, one configuration, and the daemons that were started on it."""

    def __init__(
        self,
        folder: Path,
        exchange: ExchangeProcess,
        *,
        mode: str,
        window: str,
        bind: str,
    ) -> None:
        self.folder = folder
        self.exchange = exchange
        key, secret = throwaway_keys()
        self.key = key.reveal()
        self.positions_file = folder / "config" / "conf.d" / "sol.yaml"
        self.config = folder / "config" / "exitd.yaml"
        self.positions_file.parent.mkdir(parents=True)
        for name, value in (("key", key.reveal()), ("secret", secret.reveal())):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)
        self.positions_file.write_text(POSITIONS_FILE)
        self.config.write_text(
            DAEMON_FILE.format(
                mode=mode,
                url=exchange.url,
                ws_url=exchange.url.replace("http", "ws", 1),
                folder=folder,
                window=window,
                bind=bind,
            )
        )
        self.environment = environment_of(folder)
        self.daemons: list[DaemonProcess] = []

    def start(self, **environment: str) -> DaemonProcess:
        """Start a daemon and wait until it is ready."""
        daemon = self.launch(**environment)
        daemon.log.wait("daemon.ready")
        return daemon

    def start_armed(self) -> DaemonProcess:
        """Open a position, start a daemon, and wait until its exits watch prices."""
        self.open_position()
        daemon = self.start()
        daemon.log.wait("trigger.armed", trigger_id="sol-core/sl")
        daemon.log.wait("trigger.armed", trigger_id="sol-core/tp1")
        return daemon

    def launch(self, **environment: str) -> DaemonProcess:
        daemon = DaemonProcess(self.config, {**self.environment, **environment})
        self.daemons.append(daemon)
        return daemon

    def client(self) -> Client:
        return Client(Address(socket=str(self.folder / "exitd.sock")))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command as a person would."""
        return subprocess.run(
            [*EXITD, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def open_position(self, quantity: str = "10") -> None:
        self.exchange.post(
            "/sim/positions",
            {
                "api_key": self.key,
                "symbol": SYMBOL,
                "net_quantity": quantity,
                "entry_price": "140",
            },
        )

    def price(self, price: str) -> None:
        """Move every price of the market at once."""
        document = {"symbol": SYMBOL, "mark": price, "index": price, "last": price}
        self.exchange.post("/sim/prices", document)

    def fault(self, kind: str, **fields: Any) -> None:
        """Let the next order go wrong."""
        where = {"method": "POST", "path": "/api/v1/order"}
        self.exchange.post("/sim/faults", {"kind": kind, **where, **fields})

    def silence(self) -> None:
        """Keep the account's own streams from saying what became of an order."""
        self.exchange.post("/sim/faults", {"kind": "silence", "stream": "account."})

    def ledger(self) -> list[dict[str, Any]]:
        """The orders that the exchange has accepted from us, ever."""
        found: list[dict[str, Any]] = self.exchange.get("/sim/ledger")["orders"]
        return [row for row in found if row["apiKey"] == self.key]

    def held(self) -> str:
        """What the exchange says we hold."""
        positions = [p for a in self.ask("accounts") for p in a["positions"]]
        return str(positions[0]["netQuantity"]) if positions else "0"

    def ask(self, what: str) -> list[dict[str, Any]]:
        """Our own part of `accounts`, `orders` or `fills`, as the exchange sees it."""
        query = urlencode({"api_key": self.key})
        found: list[dict[str, Any]] = self.exchange.get(f"/sim/{what}?{query}")
        return found

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Look again and again, until it is so."""
        again = threading.Event()
        for _ in range(int(DEADLINE_S / 0.02)):
            if is_so():
                return
            again.wait(0.02)
        raise AssertionError(f"not within {DEADLINE_S} s: {what}")

    def close(self) -> None:
        for daemon in self.daemons:
            daemon.close()


@contextmanager
def house(
    folder: Path, *, mode: str = "live", window: str = "2s", bind: str = "off"
) -> Iterator[House]:
    """Start an exchange whose prices move by command only, and write the files."""
    script = folder / "prices.json"
    script.write_text(
        json.dumps({"markets": {SYMBOL: {"opening_price": OPENING_PRICE}}})
    )
    with ExchangeProcess(script, cadence_ms=200) as exchange:
        exchange.wait_ready()
        found = House(folder, exchange, mode=mode, window=window, bind=bind)
        try:
            yield found
        finally:
            found.close()
