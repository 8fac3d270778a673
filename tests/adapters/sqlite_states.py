"""States on disk for the tests of opening them: whole ones, and those of a crash."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from contract.store_contract import keep
from contract.store_samples import firing
from exitd.adapters.sqlite import SqliteStore, open_store
from exitd.adapters.sqlite.migrating import MIGRATIONS
from exitd.core.records import Snapshot
from fakes.clocks import ManualClock


def opened(path: Path, migrations: Path = MIGRATIONS) -> SqliteStore:
    return open_store(path, ManualClock(), reserve_bytes=4096, migrations=migrations)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


async def filled(path: Path, firings: int = 5) -> Snapshot:
    """Make a state with some firings in it and close it; gives what it holds."""
    store = opened(path)
    for n in range(1, firings + 1):
        await keep(store, *firing(n))
    snapshot = store.load()
    await store.close()
    return snapshot


async def crashed_copy(path: Path, target: Path, firings: int = 5) -> Path:
    """Give the files of a daemon as they are at some instant, log and all."""
    store = opened(path)
    for n in range(1, firings + 1):
        await keep(store, *firing(n))
    shutil.copytree(path.parent, target)
    await store.close()
    return target / path.name
