"""Which stream carries a source, and through which of Binance's two doors it comes.

Since 2026-04-23 market data is split by path: `/public` has what the matching engine
pushes, `/market` the rest. Whatever is asked for is acknowledged at either door, and
at the wrong one nothing ever follows.
"""

from __future__ import annotations

from exitd.core.market import PriceKind, PriceSource

PUBLIC, MARKET = "public", "market"

CANDLE_BY_DEFAULT = "1m"

#: Binance's word for each interval that it has.
INTERVALS = {
    word: word
    for word in (
        *("1m", "3m", "5m", "15m", "30m"),
        *("1h", "2h", "4h", "6h", "8h", "12h"),
        *("1d", "3d", "1w"),
    )
} | {"1month": "1M"}


def interval_of(source: PriceSource) -> str:
    """Give Binance's word for the interval of a source that `unserved` lets pass."""
    return INTERVALS[source.candle or CANDLE_BY_DEFAULT]


def stream_of(source: PriceSource) -> str:
    """Name the stream that carries a source that `unserved` lets pass."""
    symbol = source.symbol.lower()
    match source.kind:
        case PriceKind.MARK | PriceKind.INDEX:
            return f"{symbol}@markPrice@1s"
        case PriceKind.LAST:
            return f"{symbol}@aggTrade"
        case PriceKind.LAST_CLOSE:
            return f"{symbol}@kline_{interval_of(source)}"
        case PriceKind.BID | PriceKind.ASK:
            return f"{symbol}@bookTicker"


def door_of(stream: str) -> str:
    return PUBLIC if stream.endswith("@bookTicker") else MARKET


def unserved(source: PriceSource) -> str:
    """Say why Binance cannot give a source; empty when it can."""
    if source.symbol != source.symbol.upper():
        return f"Binance writes its symbols in capitals: {source.symbol.upper()}"
    if source.kind is PriceKind.LAST_CLOSE and (
        (source.candle or CANDLE_BY_DEFAULT) not in INTERVALS
    ):
        return f"there are no candles of {source.candle}, only {', '.join(INTERVALS)}"
    return ""
