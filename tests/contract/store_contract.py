"""What every store does, whatever it keeps its rows in."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from decimal import Decimal

import msgspec
import pytest

from contract.store_samples import (
    attempt,
    fact,
    fill,
    fire,
    firing,
    paid,
    position,
    trigger,
    watermarks,
)
from exitd.core.condition import Direction
from exitd.core.events import FactKind
from exitd.core.records import CounterRecord, IdempotencyRecord, Snapshot, TriggerGone
from exitd.core.trigger import TriggerState
from exitd.errors import StoreError
from exitd.ports.store import Batch, FactQuery, Store, StoreHealth, TokenRecord

DEADLINE_S = 10.0


class Machine(ABC):
    """A machine that a store runs on; its disk outlives each of them."""

    @abstractmethod
    async def start(self) -> Store: ...

    @abstractmethod
    async def stop(self) -> None:
        """Close the store that runs, draining it."""

    @abstractmethod
    async def crash(self) -> None:
        """End the store that runs without draining it."""


async def keep(store: Store, *batches: Batch) -> None:
    """Submit batches and wait until the last is durable."""
    answers: list[StoreError | None] = []
    is_done = asyncio.Event()

    def on_durable(error: StoreError | None) -> None:
        answers.append(error)
        if len(answers) == len(batches):
            is_done.set()

    for batch in batches:
        store.submit(batch, on_durable)
    async with asyncio.timeout(DEADLINE_S):
        await is_done.wait()
    assert answers == [None] * len(batches)


class StoreContract:
    async def test_given_new_state_when_loaded_then_empty(self, store: Store):
        assert store.load() == Snapshot()
        assert store.set_aside == ()
        assert store.health is StoreHealth.WRITABLE
        assert store.backlog == 0

    async def test_given_batch_when_durable_then_loaded(self, store: Store):
        await keep(store, Batch((trigger(), position()), (fact(),)))

        snapshot = store.load()

        assert snapshot.triggers == (trigger(),)
        assert snapshot.positions == (position(),)
        assert snapshot.seq == 1

    async def test_given_many_batches_when_submitted_then_durable_in_order(
        self, store: Store
    ):
        order: list[int] = []
        last = asyncio.Event()
        for n in range(300):
            store.submit(Batch((trigger(f"t{n}"),), ()), lambda _, n=n: order.append(n))
        store.submit(Batch((), ()), lambda _: last.set())

        async with asyncio.timeout(DEADLINE_S):
            await last.wait()

        assert order == list(range(300))
        assert store.backlog == 0
        assert [t.id for t in store.load().triggers] == [f"t{n}" for n in range(300)]

    async def test_given_submit_when_it_returns_then_nobody_was_told_yet(
        self, store: Store
    ):
        told = asyncio.Event()

        store.submit(Batch((trigger(),), ()), lambda _: told.set())

        assert not told.is_set()
        assert store.backlog == 1
        async with asyncio.timeout(DEADLINE_S):
            await told.wait()

    async def test_given_row_when_written_again_then_replaced(self, store: Store):
        done = msgspec.structs.replace(trigger(), state=TriggerState.DONE)
        await keep(store, Batch((trigger(), trigger("tp")), ()), Batch((done,), ()))

        assert store.load().triggers == (done, trigger("tp"))

    async def test_given_gone_trigger_when_loaded_then_row_gone_history_stays(
        self, store: Store
    ):
        await keep(store, Batch((trigger(seq=9),), (fact(),)))
        await keep(store, Batch((TriggerGone("sl"),), ()))

        snapshot = store.load()

        assert snapshot.triggers == ()
        assert snapshot.seq == 9
        assert [s.fact for s in await store.facts(FactQuery())] == [fact()]

    async def test_given_firings_when_loaded_then_open_ones_with_all_attempts(
        self, store: Store
    ):
        mine = (attempt(n=1), attempt(n=2, client_order_id=2))
        over = attempt("tp", client_order_id=3)
        await keep(
            store,
            Batch((*mine, over, fire(), fire("tp", open=False)), ()),
            Batch((CounterRecord("main", 7, 3),), ()),
        )

        snapshot = store.load()

        assert snapshot.fires == (fire(),)
        assert snapshot.attempts == mine
        assert snapshot.counters == (CounterRecord("main", 7, 3),)
        assert await store.fires("tp") == (fire("tp", open=False),)
        assert await store.fires("nobody") == ()

    async def test_given_attempt_when_loaded_then_signed_bytes_are_exact(
        self, store: Store
    ):
        every_byte = msgspec.structs.replace(attempt(), signed=bytes(range(256)))
        await keep(store, Batch((fire(), every_byte), ()))

        assert store.load().attempts == (every_byte,)

    async def test_given_idempotency_key_when_loaded_then_first_answer(
        self, store: Store
    ):
        answer = IdempotencyRecord("k", "digest", ("a", "b"), 5)
        await keep(store, Batch((answer,), ()))

        assert store.load().idempotency == (answer,)

    async def test_given_watermarks_when_written_again_then_replaced_whole(
        self, store: Store
    ):
        lows, highs = watermarks("99", way=Direction.RISING), watermarks("104")
        await keep(store, Batch((watermarks("103", "101.50"), lows), ()))
        await keep(store, Batch((highs,), ()))

        assert store.load().watermarks == (highs, lows)

    async def test_given_fill_told_twice_when_read_then_counted_once(
        self, store: Store
    ):
        again = msgspec.structs.replace(fill(), price=Decimal(1))
        await keep(store, Batch((fire(), fill()), ()), Batch((again,), ()))

        (row,) = await store.exits(0, 10_000)

        assert row.fire == fire()
        assert row.fills == (fill(),)

    async def test_given_fill_without_fire_when_told_whose_then_joined(
        self, store: Store
    ):
        await keep(
            store,
            Batch((fire(), fill(fire_id="")), ()),
            Batch((fill(fire_id="sl#1"),), ()),
            Batch((fill(fire_id=""), fill(fire_id="other#1")), ()),
        )

        (row,) = await store.exits(0, 10_000)

        assert row.fills == (fill(fire_id="sl#1"),)

    async def test_given_exits_when_asked_for_a_time_then_by_hit_and_fills_by_time(
        self, store: Store
    ):
        late = fill("t9", ts_venue_ns=2_400)
        await keep(
            store,
            Batch((fire("tp", ts_hit_ns=3_000), fire(ts_hit_ns=2_000)), ()),
            Batch((fill("t1"), late), ()),
        )

        everything = await store.exits(2_000, 3_001)

        assert [row.fire.trigger_id for row in everything] == ["sl", "tp"]
        assert everything[0].fills == (late, fill("t1"))
        assert await store.exits(2_001, 3_000) == ()

    async def test_given_fill_before_anybody_knew_whose_when_read_then_joined(
        self, store: Store
    ):
        late = msgspec.structs.replace(
            attempt(client_order_id=1), venue_order_id="o1", filled=Decimal(4)
        )
        over = msgspec.structs.replace(fire(), open=False)
        of_others = msgspec.structs.replace(fill("t2", fire_id=""), venue_order_id="o2")
        await keep(
            store, Batch((over, late), ()), Batch((fill(fire_id=""), of_others), ())
        )

        (row,) = await store.exits(0, 10_000)
        ours, by_hand = await store.fills(0, 10_000)

        assert row.fills == (fill(fire_id="sl#1"),)
        assert (ours.fill, ours.fire) == (fill(fire_id="sl#1"), over)
        assert (by_hand.fill, by_hand.fire) == (of_others, None)

    async def test_given_fills_when_asked_for_a_time_then_by_their_own_instant(
        self, store: Store
    ):
        first, last = fill("t2", ts_venue_ns=2_400), fill("t1", ts_venue_ns=2_600)
        await keep(store, Batch((fire(), last, first), ()))

        found = await store.fills(2_400, 2_600)

        assert [row.fill for row in found] == [first]
        assert [row.fill for row in await store.fills(0, 9_000)] == [first, last]
        assert await store.fills(2_601, 9_000) == ()

    async def test_given_open_firing_when_loaded_then_its_fills_with_it(
        self, store: Store
    ):
        over = msgspec.structs.replace(fire("tp"), open=False)
        await keep(store, Batch((fire(), over, fill(), fill("t2", fire_id="tp#1")), ()))

        assert store.load().fills == (fill(),)

    async def test_given_funding_told_twice_when_read_then_the_first_stays(
        self, store: Store
    ):
        await keep(
            store,
            Batch((paid(3_000), paid()), ()),
            Batch((paid(3_000, lifetime=9),), ()),
        )

        assert await store.funding(0, 10_000) == (paid(), paid(3_000))
        assert await store.funding(2_701, 3_000) == ()

    async def test_given_fact_when_read_then_every_value_keeps_its_kind(
        self, store: Store
    ):
        told = fact(
            price=Decimal("0.00000001"),
            padded=Decimal("1.500"),
            text="1.500",
            count=3,
            flag=True,
            nothing=None,
        )
        await keep(store, Batch((), (told,)))

        (stored,) = await store.facts(FactQuery())

        assert repr(stored.fact) == repr(told)

    async def test_given_history_when_queried_then_only_what_was_asked(
        self, store: Store
    ):
        told = (
            fact(FactKind.TRIGGER_ARMED, ts_ns=10, trigger_id="a"),
            fact(FactKind.TRIGGER_HIT, ts_ns=20, trigger_id="a", fire_id="a#1"),
            fact(FactKind.ORDER_SENT, ts_ns=30, trigger_id="a", fire_id="a#1"),
            fact(FactKind.ORDER_FILLED, ts_ns=40, trigger_id="b", fire_id="b#1"),
            fact(FactKind.ORDERS_CANCELLED, ts_ns=50, trigger_id="", fire_id=""),
        )
        await keep(store, Batch((), told[:2]), Batch((), told[2:]))

        async def seqs(**query: object) -> list[int]:
            asked = FactQuery(**query)  # type: ignore[arg-type]
            return [stored.seq for stored in await store.facts(asked)]

        assert await seqs() == [5, 4, 3, 2, 1]
        assert await seqs(oldest_first=True, limit=2) == [1, 2]
        assert await seqs(limit=2) == [5, 4]
        assert await seqs(after_seq=3) == [5, 4]
        assert await seqs(ts_from_ns=20, ts_to_ns=40) == [3, 2]
        assert await seqs(trigger_id="a") == [3, 2, 1]
        assert await seqs(fire_id="a#1", oldest_first=True) == [2, 3]
        assert await seqs(event="order.*") == [4, 3]
        assert await seqs(event="order.sent") == [3]
        assert await seqs(event="*", trigger_id="b") == [4]
        assert await seqs(event="order.none") == []

    async def test_given_tag_when_asked_again_then_the_same_for_ever(
        self, store: Store, machine: Machine
    ):
        tags = {account: store.tag(account) for account in ("main", "paper")}

        await machine.stop()
        store = await machine.start()

        assert {account: store.tag(account) for account in tags} == tags
        assert all(1 <= tag <= 255 for tag in tags.values())

    async def test_given_tokens_when_put_and_dropped_then_listed(self, store: Store):
        desk = TokenRecord("desk", "d1", ("read", "trade"), 5)
        page = TokenRecord("page", "d2", ("read",), 6, 7)
        await store.put_token(desk)
        await store.put_token(page)

        assert await store.tokens() == (desk, page)
        assert await store.drop_token("desk")
        assert not await store.drop_token("desk")
        assert await store.tokens() == (page,)

    async def test_given_note_when_put_again_then_the_last(
        self, store: Store, machine: Machine
    ):
        await store.put_note("files", b"\x00old")
        await store.put_note("files", b"\xffnew")

        await machine.stop()
        store = await machine.start()

        assert await store.note("files") == b"\xffnew"
        assert await store.note("other") is None

    async def test_given_close_when_batches_wait_then_drained(
        self, store: Store, machine: Machine
    ):
        told: list[StoreError | None] = []
        for n in range(50):
            store.submit(Batch((trigger(f"t{n}"),), (fact(),)), told.append)

        await machine.stop()
        store = await machine.start()

        assert told == [None] * 50
        assert len(store.load().triggers) == 50

    async def test_b111_given_crash_when_started_again_then_all_that_was_durable(
        self, store: Store, machine: Machine
    ):
        for n in range(1, 21):
            await keep(store, *firing(n))
        before = store.load()
        facts = await store.facts(FactQuery(limit=1_000))

        await machine.crash()
        store = await machine.start()

        assert store.load() == before
        assert await store.facts(FactQuery(limit=1_000)) == facts

    async def test_given_crash_when_answers_are_due_then_nobody_hears_them(
        self, store: Store, machine: Machine
    ):
        told: list[StoreError | None] = []
        store.submit(Batch((trigger(),), ()), told.append)

        await machine.crash()
        store = await machine.start()
        await keep(store, Batch((), ()))

        assert told == []
        assert store.load().triggers in ((), (trigger(),))

    async def test_given_facts_when_restarted_then_numbers_go_on(
        self, store: Store, machine: Machine
    ):
        await keep(store, Batch((), (fact(), fact())))

        await machine.stop()
        store = await machine.start()
        await keep(store, Batch((), (fact(),)))

        assert [s.seq for s in await store.facts(FactQuery())] == [3, 2, 1]

    async def test_given_closed_store_when_submitted_to_then_a_bug(
        self, store: Store, machine: Machine
    ):
        await machine.stop()

        with pytest.raises(AssertionError):
            store.submit(Batch((), ()))
        await machine.start()
