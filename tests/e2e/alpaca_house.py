"""A simulated Alpaca as a process, and a house whose daemon trades there by alerts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from e2e.house import DaemonProcess, environment_of
from e2e.ports import free_port
from e2e.webhook_house import KEY

TESTS = Path(__file__).parent.parent
FILE = """\
version: 1
mode: live
venues:
  alpaca:
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
webhook:
  bind: 127.0.0.1:{port}
  routes:
    tv:
      auth_key: {{file: {folder}/tv_key}}
      mode: live
      venues: [alpaca]
      allow: [open, close]
      requests_per_minute: 60000
      {settings}
"""


class AlpacaProcess:
    """The simulated Alpaca; `fakes/alpaca/control.py` says what can be done to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fakes.alpaca", "--port", "0"],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def do(self, what: str, **fields: Any) -> None:
        body = json.dumps(fields).encode()
        asked = Request(f"{self.url}/sim/{what}", body, method="POST")
        with urlopen(asked, timeout=10) as answer:
            assert answer.status == 200

    def state(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/sim/state", timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


class AlpacaHouse:
    """One Alpaca, one configuration, and the daemons that were started on it."""

    def __init__(self, folder: Path, alpaca: AlpacaProcess, settings: str) -> None:
        self.folder, self.alpaca, self.port = folder, alpaca, free_port()
        for name, value in (("key", "K"), ("secret", "S"), ("tv_key", KEY)):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)
        self.config = folder / "config" / "exitd.yaml"
        (folder / "config" / "conf.d").mkdir(parents=True)
        self.config.write_text(
            FILE.format(
                folder=folder,
                url=alpaca.url,
                ws_url=alpaca.url.replace("http", "ws", 1),
                port=self.port,
                settings=settings,
            )
        )
        self.environment = environment_of(folder)
        self.daemons: list[DaemonProcess] = []

    def start(self) -> DaemonProcess:
        """Start a daemon and wait until it is ready."""
        daemon = DaemonProcess(self.config, self.environment)
        self.daemons.append(daemon)
        daemon.log.wait("daemon.ready")
        return daemon


@contextmanager
def alpaca_house(folder: Path, settings: str = "") -> Iterator[AlpacaHouse]:
    alpaca = AlpacaProcess()
    house = AlpacaHouse(folder, alpaca, settings)
    try:
        yield house
    finally:
        for daemon in house.daemons:
            daemon.close()
        alpaca.close()
