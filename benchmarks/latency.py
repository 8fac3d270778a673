"""From a price frame to the order: exitd beside what one would write instead.

Each contender watches the trade stream of the same simulated exchange and sells a
little at each of many levels. Time is taken on the wire, on one clock: from the
frame that crosses a level, as it is written to the contender, to the first bytes of
the order that follows. `raw` is the floor: no decisions, no durability, prebuilt bytes.

    python benchmarks/latency.py [--levels 200] [--ccxt-python PATH] [--stages] [--json]

The contender has one core, the exchange and the tap the others. A round in which a host
kept more than 1 % of a core from this machine says little about any of them: it is
measured again, whatever it gave, and the last line says how many were.

exitd runs both ways: overlapped, as it is by default, each close leaves while it is
being written down; strict, it leaves after that. No contender commits anything, so in a
row of its own each strict close is given without its commit, as the daemon logged it.
ccxt is no dependency; PATH is the python of an environment that has it. With --stages
the pieces of exitd's path are timed by themselves too.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cores
from rig import STEP, SYMBOL, TOP, Exchange, Move, keys, prices, start_daemon
from stages import Samples, stages
from tap import Tap
from worlds import machine

HERE = Path(__file__).resolve().parent
PAUSE_S = 0.04
WARM_UP = 5
OVERLAPPED, STRICT = "exitd, overlapped", "exitd, strict"
LESS_COMMIT = "exitd, strict, less one commit"


async def reach(move: Move, tap: Tap) -> None:
    """Move the price above all levels until the client is sent one: it listens."""
    for number in range(1, 200):
        price = TOP + 1 + STEP * number
        await move(price)
        await asyncio.sleep(PAUSE_S)
        if price in tap.frames:
            return
    raise SystemExit("the client never subscribed to trades")


async def walk(move: Move, levels: int) -> None:
    """Move the price down through every level."""
    for number in range(levels):
        await move(TOP - STEP * number)
        await asyncio.sleep(PAUSE_S)
    await asyncio.sleep(1.0)


def latencies_us(tap: Tap, levels: int) -> list[float]:
    frames = [tap.frames[TOP - STEP * n] for n in range(levels)]
    assert len(tap.orders) == levels, f"{len(tap.orders)} orders, {levels} levels"
    return [
        (order - frame) / 1_000 for order, frame in zip(tap.orders, frames, strict=True)
    ]


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
    name: str, python: str, levels: int, number: int, core: int | None
) -> tuple[list[float], list[float]]:
    """Run one contender, on this core, against an exchange of its own.

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
                cores.move_to(process.pid, core)
                async with prices(exchange) as move:
                    await reach(move, tap)
                    await walk(move, levels)
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait)
            if name == STRICT:
                commits = commits_us(Path(folder) / "log")
        return latencies_us(tap, levels), commits
    finally:
        await tap.stop()
        exchange.close()


def undisturbed(
    name: str, python: str, options: argparse.Namespace, number: int
) -> tuple[list[float], list[float], int]:
    """Measure one contender until the host left the cores to it.

    Returns:
        Its samples, its commits, and how many tries were thrown away. Of *tries* that
        all were disturbed, the one from which least was taken.
    """
    tried = []
    for _ in range(options.tries):
        before_s, began_s = cores.stolen_s(), time.monotonic()
        with cores.one_apart() as core:
            run = measure(name, python, options.levels, number, core)
            samples, commits = asyncio.run(run)
        took_s = time.monotonic() - began_s
        stolen = (cores.stolen_s() - before_s) / took_s
        tried.append((stolen, samples, commits))
        if stolen <= cores.STOLEN_SHARE:
            break
    _, samples, commits = min(tried, key=lambda one: one[0])
    return samples, commits, len(tried) - 1


def row(rounds: list[list[float]], base: float) -> dict[str, float]:
    """Sum the rounds of one contender up: the p99 is that of the median round."""
    values = [value for samples in rounds for value in samples]
    median = statistics.median(values)
    p99 = statistics.median(statistics.quantiles(each, n=100)[98] for each in rounds)
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
    print(
        f"rounds thrown away, as the host took the cores: {result['disturbed_rounds']}"
    )
    if result["stages_us"]:
        print("stages, medians in µs:")
        for name, took_us in result["stages_us"].items():
            print(f"  {name:22} {took_us:10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--levels", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tries", type=int, default=3, help="for an undisturbed round")
    parser.add_argument("--ccxt-python", default="", help="a python that has ccxt")
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    contenders = ["raw", "httpx", OVERLAPPED, STRICT]
    contenders += ["ccxt"] if options.ccxt_python else []
    found: dict[str, list[list[float]]] = {name: [] for name in contenders}
    less: list[list[float]] = []
    pieces = Samples()
    disturbed = 0
    for number in range(options.rounds):
        for name in contenders:
            python = options.ccxt_python if name == "ccxt" else sys.executable
            samples, commits, again = undisturbed(name, python, options, number)
            disturbed += again
            # The first orders open connections and fill caches.
            found[name].append(samples[WARM_UP:])
            if commits:
                paired = zip(samples[WARM_UP:], commits[WARM_UP:], strict=True)
                less.append([sample - commit for sample, commit in paired])
        if options.stages:
            pieces.join(stages(options.levels, PAUSE_S))
    reference = "ccxt" if "ccxt" in found else "httpx"
    base = statistics.median(value for samples in found[reference] for value in samples)
    rows = {name: row(values, base) for name, values in found.items()}
    medians = pieces.medians() if options.stages else {}
    rows[LESS_COMMIT] = row(less, base)
    result = {
        "machine": machine(),
        "reference": reference,
        "disturbed_rounds": disturbed,
        "contenders": rows,
        "stages_us": medians,
    }
    if options.json:
        print(json.dumps(result))
    else:
        print_rows(result)


if __name__ == "__main__":
    main()
