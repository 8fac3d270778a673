"""What a commit costs, and a start with many triggers; `pytest -rP` shows the numbers.

The bounds are far above what any disk needs: they catch a queue that waits for a
timeout, not a slow machine.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_states import opened
from contract.store_samples import fact, firing, trigger
from exitd.adapters.sqlite.database import configure, connect
from exitd.adapters.sqlite.store import SqliteStore
from exitd.ports.store import Batch

COMMITS = 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


async def lone_batches_us(store: SqliteStore, make: Callable[[int], Batch]) -> float:
    """Median time from submit to the answer, one batch at a time."""
    loop = asyncio.get_running_loop()
    times: list[int] = []
    for n in range(COMMITS):
        batch, answer = make(n), loop.create_future()
        start = time.perf_counter_ns()
        store.submit(batch, answer.set_result)
        await answer
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1_000


def bare_commits_us(path: Path) -> float:
    """Median time of one row a commit, by the driver alone and just as durable."""
    path.touch()
    times: list[int] = []
    with closing(connect(path)) as driver:
        configure(driver)
        driver.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT) STRICT")
        for _ in range(COMMITS):
            start = time.perf_counter_ns()
            driver.execute("BEGIN IMMEDIATE")
            driver.execute("INSERT INTO t (body) VALUES (?)", ("x" * 400,))
            driver.execute("COMMIT")
            times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1_000


async def test_given_lone_batches_when_submitted_then_answered_soon_after_a_commit(
    path: Path, tmp_path: Path
):
    bare = bare_commits_us(tmp_path / "bare.db")
    store = opened(path)
    one = await lone_batches_us(store, lambda n: Batch((trigger(f"t{n}"),), ()))
    both = await lone_batches_us(
        store, lambda n: Batch((trigger(f"t{n}"),), (fact(trigger_id=f"t{n}"),))
    )
    fire = await lone_batches_us(store, lambda n: firing(n + 1)[0])
    print(  # noqa: T201
        f"median of {COMMITS}: bare row {bare:.0f} us; store: record {one:.0f} us,"
        f" record and fact {both:.0f} us, firing (5 rows, 2 facts) {fire:.0f} us"
        f" (SQLite {sqlite3.sqlite_version})"
    )

    assert one < bare + 50_000
    assert fire < bare + 50_000
    await store.close()


async def test_b122_given_100000_triggers_when_loaded_then_in_bounded_time(path: Path):
    store = opened(path)
    start = time.perf_counter()
    done = asyncio.Event()
    for n in range(0, 100_000, 10):
        some = tuple(trigger(f"trg_{m:08}", seq=m) for m in range(n, n + 10))
        store.submit(Batch(some, tuple(fact(trigger_id=t.id) for t in some), True))
    store.submit(Batch((), ()), lambda _: done.set())
    await done.wait()
    armed_s = time.perf_counter() - start
    await store.close()

    start = time.perf_counter()
    store = opened(path)
    opened_s = time.perf_counter() - start
    start = time.perf_counter()
    snapshot = store.load()
    loaded_s = time.perf_counter() - start

    assert len(snapshot.triggers) == 100_000
    assert snapshot.seq == 99_999
    print(  # noqa: T201
        f"armed {100_000 / armed_s:.0f}/s, opened {opened_s:.2f} s,"
        f" loaded {loaded_s:.2f} s"
    )
    assert 100_000 / armed_s > 2_000
    assert loaded_s < 2.5
    await store.close()
