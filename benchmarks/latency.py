"""From a price frame to the order: exitd beside what one would write instead.

Each contender watches the trade stream of the same simulated exchange and sells a
little at each of many levels. Time is taken on the wire, on one clock: from the
frame that crosses a level, as it is written to the contender, to the first bytes of
the order that follows. `raw` is the floor: no decisions, no durability, prebuilt bytes.

    python benchmarks/latency.py [--levels 200] [--ccxt-python PATH] [--stages] [--json]

exitd runs both ways: overlapped, as it is by default, each close leaves while it is
being written down; strict, it leaves after that. No contender commits anything, so in a
row of its own each strict close is given without its commit, as the daemon logged it.
ccxt is no dependency; PATH is the python of an environment that has it. With --stages
the pieces of exitd's path are timed by themselves too.
"""

import argparse
import asyncio
import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from nacl.signing import SigningKey
from stages import Samples, stages
from tap import Tap
from worlds import machine

HERE = Path(__file__).resolve().parent
SYMBOL = "SOL_USDC_PERP"
TOP, STEP = Decimal("139"), Decimal("0.05")
PAUSE_S = 0.04
WARM_UP = 5
OVERLAPPED, STRICT = "exitd, overlapped", "exitd, strict"
LESS_COMMIT = "exitd, strict, less one commit"
#: Runs the daemon, and says so on stderr once it is ready.
RUN = (
    "import sys; from pathlib import Path;"
    "from exitd.app import run_daemon; from exitd.cli.running import run_loop;"
    "from exitd.settings import read_settings;"
    "sys.exit(run_loop(run_daemon(Path(sys.argv[1]), read_settings(),"
    " on_ready=lambda _: print('ready', file=sys.stderr, flush=True))))"
)


def keys(number: int) -> tuple[str, str]:
    key = SigningKey(bytes([number + 1]) * 32)
    return (
        base64.b64encode(bytes(key.verify_key)).decode(),
        base64.b64encode(bytes(key)).decode(),
    )


class Exchange:
    """The simulated exchange as a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "exitd.simulator", "--port", "0", "--seed", "7"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.control("path", {"paused": True})

    def control(self, what: str, body: dict[str, object]) -> None:
        self.http.post(f"/sim/{what}", json=body).raise_for_status()

    def price(self, price: Decimal) -> None:
        moved = {"symbol": SYMBOL, "last": str(price), "mark": "140", "index": "140"}
        self.control("prices", moved)

    def hold(self, key: str) -> None:
        """Give an account money and a position of 1,000, at the price of now."""
        self.price(Decimal("140"))
        position = {"api_key": key, "symbol": SYMBOL, "net_quantity": "1000"}
        self.control("deposit", {"api_key": key, "asset": "USDC", "amount": "1e7"})
        self.control("positions", {**position, "entry_price": "140"})

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait()


async def reach(exchange: Exchange, tap: Tap) -> None:
    """Move the price above all levels until the client is sent one: it listens."""
    for number in range(1, 200):
        price = TOP + 1 + STEP * number
        await asyncio.to_thread(exchange.price, price)
        await asyncio.sleep(PAUSE_S)
        if price in tap.frames:
            return
    raise SystemExit("the client never subscribed to trades")


async def walk(exchange: Exchange, levels: int) -> None:
    """Move the price down through every level."""
    for number in range(levels):
        await asyncio.to_thread(exchange.price, TOP - STEP * number)
        await asyncio.sleep(PAUSE_S)
    await asyncio.sleep(1.0)


def latencies_us(tap: Tap, levels: int) -> list[float]:
    frames = [tap.frames[TOP - STEP * n] for n in range(levels)]
    assert len(tap.orders) == levels, f"{len(tap.orders)} orders, {levels} levels"
    return [
        (order - frame) / 1_000 for order, frame in zip(tap.orders, frames, strict=True)
    ]


def keep_keys(folder: Path, key: str, secret: str) -> None:
    for name, value in (("key", key), ("secret", secret)):
        (folder / name).write_text(value)
        (folder / name).chmod(0o600)


def start_daemon(
    url: str,
    key: str,
    secret: str,
    folder: Path,
    levels: int,
    more: str = "",
    *,
    firing: str = "overlapped",
    price: str = "last",
) -> subprocess.Popen[str]:
    """Start the whole daemon, with its socket in the folder, and wait until ready.

    *more* is what else its exitd.yaml says, *firing* how its closes leave, *price* the
    kind that its stops watch.
    """
    keep_keys(folder, key, secret)
    (folder / "conf.d").mkdir()
    (folder / "exitd.yaml").write_text(
        f"""version: 1
mode: live
venues:
  sim:
    type: backpack
    url: {url}
    ws_url: {url.replace("http", "ws", 1)}
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
    requests_per_minute: 1000000
    firing: {firing}
http: {{socket: {folder}/exitd.sock, bind: "off"}}
log: {{format: json}}
{more}"""
    )
    exits = "\n".join(
        f"      s{n}: {{stop_loss: {TOP - STEP * n}, close: 0.1}}"
        for n in range(levels)
    )
    (folder / "conf.d/sol.yaml").write_text(
        f"positions:\n  sol:\n    venue: sim\n    symbol: {SYMBOL}\n    side: long\n"
        f"    price: {price}\n    exits:\n{exits}\n"
    )
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder / "exitd.yaml")],
        stdout=log,
        stderr=subprocess.PIPE,
        text=True,
        env={"EXITD_STATE": str(folder / "state"), "PATH": "/usr/bin:/bin"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == "ready":
            return process
    raise SystemExit((folder / "log").read_text())


def start_script(
    name: str, python: str, url: str, key: str, secret: str, levels: int
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [
            python,
            str(HERE / "contenders" / f"{name}_script.py"),
            *(url, url.replace("http", "ws", 1), key, secret, SYMBOL),
            *(str(TOP), str(STEP), str(levels)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready", f"{name} did not start"
    time.sleep(0.5)
    return process


def commits_us(log: Path) -> list[float]:
    """How long each strict close waited for its commit, by the daemon's own log."""
    sent = (json.loads(line) for line in log.read_text().splitlines())
    return [
        float(line["signed_to_sent_us"])
        for line in sent
        if line["event"] == "order.sent"
    ]


async def measure(
    name: str, python: str, levels: int, number: int
) -> tuple[list[float], list[float]]:
    """Run one contender against an exchange of its own.

    Returns:
        Microseconds from frame to order; of exitd strict also those of each commit.
    """
    commits: list[float] = []
    exchange = Exchange()
    tap = Tap(exchange.url)
    await tap.start()
    key, secret = keys(number)
    try:
        exchange.hold(key)
        with tempfile.TemporaryDirectory() as folder:
            if name in (OVERLAPPED, STRICT):
                process = await asyncio.to_thread(
                    start_daemon,
                    tap.url,
                    key,
                    secret,
                    Path(folder),
                    levels,
                    firing=name.rpartition(" ")[2],
                )
            else:
                process = await asyncio.to_thread(
                    start_script, name, python, tap.url, key, secret, levels
                )
            try:
                await reach(exchange, tap)
                await walk(exchange, levels)
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait)
            if name == STRICT:
                commits = commits_us(Path(folder) / "log")
        return latencies_us(tap, levels), commits
    finally:
        await tap.stop()
        exchange.close()


def row(values: list[float], base: float) -> dict[str, float]:
    """Sum samples up."""
    median = statistics.median(values)
    p99 = statistics.quantiles(values, n=100)[98]
    return {
        "median_us": round(median),
        "p99_us": round(p99),
        "p99_over_median": round(p99 / median, 2),
        "ratio": round(median / base, 2),
        "orders": len(values),
    }


def print_rows(result: dict[str, Any]) -> None:
    print(result["machine"])
    print(f"{'contender':32} {'median µs':>10} {'p99 µs':>10} {'ratio':>6}")
    for name, found in result["contenders"].items():
        print(
            f"{name:32} {found['median_us']:10.0f} {found['p99_us']:10.0f}"
            f" {found['ratio']:6.2f}"
        )
    if result["stages_us"]:
        print("stages, medians in µs:")
        for name, took_us in result["stages_us"].items():
            print(f"  {name:22} {took_us:10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--levels", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ccxt-python", default="", help="a python that has ccxt")
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    contenders = ["raw", "httpx", OVERLAPPED, STRICT]
    contenders += ["ccxt"] if options.ccxt_python else []
    found: dict[str, list[float]] = {name: [] for name in contenders}
    less: list[float] = []
    pieces = Samples()
    for number in range(options.rounds):
        for name in contenders:
            python = options.ccxt_python if name == "ccxt" else sys.executable
            run = measure(name, python, options.levels, number)
            samples, commits = asyncio.run(run)
            # The first orders open connections and fill caches.
            found[name] += samples[WARM_UP:]
            paired = zip(samples[WARM_UP:], commits[WARM_UP:], strict=False)
            less += [sample - commit for sample, commit in paired]
        if options.stages:
            pieces.join(stages(options.levels, PAUSE_S))
    reference = "ccxt" if "ccxt" in found else "httpx"
    base = statistics.median(found[reference])
    rows = {name: row(values, base) for name, values in found.items()}
    medians = pieces.medians() if options.stages else {}
    rows[LESS_COMMIT] = row(less, base)
    result = {
        "machine": machine(),
        "reference": reference,
        "contenders": rows,
        "stages_us": medians,
    }
    if options.json:
        print(json.dumps(result))
    else:
        print_rows(result)


if __name__ == "__main__":
    main()
