"""A pipe in the place of the journal, and what was logged into it."""

from __future__ import annotations

import json
import os

from exitd import logs
from fakes.clocks import ManualClock


class Journal:
    """Reads what was logged into a pipe."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._read_fd, self.fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self.log: logs.Log | None = None

    def start(self, **settings: object) -> logs.Log:
        self.log = logs.configure(
            **{
                "format": "json",
                "fd": self.fd,
                "now_ns": self.clock.now_ns,
                "monotonic_ns": self.clock.monotonic_ns,
                **settings,
            }
        )
        return self.log

    def text(self) -> str:
        assert self.log is not None
        assert self.log.flush(5)
        try:
            return os.read(self._read_fd, 1 << 20).decode()
        except BlockingIOError:
            return ""

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text().splitlines()]

    def close(self) -> None:
        if self.log is not None:
            self.log.close()
        os.close(self._read_fd)
        os.close(self.fd)
