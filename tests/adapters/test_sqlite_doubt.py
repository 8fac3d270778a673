"""Commits that fail in any order, some of which went through all the same."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.store_contract import DEADLINE_S
from contract.store_samples import firing
from contract.store_strategies import batches
from exitd.adapters.sqlite import SqliteStore, open_store
from exitd.ports.store import Batch, FactQuery, StoreHealth
from fakes.clocks import ManualClock
from fakes.disks import Disk
from fakes.memory import folder_in_memory
from fakes.store import FakeStore

CODES = (
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_IOERR_READ,
)


async def settle(store: SqliteStore) -> None:
    """Let the writer try again until all is written; each submit is one more try."""
    async with asyncio.timeout(DEADLINE_S):
        while store.backlog:
            store.submit(Batch((), ()))
            await asyncio.sleep(0)


async def run(path: Path, disk: Disk, script: list[Batch], together: int) -> None:
    store = open_store(
        path,
        ManualClock(),
        inline=True,
        reserve_bytes=0,
        connection_class=disk.connection_class(),
    )
    model = FakeStore(ManualClock())
    told: list[int] = []
    for n, batch in enumerate(script):
        must = Batch(batch.records, batch.facts)
        store.submit(must, lambda error, n=n: told.append(n))
        model.submit(must)
        if n % together == 0:
            await settle(store)
    await settle(store)
    disk.commits.clear()

    assert told == list(range(len(script)))
    assert repr(store.load()) == repr(model.load())
    query = FactQuery(limit=10_000)
    assert repr(await store.facts(query)) == repr(await model.facts(query))
    await store.close()


@settings(max_examples=50)
@given(
    script=st.lists(batches, min_size=1, max_size=8),
    commits=st.lists(st.sampled_from(["fail", "lie", "work"]), max_size=12),
    gone=st.lists(st.integers(0, 3), max_size=12),
    code=st.sampled_from(CODES),
    together=st.integers(1, 4),
)
def test_given_any_failures_when_written_then_each_batch_once_and_in_order(
    script: list[Batch],
    commits: list[str],
    gone: list[int],
    code: int,
    together: int,
):
    disk = Disk()
    with folder_in_memory() as directory:
        path = Path(directory) / "exitd.db"
        asyncio.run(open_and_close(path))
        disk.code = code
        disk.gone.extend(gone)
        # The first commit is the mark that the state is in use.
        disk.commits.extend(["work", *commits])
        asyncio.run(run(path, disk, script, together))


async def open_and_close(path: Path) -> None:
    await open_store(path, ManualClock(), inline=True, reserve_bytes=0).close()


async def test_given_commit_that_lied_when_disk_is_gone_then_written_once(
    tmp_path: Path,
):
    disk = Disk()
    store = open_store(
        tmp_path / "exitd.db",
        ManualClock(),
        inline=True,
        reserve_bytes=0,
        connection_class=disk.connection_class(),
    )
    disk.commits.append("lie")
    disk.gone.append(12)

    for batch in firing(1):
        store.submit(batch)

    assert store.health is StoreHealth.FAILING
    await settle(store)
    assert [s.seq for s in await store.facts(FactQuery())] == [4, 3, 2, 1]
    assert store.health is StoreHealth.WRITABLE
    await store.close()
