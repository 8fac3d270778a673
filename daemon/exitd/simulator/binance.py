"""
What the exchange lists in Binance's words: the perpetual of SOL is SOLUSDT.

The same books, prices and candles as everywhere else here; only names and shapes are
Binance's. Spot markets are not listed: these are the USD-M futures.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exitd.simulator.candles import INTERVALS as KEPT
from exitd.simulator.candles import Candle, Candles, span
from exitd.simulator.markets import Market
from exitd.simulator.values import ZERO, text

QUOTE = "USDT"
PER_MINUTE = 2_400

#: Binance's intervals, by its own word, as the candle store calls them.
INTERVALS = {
    ("1M" if name == "1month" else name): name for name in KEPT if name != "1s"
}


def symbols_of(markets: dict[str, Market]) -> dict[str, Market]:
    """The perpetual markets by Binance's symbol; the first of each base counts."""
    found: dict[str, Market] = {}
    for market in markets.values():
        if market.is_perp:
            found.setdefault(f"{market.base}{QUOTE}", market)
    return found


def bars_between(
    candles: Candles, market: Market, kind: str, interval: str, from_s: int, to_s: int
) -> list[Candle]:
    """
    Bars that start within [*from_s*, *to_s*], none of them empty.

    A bar in which nothing happened is flat at the close before it.
    """
    bars = candles.bars(market, kind, interval, from_s, to_s)
    previous = None
    if bars and bars[0].close is None:
        # Nothing is known before the first bar that has a price.
        earlier = candles.bars(market, kind, "1m", 0, bars[0].start_s)
        closes = [bar.close for bar in earlier if bar.close is not None]
        previous = closes[-1] if closes else None
    for bar in bars:
        if bar.close is None and previous is not None:
            bar.observe(previous)
        previous = bar.close
    return [bar for bar in bars if bar.close is not None]


def row(bar: Candle) -> list[Any]:
    """A candle as the REST queries list it; its end is its last millisecond."""
    assert bar.open is not None, "empty bars were left out"
    assert bar.high is not None
    assert bar.low is not None
    assert bar.close is not None
    return [
        bar.start_s * 1_000,
        text(bar.open),
        text(bar.high),
        text(bar.low),
        text(bar.close),
        text(bar.volume),
        bar.end_s * 1_000 - 1,
        text(bar.quote_volume),
        bar.trades,
        text(bar.volume / 2),
        text(bar.quote_volume / 2),
        "0",
    ]


def kline(symbol: str, interval: str, bar: Candle, is_closed: bool, now_ms: int) -> Any:
    """A candle as the stream pushes it."""
    start, opened, high, low, close, volume, end, quote, trades, *taken = row(bar)
    return {
        "e": "kline",
        "E": now_ms,
        "s": symbol,
        "k": {
            "t": start,
            "T": end,
            "s": symbol,
            "i": interval,
            "f": 0,
            "L": 0,
            "o": opened,
            "c": close,
            "h": high,
            "l": low,
            "v": volume,
            "n": trades,
            "x": is_closed,
            "q": quote,
            "V": taken[0],
            "Q": taken[1],
            "B": "0",
        },
    }


def bar_at(
    candles: Candles, market: Market, interval: str, at_s: int, last: Decimal
) -> Candle:
    """The bar of trades that holds *at_s*; flat at *last* while it is empty."""
    bar = candles.bar(market, "Last", INTERVALS[interval], at_s)
    if bar.close is None:
        bar.observe(last)
    return bar


def span_of(interval: str, at_s: int) -> tuple[int, int]:
    return span(INTERVALS[interval], at_s)


def day_of(symbol: str, day: Candle, last_quantity: Decimal) -> dict[str, Any]:
    """The last 24 hours, as REST has them; nothing traded gives zeros."""
    opened, close = day.open or ZERO, day.close or ZERO
    share = (close - opened) / opened * 100 if opened else ZERO
    average = day.quote_volume / day.volume if day.volume else close
    return {
        "symbol": symbol,
        "priceChange": text(close - opened),
        "priceChangePercent": text(share.quantize(Decimal("0.001"))),
        "weightedAvgPrice": text(average.quantize(Decimal("0.0001"))),
        "lastPrice": text(close),
        "lastQty": text(last_quantity),
        "openPrice": text(opened),
        "highPrice": text(day.high or ZERO),
        "lowPrice": text(day.low or ZERO),
        "volume": text(day.volume),
        "quoteVolume": text(day.quote_volume),
        "openTime": day.start_s * 1_000,
        "closeTime": day.end_s * 1_000,
        "firstId": 0,
        "lastId": 0,
        "count": day.trades,
    }


def listing(symbol: str, market: Market) -> dict[str, Any]:
    """A market as `exchangeInfo` lists it."""
    step, lot = text(market.price_step), text(market.quantity_step)
    price_max = Decimal(1_000_000) if market.price_max is None else market.price_max
    quantity = {
        "stepSize": lot,
        "minQty": text(market.quantity_min),
        "maxQty": text(market.quantity_max or Decimal(1_000_000)),
    }
    return {
        "symbol": symbol,
        "pair": symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING" if market.state == "Open" else "BREAK",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": QUOTE,
        "marginAsset": QUOTE,
        "pricePrecision": _places(market.price_step),
        "quantityPrecision": _places(market.quantity_step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": text(market.price_min),
                "maxPrice": text(price_max),
                "tickSize": step,
            },
            {"filterType": "LOT_SIZE", **quantity},
            {"filterType": "MARKET_LOT_SIZE", **quantity},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
    }


def _places(step: Decimal) -> int:
    return len(text(step).partition(".")[2])
