"""What trails have seen: a row of its own for each source and way, and no other's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.sqlite_states import filled, opened
from contract.store_contract import keep
from contract.store_samples import SOURCE, trigger, watermarks
from exitd.adapters.sqlite.migrations.versions import r0001_first_schema, r0002_funding
from exitd.adapters.sqlite.rows import source_key
from exitd.core.condition import Direction
from exitd.core.market import PriceKind, PriceSource
from exitd.ports.store import Batch

names = st.text(alphabet="ab/.%25FE\x1fé", max_size=6) | st.just("closed")
sources = st.builds(
    PriceSource, names, names, st.sampled_from(PriceKind), names, st.booleans()
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


def source_of(key: str) -> PriceSource:
    """Read a key back: what can be read back is no other source's."""
    feed, _, rest = key.partition("/")
    symbol, _, last = rest.rpartition("/")
    kind, *suffix = last.split(".")
    closed = suffix[-1:] == ["closed"]
    candle = "".join(suffix[:-1] if closed else suffix)
    return PriceSource(unquote(feed), symbol, PriceKind(kind), unquote(candle), closed)


@given(source=sources)
@example(source=PriceSource("a", "b", PriceKind.LAST_CLOSE, "closed"))
@example(source=PriceSource("a", "b", PriceKind.LAST_CLOSE, "", True))
@example(source=PriceSource("a", "b", PriceKind.LAST_CLOSE, "%63losed"))
def test_given_any_source_when_its_key_is_written_then_it_can_be_read_back(
    source: PriceSource,
):
    assert source_of(source_key(source)) == source


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        PriceSource("main", "BTC/USD", PriceKind.BID),
        PriceSource("main", "BRK.B", PriceKind.LAST_CLOSE, "1m"),
        PriceSource("my-2.paper_x", "SOL_USDC", PriceKind.LAST_CLOSE, "1h", True),
    ],
)
def test_given_a_source_as_configured_when_its_key_is_written_then_its_own_text(
    source: PriceSource,
):
    assert source_key(source) == str(source)


async def test_given_sources_that_differ_in_any_field_when_loaded_then_each_has_its_own(
    path: Path,
):
    fields = product(
        ("a", "a/b", "a%2Fb"),
        ("c", "b/c"),
        (PriceKind.LAST, PriceKind.LAST_CLOSE),
        ("", "closed", "1m", "1m.closed"),
        (False, True),
        Direction,
    )
    written = tuple(
        watermarks(str(number), source=PriceSource(*source), way=way)
        for number, (*source, way) in enumerate(fields, start=1)
    )
    store = opened(path)
    await keep(store, Batch(written, ()))
    await store.close()

    store = opened(path)

    assert store.load().watermarks == written
    assert store.set_aside == ()
    await store.close()


async def test_given_marks_when_loaded_then_every_digit_is_there(path: Path):
    marks = ("104.00000000000000000001", "101.50", "0.00000001", "1E+3")
    store = opened(path)
    await keep(store, Batch((watermarks(*marks), watermarks(way=Direction.RISING)), ()))
    await store.close()

    store = opened(path)
    seen, none = store.load().watermarks

    assert [(seq, str(mark)) for seq, mark in seen.marks] == [
        (1, "104.00000000000000000001"),
        (2, "101.50"),
        (3, "1E-8"),
        (4, "1E+3"),
    ]
    assert (none.marks, none.way) == ((), Direction.RISING)
    await store.close()


@pytest.mark.parametrize(
    "change",
    [
        "checksum = checksum + 1",
        "body = replace(body, '104', '194')",
        "body = 'no JSON'",
        "source = 'main/BTC_USDC_PERP/mark'",
        "way = 'sideways'",
    ],
)
async def test_b113_given_spoilt_watermarks_when_loaded_then_set_aside_the_rest_loads(
    path: Path, change: str
):
    lows = watermarks("99", way=Direction.RISING)
    store = opened(path)
    await keep(store, Batch((watermarks("104"), lows, trigger()), ()))
    await store.close()
    with closing(sqlite3.connect(path)) as driver:
        driver.execute(f"UPDATE watermarks SET {change} WHERE way = 'falling'")
        driver.commit()

    store = opened(path)
    snapshot = store.load()

    assert snapshot.watermarks == (lows,)
    assert snapshot.triggers == (trigger(),)
    assert len(store.set_aside) == 1
    assert store.set_aside[0].startswith("watermarks ")
    await keep(store, Batch((watermarks("105"),), ()))
    assert set(store.load().watermarks) == {lows, watermarks("105")}
    await store.close()


def objects(driver: sqlite3.Connection) -> dict[str, str]:
    """The tables and indexes of a schema, as they were made."""
    rows = driver.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    own = {"alembic_version", "sqlite_sequence"}
    return {name: "".join(sql.split()) for name, sql in rows if name not in own}


def make_second_schema_of(path: Path) -> None:
    """Turn a state into what the second schema made of it."""
    with closing(sqlite3.connect(path)) as driver:
        tables = ("watermarks", "entries", "signals", "backstops", "seen")
        for table in (*tables, "past_triggers"):
            driver.execute(f"DROP TABLE {table}")
        driver.execute("UPDATE alembic_version SET version_num = 'r0002'")
        driver.commit()
        with closing(sqlite3.connect(":memory:")) as second:
            for migration in (r0001_first_schema, r0002_funding):
                for statement in migration.STATEMENTS:
                    second.execute(statement)
            assert objects(driver) == objects(second)


async def test_b114_given_a_state_of_the_second_schema_when_opened_then_all_is_there(
    path: Path,
):
    before = await filled(path)
    make_second_schema_of(path)

    store = opened(path)

    assert store.load() == before
    assert "migrated from schema r0002 to r0008" in store.notices[0]
    await keep(store, Batch((watermarks("104"),), ()))
    assert store.load().watermarks == (watermarks("104"),)
    await store.close()
    with closing(sqlite3.connect(path.with_name("exitd.db.before-r0008"))) as kept:
        (revision,) = kept.execute("SELECT version_num FROM alembic_version").fetchone()
        assert revision == "r0002"
        assert "watermarks" not in objects(kept)
        assert kept.execute("SELECT count(*) FROM fires").fetchone() == (5,)
