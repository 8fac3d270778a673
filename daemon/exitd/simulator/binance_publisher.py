"""From what happened in the engine to the frames of Binance's streams."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from exitd.simulator.binance import bar_at, day_of, kline, span_of, symbols_of
from exitd.simulator.candles import Candle, Candles
from exitd.simulator.clock import VenueClock
from exitd.simulator.hub import Hub
from exitd.simulator.markets import Market
from exitd.simulator.state import EngineState
from exitd.simulator.values import Trade, text

#: Sessions of `/ws` get the data alone; those of `/stream` with its stream's name.
RAW = "raw"
ALL_MARKS = ("!markPrice@arr", "!markPrice@arr@1s")

_GAP_BARS = 100

Level = tuple[Decimal, Decimal]


def combined(stream: str, data: object) -> bytes:
    return msgspec.json.encode({"stream": stream, "data": data})


def bare(stream: str, data: object) -> bytes:
    return msgspec.json.encode(data)


class BinancePublisher:
    """Sends each happening to the streams of Binance's names that show it."""

    def __init__(
        self, state: EngineState, hub: Hub, candles: Candles, clock: VenueClock
    ) -> None:
        self._state = state
        self._hub = hub
        self._candles = candles
        self._clock = clock
        self._markets = symbols_of(state.markets)
        self._names = {m.symbol: name for name, m in self._markets.items()}
        self._last_bars: dict[str, Candle] = {}
        self._last_ms: dict[str, int] = {}

    def mark(self, symbol: str, next_funding_ms: int) -> None:
        name = self._names.get(symbol)
        if name is None:
            return

        def build(stream: str) -> Any:
            return self._mark(stream, name, next_funding_ms)

        for stream in (f"{name.lower()}@markPrice@1s", f"{name.lower()}@markPrice"):
            self._send(stream, build)
        for stream in ALL_MARKS:
            self._send(stream, lambda stream: [build(stream)])

    def _mark(self, stream: str, name: str, next_funding_ms: int) -> dict[str, Any]:
        prices = self._state.prices[self._markets[name].symbol]
        return {
            "e": "markPriceUpdate",
            "E": self._rising_ms(stream + name),
            "s": name,
            "p": text(prices.mark),
            "i": text(prices.index),
            "P": text(prices.mark),
            "r": text(prices.funding_rate),
            "T": next_funding_ms,
        }

    def _rising_ms(self, what: str) -> int:
        """An instant later than the last one: two events of one would look equal."""
        now_ms = max(self._clock.now_us() // 1_000, self._last_ms.get(what, 0) + 1)
        self._last_ms[what] = now_ms
        return now_ms

    def printed(self, trade: Trade) -> None:
        name = self._names.get(trade.symbol)
        if name is None:
            return
        told = {
            "E": self._clock.now_us() // 1_000,
            "T": trade.ts_us // 1_000,
            "s": name,
            "p": text(trade.price),
            "q": text(trade.quantity),
            "m": trade.is_buyer_maker,
        }
        number = trade.trade_id
        ids = {"a": number, "f": number, "l": number, "nq": text(trade.quantity)}
        low = name.lower()
        self._send(f"{low}@aggTrade", lambda _: {"e": "aggTrade", **ids, **told})
        self._send(
            f"{low}@trade", lambda _: {"e": "trade", "t": number, "X": "MARKET", **told}
        )

    def book(
        self, symbol: str, top: tuple[Level, Level], update_id: int, ts_us: int
    ) -> None:
        name = self._names.get(symbol)
        if name is None:
            return
        (bid, bids), (ask, asks) = top
        self._send(
            f"{name.lower()}@bookTicker",
            lambda _: {
                "e": "bookTicker",
                "u": update_id,
                "s": name,
                "b": text(bid),
                "B": text(bids),
                "a": text(ask),
                "A": text(asks),
                "T": ts_us // 1_000,
                "E": self._clock.now_us() // 1_000,
            },
        )

    def klines(self, now_s: int) -> None:
        """Push the bars that changed, and each bar that ended, once."""
        streams = {s for s, _ in self._hub.listened() if "@kline_" in s}
        for gone in self._last_bars.keys() - streams:
            del self._last_bars[gone]
        for stream in streams:
            low, _, interval = stream.partition("@kline_")
            self._kline(stream, low.upper(), interval, now_s)

    def _kline(self, stream: str, name: str, interval: str, now_s: int) -> None:
        market = self._markets[name]
        last = self._state.prices[market.symbol].last
        start_s, _ = span_of(interval, now_s)
        seen = self._last_bars.get(stream)
        if seen is not None and start_s - seen.end_s > _GAP_BARS * seen.length_s:
            seen = None  # the clock was moved; nobody wants the bars in between
        close = last if seen is None or seen.close is None else seen.close
        while seen is not None and seen.start_s < start_s:
            ended = self._bar(market, interval, seen.start_s, close)
            self._push(stream, name, interval, ended, is_closed=True)
            close = ended.close or close
            seen = Candle(*span_of(interval, seen.end_s))
        bar = self._bar(market, interval, now_s, close)
        if seen is None or bar.trades != seen.trades:
            self._push(stream, name, interval, bar, is_closed=False)
        self._last_bars[stream] = bar

    def _bar(self, market: Market, interval: str, at_s: int, before: Decimal) -> Candle:
        return bar_at(self._candles, market, interval, at_s, before)

    def _push(
        self, stream: str, name: str, interval: str, bar: Candle, *, is_closed: bool
    ) -> None:
        now_ms = self._clock.now_us() // 1_000
        self._send(stream, lambda _: kline(name, interval, bar, is_closed, now_ms))

    def ticker(self, symbol: str, day: Callable[[Market], Candle]) -> None:
        """Send the last 24 hours, in the one-letter names of the stream."""
        name = self._names.get(symbol)
        if name is None:
            return
        market = self._markets[name]

        def build(event: str, names: dict[str, str]) -> Any:
            whole = day_of(name, day(market), market.quantity_min)
            return {
                "e": event,
                "E": self._clock.now_us() // 1_000,
                "s": name,
                **{short: whole[long] for short, long in names.items()},
            }

        low = name.lower()
        self._send(f"{low}@ticker", lambda _: build("24hrTicker", _TICKER))
        self._send(f"{low}@miniTicker", lambda _: build("24hrMiniTicker", _MINI))

    def _send(self, stream: str, build: Callable[[str], Any]) -> None:
        """Build what somebody listens to once, and send it in both forms."""
        hub = self._hub
        if hub.has_listeners(stream) or hub.has_listeners(stream, RAW):
            data = build(stream)
            hub.publish(stream, lambda: data, wrap=combined)
            hub.publish(stream, lambda: data, RAW, wrap=bare)


_MINI = {
    "c": "lastPrice",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
}
_TICKER = {
    **_MINI,
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "Q": "lastQty",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
