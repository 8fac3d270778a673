"""Looking into a state from beside, noting into one that nobody uses, and copies."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from exitd.adapters.sqlite import backup
from exitd.adapters.sqlite.commit_cost import commit_cost
from exitd.adapters.sqlite.inspecting import (
    holder_of,
    inspect,
    last_holder,
    note_in,
)
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.noting import keep_note
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.adapters.system.clock import SystemClock
from exitd.errors import StoreError, StoreLocked
from exitd.ports.store import StoreHealth


def opened(path: Path) -> SqliteStore:
    return open_store(path, SystemClock(), reserve_bytes=0, inline=True)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "exitd.db"
    asyncio.run(opened(path).close())
    return path


def test_given_a_state_when_looked_into_then_it_is_sound_and_of_this_form(state: Path):
    found = inspect(state)

    assert found.complaint == ""
    assert found.revision == found.newest_revision
    assert found.is_known
    assert found.newest_fill_ns == {}


def test_given_a_page_that_is_overwritten_when_looked_into_then_it_is_told(state: Path):
    with state.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 2)

    try:
        found = inspect(state).complaint
    except StoreError as error:
        found = str(error)

    assert found


def test_given_no_database_when_looked_into_then_it_is_refused(tmp_path: Path):
    path = tmp_path / "exitd.db"
    path.write_text(
        "no database, but long enough to look like the beginning of one" * 99
    )

    with pytest.raises(StoreError, match="cannot be trusted"):
        inspect(path)


def test_given_a_lock_when_looked_at_then_its_holder_is_named_while_it_is_held(
    state: Path,
):
    assert holder_of(state) is None
    lock = StateLock(state)

    assert holder_of(state) == os.getpid()

    lock.release()
    assert holder_of(state) is None
    assert last_holder(state) == str(os.getpid())


def test_given_no_lock_file_when_looked_at_then_nobody_holds_it(tmp_path: Path):
    assert holder_of(tmp_path / "exitd.db") is None
    assert last_holder(tmp_path / "exitd.db") == ""


def test_given_a_state_after_a_crash_when_noted_then_the_crash_is_known_still(
    tmp_path: Path,
):
    path = tmp_path / "exitd.db"
    asyncio.run(opened(path).abandon())

    keep_note(path, "answers:backpack", b"[]")

    assert note_in(path, "answers:backpack") == b"[]"
    assert note_in(path, "answers:other") is None
    again = opened(path)
    assert not again.was_clean_stop
    asyncio.run(again.close())


def test_given_a_daemon_on_the_state_when_noted_then_refused(state: Path):
    lock = StateLock(state)

    with pytest.raises(StoreLocked):
        keep_note(state, "answers:backpack", b"[]")

    lock.release()


def test_given_a_folder_when_commits_are_measured_then_nothing_is_left_there(
    tmp_path: Path,
):
    found = commit_cost(tmp_path, SystemClock().monotonic_ns)

    assert found.commits > 0
    assert 0 < found.p50_ns <= found.p99_ns <= found.most_ns
    assert list(tmp_path.iterdir()) == []


def test_given_no_folder_when_commits_are_measured_then_it_says_so(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be written"):
        commit_cost(tmp_path / "nothing", SystemClock().monotonic_ns)


def test_given_a_copy_when_made_then_it_is_known_where_and_when(
    state: Path, tmp_path: Path
):
    assert backup.last_copy(state) is None

    backup.back_up(state, tmp_path / "copy.db", 7)

    known = backup.last_copy(state)
    assert known == backup.LastCopy(str(tmp_path / "copy.db"), 7)
    assert known.is_there
    (tmp_path / "copy.db").unlink()
    assert not known.is_there


def test_given_little_room_when_copied_then_the_daemon_is_left_it(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backup, "_ROOM_BYTES", 1 << 60)

    with pytest.raises(StoreError, match="name another disk"):
        backup.back_up(state, tmp_path / "copy.db")

    assert not list(tmp_path.glob("copy.db*"))


def test_given_a_copy_that_fails_then_no_part_of_it_takes_room(
    state: Path, tmp_path: Path
):
    target = tmp_path / "copy.db"
    target.mkdir()

    with pytest.raises(StoreError, match="could not be copied"):
        backup.back_up(state, target)

    assert not (tmp_path / "copy.db.partial").exists()


async def test_given_a_state_that_is_written_to_when_copied_then_both_are_whole(
    tmp_path: Path,
):
    path = tmp_path / "exitd.db"
    store = open_store(path, SystemClock(), asyncio.get_running_loop(), reserve_bytes=0)
    written = 0

    async def write() -> None:
        nonlocal written
        while not copied.done():
            written += 1
            await store.put_note("number", str(written).encode())

    async def copy() -> None:
        for target in copies:
            await asyncio.to_thread(backup.back_up, path, target)

    copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
    copied = asyncio.ensure_future(copy())
    await write()
    await copied

    assert store.health is StoreHealth.WRITABLE
    assert await store.note("number") == str(written).encode()
    await store.close()
    assert inspect(path).complaint == ""
    for target in copies:
        assert int(note_in(target, "number") or b"0") <= written
        assert inspect(target).complaint == ""
