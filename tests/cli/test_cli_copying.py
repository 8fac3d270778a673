"""`backup` and `restore`, which need no daemon, and `takeover` without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cli.conftest import Command
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock

FILES = """\
version: 1
mode: live
venues:
  backpack: {type: backpack, key: {env: A_KEY}, secret: {env: A_SECRET}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exitd.yaml").write_text(FILES.replace("live", "paper"))
    monkeypatch.setenv("EXITD_CONFIG", str(tmp_path / "exitd.yaml"))
    monkeypatch.setenv("EXITD_STATE", str(tmp_path))


def make_state(path: Path, note: str = "first") -> Path:
    async def make() -> None:
        clock = SystemClock()
        store = open_store(path, clock, asyncio.get_running_loop(), reserve_bytes=0)
        await store.put_note("which", note.encode())
        await store.close()

    asyncio.run(make())
    return path


def note_of(path: Path) -> tuple[bytes | None, bool]:
    async def read() -> tuple[bytes | None, bool]:
        clock = SystemClock()
        store = open_store(path, clock, asyncio.get_running_loop(), reserve_bytes=0)
        try:
            return await store.note("which"), store.is_from_backup
        finally:
            await store.close()

    return asyncio.run(read())


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return make_state(tmp_path / "exitd-paper.db")


def test_given_a_state_when_copied_and_restored_then_it_is_the_copy(
    command: Command, state: Path, tmp_path: Path
):
    copied = tmp_path / "copies" / "one.db"
    copied.parent.mkdir()
    assert command("backup", str(copied)).out == f"{copied}\n"
    make_state(state, "second")

    done = command("restore", str(copied), "--yes")

    assert done.status == 0
    assert done.out.endswith(f"what was there is kept as {state}.replaced\n")
    assert "the next start stands by" in done.err
    assert note_of(state) == (b"first", True)
    assert note_of(Path(f"{state}.replaced")) == (b"second", False)


def test_given_no_name_then_the_copy_is_beside_and_dated(command: Command, state: Path):
    done = command("backup", "--json")

    copied = Path(done.json["copy"])
    assert copied.parent == state.parent
    assert copied.name.startswith("exitd-paper.db.20")
    assert done.json["bytes"] == copied.stat().st_size
    assert copied.stat().st_mode & 0o777 == 0o600


def test_given_a_dry_run_then_nothing_is_replaced(command: Command, state: Path):
    copied = Path(command("backup", "--json").json["copy"])

    done = command("restore", str(copied), "--dry-run")
    as_json = command("restore", str(copied), "--dry-run", "--json")

    assert done.out == f"{copied} would replace {state}\n"
    assert as_json.json["applied"] is False
    assert not Path(f"{state}.replaced").exists()


def test_given_nobody_agrees_then_nothing_is_replaced(command: Command, state: Path):
    copied = Path(command("backup", "--json").json["copy"])

    done = command("restore", str(copied))

    assert done.status == 1
    assert "say --yes" in done.err
    assert note_of(state) == (b"first", False)


def test_given_no_state_yet_then_a_copy_becomes_it(command: Command, state: Path):
    copied = Path(command("backup", "--json").json["copy"])
    for there in state.parent.glob("exitd-paper.db"):
        there.rename(state.parent / "away.db")

    assert "would become" in command("restore", str(copied), "--dry-run").out
    assert command("restore", str(copied), "--json").json["kept"] is None
    assert command("restore", str(copied), "--json", "--yes").json["kept"] is not None
    state.unlink()
    assert command("restore", str(copied)).out == f"{state} is that of {copied}\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backup", "{folder}/exitd.yaml"), "is there already"),
        (("restore", "{folder}/nothing.db"), "is not there"),
        (("restore", "{folder}/exitd-paper.db"), "is the state itself"),
        (("restore", "{folder}/exitd.yaml", "--dry-run"), "cannot be trusted"),
        (("restore", "{folder}/exitd.yaml", "--yes"), "cannot be trusted"),
    ],
)
def test_given_what_cannot_be_then_refused_in_a_sentence(
    command: Command, state: Path, words: tuple[str, ...], why: str
):
    done = command(*(word.format(folder=state.parent) for word in words))

    assert done.status in (1, 2)
    assert why in done.err


def test_given_a_live_daemon_then_its_own_file_is_meant(
    command: Command, state: Path, tmp_path: Path
):
    (tmp_path / "exitd.yaml").write_text(FILES)

    done = command("backup")

    assert done.status == 1
    assert f"{tmp_path / 'exitd.db'} is not there" in done.err


def test_given_files_that_cannot_be_read_then_what_is_there_is_copied(
    command: Command, state: Path, tmp_path: Path
):
    (tmp_path / "exitd.yaml").write_text("nonsense")
    assert command("backup", str(tmp_path / "one.db")).status == 0
    make_state(tmp_path / "exitd.db")

    done = command("backup", str(tmp_path / "two.db"))

    assert done.status == 78
    assert "do not say which is used" in done.err


def test_given_no_daemon_when_taken_over_then_69(command: Command):
    assert command("takeover", "--dry-run").status == 69
