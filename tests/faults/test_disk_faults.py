"""Rows D of the failure model: a disk that does not read, is slow, full or shared."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_states import filled, opened
from contract.store_contract import keep
from contract.store_samples import firing
from exitd.adapters.sqlite import open_store
from exitd.adapters.sqlite.file_system import kind_of, refuse_network
from exitd.adapters.sqlite.migrating import MIGRATIONS, known_revisions
from exitd.adapters.system.clock import SystemClock
from exitd.core.events import FactKind
from exitd.core.trigger import TriggerState
from exitd.errors import StoreError
from exitd.logs.writer import LineWriter
from exitd.runtime.unwritten import TELL_WITHIN_S
from fakes.disks import disk_error
from runtime.desk import D, Desk, in_virtual_time, stop

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_READ, 522])
def test_d5_given_a_file_that_cannot_be_read_when_opened_then_one_sentence(
    tmp_path: Path, code: int
):
    class Unreadable(sqlite3.Connection):
        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            if sql.startswith("SELECT"):
                raise disk_error(code)
            return super().execute(sql, *args)

    path = tmp_path / "exitd.db"

    with pytest.raises(
        StoreError, match=r"disk I/O error.*(make room|whole directory)"
    ):
        open_store(path, SystemClock(), inline=True, connection_class=Unreadable)

    # Nothing was made in its place, and its lock is free again.
    again = open_store(path, SystemClock(), inline=True, reserve_bytes=0)
    assert again.load().triggers == ()


@in_virtual_time
async def test_d6_given_a_sync_that_takes_long_then_prices_are_judged_and_it_is_told():
    desk = await Desk().start()
    await desk.arm(stop("sl", "95", "4"), stop("other", "90", "4"))
    await desk.settle()
    told: list[tuple[FactKind, bool]] = []
    desk.loop.on_written(
        lambda facts, is_durable: told.extend((f.kind, is_durable) for f in facts)
    )
    desk.store.hold()

    desk.mark("95")
    desk.mark("90")
    await desk.settle(TELL_WITHIN_S + 0.01)
    assert desk.trigger("sl").state is TriggerState.FIRING
    assert desk.trigger("other").state is TriggerState.FIRING
    assert desk.sent == []
    assert told.count((FactKind.TRIGGER_HIT, False)) == 2

    desk.store.release()
    await desk.settle()
    assert desk.sent == [("sl", D(4)), ("other", D(4))]


HALFWAY = """\
\"\"\"A migration that is killed when half of it is done.\"\"\"

import os

from alembic import op

revision = "r9999"
down_revision = "{head}"


def upgrade():
    op.execute("CREATE TABLE half (n INTEGER)")
    op.execute("DELETE FROM triggers")
    os.kill(os.getpid(), 9)
"""
MIGRATES = """\
import sys
from pathlib import Path
from adapters.sqlite_states import opened

opened(Path(sys.argv[1]), Path(sys.argv[2]))
"""


async def test_d11_given_a_kill_in_the_migration_when_started_again_then_as_it_was(
    tmp_path: Path,
):
    path = tmp_path / "exitd.db"
    before = await filled(path)
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    halfway = HALFWAY.format(head=known_revisions()[-1])
    (migrations / "versions" / "r9999_halfway.py").write_text(halfway)

    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATES, str(path), str(migrations)),
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )

    assert await killed.wait() == -signal.SIGKILL
    store = opened(path)
    assert store.load() == before
    assert [n for n in store.notices if "migrated" in n] == []
    await store.close()
    kept = opened(path.with_name("exitd.db.before-r9999"))
    assert kept.load() == before
    await kept.close()


def test_d12_given_a_state_that_is_a_folder_when_opened_then_one_sentence(
    tmp_path: Path,
):
    (tmp_path / "exitd.db").mkdir()

    with pytest.raises((StoreError, OSError), match=r"exitd\.db"):
        open_store(tmp_path / "exitd.db", SystemClock(), reserve_bytes=0)


async def test_d13_given_a_reader_that_has_gone_then_the_log_grows_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.adapters.sqlite.writer.CHECKPOINT_COMMITS", 4)
    path = tmp_path / "exitd.db"
    log = path.with_name("exitd.db-wal")
    store = open_store(path, SystemClock(), inline=True, reserve_bytes=0)

    async def fire(first: int) -> int:
        for n in range(first, first + 10):
            await keep(store, *firing(n))
            store._writer.idle()
        return log.stat().st_size

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM triggers").fetchone()
        sizes = [await fire(1), await fire(11)]
        other.execute("COMMIT")
    sizes += [await fire(21), await fire(31), await fire(41)]

    assert sizes[1] > sizes[0], "nothing can be folded in past the reader"
    assert sizes[2] == sizes[3] == sizes[4]
    assert len(store.load().triggers) == 50
    await store.close()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_d16_given_a_file_system_of_a_network_when_opened_then_refused(
    tmp_path: Path, kind: str
):
    mounts = tmp_path / "mounts"
    shared = tmp_path / "with space"
    shared.mkdir()
    escaped = str(shared).replace(" ", "\\040")
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/state {escaped} {kind} rw 0 0\n"
        f"proc /proc proc rw 0 0\n"
    )

    with pytest.raises(
        StoreError, match=rf"network \({kind}\).*a disk of this machine"
    ):
        refuse_network(shared / "", mounts)

    assert kind_of(shared / "deeper", mounts) == kind
    refuse_network(tmp_path, mounts)
    assert kind_of(tmp_path, mounts) == "ext4"
    assert kind_of(tmp_path, tmp_path / "no such file") == ""


def test_d17_given_a_log_file_that_may_grow_no_more_when_logged_then_counted(
    tmp_path: Path,
):
    path = tmp_path / "log"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signalled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = LineWriter(fd, dropped_line=lambda lines: b"dropped %d\n" % lines)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        writer.put(b"x" * 100 + b"\n")
        assert writer.flush(5)
        writer.put(b"y\n")
        assert writer.flush(5)
        assert writer.dropped >= 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signalled)
    writer.put(b"and on\n")

    assert writer.close(5)
    os.close(fd)
    said = path.read_bytes()
    assert said.splitlines()[0] == b"x" * 64
    assert b"and on" in said.splitlines()
    assert b"dropped" in said
