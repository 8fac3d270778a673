"""A disk that is full, that lies, that is gone for a while: nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.store_contract import DEADLINE_S, keep
from contract.store_samples import attempt, fact, fire, firing, trigger
from exitd.adapters.sqlite import SqliteStore, open_store
from exitd.adapters.sqlite.reserve import DEFAULT_RESERVE_BYTES, ReserveFile
from exitd.adapters.system.clock import SystemClock
from exitd.errors import StoreError, StoreFull
from exitd.ports.store import Batch, FactQuery, StoreHealth, TokenRecord
from fakes.disks import Disk, DiskReserve


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def reserve(disk: Disk) -> DiskReserve:
    return DiskReserve(disk, pages=40)


Open = Callable[[], SqliteStore]


@pytest.fixture
def open_it(tmp_path: Path, disk: Disk, reserve: DiskReserve) -> Open:
    def open_it() -> SqliteStore:
        return open_store(
            tmp_path / "exitd.db",
            SystemClock(),
            reserve=reserve,
            connection_class=disk.connection_class(),
        )

    return open_it


def fill_up(path: Path, disk: Disk) -> None:
    """Let the database grow no further than it is."""
    with sqlite3.connect(path) as connection:
        (disk.pages_max,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()


async def answer_to(store: SqliteStore, batch: Batch) -> StoreError | None:
    answer: asyncio.Future[StoreError | None] = (
        asyncio.get_running_loop().create_future()
    )
    store.submit(batch, answer.set_result)
    async with asyncio.timeout(DEADLINE_S):
        return await answer


def arms(count: int, *, first: int = 0) -> Batch:
    """More triggers than a page holds, as one request."""
    return Batch(
        tuple(trigger(f"arm{n}") for n in range(first, first + count)),
        tuple(fact(trigger_id=f"arm{n}") for n in range(first, first + count)),
        may_fail=True,
    )


async def armed_again(store: SqliteStore) -> None:
    """Wait until the store takes arms, as somebody who repeats one does."""
    async with asyncio.timeout(DEADLINE_S):
        while await answer_to(store, arms(1)) is not None:
            pass
    assert store.health is StoreHealth.WRITABLE


async def test_b031_given_full_disk_when_armed_then_refused_and_nothing_is_stored(
    open_it: Open, disk: Disk, reserve: DiskReserve
):
    store = open_it()
    fill_up(store.path, disk)

    answer = await answer_to(store, arms(200))

    assert isinstance(answer, StoreFull)
    assert store.health is StoreHealth.FULL
    assert store.load().triggers == ()
    assert await store.facts(FactQuery()) == ()
    assert store.backlog == 0
    assert reserve.is_there, "the reserve is for firings"
    await store.close()


async def test_b121_given_full_disk_when_fired_then_reserve_is_used_and_arms_refused(
    open_it: Open, disk: Disk, reserve: DiskReserve
):
    store = open_it()
    fill_up(store.path, disk)

    for n in range(1, 11):
        await keep(store, *firing(n))
    refused = await answer_to(store, arms(1))

    assert reserve.released == 1
    assert store.health is StoreHealth.FULL
    assert isinstance(refused, StoreFull)
    assert len(await store.exits(0, 10_000)) == 10
    await store.close()


async def test_b121_given_reserve_used_up_when_there_is_room_again_then_all_is_written(
    open_it: Open, disk: Disk, reserve: DiskReserve
):
    store = open_it()
    fill_up(store.path, disk)
    order: list[int] = []
    is_written = asyncio.Event()
    for n in range(1, 301):
        for batch in firing(n):
            store.submit(batch, lambda error, n=n: order.append(n))
    store.submit(Batch((), ()), lambda _: is_written.set())
    refused = await answer_to(store, arms(1))

    reserve.has_room_again = True
    disk.pages_max = None
    async with asyncio.timeout(DEADLINE_S):
        await is_written.wait()

    assert isinstance(refused, StoreFull)
    assert order == [n for n in range(1, 301) for _ in range(2)]
    assert len(await store.exits(0, 10_000)) == 300
    await armed_again(store)
    assert reserve.is_there
    await store.close()


async def test_given_full_disk_when_closed_then_says_that_batches_are_lost(
    tmp_path: Path, disk: Disk, reserve: DiskReserve
):
    store = open_store(
        tmp_path / "exitd.db",
        SystemClock(),
        inline=True,
        reserve=reserve,
        connection_class=disk.connection_class(),
    )
    fill_up(store.path, disk)
    for n in range(1, 301):
        for batch in firing(n):
            store.submit(batch)
    waiting = store.backlog
    assert store.health is StoreHealth.FULL

    with pytest.raises(StoreError, match="make room"):
        await store.close()

    assert waiting > 0
    again = open_store(tmp_path / "exitd.db", SystemClock(), reserve_bytes=0)
    assert again.load().triggers != ()
    assert not again.was_clean_stop
    await again.close()


async def test_given_full_disk_when_a_token_is_put_then_refused(
    open_it: Open, disk: Disk
):
    store = open_it()
    disk.commits.append("fail")
    disk.code = sqlite3.SQLITE_FULL

    with pytest.raises(StoreFull):
        await store.put_token(TokenRecord("desk", "d", ("read",), 1))

    assert await store.tokens() == ()
    await store.close()


@pytest.mark.parametrize("what", ["fail", "lie"])
@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CORRUPT,
    ],
)
async def test_given_failed_commit_when_read_back_then_written_exactly_once(
    open_it: Open, disk: Disk, reserve: DiskReserve, what: str, code: int
):
    store = open_it()
    reserve.has_room_again = True
    disk.pages_max = 2**30
    disk.code = code
    disk.commits.extend([what, "fail", what])

    for n in range(1, 4):
        await keep(store, *firing(n))

    stored = await store.facts(FactQuery(oldest_first=True))
    assert [fact.seq for fact in stored] == list(range(1, 13))
    assert len(store.load().triggers) == 3
    await armed_again(store)
    await store.close()


async def test_given_disk_gone_for_a_while_when_back_then_everything_is_written(
    open_it: Open, disk: Disk
):
    store = open_it()
    disk.commits.append("fail")
    disk.opens = 3
    opened = disk.opened

    await keep(store, Batch((fire(), attempt()), (fact(),)))

    assert disk.opened >= opened + 4
    assert store.load().attempts == (attempt(),)
    assert store.health is StoreHealth.WRITABLE
    await store.close()


async def test_given_failing_disk_when_it_fails_then_health_says_so(
    tmp_path: Path, disk: Disk
):
    store = open_store(
        tmp_path / "exitd.db",
        SystemClock(),
        inline=True,
        reserve_bytes=0,
        connection_class=disk.connection_class(),
    )
    disk.commits.append("fail")
    disk.opens = 1
    is_durable = asyncio.Event()

    store.submit(Batch((trigger(),), ()), lambda _: is_durable.set())

    assert store.health is StoreHealth.FAILING
    assert "disk" in store.health_detail
    assert store.backlog == 1
    async with asyncio.timeout(DEADLINE_S):
        await is_durable.wait()
    assert store.health is StoreHealth.WRITABLE
    assert store.health_detail == ""
    await store.close()


async def test_given_broken_constraint_when_written_then_the_bug_is_raised(
    open_it: Open,
):
    store = open_it()
    raised: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: raised.set_result(context["exception"])
    )
    twice = (attempt("a", client_order_id=5), attempt("b", client_order_id=5))

    store.submit(Batch(twice, ()))

    async with asyncio.timeout(DEADLINE_S):
        assert isinstance(await raised, sqlite3.IntegrityError)
    with pytest.raises(sqlite3.IntegrityError):
        store.submit(Batch((), ()))
    with pytest.raises(sqlite3.IntegrityError):
        await store.close()


def test_given_reserve_when_released_then_its_blocks_are_free(tmp_path: Path):
    reserve = ReserveFile(tmp_path / "exitd.db", 64 * 1024)
    file = tmp_path / "exitd.db.reserve"

    assert reserve.restore()
    assert file.stat().st_blocks * 512 >= 64 * 1024
    assert reserve.release()
    assert not file.exists()
    assert not reserve.release()
    assert reserve.restore()


async def test_given_full_disk_when_a_thousand_fire_then_reserve_is_enough(
    open_it: Open, disk: Disk, reserve: DiskReserve, tmp_path: Path
):
    store = open_it()
    await keep(store, *firing(1))
    fill_up(store.path, disk)
    reserve.pages = DEFAULT_RESERVE_BYTES // 4096

    def size() -> int:
        return sum(path.stat().st_size for path in tmp_path.glob("exitd.db*"))

    before = size()
    largest = 0
    for n in range(2, 1_002):
        await keep(store, *firing(n))
        largest = max(largest, size())

    assert reserve.released == 1
    assert largest - before < DEFAULT_RESERVE_BYTES
    await store.close()
