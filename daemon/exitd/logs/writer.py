"""
Hands finished lines to a file descriptor without ever making the caller wait.

A thread writes. When the reader of standard output does not read, lines wait in
memory up to a bound; past it the new ones are counted and dropped, and the count is
written as soon as there is room. Whatever goes wrong with the descriptor stays here:
a trigger must fire with nobody reading the log.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections import deque
from collections.abc import Callable

LINES_MAX = 10_000


class LineWriter:
    """Writes lines to *fd* in the order of `put`; `close` when done."""

    def __init__(
        self,
        fd: int,
        *,
        dropped_line: Callable[[int], bytes],
        lines_max: int = LINES_MAX,
    ) -> None:
        """
        Args:
            fd: An open descriptor; it is not closed here.
            dropped_line: Makes the line that says how many are missing.
            lines_max: How many lines may wait.
        """
        self._fd = fd
        self._dropped_line = dropped_line
        self._lines_max = lines_max
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        self._changed = threading.Condition()
        self._is_idle = False
        self._is_closing = False
        self._is_writing = False
        self._is_torn = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Lines lost so far that no line tells of yet."""
        return self._dropped

    def put(self, line: bytes) -> None:
        """Take one line, with its line end; never blocks and never raises."""
        with self._changed:
            if len(self._lines) >= self._lines_max:
                self._dropped += 1
                return
            self._lines.append(line)
            # The thread is woken once for a burst, not for each of its lines.
            if self._is_idle:
                self._is_idle = False
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all is written, at most *timeout_s* seconds; was it?"""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._lines and not self._is_writing, timeout_s
            )

    def close(self, timeout_s: float = 2.0) -> bool:
        """Flush, and end the thread; what the reader does not take is lost."""
        is_flushed = self.flush(timeout_s)
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if is_flushed:
            self._thread.join()
        return is_flushed

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines and not self._is_closing:
                    self._is_idle = True
                    self._changed.wait()
                if not self._lines:
                    return
                batch = list(self._lines)
                self._lines.clear()
                dropped, self._dropped = self._dropped, 0
                self._is_writing = True
            if dropped:
                batch.append(self._dropped_line(dropped))
            lost = 0 if self._write(b"".join(batch)) else len(batch) + dropped
            with self._changed:
                self._dropped += lost
                self._is_writing = False
                self._changed.notify_all()

    def _write(self, data: bytes) -> bool:
        # After half a line the next one begins on a line of its own.
        rest = memoryview(b"\n" + data if self._is_torn else data)
        whole = len(rest)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except OSError as exc:
                # Somebody who shares the descriptor made it non-blocking.
                if exc.errno != errno.EAGAIN:
                    self._is_torn = self._is_torn or len(rest) < whole
                    return False
                select.select((), (self._fd,), ())
        self._is_torn = False
        return True
