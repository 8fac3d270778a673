"""Opening a state: one daemon, the latest file, or a sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.sqlite_states import filled, mode_of, opened
from contract.store_contract import keep
from contract.store_samples import fact, firing, trigger
from exitd.adapters.sqlite import backup as backups
from exitd.adapters.sqlite.migrating import MIGRATIONS
from exitd.errors import StoreDamaged, StoreError, StoreLocked
from exitd.ports.store import Batch, PutBack


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "exitd.db"


async def test_b107_given_daemon_when_second_starts_then_refused_with_its_process(
    path: Path,
):
    store = opened(path)

    with pytest.raises(StoreLocked, match=rf"process {os.getpid()}\).*stop that one"):
        opened(path)

    await store.close()
    await opened(path).close()


@contextmanager
def held_by_another(path: Path) -> Iterator[None]:
    """Hold the lock of a state in a process that ends by a kill."""
    program = (
        "import sys, os, fcntl, signal;"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600);"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); signal.pause()"
    )
    path.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", program, f"{path}.lock"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.kill()


async def test_b107_given_daemon_that_was_killed_when_next_starts_then_it_takes_over(
    path: Path,
):
    with held_by_another(path), pytest.raises(StoreLocked):
        opened(path)

    await opened(path).close()


async def test_given_new_state_when_made_then_nobody_else_can_read_it(path: Path):
    store = opened(path)
    await keep(store, Batch((trigger(),), ()))

    modes = {p.name: mode_of(p) for p in path.parent.iterdir()}

    assert mode_of(path.parent) == 0o700
    assert set(modes.values()) == {0o600}
    assert {"exitd.db", "exitd.db-wal", "exitd.db.lock", "exitd.db.reserve"} <= set(
        modes
    )
    await store.close()


async def test_given_readable_file_when_opened_then_closed_to_others(path: Path):
    await filled(path, 1)
    os.chmod(path, 0o644)

    await opened(path).close()

    assert mode_of(path) == 0o600


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Permissions mean nothing to root, so be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_given_read_only_directory_when_opened_then_one_sentence(
    unprivileged: None, tmp_path_factory: pytest.TempPathFactory
):
    directory = Path("/")

    with pytest.raises(StoreError, match=r"cannot be written.*make it writable"):
        opened(directory / "exitd.db")


def test_given_file_in_the_way_when_opened_then_one_sentence(tmp_path: Path):
    (tmp_path / "state").write_text("not a directory")

    with pytest.raises(StoreError, match="choose another state directory"):
        opened(tmp_path / "state" / "exitd.db")


async def test_given_clean_and_unclean_stop_when_opened_then_told_apart(path: Path):
    new = opened(path)
    await new.close()
    after_clean = opened(path)
    await after_clean.abandon()
    after_crash = opened(path)
    await after_crash.close()

    assert new.was_clean_stop
    assert after_clean.was_clean_stop
    assert not after_crash.was_clean_stop
    assert new.deployment == after_crash.deployment != ""


HEAD = max(path.name[:5] for path in (MIGRATIONS / "versions").glob("r0*.py"))
LATER = f"r{int(HEAD[1:]) + 1:04}"
NEXT = '''
"""The schema of a later version."""
from alembic import op

revision = "{later}"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("CREATE TABLE later (id INTEGER NOT NULL PRIMARY KEY) STRICT")
    op.execute("{statement}")
'''


def next_version(directory: Path, statement: str = "SELECT 1") -> Path:
    migrations = directory / "migrations"
    shutil.copytree(
        MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__")
    )
    script = migrations / "versions" / f"{LATER}_next.py"
    script.write_text(NEXT.format(statement=statement, head=HEAD, later=LATER))
    return migrations


async def test_b114_given_older_schema_when_opened_then_migrated_and_old_file_kept(
    path: Path, tmp_path: Path
):
    before = await filled(path)

    store = opened(path, next_version(tmp_path))

    assert store.load() == before
    assert f"migrated from schema {HEAD} to {LATER}" in store.notices[0]
    assert store.was_clean_stop
    await store.close()
    copy = path.with_name(f"exitd.db.before-{LATER}")
    assert mode_of(copy) == 0o600
    kept = opened(copy)
    assert kept.load() == before
    await kept.close()


async def test_given_migration_that_fails_when_opened_then_file_is_as_it_was(
    path: Path, tmp_path: Path
):
    before = await filled(path)

    with pytest.raises(StoreError, match="could not be migrated"):
        opened(path, next_version(tmp_path, "SELECT * FROM nowhere"))

    store = opened(path)
    assert store.load() == before
    await store.close()


async def test_given_newer_schema_when_opened_then_refused(path: Path, tmp_path: Path):
    await filled(path)
    await opened(path, next_version(tmp_path)).close()

    with pytest.raises(StoreError, match=rf"newer exitd \(schema {LATER}"):
        opened(path)


async def test_given_backup_of_running_state_when_restored_then_opened_as_one(
    path: Path, tmp_path: Path
):
    store = opened(path)
    await keep(store, *firing(1))
    tag = store.tag("main")
    backups.back_up(path, tmp_path / "backup.db")
    then = store.load()
    await keep(store, Batch((trigger("later"),), (fact(),)))
    with pytest.raises(StoreLocked):
        backups.restore(tmp_path / "backup.db", path)
    await store.close()

    told = PutBack("cli:me", "here", "backup.db", 7)
    kept = backups.restore(tmp_path / "backup.db", path, told)

    again = opened(path)
    assert again.is_from_backup
    assert again.put_back == told
    assert again.load() == then
    assert again.tag("main") == tag
    assert again.deployment == store.deployment
    await again.close()
    assert kept is not None
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM triggers").fetchone() == (2,)
    third = opened(path)
    assert not third.is_from_backup
    assert third.put_back is None
    await third.close()


def test_given_damaged_backup_when_restored_then_nothing_changes(
    path: Path, tmp_path: Path
):
    (tmp_path / "backup.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 5_000)

    with pytest.raises(StoreDamaged):
        backups.restore(tmp_path / "backup.db", path)

    assert not path.exists()
