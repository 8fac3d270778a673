"""Time comes from here and from nowhere else."""

from typing import Protocol


class Clock(Protocol):
    def now_ns(self) -> int:
        """UTC, in nanoseconds; may step when the machine's clock is set."""
        ...

    def monotonic_ns(self) -> int:
        """Never steps back; only differences mean anything."""
        ...
