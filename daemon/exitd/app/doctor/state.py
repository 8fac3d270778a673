"""The state of a daemon: its disk, its database, its lock and its last copy."""

from __future__ import annotations

import os
import sqlite3

from exitd.adapters.sqlite.backup import last_copy
from exitd.adapters.sqlite.commit_cost import commit_cost
from exitd.adapters.sqlite.file_system import OVER_A_NETWORK, kind_of
from exitd.adapters.sqlite.inspecting import holder_of, inspect, last_holder
from exitd.adapters.system.listeners import command_of
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, Facts, fail, ok, unknown, warn
from exitd.core.units import NS_PER_HOUR, NS_PER_MS, NS_PER_S, NS_PER_US
from exitd.errors import StoreDamaged, StoreError

_MIB = 1024 * 1024
_FREE_LEAST, _FREE_WISHED = 100 * _MIB, 1024 * _MIB
_INODES_LEAST = 1000
_IN_MEMORY = ("tmpfs", "ramfs")
_SLOW_NS = 20 * NS_PER_MS
_COPY_AGE_NS = 7 * 24 * NS_PER_HOUR
_AS_ROOT = "ask again as root or as the daemon's user"


def disk(scene: Scene) -> list[Check]:
    """How much room there is, on what, and what a commit costs."""
    folder = scene.folder
    if not folder.is_dir():
        return [unknown("disk", f"{folder} is not there yet", "`exitd run` makes it")]
    return [_room(scene), _file_system(scene), _commits(scene)]


def _room(scene: Scene) -> Check:
    found = os.statvfs(scene.folder)
    free, inodes = found.f_bavail * found.f_frsize, found.f_favail
    # Some file systems make inodes as they need them, and count none.
    is_counted = found.f_files > 0
    text = f"{free // _MIB} MiB free"
    text += f", {inodes} inodes" if is_counted else ""
    facts = {"free_bytes": free, "free_inodes": inodes if is_counted else None}
    remedy = f"make room on the disk of {scene.folder}"
    if free < _FREE_LEAST or (is_counted and inodes < _INODES_LEAST):
        return fail("disk", f"{text}: soon nothing can be armed", remedy, facts=facts)
    if free < _FREE_WISHED:
        return warn("disk", text, remedy, facts=facts)
    return ok("disk", text, facts=facts)


def _file_system(scene: Scene) -> Check:
    kind = kind_of(scene.folder.resolve())
    if kind in OVER_A_NETWORK:
        return fail(
            "file_system",
            f"{scene.folder} is on a network ({kind}): a second daemon is not kept out",
            "choose a state directory on a disk of this machine",
            facts={"kind": kind},
        )
    if kind in _IN_MEMORY:
        return warn(
            "file_system",
            f"{scene.folder} is in memory ({kind}): the next boot forgets all of it",
            "choose a state directory on a disk",
            facts={"kind": kind},
        )
    return ok(
        "file_system",
        f"{kind or 'unknown kind'}, of this machine",
        facts={"kind": kind},
    )


def _commits(scene: Scene) -> Check:
    try:
        cost = commit_cost(scene.folder, scene.clock.monotonic_ns)
    except StoreError as error:
        return unknown("commits", str(error), _AS_ROOT)
    facts = {
        "commits": cost.commits,
        "p50_us": cost.p50_ns // NS_PER_US,
        "p99_us": cost.p99_ns // NS_PER_US,
        "most_us": cost.most_ns // NS_PER_US,
    }
    text = (
        f"{milliseconds(cost.p50_ns)} (p50), {milliseconds(cost.p99_ns)} (p99) of "
        f"{cost.commits}: so long the disk takes to keep a close"
    )
    if cost.p99_ns > _SLOW_NS:
        remedy = "put the state on a faster disk; nothing is lost, closes are later"
        return warn("commits", text, remedy, facts=facts)
    return ok("commits", text, facts=facts)


def milliseconds(ns: int) -> str:
    """Write a time in milliseconds, to a hundredth."""
    hundredths = ns * 100 // NS_PER_MS
    return f"{hundredths // 100}.{hundredths % 100:02} ms"


def database(scene: Scene) -> list[Check]:
    """SQLite's quick check, and whether this exitd knows the form."""
    if not scene.state.exists():
        text = f"{scene.state} is not there yet"
        return [unknown("database", text, "`exitd run` makes it")]
    try:
        found = inspect(scene.state)
    except StoreDamaged as error:
        return [fail("database", str(error), "see Copies in docs/operating.md")]
    except (StoreError, sqlite3.Error) as error:
        return [unknown("database", str(error), _AS_ROOT)]
    facts = {"revision": found.revision, "newest_revision": found.newest_revision}
    if found.complaint:
        return [
            fail(
                "database",
                f"{scene.state}: {found.complaint}",
                "stop exitd and put back a copy: `exitd restore`",
                facts=facts,
            )
        ]
    if not found.is_known:
        return [
            fail(
                "database",
                f"its form {found.revision} is of a newer exitd",
                "run that version, or put back the copy that it kept",
                facts=facts,
            )
        ]
    text = f"sound, form {found.revision}"
    if found.revision != found.newest_revision:
        text += f"; the next start brings it to {found.newest_revision}"
    return [ok("database", text, facts=facts)]


def lock(scene: Scene) -> list[Check]:
    """Who holds the state, and whether that is who answers."""
    try:
        pid = holder_of(scene.state)
    except OSError as error:
        return [unknown("lock", f"cannot be told ({error.strerror})", _AS_ROOT)]
    if pid is None:
        left = last_holder(scene.state)
        if scene.status is not None:
            return [
                warn(
                    "lock",
                    f"a daemon answers, and nobody holds {scene.state}",
                    "see whether it uses another state: EXITD_STATE, `state:`",
                )
            ]
        said = f"free; process {left} had it last and is gone" if left else "free"
        return [ok("lock", said, facts={"pid": None})]
    who = f"process {pid} ({command_of(pid) or 'unseen'})" if pid else "a process"
    if scene.status is None:
        return [
            warn(
                "lock",
                f"{who} holds the state, and no daemon answers at {scene.socket}",
                "see what it does; EXITD_SOCKET names another socket",
                facts={"pid": pid},
            )
        ]
    return [ok("lock", f"held by {who}, which answers", facts={"pid": pid})]


def copies(scene: Scene) -> list[Check]:
    """How old the last copy is, as far as `exitd backup` made it."""
    remedy = "`exitd backup /elsewhere/exitd.db`, daily"
    if not scene.state.exists():
        return []
    known = last_copy(scene.state)
    if known is None:
        return [warn("backup", "no copy of the state is known", remedy)]
    age_ns = max(scene.clock.now_ns() - known.ts_ns, 0)
    hours = age_ns // NS_PER_HOUR
    text = f"{days_or_hours(hours)} old: {known.path}"
    facts: Facts = {"path": known.path, "age_s": age_ns // NS_PER_S}
    if not known.is_there:
        text = f"the last one, {known.path}, is there no more"
        return [warn("backup", text, remedy, facts=facts)]
    if age_ns > _COPY_AGE_NS:
        return [warn("backup", text, remedy, facts=facts)]
    return [ok("backup", text, facts=facts)]


def days_or_hours(hours: int) -> str:
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
