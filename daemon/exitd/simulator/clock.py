"""
The exchange's clock: the only place in the simulator that reads one.

The exchange counts in integer microseconds, because that is what the `E` and `T` of
its stream frames hold. Everything below the exchange gets its time as a value.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class VenueClock:
    """
    The time that the exchange believes in.

    Attributes:
        skew_ms: Offset from this host's clock; above zero, the exchange is ahead.
    """

    def __init__(
        self, skew_ms: int = 0, read_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.skew_ms = skew_ms
        self._read_ns = read_ns
        self._last_us = 0

    def now_us(self) -> int:
        """Microseconds since the epoch, as the exchange would report them."""
        return self._read_ns() // 1_000 + self.skew_ms * 1_000

    def stamp_us(self) -> int:
        """A time for one engine call: later than every stamp before it."""
        # Two events of one microsecond would make the order of a history ambiguous.
        self._last_us = max(self.now_us(), self._last_us + 1)
        return self._last_us

    def set_skew(self, skew_ms: int) -> None:
        """Move the exchange's clock; stamps may go backwards once."""
        self.skew_ms = skew_ms
        self._last_us = 0
