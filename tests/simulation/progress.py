"""How far a run of many seeds has come, on one line of a terminal."""

from __future__ import annotations

import time
from typing import TextIO

WIDTH = 30
_EVERY_S = 0.2


class Progress:
    """Draws a bar on a terminal, and nothing anywhere else."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total = total
        self._out = out
        self._is_shown = out.isatty()
        self._begun_s = time.monotonic()
        self._drawn_s = 0.0

    def show(self, done: int, violated: int) -> None:
        now_s = time.monotonic()
        if not self._is_shown or now_s - self._drawn_s < _EVERY_S:
            return
        self._drawn_s = now_s
        rate = done / max(now_s - self._begun_s, 0.001)
        left_s = (self._total - done) / max(rate, 0.001)
        full = WIDTH * done // max(self._total, 1)
        bar = "█" * full + "·" * (WIDTH - full)
        said = f"{bar} {done}/{self._total} seeds, {rate:.0f} a second, "
        said += f"{violated} violated, {left_s:.0f} s left"
        self._out.write(f"\r\033[K{said}")
        self._out.flush()

    def clear(self) -> None:
        if self._is_shown:
            self._out.write("\r\033[K")
            self._out.flush()
