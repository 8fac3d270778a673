"""The exchange, the files and the daemon of a soak, in a folder of their own."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from e2e.house import EXITD, House
from exitd.cli.demo.exchange import ExchangeProcess
from soak.journal import Journal

SOL, BTC, ETH = "SOL_USDC_PERP", "BTC_USDC_PERP", "ETH_USDC_PERP"
OPENING = {SOL: "141", BTC: "91000", ETH: "3000"}
HELD = {SOL: "10000", BTC: "1000", ETH: "1000"}
NAMES = {SOL: "sol", BTC: "btc", ETH: "eth"}
#: Those that fire now and then: of 141, the prices of every day stay above them.
BUSY = tuple(f"{130 + n * 0.2:.2f}" for n in range(40))
CADENCE_MS = 200
STOP_S = 30.0
SLICE = "0.01"
#: So that what is kept on purpose has stopped to grow long before half the time.
SOON_FORGOTTEN = "policies: {attempts_kept: 2m, idempotency_kept: 2m, done_kept: 2m}\n"


def quiet_exits(symbol: str, count: int) -> dict[str, dict[str, str]]:
    """Exits that no price comes near: fixed ones on both sides, and trails."""
    opening = int(OPENING[symbol])
    exits: dict[str, dict[str, str]] = {"whole": {"stop_loss": str(opening // 10)}}
    for n in range(count - 1):
        far = f"{opening * (20 + n / 20) / 100:.2f}"
        kinds = (
            {"stop_loss": far},
            {"take_profit": f"{opening * (3 + n / 200):.2f}"},
            {"trailing": f"{45 + n / 20:.2f}%"},
        )
        exits[f"q{n:04}"] = {**kinds[n % 3], "close": SLICE}
    return exits


def positions(triggers: int) -> dict[str, Any]:
    """Give the files' positions, with so many exits in all."""
    each = (triggers - len(BUSY)) // 4
    counts = {BTC: each, ETH: each, SOL: triggers - len(BUSY) - 2 * each}
    found = {
        NAMES[symbol]: {
            "venue": "backpack",
            "symbol": symbol,
            "side": "long",
            "exits": quiet_exits(symbol, count),
        }
        for symbol, count in counts.items()
    }
    for n, level in enumerate(BUSY):
        found["sol"]["exits"][f"b{n:02}"] = {"stop_loss": level, "close": SLICE}
    return found


class Home:
    """One exchange with three markets, one account, one daemon."""

    def __init__(self, folder: Path, triggers: int) -> None:
        script = folder / "prices.json"
        opening = {s: {"opening_price": p} for s, p in OPENING.items()}
        script.write_text(json.dumps({"markets": opening}))
        self.exchange = ExchangeProcess(script, cadence_ms=CADENCE_MS)
        self.exchange.wait_ready()
        self.house = House(folder, self.exchange, mode="live", window="2s", bind="off")
        with self.house.config.open("a") as file:
            file.write(SOON_FORGOTTEN)
        self.positions = positions(triggers)
        self.write(self.positions)
        for symbol in OPENING:
            self.hold(symbol, HELD[symbol])
        self._daemon: subprocess.Popen[str]
        self.journal: Journal

    def write(self, what: dict[str, Any]) -> None:
        """Write the file of positions, as an editor does; JSON is YAML."""
        path = self.house.positions_file
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"positions": what}, indent=1))
        fresh.replace(path)

    def hold(self, symbol: str, net: str) -> None:
        self.exchange.post(
            "/sim/positions",
            {
                "api_key": self.house.key,
                "symbol": symbol,
                "net_quantity": net,
                "entry_price": OPENING[symbol],
            },
        )

    @property
    def pid(self) -> int:
        return self._daemon.pid

    @property
    def database(self) -> Path:
        return self.house.folder / "state" / "exitd.db"

    def start(self) -> None:
        self._daemon = subprocess.Popen(
            [*EXITD, "run", "--config", str(self.house.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.house.environment,
            text=True,
        )
        assert self._daemon.stdout is not None
        self.journal = Journal(self._daemon.stdout)

    def signal(self, number: signal.Signals) -> None:
        self._daemon.send_signal(number)

    def is_up(self) -> bool:
        return self._daemon.poll() is None

    def stop(self) -> int:
        """Ask the daemon to end; returns its exit status."""
        if self.is_up():
            self._daemon.terminate()
        try:
            status = self._daemon.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            status = self._daemon.wait()
        self.journal.close()
        return status

    def close(self) -> None:
        self.exchange.close()
