"""What a daemon logs in a soak: counted as it comes, its fires and warnings kept."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any

from msgspec import Struct

LOUD = ("warning", "error", "critical")
_KEPT = 400


class Warned(Struct, frozen=True):
    """One line that is not of every day; `at_s` is Unix time."""

    at_s: float
    event: str
    text: str


class Journal:
    """Reads the lines of one daemon in a thread of its own, until it ends.

    Attributes:
        counts: Lines by event.
        octets: Bytes that were read.
        warned: Every line of a level above info.
        foreign: Lines that are no JSON: nobody expects one.
        hits, dones: Fires that began and ended, by `fire_id`.
    """

    def __init__(self, stream: IO[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.octets = 0
        self.warned: list[Warned] = []
        self.foreign: list[str] = []
        self.hits: Counter[str] = Counter()
        self.dones: Counter[str] = Counter()
        self.last: deque[str] = deque(maxlen=_KEPT)
        self._changed = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, args=(stream,))
        self._thread.start()

    @property
    def lines(self) -> int:
        return self.counts.total() + len(self.foreign)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for text in stream:
                with self._changed:
                    self._take(text)
                    self._changed.notify_all()
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _take(self, text: str) -> None:
        self.octets += len(text)
        self.last.append(text)
        if not text.startswith("{"):
            self.foreign.append(text.rstrip())
            return
        line: dict[str, Any] = json.loads(text)
        event = line["event"]
        self.counts[event] += 1
        if event == "trigger.hit":
            self.hits[line["fire_id"]] += 1
        elif event == "trigger.done" and line.get("fire_id"):
            self.dones[line["fire_id"]] += 1
        if line["level"] in LOUD:
            at_s = datetime.fromisoformat(line["ts"]).timestamp()
            self.warned.append(Warned(at_s, event, text.rstrip()))

    def until(self, is_so: Callable[[], bool], within_s: float) -> bool:
        """Wait until what was logged makes something true; False when it does not."""
        with self._changed:
            self._changed.wait_for(lambda: is_so() or self._is_over, within_s)
        return is_so()

    def close(self) -> None:
        self._thread.join()
