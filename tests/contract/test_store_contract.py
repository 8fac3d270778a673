"""The contract of stores, on the one that is shipped and on the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.store_alerts_contract import AlertsContract
from contract.store_contract import Machine, StoreContract, keep
from contract.store_markets_contract import MarketsContract
from contract.store_past_contract import PastContract
from contract.store_strategies import batches
from exitd.adapters.sqlite import SqliteStore, open_store
from exitd.ports.store import Batch, FactQuery, Store
from fakes.clocks import ManualClock
from fakes.memory import folder_in_memory
from fakes.store import FakeStore


class FakeMachine(Machine):
    def __init__(self) -> None:
        self.store: FakeStore | None = None

    async def start(self) -> FakeStore:
        self.store = (
            FakeStore(ManualClock()) if self.store is None else self.store.restart()
        )
        return self.store

    async def stop(self) -> None:
        assert self.store is not None
        await self.store.close()

    async def crash(self) -> None:
        assert self.store is not None
        self.store.crash()


class SqliteMachine(Machine):
    def __init__(self, directory: Path, *, inline: bool) -> None:
        self.path = directory / "exitd.db"
        self.inline = inline
        self.store: SqliteStore | None = None

    async def start(self) -> SqliteStore:
        self.store = open_store(
            self.path, ManualClock(), inline=self.inline, reserve_bytes=0
        )
        return self.store

    async def stop(self) -> None:
        assert self.store is not None
        await self.store.close()

    async def crash(self) -> None:
        assert self.store is not None
        await self.store.abandon()


@pytest.fixture
async def store(machine: Machine) -> AsyncIterator[Store]:
    yield await machine.start()
    await machine.stop()


class EveryContract(StoreContract, AlertsContract, PastContract, MarketsContract):
    """All that a store does."""


class TestFakeStore(EveryContract):
    @pytest.fixture
    def machine(self) -> Machine:
        return FakeMachine()


class TestSqliteStoreWithThread(
    StoreContract, AlertsContract, PastContract, MarketsContract
):
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return SqliteMachine(tmp_path, inline=False)


class TestSqliteStoreInline(
    StoreContract, AlertsContract, PastContract, MarketsContract
):
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return SqliteMachine(tmp_path, inline=True)


steps = st.lists(batches | st.sampled_from(["stop", "crash"]), max_size=10)


async def run_on(machine: Machine, script: list[Batch | str]) -> tuple[str, str]:
    """Run a script to its end; gives what the last start finds, exactly as written."""
    store = await machine.start()
    for step in script:
        if isinstance(step, Batch):
            await keep(store, step)
            continue
        await (machine.stop() if step == "stop" else machine.crash())
        store = await machine.start()
    await machine.crash()
    store = await machine.start()
    found = repr(store.load()), repr(await store.facts(FactQuery(limit=10_000)))
    assert store.set_aside == ()
    await machine.stop()
    return found


@settings(max_examples=60)
@given(script=steps, inline=st.booleans())
def test_given_any_sequence_when_restarted_anywhere_then_the_same_state(
    script: list[Batch | str], inline: bool
):
    with folder_in_memory() as directory:
        found = asyncio.run(
            run_on(SqliteMachine(Path(directory), inline=inline), script)
        )

    assert found == asyncio.run(run_on(FakeMachine(), script))
