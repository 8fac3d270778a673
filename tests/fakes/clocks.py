"""A clock that moves only when a test moves it."""

from __future__ import annotations


class ManualClock:
    """
    The `Clock` of tests. Both clocks move together with `advance`; `step` moves UTC
    alone, as somebody who sets the machine's clock does.
    """

    def __init__(
        self, now_ns: int = 1_700_000_000_000_000_000, monotonic_ns: int = 1_000_000_000
    ) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = monotonic_ns

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance(self, duration_ns: int) -> None:
        assert duration_ns >= 0, "time cannot go backwards; set the clock with step()"
        self._now_ns += duration_ns
        self._monotonic_ns += duration_ns

    def step(self, offset_ns: int) -> None:
        self._now_ns += offset_ns
