"""REST: public market data and the system endpoints."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from exitd.simulator.candles import INTERVALS, PRICE_KINDS, Candle
from exitd.simulator.exchange import Exchange
from exitd.simulator.markets import Market
from exitd.simulator.refusal import invalid_request
from exitd.simulator.requests import TEXT, Reply, Request, json_reply
from exitd.simulator.shapes import (
    candle_document,
    iso_ms,
    mark_price_document,
    ticker_document,
    trade_document,
)
from exitd.simulator.values import text

BARS_MAX = 5_000


def _market(exchange: Exchange, request: Request) -> Market:
    market = exchange.state.markets.get(request.required("symbol"))
    if market is None:
        raise invalid_request(
            'failed to parse parameter `symbol`: failed to parse "MarketSymbol": '
            "Invalid market symbol"
        )
    return market


def _markets(exchange: Exchange, request: Request, *default: str) -> list[Market]:
    if request.parameter("symbol") is not None:
        return [_market(exchange, request)]
    kinds = request.market_types() or default
    return [m for m in exchange.state.markets.values() if m.kind in kinds]


def markets(exchange: Exchange, request: Request) -> Reply:
    chosen = _markets(exchange, request, "SPOT", "PERP")
    return json_reply([market.document() for market in chosen])


def market(exchange: Exchange, request: Request) -> Reply:
    return json_reply(_market(exchange, request).document())


def mark_prices(exchange: Exchange, request: Request) -> Reply:
    chosen = _markets(exchange, request, "PERP")
    return json_reply(
        [
            mark_price_document(
                each, exchange.state.prices[each.symbol], exchange.next_funding_ms(each)
            )
            for each in chosen
            if each.is_perp
        ]
    )


def klines(exchange: Exchange, request: Request) -> Reply:
    interval = request.required("interval")
    if interval not in INTERVALS:
        raise invalid_request(
            'failed to parse parameter `interval`: failed to parse "KlineInterval": '
            "Expect a valid enumeration value."
        )
    kind = request.parameter("priceType") or "Last"
    if kind not in PRICE_KINDS:
        raise invalid_request(
            'failed to parse parameter `priceType`: failed to parse "KlinePriceType": '
            "Expect a valid enumeration value."
        )
    request.required("startTime")
    now_s = exchange.clock.now_us() // 1_000_000
    from_s, to_s = request.integer("startTime"), request.integer("endTime")
    assert from_s is not None
    to_s = now_s if to_s is None else min(to_s, now_s)
    if (to_s - from_s) // (INTERVALS[interval] or 2_592_000) > BARS_MAX:
        raise invalid_request("Time range is too large for this interval")
    bars = exchange.candles.bars(
        _market(exchange, request), kind, interval, from_s, to_s
    )
    if exchange.quirks.open_kline == "left_out":
        bars = [bar for bar in bars if bar.end_s <= now_s]
    if exchange.quirks.empty_kline == "flat":
        _carry(bars)
    return json_reply([candle_document(bar) for bar in bars])


def _carry(bars: list[Candle]) -> None:
    """Give bars without trades the close before them."""
    previous = None
    for bar in bars:
        if bar.close is None and previous is not None:
            bar.observe(previous)
        previous = bar.close or previous


def ticker(exchange: Exchange, request: Request) -> Reply:
    chosen = _market(exchange, request)
    day = exchange.day(chosen)
    if day.open is None:
        return Reply(204)
    return json_reply(ticker_document(chosen.symbol, day))


def tickers(exchange: Exchange, request: Request) -> Reply:
    days = [
        (each.symbol, exchange.day(each)) for each in exchange.state.markets.values()
    ]
    return json_reply(
        [ticker_document(symbol, day) for symbol, day in days if day.open is not None]
    )


def depth(exchange: Exchange, request: Request) -> Reply:
    symbol = _market(exchange, request).symbol
    limit = request.integer("limit") or 1_000
    book = exchange.state.books[symbol]
    # Both sides ascend by price, so the best bid is the last one.
    return json_reply(
        {
            "asks": [[text(p), text(q)] for p, q in book.asks.levels()[:limit]],
            "bids": [[text(p), text(q)] for p, q in book.bids.levels()[-limit:]],
            "lastUpdateId": str(exchange.publisher.update_id(symbol)),
            "timestamp": exchange.clock.now_us(),
        }
    )


def trades(exchange: Exchange, request: Request) -> Reply:
    symbol = _market(exchange, request).symbol
    limit = request.integer("limit") or 100
    if limit > 1_000:
        raise invalid_request("Invalid limit")
    tape = list(exchange.state.trades[symbol])
    offset = request.integer("offset") or 0
    newest_first = tape[::-1][offset : offset + limit]
    return json_reply([trade_document(each) for each in newest_first])


def open_interest(exchange: Exchange, request: Request) -> Reply:
    chosen = _markets(exchange, request, "PERP")
    now_ms = exchange.clock.now_us() // 1_000
    return json_reply(
        [
            {
                "openInterest": text(exchange.engine.open_interest(each.symbol)),
                "symbol": each.symbol,
                "timestamp": now_ms,
            }
            for each in chosen
            if each.is_perp
        ]
    )


def funding_rates(exchange: Exchange, request: Request) -> Reply:
    chosen = _market(exchange, request)
    last_ms = exchange.next_funding_ms(chosen) - chosen.funding_interval_ms
    return json_reply(
        [
            {
                "fundingRate": text(exchange.state.prices[chosen.symbol].funding_rate),
                "intervalEndTimestamp": iso_ms(last_ms * 1_000)[:-4],
                "symbol": chosen.symbol,
            }
        ]
    )


def assets(exchange: Exchange, request: Request) -> Reply:
    names = {m.base for m in exchange.state.markets.values()} | {"USDC"}
    return json_reply([_asset(name) for name in sorted(names)])


def _asset(symbol: str) -> dict[str, Any]:
    return {
        "coingeckoId": symbol.lower(),
        "displayName": symbol,
        "symbol": symbol,
        "tokens": [
            {
                "blockchain": "Solana",
                "contractAddress": None,
                "depositEnabled": True,
                "displayName": symbol,
                "maximumWithdrawal": None,
                "minimumDeposit": "0.01",
                "minimumWithdrawal": "0.02",
                "withdrawEnabled": True,
                "withdrawalFee": "0.01",
            }
        ],
    }


def collateral(exchange: Exchange, request: Request) -> Reply:
    return json_reply(
        [
            {
                "haircutFunction": {"weight": "1", "kind": {"type": "identity"}},
                "imfFunction": {"base": "0.02", "factor": "0.00006", "type": "sqrt"},
                "mmfFunction": {"base": "0.0135", "factor": "0.000036", "type": "sqrt"},
                "symbol": "USDC",
            }
        ]
    )


def securities(exchange: Exchange, request: Request) -> Reply:
    """No market here is a security."""
    return json_reply([])


def time(exchange: Exchange, request: Request) -> Reply:
    now_ms = exchange.clock.now_us() // 1_000
    dated = (("Date", formatdate(now_ms // 1_000, usegmt=True)),)
    return Reply(200, str(now_ms).encode(), TEXT, dated)


def ping(exchange: Exchange, request: Request) -> Reply:
    return Reply(200, b"pong", TEXT)


def status(exchange: Exchange, request: Request) -> Reply:
    return json_reply({"message": exchange.status_message, "status": exchange.status})
