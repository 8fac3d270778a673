"""Damaged files and logs: refused with a way out, or said what was dropped."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_states import content_of, crashed_copy, filled, opened
from contract.store_contract import keep
from contract.store_samples import firing, trigger
from exitd.errors import StoreDamaged
from exitd.ports.store import Batch, FactQuery


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


def spoil_nothing(path: Path) -> None:
    path.write_bytes(b"")


def spoil_end(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)


def spoil_half(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)


def spoil_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"garbage")


def spoil_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)


def spoil_kind(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cookies (name)")


def spoil_name(path: Path) -> None:
    path.unlink()


def spoil_progress(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM progress")
        other.commit()


def spoil_number(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE progress SET fact_seq = 3")
        other.commit()


def spoil_tag(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE meta SET value = CAST(x'ff' AS TEXT)")
        other.commit()


def spoil_tables(path: Path) -> None:
    """Damage the names of tables beyond UTF-8, without SQLite noticing."""
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"sqlite_autoindex_fills", b"\xffqlite_autoindex_fills")
    )


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_number,
        spoil_tag,
        spoil_tables,
        spoil_nothing,
        spoil_end,
        spoil_half,
        spoil_header,
        spoil_page,
        spoil_kind,
        spoil_name,
        spoil_progress,
    ],
)
async def test_b113_given_damaged_file_when_opened_then_refused_with_a_way_out(
    path: Path, spoil
):
    await filled(path)
    spoil(path)
    before = content_of(path)

    with pytest.raises(StoreDamaged, match=r"whole directory.*move exitd\.db\*"):
        opened(path)

    assert content_of(path) == before


async def test_b113_given_removed_log_when_opened_then_refused(
    path: Path, tmp_path: Path
):
    copy = await crashed_copy(path, tmp_path / "copy")
    (copy.parent / "exitd.db-wal").unlink()
    (copy.parent / "exitd.db-shm").unlink()

    with pytest.raises(StoreDamaged, match="log was removed"):
        opened(copy)


async def test_b113_given_log_without_its_file_when_opened_then_refused(
    path: Path, tmp_path: Path
):
    copy = await crashed_copy(path, tmp_path / "copy")
    copy.unlink()

    with pytest.raises(StoreDamaged, match="the file is gone"):
        opened(copy)


async def test_b113_given_older_file_in_its_place_when_opened_then_refused(
    path: Path, tmp_path: Path
):
    await filled(path)
    shutil.copy(path, tmp_path / "old")
    store = opened(path)
    await keep(store, Batch((trigger("later"),), ()))
    await store.close()
    shutil.copy(tmp_path / "old", path)

    with pytest.raises(StoreDamaged, match="an older file was put in its place"):
        opened(path)


@pytest.mark.parametrize("offset", [0, 9, 17, 28])
async def test_b113_given_spoilt_log_header_when_opened_then_refused(
    path: Path, tmp_path: Path, offset: int
):
    copy = await crashed_copy(path, tmp_path / "copy")
    flip(copy.parent / "exitd.db-wal", offset)

    with pytest.raises(StoreDamaged):
        opened(copy)


async def test_b113_given_spoilt_middle_of_log_when_opened_then_refused(
    path: Path, tmp_path: Path
):
    copy = await crashed_copy(path, tmp_path / "copy")
    (copy.parent / "exitd.db.lock").unlink()
    log = copy.parent / "exitd.db-wal"
    flip(log, log.stat().st_size // 3)

    with pytest.raises(StoreDamaged, match="unreadable before its last"):
        opened(copy)


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


async def test_b112_given_torn_last_record_when_opened_then_dropped_with_a_warning(
    path: Path, tmp_path: Path
):
    store = opened(path)
    await keep(store, *firing(1))
    kept = store.load(), await store.facts(FactQuery())
    whole = (path.parent / "exitd.db-wal").stat().st_size
    marked = (path.parent / "exitd.db.lock").read_bytes()
    await keep(store, *firing(2))
    shutil.copytree(path.parent, tmp_path / "copy")
    await store.close()
    copy = tmp_path / "copy" / "exitd.db"
    # The power went while the second was being written: nobody was told of it.
    (copy.parent / "exitd.db.lock").write_bytes(marked)
    with (copy.parent / "exitd.db-wal").open("r+b") as log:
        log.truncate(whole + 4096 + 24 + 1_000)

    again = opened(copy)

    assert (again.load(), await again.facts(FactQuery())) == kept
    assert len(again.notices) == 1
    assert "torn" in again.notices[0]
    await again.close()


async def test_given_whole_log_when_opened_after_a_crash_then_no_notice(
    path: Path, tmp_path: Path
):
    copy = await crashed_copy(path, tmp_path / "copy")

    store = opened(copy)

    assert store.notices == ()
    assert len(store.load().triggers) == 5
    await store.close()
