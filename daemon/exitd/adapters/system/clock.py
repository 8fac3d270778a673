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
        Never steps back, and goes on while the machine sleeps: CLOCK_BOOTTIME.

        By CLOCK_MONOTONIC, which stands still meanwhile, a machine that slept for an
        hour would close an hour late what was to be closed at an instant, and sign
        for an hour that the venue no longer takes.
        """
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def awake_ns() -> int:
    """CLOCK_MONOTONIC, which systemd's RELOADING message needs; it stands in sleep."""
    return time.monotonic_ns()
