"""Batches that may be taken back: until the writer begins on them, and not after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.store_contract import DEADLINE_S, keep
from contract.store_samples import signal, trigger
from exitd.adapters.sqlite.opening import open_store
from exitd.errors import StoreError, Withdrawn
from exitd.ports.store import Batch, Claim, Store
from fakes.clocks import ManualClock
from fakes.store import FakeStore


@pytest.fixture(params=["fake", "sqlite", "inline"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    clock = ManualClock()
    found: Store = (
        FakeStore(clock)
        if request.param == "fake"
        else open_store(
            tmp_path / "exitd.db",
            clock,
            inline=request.param == "inline",
            reserve_bytes=0,
        )
    )
    yield found
    await found.close()


async def test_given_a_batch_that_was_withdrawn_then_it_is_never_written(store: Store):
    claim = Claim()
    answers: list[StoreError | None] = []
    last = asyncio.Event()
    assert claim.withdraw()

    store.submit(Batch((trigger("before"),), ()), answers.append)
    store.submit(Batch((signal(),), (), may_fail=True, claim=claim), answers.append)
    store.submit(Batch((trigger("after"),), ()), lambda _: last.set())
    async with asyncio.timeout(DEADLINE_S):
        await last.wait()

    assert {type(answer) for answer in answers} == {type(None), Withdrawn}
    assert [t.id for t in store.load().triggers] == ["before", "after"]
    assert await store.signals(0, 2**62) == ()
    assert store.backlog == 0


async def test_given_nothing_but_what_was_withdrawn_then_the_store_goes_on(
    store: Store,
):
    claim = Claim()
    answer = asyncio.get_running_loop().create_future()
    assert claim.withdraw()

    store.submit(Batch((signal(),), (), claim=claim), answer.set_result)
    async with asyncio.timeout(DEADLINE_S):
        assert isinstance(await answer, Withdrawn)

    await keep(store, Batch((trigger(),), ()))
    assert len(store.load().triggers) == 1


async def test_given_a_batch_that_is_written_then_it_cannot_be_withdrawn(store: Store):
    claim = Claim()

    await keep(store, Batch((signal(),), (), claim=claim))

    assert not claim.withdraw()
    assert len(await store.signals(0, 2**62)) == 1


def test_given_a_claim_then_the_first_to_ask_has_it_for_good():
    begun, withdrawn = Claim(), Claim()

    assert (begun.begin(), begun.withdraw(), begun.begin()) == (True, False, True)
    assert (withdrawn.withdraw(), withdrawn.begin()) == (True, False)
