"""How long a silent price stream leaves stops blind, until REST stands in for it.

    python benchmarks/silence.py [--rounds 10] [--max-age 5] [--json]

The whole daemon against the simulated exchange. Each round the stream of marks falls
silent while its connection lives, right after a price was sent; the price then crosses
a level, which REST alone tells. Time is taken from that last price to the hit, which is
the first price of the second source, by the daemon's own log on the same clock. A price
counts as stale once it is older than `price_max_age`; what is over that is the mean
time from a stale feed to the second source.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rig import STEP, SYMBOL, TOP, Exchange, keys, start_daemon
from worlds import machine

GOAL_OVER_S = 3.0
STREAM = "markPrice."
WITHIN_S = 30.0
#: Marks come once a second: by then the stream has told a price again.
BACK_S = 2.5
LOOK_S = 0.02


def lines(log: Path, event: str) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in log.read_text().splitlines())
    return [line for line in found if line["event"] == event]


def wait_for(log: Path, event: str, count: int) -> dict[str, Any]:
    """Give the n-th line of an event, once it is there."""
    until_s = time.monotonic() + WITHIN_S
    while time.monotonic() < until_s:
        found = lines(log, event)
        if len(found) >= count:
            return found[count - 1]
        time.sleep(LOOK_S)
    raise SystemExit(f"no {event} number {count} within {WITHIN_S:g} s")


def at_s(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["ts"]).timestamp()


def mark(exchange: Exchange, price: Decimal) -> None:
    exchange.control("prices", {"symbol": SYMBOL, "mark": str(price)})


def silences(exchange: Exchange, log: Path, rounds: int) -> Iterator[float]:
    """Give for each round the seconds from the last price of the stream to the hit."""
    for number in range(rounds):
        level = TOP - STEP * number
        mark(exchange, level + STEP / 2)
        last_s = time.time()
        exchange.control("faults", {"kind": "silence", "stream": STREAM})
        mark(exchange, level)
        hit = wait_for(log, "trigger.hit", number + 1)
        wait_for(log, "trigger.done", number + 1)
        yield at_s(hit) - last_s
        exchange.http.delete("/sim/faults").raise_for_status()
        time.sleep(BACK_S)


def measure(rounds: int, max_age_s: float) -> list[float]:
    exchange = Exchange()
    key, secret = keys(1)
    try:
        exchange.hold(key)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            more = f"policies: {{price_max_age: {round(max_age_s * 1_000)}ms}}\n"
            process = start_daemon(
                exchange.url, key, secret, folder, rounds, more, price="mark"
            )
            try:
                wait_for(folder / "log", "trigger.armed", rounds)
                wait_for(folder / "log", "feed.connected", 1)
                return list(silences(exchange, folder / "log", rounds))
            finally:
                process.terminate()
                process.wait()
    finally:
        exchange.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--max-age", type=float, default=5.0, help="seconds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("NOTIFY_SOCKET", None)
    found = measure(options.rounds, options.max_age)
    over = [took_s - options.max_age for took_s in found]
    result = {
        "machine": machine(),
        "rounds": options.rounds,
        "price_max_age_s": options.max_age,
        "mean_s": round(statistics.mean(found), 2),
        "worst_s": round(max(found), 2),
        "over_mean_s": round(statistics.mean(over), 2),
        "over_worst_s": round(max(over), 2),
        "goal_s": GOAL_OVER_S,
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"{options.rounds} silences, prices are stale after {options.max_age:g} s:")
    print(
        f"  from stale to the second source's first price, mean and worst: "
        f"{result['over_mean_s']:.2f} s, {result['over_worst_s']:.2f} s"
    )
    print(
        f"  from the last price of the stream: "
        f"{result['mean_s']:.2f} s, {result['worst_s']:.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
