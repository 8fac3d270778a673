"""
Candles of the last, mark and index price, from what was traded and observed.

Seconds are kept for two hours and minutes for ever; longer candles are put together
from minutes when somebody asks. A made-up past before the start gives charts
something to show; it is a function of the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from exitd.simulator.markets import Market
from exitd.simulator.path import WALK_MILLIONTHS
from exitd.simulator.values import ZERO

INTERVALS = {
    "1s": 1,
    "1m": 60,
    "3m": 180,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "2h": 7_200,
    "4h": 14_400,
    "6h": 21_600,
    "8h": 28_800,
    "12h": 43_200,
    "1d": 86_400,
    "3d": 259_200,
    "1w": 604_800,
    "1month": 0,
}
PRICE_KINDS = ("Last", "Mark", "Index")
_SECONDS_KEPT = 7_200
_MONDAY_S = 4 * 86_400  # 1970-01-05, the first Monday of the epoch


@dataclass(slots=True)
class Candle:
    """
    One bar.

    Attributes:
        start_s, end_s: Seconds since the epoch; the end is the next bar's start.
        open, high, low, close: None while nothing happened in it.
    """

    start_s: int
    end_s: int
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    trades: int = 0

    @property
    def length_s(self) -> int:
        return self.end_s - self.start_s

    def observe(self, price: Decimal) -> None:
        if self.open is None or self.high is None or self.low is None:
            self.open = self.high = self.low = price
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price

    def join(self, later: Candle) -> None:
        """Take in a shorter bar that follows what is already here."""
        if later.open is None or later.close is None:
            return
        for price in (later.open, later.high, later.low, later.close):
            assert price is not None
            self.observe(price)
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.trades += later.trades


def span(interval: str, at_s: int) -> tuple[int, int]:
    """Start and end, in seconds, of the bar of *interval* that holds *at_s*."""
    if interval == "1month":
        at = datetime.fromtimestamp(at_s, UTC)
        start = datetime(at.year, at.month, 1, tzinfo=UTC)
        year, month = divmod(at.year * 12 + at.month, 12)
        end = datetime(year, month + 1, 1, tzinfo=UTC)
        return int(start.timestamp()), int(end.timestamp())
    length = INTERVALS[interval]
    offset = _MONDAY_S if interval == "1w" else 0
    start_s = (at_s - offset) // length * length + offset
    return start_s, start_s + length


class Candles:
    """The bars of every market and price kind."""

    def __init__(self, seed: int, start_s: int, history_minutes: int) -> None:
        self._seed = seed
        self._start_s = start_s
        self._history_minutes = history_minutes
        self._minutes: dict[tuple[str, str], dict[int, Candle]] = {}
        self._seconds: dict[tuple[str, str], dict[int, Candle]] = {}
        self._has_past: set[str] = set()

    def observe(
        self, symbol: str, kind: str, price: Decimal, ts_us: int
    ) -> tuple[Candle, Candle]:
        """Add one price; returns the second and the minute it belongs to."""
        at_s = ts_us // 1_000_000
        key = (symbol, kind)
        seconds = self._seconds.setdefault(key, {})
        second = seconds.get(at_s)
        if second is None:
            second = seconds[at_s] = Candle(at_s, at_s + 1)
            if len(seconds) > _SECONDS_KEPT:
                del seconds[next(iter(seconds))]
        start_s = at_s - at_s % 60
        minutes = self._minutes.setdefault(key, {})
        minute = minutes.get(start_s)
        if minute is None:
            minute = minutes[start_s] = Candle(start_s, start_s + 60)
        second.observe(price)
        minute.observe(price)
        return second, minute

    def trade(self, symbol: str, price: Decimal, quantity: Decimal, ts_us: int) -> None:
        """Add one print to the bars of the last price."""
        for candle in self.observe(symbol, "Last", price, ts_us):
            candle.volume += quantity
            candle.quote_volume += price * quantity
            candle.trades += 1

    def bar(self, market: Market, kind: str, interval: str, at_s: int) -> Candle:
        """The bar of *interval* that holds *at_s*, as far as it has got."""
        start_s, end_s = span(interval, at_s)
        whole = Candle(start_s, end_s)
        for part in self._parts(market, kind, interval, start_s, end_s):
            whole.join(part)
        return whole

    def bars(
        self, market: Market, kind: str, interval: str, from_s: int, to_s: int
    ) -> list[Candle]:
        """Bars that start within [*from_s*, *to_s*], from the first known one on."""
        self._imagine_past(market)
        known = self._base(market.symbol, kind, interval)
        if not known:
            return []
        first_s = max(from_s, span(interval, min(known))[0])
        start_s, end_s = span(interval, first_s)
        if start_s < from_s:
            start_s, end_s = span(interval, end_s)
        built: dict[int, Candle] = {}
        while start_s <= to_s:
            built[start_s] = Candle(start_s, end_s)
            start_s, end_s = span(interval, end_s)
        for at_s in sorted(known):
            whole = built.get(span(interval, at_s)[0])
            if whole is not None:
                whole.join(known[at_s])
        return list(built.values())

    def _base(self, symbol: str, kind: str, interval: str) -> dict[int, Candle]:
        kept = self._seconds if interval == "1s" else self._minutes
        return kept.get((symbol, kind), {})

    def _parts(
        self, market: Market, kind: str, interval: str, start_s: int, end_s: int
    ) -> Iterator[Candle]:
        base = self._base(market.symbol, kind, interval)
        length = 1 if interval == "1s" else 60
        for at_s in range(start_s, end_s, length):
            part = base.get(at_s)
            if part is not None:
                yield part

    def _imagine_past(self, market: Market) -> None:
        """Walk backwards from the opening price, once for each market."""
        if market.symbol in self._has_past or not self._history_minutes:
            return
        self._has_past.add(market.symbol)
        draw = Random(f"{self._seed}:{market.symbol}:past").randint
        close = market.opening_price
        newest_s = self._start_s // 60 * 60 - 60
        step = market.price_step
        for number in range(self._history_minutes):
            start_s = newest_s - 60 * number
            move = Decimal(draw(-WALK_MILLIONTHS, WALK_MILLIONTHS)) / 1_000_000
            opened = max(step, (close * (1 + move) / step).to_integral_value() * step)
            for kind in PRICE_KINDS:
                candle = Candle(start_s, start_s + 60)
                for price in (opened, max(opened, close) + step, min(opened, close)):
                    candle.observe(price)
                candle.observe(close)
                if kind == "Last":
                    candle.trades = draw(1, 40)
                    candle.volume = market.quantity_step * draw(100, 10_000)
                    candle.quote_volume = candle.volume * close
                kept = self._minutes.setdefault((market.symbol, kind), {})
                kept.setdefault(start_s, candle)
            close = opened
