"""Rows that cannot be trusted are set aside, listed, and never in the way."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import StaticPool

from adapters.sqlite_states import opened
from contract.store_contract import keep
from contract.store_samples import (
    fact,
    fill,
    fire,
    firing,
    position,
    trigger,
    watermarks,
)
from exitd.adapters.sqlite.database import IN_MEMORY, connect
from exitd.adapters.sqlite.migrating import known_revisions, make_tables
from exitd.adapters.sqlite.schema import METADATA
from exitd.core.records import CounterRecord, IdempotencyRecord
from exitd.errors import StoreDamaged, StoreError
from exitd.ports.store import Batch, FactQuery, TokenRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


def edit(path: Path, statement: str) -> None:
    """Change a row as no exitd does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "change",
    [
        "checksum = checksum + 1",
        "body = replace(body, '131.25', '131.26')",
        "body = 'no JSON'",
        "body = CAST(x'ff' AS TEXT)",
        "id = 'another'",
        "id = CAST(x'ff' AS TEXT)",
    ],
)
async def test_b113_given_undecodable_row_when_loaded_then_set_aside_the_rest_loads(
    path: Path, change: str
):
    store = opened(path)
    await keep(store, Batch((trigger("a"), trigger("b"), position()), ()))
    await store.close()
    edit(path, f"UPDATE triggers SET {change} WHERE id = 'a'")

    store = opened(path)
    snapshot = store.load()

    assert snapshot.triggers == (trigger("b"),)
    assert snapshot.positions == (position(),)
    assert len(store.set_aside) == 1
    assert store.set_aside[0].startswith("triggers ")
    assert "checksum does not match" in store.set_aside[0]
    assert store.load() == snapshot
    assert len(store.set_aside) == 1
    await store.close()

    again = opened(path)
    assert len(again.set_aside) == 1, "until somebody looks into it"
    await keep(again, Batch((trigger("a"),), ()))
    assert {t.id for t in again.load().triggers} == {"a", "b"}
    await again.close()
    with closing(sqlite3.connect(path)) as connection:
        (content,) = connection.execute("SELECT content FROM set_aside").fetchone()
    assert msgspec.msgpack.decode(content)["account"] == b"main"


async def test_given_row_of_every_kind_spoilt_when_read_then_each_is_set_aside(
    path: Path,
):
    store = opened(path)
    for n in (1, 2):
        await keep(store, firing(n)[0])
    answer = IdempotencyRecord("k", "d", (), 1)
    late = fill(fire_id="trg_00000002#1")
    await keep(store, Batch((answer, watermarks("104"), late), (fact(),)))
    await store.put_token(TokenRecord("desk", "d", ("read",), 1))
    await store.put_note("files", b"content")
    await store.close()
    tables = ["triggers", "fires", "attempts", "positions", "counters"]
    tables += ["idempotency", "watermarks", "facts", "tokens", "notes"]
    for table in tables:
        edit(path, f"UPDATE {table} SET checksum = 0 WHERE rowid = 1")
    edit(path, "UPDATE fills SET checksum = 0")

    store = opened(path)
    snapshot = store.load()
    facts = await store.facts(FactQuery())
    exits = await store.exits(0, 10_000)

    assert [t.id for t in snapshot.triggers] == ["trg_00000002"]
    assert [f.trigger_id for f in snapshot.fires] == ["trg_00000002"]
    assert [a.order.client_order_id for a in snapshot.attempts] == [2]
    assert snapshot.positions == snapshot.counters == snapshot.idempotency == ()
    assert snapshot.watermarks == ()
    assert [f.seq for f in facts] == [5, 4, 3, 2]
    assert await store.tokens() == ()
    assert await store.note("files") is None
    assert [row.fills for row in exits] == [()]
    told = {line.split()[0] for line in store.set_aside}
    assert told == {*tables, "fills"}
    await store.close()


async def test_given_spoilt_fire_when_loaded_then_its_attempts_stay_in_history(
    path: Path,
):
    store = opened(path)
    await keep(store, firing(1)[0], firing(2)[0])
    await store.close()
    edit(path, "UPDATE fires SET body = replace(body, '131', '132') WHERE rowid = 1")

    for _ in range(2):
        store = opened(path)
        snapshot = store.load()
        assert [f.trigger_id for f in snapshot.fires] == ["trg_00000002"]
        assert [a.order.client_order_id for a in snapshot.attempts] == [2]
        assert len(snapshot.triggers) == 2
        await store.close()


async def test_given_spoilt_fact_when_asked_again_then_listed_once(path: Path):
    store = opened(path)
    await keep(store, Batch((), (fact(level=1), fact(level=2))))
    await store.close()
    edit(path, "UPDATE facts SET fields = '{}' WHERE seq = 1")
    store = opened(path)

    for _ in range(2):
        assert [f.seq for f in await store.facts(FactQuery())] == [2]

    assert [line.split(":")[0] for line in store.set_aside] == ["facts 1"]
    await store.close()


@pytest.mark.parametrize("name", ["exitd.db", "exitd.db-wal"])
async def test_b113_given_any_flipped_bit_when_opened_then_never_silently_different(
    path: Path, tmp_path: Path, name: str
):
    store = opened(path)
    for n in range(1, 6):
        await keep(store, *firing(n))
    await keep(store, Batch((fire("open"), trigger("t"), CounterRecord("x", 1, 2)), ()))
    truth = store.load()
    if name == "exitd.db":
        await store.close()
    shutil.copytree(path.parent, tmp_path / "sound")
    await store.close()

    chance = random.Random(7)
    refused = set_aside = unharmed = 0
    for number in range(60):
        copy = tmp_path / f"flipped{number}"
        shutil.copytree(tmp_path / "sound", copy)
        flip_one_bit(copy / name, chance)
        try:
            again = opened(copy / "exitd.db")
        except (StoreDamaged, StoreError):
            refused += 1
            continue
        snapshot = again.load()
        if again.set_aside:
            set_aside += 1
            assert set(snapshot.triggers) <= set(truth.triggers)
        else:
            unharmed += 1
            assert snapshot == truth
        await again.close()

    assert refused > 0
    assert refused + set_aside + unharmed == 60


def flip_one_bit(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def test_given_migrations_when_run_then_the_tables_are_those_of_the_schema():
    migrated, described = (
        create_engine("sqlite://", poolclass=StaticPool) for _ in range(2)
    )
    with migrated.connect() as connection:
        make_tables(connection.connection.driver_connection)
    METADATA.create_all(described)

    found, wanted = inspect(migrated), inspect(described)
    names = set(found.get_table_names()) - {"alembic_version"}
    assert names == set(wanted.get_table_names()) == set(METADATA.tables)
    for name in names:
        for what in (layout, indexes):
            assert what(found, name) == what(wanted, name), name
        assert found.get_table_options(name) == {"sqlite_strict": True}
    for engine in (migrated, described):
        engine.dispose()


def layout(inspector, table: str) -> object:
    return (
        [
            (column["name"], str(column["type"]), column["nullable"])
            for column in inspector.get_columns(table)
        ],
        inspector.get_pk_constraint(table)["constrained_columns"],
        [c["column_names"] for c in inspector.get_unique_constraints(table)],
    )


def indexes(inspector, table: str) -> object:
    return sorted(
        (
            index["name"],
            index["column_names"],
            str(index.get("dialect_options", {}).get("sqlite_where", "")),
        )
        for index in inspector.get_indexes(table)
    )


def test_given_file_names_of_migrations_when_listed_then_the_head_is_the_last():
    with closing(connect(IN_MEMORY)) as driver:
        make_tables(driver)
        (head,) = driver.execute("SELECT version_num FROM alembic_version").fetchone()

    assert known_revisions()[-1] == head
