"""What the demonstration plays: the files it writes, the prices, the position."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from exitd.adapters.backpack.signing import throwaway_keys
from exitd.secret import Secret

SYMBOL = "SOL_USDC_PERP"
BASE = "SOL"
QUANTITY = "10"
ENTRY_PRICE = "140.00"
FIRST_PORT = 8787
_claims: list[socket.socket] = []
CADENCE_MS = 200

STOP = Decimal("139.00")
FIRST_TARGET = Decimal("142.50")
LAST_TARGET = Decimal("150.00")

# Seconds into a round and the price there; between them it moves evenly. It rises
# through the first take-profit, then falls through the stop, then comes back.
WAYPOINTS = (
    (0, "141.00"),
    (4, "142.60"),
    (7, "142.10"),
    (13, "138.90"),
    (15, "138.60"),
    (24, "141.00"),
)
ROUND_S = 30
ROUNDS = 40
_PRICES = ("mark", "index", "last")

_DAEMON_FILE = """\
# Written by `exitd demo`. The mode is live, but the exchange is the simulated one that
# runs beside it: no order leaves this machine.
version: 1
mode: live
venues:
  demo:
    type: backpack
    url: {url}
    ws_url: {ws_url}
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
state:
  directory: {folder}/state
http:
  socket: {folder}/exitd.sock
  bind: {bind}
log:
  level: {level}
  # For people, on standard error.
  format: console
"""

_POSITIONS_FILE = f"""\
positions:
  sol-demo:
    venue: demo
    symbol: {SYMBOL}
    side: long
    exits:
      sl:  {{stop_loss: {STOP}}}
      tp1: {{take_profit: {FIRST_TARGET}, close: 50%}}
      tp2: {{take_profit: {LAST_TARGET}, close: rest}}
"""


class Stage(Struct, frozen=True):
    """Where a demonstration keeps its files, and which doors it opens."""

    folder: Path
    key: Secret
    secret: Secret
    bind: str

    @property
    def config(self) -> Path:
        return self.folder / "exitd.yaml"

    @property
    def script(self) -> Path:
        return self.folder / "prices.json"

    @property
    def url(self) -> str:
        return f"http://{self.bind}"


def stage_in(folder: Path) -> Stage:
    """Take up the stage that is in a folder, or set one up with a key of its own."""
    key, secret = folder / "key", folder / "secret"
    if not secret.exists():
        # Any key opens an account at the simulated exchange.
        for path, value in zip((key, secret), throwaway_keys(), strict=True):
            path.touch(mode=0o600)
            path.write_text(value.reveal())
    return Stage(
        folder=folder,
        key=Secret(key.read_text()),
        secret=Secret(secret.read_text()),
        bind=free_address(),
    )


def write_script(stage: Stage) -> None:
    """Write the path of the prices: the same round again and again."""
    points = [
        {"at": f"{number * ROUND_S + at}s", **dict.fromkeys(_PRICES, price)}
        for number in range(ROUNDS)
        for at, price in WAYPOINTS
    ]
    market = {"path": "linear", "opening_price": WAYPOINTS[0][1], "points": points}
    script = {"cadence_ms": str(CADENCE_MS), "markets": {SYMBOL: market}}
    stage.script.write_text(json.dumps(script))


def write_configuration(stage: Stage, exchange_url: str, *, level: str) -> None:
    """Write what a user would have written, for the exchange at *exchange_url*."""
    folder = stage.folder
    (folder / "conf.d").mkdir(exist_ok=True)
    (folder / "conf.d" / "sol.yaml").write_text(_POSITIONS_FILE)
    stage.config.write_text(
        _DAEMON_FILE.format(
            url=exchange_url,
            ws_url=exchange_url.replace("http", "ws", 1),
            folder=folder,
            bind=stage.bind,
            level=level,
        )
    )


def free_address() -> str:
    """Give 127.0.0.1:8787 if nobody listens there, else a port that is free."""
    for port in (FIRST_PORT, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                _claim(port)
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return f"127.0.0.1:{probe.getsockname()[1]}"
    raise OSError("no port of 127.0.0.1 is free")


def _claim(port: int) -> None:
    """Keep other demos from a port, until this process ends.

    Its daemon binds it a second later, and two that begin at once would find it free.

    Raises:
        OSError: Another demo has it.
    """
    if port == FIRST_PORT and not _claims:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0exitd-demo-{port}")
        except OSError:
            claim.close()
            raise
        _claims.append(claim)
