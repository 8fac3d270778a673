"""A start reads each row once, however many there are; benchmarks say how fast."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_states import opened
from contract.store_samples import fact, trigger
from exitd.adapters.sqlite.database import configure, connect
from exitd.adapters.sqlite.loading import read_snapshot
from exitd.ports.store import Batch


async def fill(path: Path, count: int) -> None:
    store = opened(path)
    done = asyncio.Event()
    for n in range(0, count, 10):
        some = tuple(trigger(f"trg_{m:08}", seq=m) for m in range(n, n + 10))
        store.submit(Batch(some, tuple(fact(trigger_id=t.id) for t in some), True))
    store.submit(Batch((), ()), lambda _: done.set())
    await done.wait()
    await store.close()


def reading(path: Path, count: int) -> tuple[int, int]:
    """Give the steps that SQLite takes for a start, and the statements it is given."""
    steps = 0
    statements: list[str] = []

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(connect(path)) as driver:
        configure(driver)
        driver.set_progress_handler(step, 1)
        driver.set_trace_callback(statements.append)
        snapshot = read_snapshot(driver, lambda bad: pytest.fail(str(bad)))
    assert len(snapshot.triggers) == count
    assert snapshot.seq == count - 1
    return steps, len(statements)


async def test_b122_given_many_triggers_when_loaded_then_each_row_is_read_once(
    tmp_path: Path,
):
    few, many = tmp_path / "few" / "exitd.db", tmp_path / "many" / "exitd.db"
    await fill(few, 1_000)
    await fill(many, 10_000)
    steps_few, statements_few = reading(few, 1_000)
    steps_many, statements_many = reading(many, 10_000)

    assert statements_many == statements_few
    assert steps_many <= 10 * steps_few
