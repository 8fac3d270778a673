"""When candles end: how the closes of finished ones come from a stream of prices."""

from datetime import UTC, datetime
from decimal import Decimal

from exitd.core.market import PriceSource
from exitd.core.units import NS_PER_S

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WEEK_NS = 7 * 86_400 * NS_PER_S
# The epoch was a Thursday; weeks begin on Mondays.
_MONDAY_NS = 4 * 86_400 * NS_PER_S


def end_of_candle(candle: str, ts_ns: int) -> int:
    """Give the end (UTC) of the candle of this length that an instant is in.

    Args:
        candle: `1s` to `12h`, `1d`, `3d`, `1w` or `1month`, as in a configuration.
        ts_ns: The first instant of a candle belongs to it, its end to the next.
    """
    if candle == "1month":
        return _end_of_month(ts_ns)
    if candle == "1w":
        return _after(ts_ns - _MONDAY_NS, _WEEK_NS) + _MONDAY_NS
    return _after(ts_ns, int(candle[:-1]) * _UNITS_S[candle[-1]] * NS_PER_S)


def _after(ts_ns: int, length_ns: int) -> int:
    return (ts_ns // length_ns + 1) * length_ns


def _end_of_month(ts_ns: int) -> int:
    day = datetime.fromtimestamp(ts_ns // NS_PER_S, UTC)
    years, month = divmod(day.year * 12 + day.month, 12)
    return int(datetime(years, month + 1, 1, tzinfo=UTC).timestamp()) * NS_PER_S


class RunningCandle:
    """The candle that runs now of a source that takes closed candles only."""

    __slots__ = ("_end_ns", "close", "source")

    def __init__(self, source: PriceSource) -> None:
        self.source = source
        self.close: Decimal | None = None
        self._end_ns = 0

    def take(self, price: Decimal, ts_ns: int) -> int | None:
        """Take a price; when it begins a candle, give the instant that this ends."""
        self.close = price
        if ts_ns < self._end_ns:
            return None
        self._end_ns = end_of_candle(self.source.candle, ts_ns)
        return self._end_ns
