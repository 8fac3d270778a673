"""A state of every schema there ever was opens, and nothing that was in it is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.sqlite_states import opened
from exitd.adapters.sqlite.loading import BadRow, read
from exitd.adapters.sqlite.migrating import known_revisions
from exitd.adapters.sqlite.rows import ROW_KINDS
from exitd.core.attempt import AttemptRecord, AttemptState
from exitd.core.engine import Engine
from exitd.core.trigger import TriggerState
from exitd.errors import StoreError
from exitd.ports.store import FactQuery
from upgrades.scene import HIGHEST_SOL
from upgrades.states import KEPT, bodies_of, of_the_future, put_at, rows_of

NEWEST = known_revisions()[-1]
#: Of the first schemas: nothing of a kind is in them.
TRAILS_SINCE, ALERTS_SINCE = "r0003", "r0004"
EACH = pytest.mark.parametrize("revision", KEPT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


def test_given_the_schemas_when_one_is_added_then_a_state_of_the_one_before_was_kept():
    missing = set(known_revisions()[:-1]) - KEPT.keys()

    assert not missing, (
        f"no state of {', '.join(sorted(missing))} was kept; check out the last commit "
        "of that schema and run tests/upgrades/make.py there"
    )


def written_out(value: object) -> Any:
    """Give a record as JSON has it, with what is left out where it is as usual."""
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        said = {config.tag_field: config.tag} if config.tag_field else {}
        fields = msgspec.structs.fields(value)
        return said | {
            one.encode_name: written_out(getattr(value, one.name)) for one in fields
        }
    if isinstance(value, tuple | list):
        return [written_out(each) for each in value]
    return msgspec.to_builtins(value)


def lost(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Name what a record had that it has not any more, or has otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{at}.{key}")
            else:
                yield f"{at}.{key} is gone"
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield f"{at} has {len(after)} of {len(before)}"
        for one, other in zip(before, after, strict=False):
            yield from lost(one, other, at)
    elif before != after:
        yield f"{at} was {before} and is {after}"


@EACH
async def test_given_a_state_of_a_schema_when_opened_then_no_word_of_it_is_lost(
    path: Path, revision: str
):
    put_at(path, revision)
    before = {kind.table.name: bodies_of(path, kind.table.name) for kind in _kinds()}

    store = opened(path)

    bad: list[BadRow] = []
    with closing(sqlite3.connect(path)) as driver:
        for record, kind in ROW_KINDS.items():
            if record is AttemptRecord:
                continue
            now = [written_out(each) for each in _read(driver, record, bad)]
            name = kind.table.name
            assert len(now) == len(before[name])
            pairs = zip(before[name], now, strict=True)
            assert [word for one, other in pairs for word in lost(one, other)] == []
    facts = await store.facts(FactQuery(limit=1_000))
    assert len(facts) == len(rows_of(path, "facts"))
    assert (bad, store.set_aside) == ([], ())
    await store.close()


def _kinds() -> Iterator[Any]:
    yield from ROW_KINDS.values()


def _read(
    driver: sqlite3.Connection, record: type[Any], bad: list[BadRow]
) -> Iterator[Any]:
    return read(driver, record, ROW_KINDS[record].table, bad.append)


@EACH
async def test_given_a_close_in_flight_when_opened_then_it_is_known_with_its_bytes(
    path: Path, revision: str
):
    put_at(path, revision)
    (row,) = [r for r in rows_of(path, "attempts") if r["trigger_id"] == "eth-core/sl"]

    store = opened(path)

    assert not store.was_clean_stop
    (attempt,) = store.load().attempts
    assert attempt.state in (AttemptState.SIGNED, AttemptState.SENT)
    assert attempt.signed == row["signed"] != b""
    assert attempt.order.client_order_id == row["client_order_id"]
    assert list(lost(msgspec.json.decode(row["body"]), _unsigned(attempt))) == []
    (fire,) = store.load().fires
    assert (fire.trigger_id, fire.attempts) == ("eth-core/sl", 1)
    assert store.tag("backpack") == attempt.order.client_order_id >> 24
    await store.close()


def _unsigned(attempt: AttemptRecord) -> Any:
    return written_out(msgspec.structs.replace(attempt, signed=b""))


@EACH
async def test_given_a_state_when_restored_then_everything_watches_as_it_did(
    path: Path, revision: str
):
    put_at(path, revision)
    rows = {row["id"]: row for row in rows_of(path, "triggers")}
    store = opened(path)

    engine = restored(store.load())

    state = engine.state
    found = {id: record.state for id, record in state.triggers.items()}
    assert found == {id: row["state"] for id, row in rows.items()}
    armed = [r for r in state.triggers.values() if r.state is TriggerState.ARMED]
    assert len(armed) > 10
    resting = {id for book in state.books.values() for id in book.watching()}
    due = {timer.trigger_id for _, _, timer in state.timers}
    for record in armed:
        assert record.paused or record.id in resting | due, record.id
    paused = {record.id for record in armed if record.paused}
    assert "sol-core/tp3" in paused
    assert len(paused) == 2
    if revision >= TRAILS_SINCE:
        trailed = state.trailed(state.triggers["sol-core/trail"])
        assert trailed is not None
        assert trailed[0] == Decimal(HIGHEST_SOL)
        assert state.triggers["btc-swing/sl"].trigger_price == 100_000
    await store.close()


def restored(snapshot: Any) -> Engine:
    engine = Engine()
    engine.restore(snapshot)
    return engine


@EACH
async def test_given_a_state_when_opened_then_its_tokens_alerts_and_past_are_there(
    path: Path, revision: str
):
    put_at(path, revision)
    accepted = {r["id"] for r in rows_of(path, "signals") if r["state"] == "accepted"}
    past = {row["id"] for row in rows_of(path, "past_triggers")}
    digests = {body["name"]: body["digest"] for body in bodies_of(path, "tokens")}

    store = opened(path)

    tokens = {token.name: token.digest for token in await store.tokens()}
    assert tokens == digests
    assert tokens.keys() == {"dashboard", "bot"}
    inbox = {signal.id for signal in await store.inbox(0) if signal.id in accepted}
    assert inbox == accepted
    assert bool(accepted) is (revision >= ALERTS_SINCE)
    assert set(await store.past_triggers_by_id(past)) == past
    (once,) = store.load().idempotency
    assert "once" in once.key
    await store.close()


@EACH
async def test_given_an_older_state_when_opened_then_a_copy_of_it_is_kept(
    path: Path, revision: str
):
    put_at(path, revision)
    before = {table: rows_of(path, table) for table in ("triggers", "facts", "fires")}

    store = opened(path)
    await store.close()

    copy = path.with_name(f"exitd.db.before-{NEWEST}")
    assert copy.exists() is (revision != NEWEST)
    if revision != NEWEST:
        assert f"migrated from schema {revision} to {NEWEST}" in store.notices[0]
        assert {table: rows_of(copy, table) for table in before} == before
        assert rows_of(copy, "alembic_version") == [{"version_num": revision}]


def test_given_a_state_of_a_newer_exitd_when_opened_then_refused_and_not_touched(
    path: Path,
):
    put_at(path, NEWEST)
    before = of_the_future(path)

    with pytest.raises(StoreError) as refused:
        opened(path)

    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.glob("exitd.db*")) == [
        *("exitd.db", "exitd.db.lock")
    ]
    said = str(refused.value)
    assert "written by a newer exitd (schema r9999" in said
    assert f"up to {NEWEST}" in said
    assert "run that version" in said


def test_given_copies_of_older_forms_when_refused_then_the_one_to_go_back_to_is_named(
    path: Path,
):
    put_at(path, NEWEST)
    of_the_future(path)
    for name in ("r9998", "r9999"):
        path.with_name(f"exitd.db.before-{name}").touch()

    with pytest.raises(StoreError, match=r"put exitd\.db\.before-r9998 in its place"):
        opened(path)
