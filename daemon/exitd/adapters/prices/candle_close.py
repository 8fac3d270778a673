"""The closes of finished candles, each told once, the missed ones fetched.

The stream says once that a bar has closed and never repeats it: what was pushed while
the connection was down is gone. So the next close is expected at its instant, and when
it has not come shortly after, REST is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from exitd.core.market import PriceSource
from exitd.core.units import NS_PER_S
from exitd.ports.feed import Candle

GRACE_NS = 2 * NS_PER_S
# Historical queries are limited, to 30 a minute at the strictest venue (Backpack's
# support pages), for all symbols together.
RETRY_NS = 5 * NS_PER_S

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def interval_ns(candle: str) -> int | None:
    """How long a bar of *candle* is; None where bars do not tile the UTC day."""
    unit = _UNITS_S.get(candle[-1:])
    count = candle[:-1]
    if unit is None or not (count.isascii() and count.isdigit()):
        return None
    return int(count) * unit * NS_PER_S


class ClosedCandles:
    """What is known about the closes of one source.

    `told_ns` is the end of the last bar that was told; an older one is never told.
    A *span_ns* of None says that bars do not tile the UTC day.
    """

    def __init__(self, source: PriceSource, now_ns: int, span_ns: int | None) -> None:
        self.source = source
        self._interval_ns = span_ns
        self._asked_ns = 0
        self._expected_ns: int | None = None
        self.told_ns = now_ns
        if self._interval_ns is not None:
            self.told_ns = now_ns // self._interval_ns * self._interval_ns
            self._expected_ns = self.told_ns + self._interval_ns

    def running(self, end_ns: int) -> None:
        """A bar that ends at *end_ns* is running."""
        if end_ns > self.told_ns and self._expected_ns is None:
            self._expected_ns = end_ns

    def is_new(self, end_ns: int) -> bool:
        """Take note of a close; whether it has not been told before."""
        if end_ns <= self.told_ns:
            return False
        self.told_ns = end_ns
        self._expected_ns = (
            None if self._interval_ns is None else end_ns + self._interval_ns
        )
        return True

    def is_missed(self, now_ns: int) -> bool:
        """Whether a close is overdue and REST should be asked now."""
        if self._expected_ns is None or now_ns < self._expected_ns + GRACE_NS:
            return False
        if now_ns < self._asked_ns + RETRY_NS:
            return False
        self._asked_ns = now_ns
        return True

    def fetched(self, candles: Iterable[Candle], made_ns: int) -> list[Candle]:
        """Give those of *candles* that are to be told, oldest first.

        An answer that a cache held was made at *made_ns*: a bar that ended later may
        have been running then. A bar without trades closed without a price.
        """
        done = sorted(
            (bar for bar in candles if bar.ts_close_ns <= made_ns),
            key=lambda bar: bar.ts_close_ns,
        )
        return [
            bar
            for bar in done
            if self.is_new(bar.ts_close_ns) and bar.close is not None
        ]
