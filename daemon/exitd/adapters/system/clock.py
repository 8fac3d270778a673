"""The machine's clocks; nothing else in exitd reads one."""

from __future__ import annotations

import time


class SystemClock:
    """The `Clock` of a real daemon."""

    def now_ns(self) -> int:
        """UTC since 1970, in nanoseconds; steps when somebody sets the clock."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """
        Never steps back, and stands still while the machine sleeps.

        The kernel's CLOCK_MONOTONIC, which systemd's RELOADING message needs.
        """
        return time.monotonic_ns()
