"""What the disk may hold when the power goes, from the writes that a daemon did.

    PYTHONPATH=tests python tests/crashes/power_loss.py --images 2000

A fire is traced with all that it writes, syncs and sends. At every instant of it the
power may go: what was synced is there, and of each write after that all, nothing, or
some sectors. Each such image has to open, and to hold the order that had left by then,
or the id that was reserved for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random
from time import monotonic

from msgspec import Struct

from crashes.backpack_case import BackpackCase
from crashes.traced import watching
from crashes.warm import Warm
from exitd.adapters.sqlite import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.errors import StoreError

SECTOR = 512
FILES = ("exitd.db", "exitd.db-wal", "exitd.db.lock")
#: The whole of every write: a page with its frame's head.
BYTES_MAX = 70_000
_CALL = re.compile(
    r"^\d+\s+(pwrite64|fdatasync|fsync|ftruncate|write|writev|sendto|sendmsg)"
    r'\(\d+<([^>]*)>(?:, "((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?)?'
)


class Act(Struct, frozen=True):
    """One call of the tape: a write at a place, a sync, or something that was sent."""

    kind: str
    file: str = ""
    data: bytes = b""
    at: int = 0


def tape_of(text: str) -> list[Act]:
    """Read what strace noted with `-y -xx`."""
    found = []
    for line in text.splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        call, target, written, at = match.groups()
        data = bytes.fromhex((written or "").replace("\\x", ""))
        path = (
            bytes.fromhex(target.replace("\\x", "")).decode(errors="replace")
            if (target.startswith("\\x"))
            else target
        )
        name = Path(path).name
        if name in FILES and call == "pwrite64":
            found.append(Act("write", name, data, int(at or 0)))
        elif name in FILES and call in ("fdatasync", "fsync"):
            found.append(Act("sync", name))
        elif name in FILES:
            found.append(Act("unknown", name))
        elif data:
            found.append(Act("send", "", data))
    return found


class Recorded(Struct):
    """A fire: the files before it, what it did, and the id of its order."""

    files: dict[str, bytes]
    acts: list[Act]
    client_order_id: int


def recorded(folder: Path) -> Recorded:
    warm, case = Warm(), BackpackCase(folder)
    try:
        home = folder / "home"
        home.mkdir()
        case.open(home)
        daemon = case.start(warm)
        case.arm(daemon)
        output = folder / "tape"
        state = home / "state"
        more = ("-y", "-xx", "-s", str(BYTES_MAX))
        with watching(daemon.pid, output, *more):
            files = {name: (state / name).read_bytes() for name in FILES}
            case.cross()
            daemon.until(case.is_done, "the fire is over")
        sent = [line for line in daemon.lines() if line["event"] == "order.sent"]
        daemon.end(signal.SIGTERM)
        case.shut()
    finally:
        case.close()
        warm.close()
    acts = tape_of(output.read_text(errors="replace"))
    return Recorded(files, acts, int(sent[0]["client_order_id"]))


def put(content: bytearray, act: Act, kept: list[bool]) -> None:
    """Write those sectors of a write that came to the disk."""
    if len(content) < act.at + len(act.data):
        content.extend(b"\0" * (act.at + len(act.data) - len(content)))
    for number, is_kept in enumerate(kept):
        if is_kept:
            part = act.data[number * SECTOR : (number + 1) * SECTOR]
            start = act.at + number * SECTOR
            content[start : start + len(part)] = part


def image(tape: Recorded, cut: int, likely: float, chance: Random) -> dict[str, bytes]:
    """Give the files as the power may leave them after *cut* acts."""
    files = {name: bytearray(content) for name, content in tape.files.items()}
    done = tape.acts[:cut]
    for name, content in files.items():
        syncs = [i for i, a in enumerate(done) if (a.kind, a.file) == ("sync", name)]
        synced = syncs[-1] if syncs else -1
        for index, act in enumerate(done):
            if (act.kind, act.file) != ("write", name):
                continue
            sectors = -(-len(act.data) // SECTOR)
            is_safe = index < synced
            kept = [is_safe or chance.random() < likely for _ in range(sectors)]
            put(content, act, kept)
    return {name: bytes(content) for name, content in files.items()}


async def holds(folder: Path, files: dict[str, bytes], wanted: int | None) -> str:
    """Open an image; returns what is wrong with it, empty when nothing is."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    path = folder / "exitd.db"
    try:
        store = open_store(path, SystemClock(), inline=True, reserve_bytes=0)
    except StoreError as error:
        return f"it does not open: {error}"
    try:
        snapshot = store.load()
    finally:
        await store.abandon()
    # Those of a fire that is over are not read at a start; their rows stay.
    with closing(sqlite3.connect(path)) as rows:
        ids = {id for (id,) in rows.execute("SELECT client_order_id FROM attempts")}
    if store.set_aside:
        return f"rows were set aside: {store.set_aside}"
    # An order may leave with its commit: by an id that was durable with the arming.
    ids |= {trigger.first_id for trigger in snapshot.triggers}
    if wanted is not None and wanted not in ids:
        return f"order {wanted} had left, and no id to find it by is in it"
    return "" if len(snapshot.triggers) == 1 else "the trigger is not in it"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--json", type=Path, help="a file for what was found")
    parser.add_argument("--unsynced", action="store_true", help="to see it fail")
    asked = parser.parse_args()
    began_s, chance = monotonic(), Random(1)
    with tempfile.TemporaryDirectory(prefix="exitd-power-") as place:
        folder = Path(place)
        tape = recorded(folder)
        if asked.unsynced:
            # As a build would leave it that syncs nothing.
            tape.acts = [act for act in tape.acts if act.kind != "sync"]
        needle = str(tape.client_order_id).encode()
        left = next(
            index
            for index, act in enumerate(tape.acts)
            if act.kind == "send" and b"POST " in act.data and needle in act.data
        )
        kinds = [act.kind for act in tape.acts]
        assert "unknown" not in kinds, "a call that an image cannot be made of"
        wrong = []
        for number in range(asked.images):
            cut = number % (len(tape.acts) + 1)
            likely = chance.choice((0.0, 0.3, 0.7, 1.0))
            files = image(tape, cut, likely, chance)
            here = folder / "image"
            here.mkdir()
            wanted = tape.client_order_id if cut > left else None
            why = asyncio.run(holds(here, files, wanted))
            if why:
                wrong.append(f"after {cut} of {len(kinds)} acts: {why}")
            shutil.rmtree(here)
    if asked.json is not None:
        found = {"images": asked.images, "acts": len(kinds), "wrong": len(wrong)}
        asked.json.write_text(json.dumps(found))
    print(*wrong[:10], sep="\n", end="\n" if wrong else "")
    print(
        f"power loss: {asked.images} images of {len(kinds)} acts"
        f" ({kinds.count('write')} writes, {kinds.count('sync')} syncs,"
        f" {kinds.count('send')} sends), {len(wrong)} wrong,"
        f" {monotonic() - began_s:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
