"""What a commit of the store costs beside a bare one of the same disk.

    python benchmarks/commits.py [--commits 400] [--json]

One batch at a time, from submit to the answer that it is durable: the writer's thread,
one transaction with `synchronous=FULL`, and the way back to the loop. `bare` is a row
by the driver alone, just as durable.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from worlds import machine, stop

from exitd.adapters.sqlite.database import configure, connect
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.core.events import Fact, FactKind
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.ports.store import Batch


async def store_us(path: Path, commits: int) -> float:
    loop = asyncio.get_running_loop()
    store = open_store(path, SystemClock(), loop)
    times: list[int] = []
    for n in range(commits):
        record = TriggerRecord(
            definition=stop(n, Decimal(95)), state=TriggerState.ARMED, seq=n + 1
        )
        fact = Fact(FactKind.TRIGGER_ARMED, n + 1, trigger_id=record.id)
        answer = loop.create_future()
        started = time.perf_counter_ns()
        store.submit(Batch((record,), (fact,)), answer.set_result)
        await answer
        times.append(time.perf_counter_ns() - started)
    await store.close()
    return statistics.median(times) / 1_000


def bare_us(path: Path, commits: int) -> float:
    path.touch()
    times: list[int] = []
    with closing(connect(path)) as driver:
        configure(driver)
        driver.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT) STRICT")
        for _ in range(commits):
            started = time.perf_counter_ns()
            driver.execute("BEGIN IMMEDIATE")
            driver.execute("INSERT INTO t (body) VALUES (?)", ("x" * 400,))
            driver.execute("COMMIT")
            times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "state").mkdir(mode=0o700)
        bare = bare_us(folder / "bare.db", options.commits)
        ours = asyncio.run(store_us(folder / "state/exitd.db", options.commits))
    result = {
        "machine": machine(),
        "store_us": round(ours),
        "bare_us": round(bare),
        "ratio": round(ours / bare, 2),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"one trigger and its fact, until durable: {ours:,.0f} us")
    print(f"one bare row, just as durable:           {bare:,.0f} us")


if __name__ == "__main__":
    main()
