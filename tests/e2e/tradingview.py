"""Senders as TradingView is: 3 s for an answer; what is answered with 5xx comes again.

It comes again three times. TradingView waits 5 s before each; these wait less, and take
a daemon that is away for the 502 of the proxy in front of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from e2e.webhook_house import post

RESENT_MAX = 3
AGAIN_S = 2.0
SENDERS = 8

AfterEach = Callable[[int], None]


class Senders:
    """Send alerts, several at once, and note how each was answered at last."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self.answers: list[dict[str, Any]] = []
        self.lost: list[tuple[int, bytes]] = []
        self.resent = 0

    def send(self, bodies: Sequence[bytes], after_each: AfterEach) -> None:
        """Send all; *after_each* gets the count of those answered, in any thread."""
        with ThreadPoolExecutor(SENDERS) as pool:
            for _ in pool.map(lambda body: self._fire(body, after_each), bodies):
                pass

    def _fire(self, body: bytes, after_each: AfterEach) -> None:
        status, said = post(self._port, body)
        for _ in range(RESENT_MAX):
            if 0 < status < 500:
                break
            with self._lock:
                self.resent += 1
            self._pause.wait(AGAIN_S)
            status, said = post(self._port, body)
        with self._lock:
            if status == 200:
                self.answers.append(said)
            else:
                self.lost.append((status, body))
            count = len(self.answers)
        after_each(count)
