"""How long a start takes with many stored triggers, until prices are evaluated.

    python benchmarks/startup.py [--triggers 100000] [--json]

The whole daemon in a process of its own, against the simulated exchange: open the
store, load, reconcile, subscribe, ready. `bare` is reading the same rows with sqlite3.
"""

import argparse
import asyncio
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace
from rig import SYMBOL, Exchange, keys, start_daemon
from worlds import machine, stop

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.ports.store import Batch

ROUNDS = 3
#: In seconds, by how many triggers there are at the most.
GOALS_S = {10_000: 3, 100_000: 5}
CHUNK = 5_000


async def fill(path: Path, count: int) -> None:
    """Write *count* armed triggers, as a daemon would have."""
    store = open_store(path, SystemClock(), asyncio.get_running_loop())
    source = PriceSource("sim", SYMBOL, PriceKind.MARK)
    for first in range(0, count, CHUNK):
        done = asyncio.get_running_loop().create_future()
        records = tuple(
            TriggerRecord(
                definition=replace(
                    stop(n, Decimal(9_500 - n % 4_000) / 100),
                    account="sim",
                    source=source,
                ),
                state=TriggerState.ARMED,
                arming=1,
                seq=n + 1,
                lifetime=1,
            )
            for n in range(first, min(first + CHUNK, count))
        )
        store.submit(Batch(records, ()), done.set_result)
        await done
    await store.close()


def bare_s(path: Path) -> float:
    started = time.perf_counter()
    with sqlite3.connect(path) as connection:
        connection.execute("select * from triggers").fetchall()
    connection.close()
    return time.perf_counter() - started


def ready_s(process: subprocess.Popen[str], started: float) -> float:
    del process
    return time.perf_counter() - started


def measure(count: int) -> dict[str, float]:
    exchange = Exchange()
    key, secret = keys(1)
    try:
        exchange.hold(key)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "state").mkdir(mode=0o700)
            database = folder / "state/exitd.db"
            asyncio.run(fill(database, count))
            bare = bare_s(database)
            started = time.perf_counter()
            process = start_daemon(exchange.url, key, secret, folder, 1)
            whole = ready_s(process, started)
            process.terminate()
            process.wait()
            lines = (folder / "log").read_text()
            found = re.search(r'"daemon.ready".*?"triggers":(\d+)', lines)
            assert found is not None
            assert int(found[1]) >= count
        return {"bare_s": bare, "ready_s": whole}
    finally:
        exchange.close()


def goal_s(count: int) -> int | None:
    """Give the goal for so many triggers; None where there is none."""
    return next((goal for most, goal in GOALS_S.items() if count <= most), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--triggers", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("NOTIFY_SOCKET", None)
    rounds = [measure(options.triggers) for _ in range(ROUNDS)]
    result = {
        "machine": machine(),
        "triggers": options.triggers,
        "ready_s": round(statistics.median(r["ready_s"] for r in rounds), 2),
        "mean_s": round(statistics.mean(r["ready_s"] for r in rounds), 2),
        "worst_s": round(max(r["ready_s"] for r in rounds), 2),
        "goal_s": goal_s(options.triggers),
        "rounds": ROUNDS,
        "bare_read_s": round(statistics.median(r["bare_s"] for r in rounds), 2),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"start with {options.triggers:,} triggers until ready, python included:")
    print(f"  exitd      {result['ready_s']:6.2f} s (goal {result['goal_s']})")
    print(f"  bare read  {result['bare_read_s']:6.2f} s")


if __name__ == "__main__":
    sys.exit(main())
