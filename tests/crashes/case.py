"""One fire of one daemon at a venue, to be broken at a point and looked at then."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, Self

from crashes.warm import Warm

DEADLINE_S = 60.0
_LOOK_S = 0.02


class Lost(AssertionError):
    """What was waited for did not come about in time."""


class Died(Lost):
    """The daemon has ended, which nobody asked it to."""


class Unready(Exception):
    """The machine was too busy to come to the fire; nothing was broken yet."""


class Running:
    """A daemon that was started warm, and its log as it grows."""

    def __init__(
        self, warm: Warm, config: Path, environment: dict[str, str], log: Path
    ) -> None:
        self._warm = warm
        self._log = log
        self._from = log.stat().st_size if log.exists() else 0
        self.status: int | None = None
        self.pid = warm.start(config, environment, log)

    def lines(self) -> list[dict[str, Any]]:
        """Give the whole lines of this run so far."""
        if not self._log.exists():
            return []
        with self._log.open("rb") as file:
            file.seek(self._from)
            said = file.read()
        whole = said.rpartition(b"\n")[0].splitlines()
        return [json.loads(line) for line in whole if line.startswith(b"{")]

    def has(self, event: str, **fields: Any) -> bool:
        return any(
            line["event"] == event
            and all(line.get(name) == value for name, value in fields.items())
            for line in self.lines()
        )

    def is_dead(self) -> bool:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] in ("Z", "X")

    def is_stopped(self) -> bool:
        """Whether every thread stands still; a tracer stops one now and then."""
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0]
            for task in Path(f"/proc/{self.pid}/task").iterdir()
        ]
        return all(state in ("T", "t") for state in states)

    def until(
        self, is_so: Callable[[], bool], what: str, within_s: float = DEADLINE_S
    ) -> None:
        """Look again and again; the daemon's end ends the waiting as well.

        Raises:
            Lost: It did not come about.
        """
        again = threading.Event()
        until_s = monotonic() + within_s
        while monotonic() < until_s:
            if is_so():
                return
            if self.is_dead():
                break
            again.wait(_LOOK_S)
        if is_so():
            return
        tail = json.dumps(self.lines()[-6:])[-1_500:]
        if self.is_dead():
            raise Died(f"{what}: it is dead; {tail}")
        raise Lost(f"{what}: not within {within_s:g} s; {tail}")

    def until_ready(self) -> Self:
        """Wait until it is ready; one that is not in time is ended.

        Raises:
            Lost: It is not.
        """
        try:
            self.until(lambda: self.has("daemon.ready"), "ready")
        except Lost:
            self.end()
            raise
        return self

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self.status is None:
            if not self.is_dead():
                os.kill(self.pid, number)
            self.status = self._warm.reap(self.pid)
        return self.status


class Case(Protocol):
    """A venue class: the same fire, again and again, each time on a state of its own.

    Attributes:
        expected: What `closed` is when all went well.
    """

    expected: tuple[str, ...]

    def open(self, folder: Path) -> None:
        """Prepare a new account with a position, and the files of a daemon."""
        ...

    def start(self, warm: Warm) -> Running:
        """Start a daemon on them, and wait until it is ready."""
        ...

    def arm(self, daemon: Running) -> None:
        """Have it watch its level; returns once it does.

        Raises:
            Unready: It did not come to that.
        """
        ...

    def trap(self, trouble: str) -> None:
        """Let the next order go wrong in this way."""
        ...

    def cross(self) -> None:
        """Move the price beyond the level."""
        ...

    def answer(self) -> None:
        """Do what the other side of the trade does, where somebody has to."""
        ...

    def mend(self) -> None:
        """Let orders go right again."""
        ...

    def is_done(self) -> bool:
        """Whether the daemon says that the fire is over; it may not answer."""
        ...

    def closed(self) -> tuple[str, ...]:
        """Give what each of our orders has executed at the venue."""
        ...

    def shut(self) -> None:
        """End what `open` began."""
        ...

    def close(self) -> None:
        """End the venue."""
        ...
