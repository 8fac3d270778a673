"""What only a file on a disk meets: readers, a second daemon, rows that are spoilt."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Protocol

from exitd.adapters.sqlite.opening import open_store
from exitd.errors import StoreError
from simulation.failures import FILES
from simulation.ground import Ground
from simulation.machine import Machine

_LOOKS_AFTER_S = 5.0


class Place(Protocol):
    """What of a world the mishaps of its file need."""

    machine: Machine

    def crash(self) -> None: ...


class RealDisk:
    """The mishaps of one world's file.

    Args:
        path: Where the state is, if the world has a real one.
        end_s: When all heals.
    """

    def __init__(self, ground: Ground, place: Place, path: Path, end_s: float) -> None:
        self._ground = ground
        self._place = place
        self._path = path
        self._end_s = end_s

    def happenings(self) -> Iterator[tuple[float, str, Any]]:
        if self._ground.has_real_store:
            for at_s, what in drawn(self._ground.seed, self._end_s):
                yield at_s, "file", what

    def happen(self, what: str) -> None:
        if not self._place.machine.is_up:
            return
        {
            "reader": self._read_for_long,
            "second daemon": self._start_another,
            "spoilt row": self._spoil,
        }[what]()

    def _read_for_long(self) -> None:
        """Read in one transaction, so that the log cannot be folded in."""
        reader = sqlite3.connect(self._path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM triggers").fetchone()
        left_s = max(self._end_s - self._ground.virtual.now_s, 0.0)
        asyncio.get_running_loop().call_later(left_s, reader.close)

    def _start_another(self) -> None:
        clock = self._place.machine.loop.clock
        try:
            open_store(self._path, clock, asyncio.get_running_loop(), inline=True)
        except StoreError as refused:
            self._ground.say("refused", refused)
        else:
            self._ground.wrong.append("a second daemon has opened the state")

    def _spoil(self) -> None:
        """Have a row that nobody wrote, and start on it."""
        with closing(sqlite3.connect(self._path)) as other, other:
            names = [row[1] for row in other.execute("PRAGMA table_info(triggers)")]
            values = ["'spoilt'" if name == "id" else name for name in names]
            other.execute(
                f"INSERT OR IGNORE INTO triggers ({', '.join(names)})"
                f" SELECT {', '.join(values)} FROM triggers LIMIT 1"
            )
        self._place.crash()
        asyncio.get_running_loop().call_later(_LOOKS_AFTER_S, self._check_set_aside)

    def _check_set_aside(self) -> None:
        machine = self._place.machine
        if not machine.is_up:
            return
        if "spoilt" in machine.loop.engine.state.triggers:
            self._ground.wrong.append("a row that nobody wrote is armed")
        if not machine.set_aside:
            self._ground.wrong.append("nobody is told of a row that cannot be read")


def drawn(seed: int, end_s: float) -> list[tuple[float, str]]:
    """Draw what happens to the file of a world."""
    rng = Random(f"file {seed}")
    names = rng.sample(list(FILES), rng.choice((1, 2, 3)))
    return [(rng.uniform(2.0, end_s - 0.5), name) for name in names]
