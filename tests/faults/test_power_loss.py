"""Row D7 of the failure model: the power goes, and what was not synced is any of it.

A commit is answered when the log is synced up to it. So the images are: the database
and the log as they were at an answer, with what was written after it lost, torn and
reordered, sector by sector. `tests/crashes` makes such images of a whole daemon, from
the writes and syncs that it really did.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from random import Random

from adapters.sqlite_states import opened
from contract.store_contract import keep
from contract.store_samples import firing
from exitd.adapters.sqlite import SqliteStore
from exitd.core.records import Snapshot

SECTOR = 512
FIRINGS = 2
#: How likely a sector came to the disk, for each image of an instant.
LIKELY = (0.3, 0.9, 1.0)


class Moment:
    """The files and the truth at the instant at which a commit was answered."""

    def __init__(self, store: SqliteStore) -> None:
        self.database = store.path.read_bytes()
        self.log = store.path.with_name("exitd.db-wal").read_bytes()
        self.truth: Snapshot = store.load()


def torn(before: bytes, after: bytes, likely: float, chance: Random) -> bytes:
    """Give a file of which each sector that changed may have been written or not."""
    size = len(after) if likely == 1 else chance.choice((len(before), len(after)))
    kept = bytearray(before.ljust(size, b"\0"))
    for start in range(0, size, SECTOR):
        if chance.random() < likely:
            kept[start : start + SECTOR] = after[start : start + SECTOR]
    return bytes(kept)


async def test_d7_given_the_power_goes_when_started_again_then_what_was_told_is_there(
    tmp_path: Path,
):
    store = opened(tmp_path / "live" / "exitd.db")
    moments = []
    for n in range(1, FIRINGS + 1):
        for batch in firing(n):
            await keep(store, batch)
            moments.append(Moment(store))
    await store.close()

    chance = Random(7)
    outcomes = []
    for number, (before, after) in enumerate(pairwise(moments)):
        for image, likely in enumerate(LIKELY):
            folder = tmp_path / f"image-{number}-{image}"
            folder.mkdir()
            path = folder / "exitd.db"
            path.write_bytes(before.database)
            log = torn(before.log, after.log, likely, chance)
            path.with_name("exitd.db-wal").write_bytes(log)
            again = opened(path)
            found = again.load()
            outcomes.append(found == after.truth)
            assert found in (before.truth, after.truth), (number, image)
            assert again.set_aside == ()
            await again.abandon()
            shutil.rmtree(folder)

    assert any(outcomes), "a commit that came to the disk whole counts"
    assert not all(outcomes)
