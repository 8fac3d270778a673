"""The installed command at a simulated Alpaca, each as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.house import DEADLINE_S, EXITD, DaemonProcess

pytestmark = pytest.mark.e2e

TESTS = Path(__file__).parents[1]
DAEMON_FILE = """\
version: 1
mode: {mode}
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
      sl:  {stop_loss: 131.25}
      tp1: {take_profit: 150, close: 50%}
"""


class Town:
    """A simulated Alpaca, and a daemon that is to guard ten shares there."""

    def __init__(self, folder: Path, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=10)
        self.folder, self.url = folder, url
        self.daemons: list[DaemonProcess] = []
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("EXITD_")},
            "EXITD_STATE": str(folder / "state"),
            "EXITD_SOCKET": str(folder / "exitd.sock"),
        }
        (folder / "config" / "conf.d").mkdir(parents=True)
        for name, value in (("key", "PKTEST"), ("secret", "secret-of-the-tests")):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)
        self.act("keys", key="PKTEST", secret="secret-of-the-tests")
        self.act("hold", symbol="AAPL", net="10")

    def write(self, mode: str) -> None:
        ws_url = self.url.replace("http", "ws", 1)
        written = DAEMON_FILE.format(
            mode=mode, folder=self.folder, url=self.url, ws_url=ws_url
        )
        (self.folder / "config" / "exitd.yaml").write_text(written)
        (self.folder / "config" / "conf.d" / "shares.yaml").write_text(POSITIONS_FILE)

    def act(self, what: str, **document: Any) -> None:
        self.http.post(f"/sim/{what}", json=document).raise_for_status()

    def state(self) -> Any:
        return self.http.get("/sim/state").json()

    def ours(self) -> list[Any]:
        orders = self.state()["orders"]
        return [o for o in orders if o["client_order_id"].startswith("exitd-")]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*EXITD, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def start(self) -> DaemonProcess:
        daemon = DaemonProcess(self.folder / "config" / "exitd.yaml", self.environment)
        self.daemons.append(daemon)
        daemon.log.wait("daemon.ready")
        return daemon

    def start_armed(self) -> DaemonProcess:
        daemon = self.start()
        again = threading.Event()
        for _ in range(500):
            if any(row["trades"] for row in self.state()["subscribed"]):
                break
            again.wait(0.02)
        self.act("price", symbol="AAPL", price="140")
        daemon.log.wait("trigger.armed", trigger_id="apple/sl")
        return daemon


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fakes.alpaca", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert process.stdout is not None
    found = Town(tmp_path, process.stdout.readline().strip())
    try:
        yield found
    finally:
        for daemon in found.daemons:
            daemon.close()
        found.http.close()
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def test_b001_given_shares_at_alpaca_when_their_stop_is_hit_then_closed_there(
    town: Town,
):
    town.write("live")
    town.act("price", symbol="AAPL", price="140")
    checked = town.command("check", str(town.folder / "config"), "--online")
    daemon = town.start_armed()

    town.act("price", symbol="AAPL", price="131.20")

    daemon.log.wait("trigger.done", trigger_id="apple/sl", reason="filled")
    assert daemon.stop() == 0
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert town.state()["positions"] == {}
    (order,) = town.ours()
    assert (order["position_intent"], order["qty"]) == ("sell_to_close", "10")
    assert "secret-of-the-tests" not in daemon.log.text()
    assert "PKTEST" not in daemon.log.text()


def test_b147_given_paper_mode_when_a_stop_is_hit_then_nothing_is_sent_to_alpaca(
    town: Town,
):
    town.write("paper")
    daemon = town.start_armed()

    town.act("price", symbol="AAPL", price="131.20")

    daemon.log.wait("trigger.done", trigger_id="apple/sl")
    assert daemon.stop() == 0
    assert town.ours() == []
    assert town.state()["positions"] == {"AAPL": "10"}
