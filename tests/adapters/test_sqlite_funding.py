"""The second schema: what it brings, and a file of the first one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import msgspec

from adapters.sqlite_states import filled, opened
from contract.store_contract import keep
from contract.store_samples import attempt, fill, fire, paid
from exitd.adapters.sqlite.migrations.versions import r0001_first_schema
from exitd.ports.store import Batch

AFTER_FIRST = (
    "DROP TABLE backstops",
    "DROP TABLE entries",
    "DROP TABLE seen",
    "DROP TABLE signals",
    "DROP TABLE watermarks",
    "DROP TABLE funding",
    "DROP INDEX fills_ts_venue_ns",
    "DROP INDEX fills_unclaimed",
    "DROP TABLE past_triggers",
    "UPDATE alembic_version SET version_num = 'r0001'",
)


def names(driver: sqlite3.Connection) -> set[str]:
    rows = driver.execute("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL")
    return {name for (name,) in rows} - {"alembic_version", "sqlite_sequence"}


def make_first_schema_of(path: Path) -> None:
    """Turn a state into what the first schema made of it."""
    with closing(sqlite3.connect(path)) as driver:
        for statement in AFTER_FIRST:
            driver.execute(statement)
        driver.commit()
        with closing(sqlite3.connect(":memory:")) as first:
            for statement in r0001_first_schema.STATEMENTS:
                first.execute(statement)
            assert names(driver) == names(first)


async def test_b114_given_a_state_of_the_first_schema_when_opened_then_all_is_there(
    tmp_path: Path,
):
    path = tmp_path / "state" / "exitd.db"
    before = await filled(path)
    make_first_schema_of(path)

    store = opened(path)

    assert store.load() == before
    assert "migrated from schema r0001" in store.notices[0]
    exits = await store.exits(0, 1 << 62)
    assert len(exits) == 5
    assert [row.fills for row in exits] == [
        (booked.fill,) for booked in await store.fills(0, 1 << 62)
    ]
    await keep(store, Batch((paid(),), ()))
    assert await store.funding(0, 1 << 62) == (paid(),)
    await store.close()
    assert path.with_name("exitd.db.before-r0008").exists()


async def test_given_a_flipped_bit_in_a_payment_when_read_then_set_aside(
    tmp_path: Path,
):
    path = tmp_path / "exitd.db"
    store = opened(path)
    await keep(store, Batch((paid(), paid(ts_venue_ns=9_000)), ()))
    await store.close()
    with closing(sqlite3.connect(path)) as driver:
        driver.execute(
            "UPDATE funding SET body = replace(body, '0.25', '0.26')"
            " WHERE ts_venue_ns = 9000"
        )
        driver.commit()

    store = opened(path)
    assert await store.funding(0, 10_000) == (paid(),)

    assert "funding" in store.set_aside[0]
    await store.close()


async def test_given_many_firings_when_fills_are_asked_for_then_each_has_its_own(
    tmp_path: Path,
):
    store = opened(tmp_path / "exitd.db")
    records = []
    for n in range(1_200):
        name = f"t{n:04}"
        close = attempt(name, client_order_id=n + 1)
        # One in three was stored before anybody knew whose it was.
        known = fill(f"x{n:04}", fire_id=f"{name}#1" if n % 3 else "")
        mine = msgspec.structs.replace(known, client_order_id=n + 1)
        records += [fire(name), close, mine]
    await keep(store, Batch(tuple(records), ()))

    booked = await store.fills(0, 10_000)

    assert [row.fill.fire_id for row in booked] == [f"t{n:04}#1" for n in range(1_200)]
    assert all(row.fire and row.fire.fire_id == row.fill.fire_id for row in booked)
    assert all(len(row.fills) == 1 for row in await store.exits(0, 10_000))
    assert sum((b.fill.quantity for b in booked), Decimal(0)) == 4_800
    await store.close()
