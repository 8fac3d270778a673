"""The ways in which the fake store can be told to go wrong."""

from __future__ import annotations

import asyncio

import pytest

from contract.store_contract import keep
from contract.store_samples import trigger
from exitd.errors import StoreError, StoreFull
from exitd.ports.store import Batch, StoreHealth, TokenRecord
from fakes.clocks import ManualClock
from fakes.store import FakeStore

ARM = Batch((trigger(),), (), may_fail=True)
FACTS = Batch((trigger("must"),), ())


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(ManualClock())


async def test_given_held_commits_when_released_one_by_one_then_durable_in_order(
    store: FakeStore,
):
    told: list[str] = []
    store.hold()
    for name in ("a", "b", "c"):
        store.submit(
            Batch((trigger(name),), ()), lambda _, name=name: told.append(name)
        )
    await asyncio.sleep(0)
    assert told == []
    assert store.backlog == 3

    store.release(1)
    await asyncio.sleep(0)

    assert told == ["a"]
    assert [t.id for t in store.load().triggers] == ["a"]
    store.release()
    await asyncio.sleep(0)
    assert told == ["a", "b", "c"]


async def test_given_crash_when_restarted_then_only_what_was_durable(store: FakeStore):
    told: list[StoreError | None] = []
    await keep(store, Batch((trigger("kept"),), ()))
    store.hold()
    store.submit(FACTS, told.append)

    again = store.restart()
    await asyncio.sleep(0)

    assert told == []
    assert [t.id for t in again.load().triggers] == ["kept"]


async def test_given_durable_batch_when_crashed_before_the_answer_then_there_untold(
    store: FakeStore,
):
    told: list[StoreError | None] = []
    store.submit(FACTS, told.append)

    again = store.restart()
    await asyncio.sleep(0)

    assert told == []
    assert [t.id for t in again.load().triggers] == ["must"]


async def test_given_full_disk_when_submitted_then_arms_refused_and_the_rest_waits(
    store: FakeStore,
):
    arm: list[StoreError | None] = []
    rest: list[StoreError | None] = []
    store.fill_disk()
    store.submit(ARM, arm.append)
    store.submit(FACTS, rest.append)
    await asyncio.sleep(0)

    assert store.health is StoreHealth.FULL
    assert isinstance(arm[0], StoreFull)
    assert rest == []
    with pytest.raises(StoreError):
        await store.put_token(TokenRecord("desk", "d", ("read",), 1))
    store.mend_disk()
    await asyncio.sleep(0)
    assert rest == [None]
    assert [t.id for t in store.load().triggers] == ["must"]


async def test_given_failing_disk_when_submitted_then_all_waits(store: FakeStore):
    told: list[StoreError | None] = []
    store.fail_disk()
    store.submit(ARM, told.append)
    await asyncio.sleep(0)

    assert store.health is StoreHealth.FAILING
    assert told == []
    store.mend_disk()
    await asyncio.sleep(0)
    assert told == [None]
