"""What the market shows: trades, quotes and minute bars, live and looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fakes.alpaca.exchange import Exchange

NS_PER_S = 1_000_000_000
CHANNELS = ("trades", "quotes", "bars")
#: How long a bar of a timeframe of the queries is, in seconds.
SPANS = {"1Min": 60, "5Min": 300, "15Min": 900, "30Min": 1800, "1Hour": 3600}


def moment(ts_ns: int) -> datetime:
    return datetime.fromtimestamp(ts_ns / NS_PER_S, UTC)


@dataclass
class Bar:
    """A minute of trades; `start_s` since 1970."""

    start_s: int
    prices: list[Decimal] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        numbers = [float(price) for price in self.prices]
        return {
            "o": numbers[0],
            "h": max(numbers),
            "l": min(numbers),
            "c": numbers[-1],
            "v": len(numbers),
            "n": len(numbers),
            "vw": numbers[-1],
            "t": datetime.fromtimestamp(self.start_s, UTC),
        }


class MarketData:
    """`on_message` are told a channel, a symbol and the message."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.trades: dict[str, dict[str, Any]] = {}
        self.quotes: dict[str, dict[str, Any]] = {}
        self.bars: dict[str, list[Bar]] = {}
        self.on_message: list[Callable[[str, str, dict[str, Any]], None]] = []
        self._number = 0

    def trade(
        self,
        symbol: str,
        price: Decimal,
        *,
        conditions: tuple[str, ...] = ("@",),
        matches: bool = True,
    ) -> None:
        """Let a trade be seen; with *matches* it is the market's price from now on."""
        self._number += 1
        now_ns = self.exchange.now_ns()
        message: dict[str, Any] = {
            "T": "t",
            "S": symbol,
            "i": self._number,
            "x": "V",
            "p": float(price),
            "s": 100,
            "t": moment(now_ns),
            "c": list(conditions),
            "z": "C",
        }
        if "/" in symbol:
            message["tks"] = "B"
        self.trades[symbol] = message
        self.minute(symbol, price, now_ns // NS_PER_S // 60 * 60)
        self._tell("trades", symbol, message)
        if matches:
            self.exchange.set_price(symbol, price)

    def quote(self, symbol: str, bid: Decimal, ask: Decimal) -> None:
        message = {
            "T": "q",
            "S": symbol,
            "bx": "V",
            "bp": float(bid),
            "bs": 1,
            "ax": "V",
            "ap": float(ask),
            "as": 1,
            "t": moment(self.exchange.now_ns()),
            "c": ["R"],
            "z": "C",
        }
        self.quotes[symbol] = message
        self._tell("quotes", symbol, message)

    def minute(self, symbol: str, price: Decimal, start_s: int) -> Bar:
        bars = self.bars.setdefault(symbol, [])
        if not bars or bars[-1].start_s != start_s:
            bars.append(Bar(start_s))
        bars[-1].prices.append(price)
        return bars[-1]

    def bar(self, symbol: str, price: Decimal, start_s: int) -> None:
        """Let a whole minute be over that traded at one price."""
        bar = self.minute(symbol, price, start_s)
        self._tell("bars", symbol, {"T": "b", "S": symbol, **bar.as_json()})

    def price(self, symbol: str, price: Decimal) -> None:
        """Move all of it at once: the quotes, then a trade."""
        self.quote(symbol, price, price)
        self.trade(symbol, price)

    def bars_of(
        self, symbol: str, timeframe: str, start: datetime, end: datetime
    ) -> list[dict[str, Any]]:
        span = SPANS[timeframe]
        together: dict[int, Bar] = {}
        for bar in self.bars.get(symbol, []):
            at_s = bar.start_s // span * span
            if start.timestamp() <= at_s <= end.timestamp():
                found = together.setdefault(at_s, Bar(at_s))
                found.prices += bar.prices
        return [together[at].as_json() for at in sorted(together)]

    def _tell(self, channel: str, symbol: str, message: dict[str, Any]) -> None:
        for listener in list(self.on_message):
            listener(channel, symbol, message)
