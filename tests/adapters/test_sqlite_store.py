"""What the SQLite store does beyond the contract: pruning, probing, other programs."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_states import opened
from contract.store_contract import DEADLINE_S, keep
from contract.store_samples import fact, firing, trigger
from exitd.adapters.sqlite import open_store
from exitd.adapters.sqlite.database import IN_MEMORY, connect
from exitd.adapters.sqlite.disk import PROBE_NS
from exitd.adapters.sqlite.history import facts_sql, facts_statement
from exitd.adapters.sqlite.migrating import make_tables
from exitd.adapters.sqlite.statements import bound
from exitd.core.records import IdempotencyRecord
from exitd.ports.store import Batch, FactQuery, StoreHealth
from fakes.clocks import ManualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


@pytest.mark.parametrize("inline", [False, True])
async def test_given_old_history_when_pruned_then_firings_and_new_stay(
    path: Path, inline: bool
):
    store = open_store(path, ManualClock(), inline=inline, reserve_bytes=0)
    old = tuple(fact(ts_ns=n, n=n) for n in range(450))
    answers = (
        IdempotencyRecord("old", "d", (), 5),
        IdempotencyRecord("k", "d", (), 500),
    )
    await keep(store, Batch(answers, old), *firing(1), Batch((), (fact(ts_ns=500),)))

    store.prune(500)

    async with asyncio.timeout(DEADLINE_S):
        while True:
            left = await store.facts(FactQuery(limit=1_000, oldest_first=True))
            idempotency = store.load().idempotency
            if len(left) <= 5 and len(idempotency) == 1:
                break
    assert [stored.seq for stored in left] == [451, 452, 453, 454, 455]
    assert [record.key for record in idempotency] == ["k"]
    assert len(await store.exits(0, 10_000)) == 1
    await keep(store, Batch((), (fact(),)))
    (newest,) = await store.facts(FactQuery(limit=1))
    assert newest.seq == 456
    await store.close()


async def test_given_pruning_when_batches_come_then_they_are_not_kept_waiting(
    path: Path,
):
    store = opened(path)
    await keep(store, Batch((), tuple(fact(ts_ns=n) for n in range(20_000))))
    store.prune(20_000)

    async with asyncio.timeout(DEADLINE_S):
        while len(await store.facts(FactQuery(limit=20_000))) == 20_000:
            pass
    await keep(store, Batch((trigger(),), ()))

    assert len(await store.facts(FactQuery(limit=20_000))) > 0, "long before it is done"
    await store.close()


async def test_given_quiet_store_when_time_passes_then_it_proves_that_it_can_commit(
    path: Path,
):
    clock = ManualClock()
    store = open_store(path, clock, reserve_bytes=0)
    await keep(store, Batch((), ()))
    before_ns = store.ts_committed_ns()

    clock.advance(PROBE_NS)

    async with asyncio.timeout(DEADLINE_S):
        while store.ts_committed_ns() == before_ns:
            await store.note("anything")
    assert store.ts_committed_ns() == before_ns + PROBE_NS
    await store.close()


async def test_given_file_locked_by_another_program_when_let_go_then_written(
    path: Path,
):
    store = opened(path)
    told = asyncio.Event()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.submit(Batch((trigger(),), ()), lambda _: told.set())
        # A read that is answered proves that the loop and the readers go on.
        assert await store.facts(FactQuery()) == ()
        assert not told.is_set()
        other.execute("ROLLBACK")

    async with asyncio.timeout(DEADLINE_S):
        await told.wait()
    assert store.load().triggers == (trigger(),)
    await store.close()


async def test_given_note_when_its_writer_gives_up_then_the_store_goes_on(path: Path):
    store = opened(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        putting = asyncio.create_task(store.put_note("files", b"content"))
        await asyncio.sleep(0)
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
        other.execute("ROLLBACK")

    await keep(store, Batch((trigger(),), ()))

    assert await store.note("files") == b"content"
    await store.close()


async def test_given_long_reader_when_batches_come_then_both_go_on(path: Path):
    store = opened(path)
    await keep(store, *firing(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        seen = other.execute("SELECT count(*) FROM triggers").fetchone()
        for n in range(2, 100):
            await keep(store, *firing(n))
        assert other.execute("SELECT count(*) FROM triggers").fetchone() == seen
        other.execute("COMMIT")

    assert len(store.load().triggers) == 99
    assert store.health is StoreHealth.WRITABLE
    await store.close()


async def test_given_database_in_memory_when_used_then_the_same_store():
    store = open_store(IN_MEMORY, ManualClock(), inline=True)
    other = open_store(IN_MEMORY, ManualClock(), inline=True)

    await keep(store, *firing(1))

    assert len(store.load().triggers) == 1
    assert len(await store.exits(0, 10_000)) == 1
    assert 1 <= store.tag("main") <= 255
    assert other.load().triggers == ()
    await store.close()
    await other.close()


async def test_given_inline_store_when_submitted_then_on_disk_before_anything_else(
    path: Path,
):
    store = open_store(path, ManualClock(), inline=True, reserve_bytes=0)

    store.submit(Batch((trigger(),), ()))

    assert store.load().triggers == (trigger(),)
    await store.close()


async def test_given_close_when_called_twice_then_nothing_more_happens(path: Path):
    store = opened(path)
    await store.close()
    await store.close()
    await store.abandon()


@pytest.mark.parametrize("event", ["", "*", "order.*", "order.sent"])
@pytest.mark.parametrize("ts_to_ns", [None, 9])
def test_given_any_way_of_asking_when_asked_again_then_by_its_own_values(
    event: str, ts_to_ns: int | None
):
    for n, given in enumerate(itertools.product((False, True), repeat=5), 3):
        after, since, trigger, fire, entry = given
        query = FactQuery(
            after_seq=n * after,
            ts_from_ns=n * since,
            ts_to_ns=ts_to_ns,
            trigger_id=f"sol/{n}" * trigger,
            fire_id=f"sol/{n}#1" * fire,
            entry=f"entry-{n}" * entry,
            event=event,
            limit=n,
            oldest_first=n % 3 == 0,
        )

        assert facts_sql(query) == bound(facts_statement(query))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (FactQuery(trigger_id="a"), "facts_trigger_id"),
        (FactQuery(fire_id="a#1"), "facts_fire_id_ts_ns"),
        (FactQuery(event="order.sent"), "facts_kind"),
        (FactQuery(event="order.*"), "facts_kind"),
        (FactQuery(ts_from_ns=1, ts_to_ns=2), "facts_ts_ns"),
        (FactQuery(after_seq=9, event="order.*", ts_from_ns=1), "PRIMARY KEY"),
        (FactQuery(after_seq=9, trigger_id="a", event="order.*"), "facts_trigger_id"),
    ],
)
def test_given_question_about_history_when_planned_then_an_index_answers_it(
    query: FactQuery, index: str
):
    sql, values = bound(facts_statement(query))
    with closing(connect(IN_MEMORY)) as driver:
        make_tables(driver)
        plan = driver.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()

    assert index in plan[0][3]
