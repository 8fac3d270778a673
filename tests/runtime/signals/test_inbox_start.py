"""A start reads what it needs of the alerts, however many there ever were."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exitd.adapters.sqlite.books import _IN_INBOX
from exitd.core.entry import SignalRecord, SignalState
from exitd.errors import StoreError
from exitd.ports.store import Batch
from exitd.runtime.problems import NotReady
from fakes.store import FakeStore
from runtime.desk import in_virtual_time
from runtime.signals.inboxes import Broker, Desk, S, draft, open_file
from simulation.virtual_time import VirtualClock, VirtualLoop, let_pass

DAY_NS = 86_400 * S


class Counting(FakeStore):
    """Counts what is asked, and the rows that are given back.

    While `answers` is clear it gives none; `fails` makes it raise.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.queries = 0
        self.rows = 0
        self.fails = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def inbox(self, ts_from_ns: int) -> tuple[SignalRecord, ...]:
        found = await super().inbox(ts_from_ns)
        self.queries += 1
        self.rows += len(found)
        return found

    async def last_signal(
        self, route: str, client_order_id: str
    ) -> SignalRecord | None:
        self.queries += 1
        await self.answers.wait()
        if self.fails:
            raise StoreError("the file cannot be read")
        found = await super().last_signal(route, client_order_id)
        self.rows += found is not None
        return found

    async def signals(self, ts_from_ns: int, ts_to_ns: int) -> tuple[SignalRecord, ...]:
        raise AssertionError("a start does not read them all")


def _clock() -> VirtualClock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return VirtualClock(loop)


def old(number: int, ts_ns: int, **changed: object) -> SignalRecord:
    return SignalRecord(
        id=f"tv-{number}",
        route="tv",
        body='{"ticker":"AAPL"}',
        digest=f"{number}",
        state=SignalState.CARRIED_OUT,
        ts_received_ns=ts_ns,
        **changed,  # type: ignore[arg-type]
    )


@in_virtual_time
async def test_given_many_old_alerts_when_started_then_one_query_and_few_rows():
    clock = _clock()
    store, now_ns = Counting(clock), clock.now_ns()
    many = tuple(old(n, now_ns - 2 * DAY_NS + n) for n in range(1, 1_001))
    recent = tuple(old(n, now_ns - n) for n in range(2_000, 2_003))
    store.submit(Batch((*many, *recent), ()))
    await let_pass(1)

    desk = await Desk(store, clock, Broker()).start()

    assert (store.queries, store.rows) == (1, 3)
    await desk.inbox.receive(draft(client_order_id="new"))
    await desk.inbox.receive(draft("MSFT"))
    assert (store.queries, store.rows) == (2, 3)
    await desk.rest()


@in_virtual_time
async def test_given_an_id_of_long_ago_when_it_comes_after_a_start_then_it_counts_on():
    clock = _clock()
    store, now_ns = Counting(clock), clock.now_ns()
    long_ago = old(1, now_ns - 9 * DAY_NS, client_order_id="a-1", again=4)
    store.submit(Batch((long_ago, old(2, now_ns - 8 * DAY_NS)), ()))
    await let_pass(1)
    desk = await Desk(store, clock, Broker()).start()

    taken = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert taken.record.again == 5
    assert taken.record.broker_id == "a-1-5"


@in_virtual_time
async def test_given_an_id_that_is_asked_for_then_what_comes_behind_stays_behind():
    clock = _clock()
    store = Counting(clock)
    desk = await Desk(store, clock, Broker()).start()
    store.answers.clear()
    first = asyncio.ensure_future(desk.inbox.receive(draft(client_order_id="a-1")))
    await let_pass(0.1)
    repeated = asyncio.ensure_future(desk.inbox.receive(draft(client_order_id="a-1")))
    second = asyncio.ensure_future(desk.inbox.receive(draft(digest="other")))
    await let_pass(0.1)

    store.answers.set()
    taken = await asyncio.gather(first, repeated, second)
    await desk.rest()

    assert [t.is_duplicate for t in taken] == [False, True, False]
    assert desk.broker.traded == [taken[0].record.id, taken[2].record.id]


@in_virtual_time
async def test_given_a_disk_that_does_not_say_then_not_stored_and_the_next_is_first():
    clock = _clock()
    store = Counting(clock)
    desk = await Desk(store, clock, Broker()).start()
    store.answers.clear()
    with pytest.raises(NotReady, match="too slow"):
        await desk.inbox.receive(draft(client_order_id="a-1"))
    store.answers.set()
    store.fails = True
    with pytest.raises(NotReady, match="cannot be read"):
        await desk.inbox.receive(draft(client_order_id="a-1"))
    store.fails = False

    taken = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert not taken.is_duplicate
    assert desk.broker.traded == [taken.record.id]


@in_virtual_time
async def test_given_it_closes_while_an_id_is_asked_for_then_not_stored():
    clock = _clock()
    store = Counting(clock)
    desk = await Desk(store, clock, Broker()).start()
    store.answers.clear()
    answering = asyncio.ensure_future(desk.inbox.receive(draft(client_order_id="a-1")))
    await let_pass(0.1)

    desk.close()
    store.answers.set()

    with pytest.raises(NotReady, match="stopping"):
        await answering
    assert store.disk.signals == {}


@in_virtual_time
async def test_given_a_real_file_when_a_start_reads_then_by_indexes_only(
    tmp_path: Path,
):
    store = open_file(tmp_path, _clock())
    await store.close()

    with closing(sqlite3.connect(tmp_path / "exitd.db")) as driver:
        sql = f"EXPLAIN QUERY PLAN SELECT body FROM signals WHERE {_IN_INBOX}"
        plan = [row[3] for row in driver.execute(sql, {"ts": 1})]
        by_name = (
            "EXPLAIN QUERY PLAN SELECT body FROM signals WHERE route = ? AND"
            " client_order_id = ? AND client_order_id <> '' ORDER BY rowid DESC"
        )
        named = [row[3] for row in driver.execute(by_name, ("tv", "a-1"))]

    assert not [step for step in plan if step.startswith("SCAN")]
    assert named == [
        "SEARCH signals USING INDEX signals_client_order_id"
        " (route=? AND client_order_id=?)"
    ]
