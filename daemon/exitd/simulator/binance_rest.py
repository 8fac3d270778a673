"""
REST under `/fapi/`: public market data as Binance's USD-M futures answer it.

Every answer says how much of this minute's weight its address has used. The faults of
the control API apply as they do elsewhere, with Binance's codes and bodies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from exitd.simulator.binance import (
    INTERVALS,
    PER_MINUTE,
    QUOTE,
    bars_between,
    day_of,
    listing,
    row,
    span_of,
    symbols_of,
)
from exitd.simulator.exchange import Exchange
from exitd.simulator.faults import Fault
from exitd.simulator.markets import Market
from exitd.simulator.requests import Reply, Request, json_reply
from exitd.simulator.values import text

ROWS_MAX = 1_500
DEPTHS = (5, 10, 20, 50, 100, 500, 1_000)
_MINUTE_US = 60_000_000
#: What a query costs for one symbol, and for all.
_WEIGHTS = {
    "24hr": (1, 40),
    "aggTrades": (20, 20),
    "bookTicker": (2, 5),
    "depth": (5, 5),
    "premiumIndex": (1, 10),
    "price": (1, 2),
}

Headers = tuple[tuple[str, str], ...]
Handler = Callable[[Exchange, Request], Any]


class BinanceRefused(Exception):
    """A request that is answered with a code below zero."""

    def __init__(
        self, code: int, message: str, status: int = 400, headers: Headers = ()
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.reply = json_reply({"code": code, "msg": message}, status, headers)


def _missing(name: str) -> BinanceRefused:
    return BinanceRefused(
        -1102,
        f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    )


def _listed(request: Request, exchange: Exchange, name: str) -> tuple[str, Market]:
    symbol = (request.parameter(name) or "").upper()
    if not symbol:
        raise _missing(name)
    market = symbols_of(exchange.state.markets).get(symbol)
    if market is None:
        raise BinanceRefused(-1121, "Invalid symbol.")
    return symbol, market


def _each(
    exchange: Exchange, request: Request, show: Callable[[str, Market], Any]
) -> Any:
    """One document for the symbol asked for, or a list of all."""
    if request.parameter("symbol"):
        return show(*_listed(request, exchange, "symbol"))
    return [show(*known) for known in symbols_of(exchange.state.markets).items()]


def _integer(request: Request, name: str) -> int | None:
    written = request.parameter(name)
    if written is None:
        return None
    try:
        return int(written)
    except ValueError as exc:
        raise BinanceRefused(
            -1100, f"Illegal characters found in parameter '{name}'."
        ) from exc


def _limit(request: Request, default: int, most: int) -> int:
    limit = _integer(request, "limit")
    limit = default if limit is None else limit
    if not 0 < limit <= most:
        raise BinanceRefused(-1130, "Data sent for parameter 'limit' is not valid.")
    return limit


def time(exchange: Exchange, request: Request) -> Any:
    return {"serverTime": exchange.clock.now_us() // 1_000}


def information(exchange: Exchange, request: Request) -> Any:
    weight = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE"}
    assets = sorted({QUOTE})
    return {
        "timezone": "UTC",
        "serverTime": exchange.clock.now_us() // 1_000,
        "futuresType": "U_MARGINED",
        "rateLimits": [{**weight, "intervalNum": 1, "limit": PER_MINUTE}],
        "exchangeFilters": [],
        "assets": [{"asset": each, "marginAvailable": True} for each in assets],
        "symbols": [
            listing(symbol, market)
            for symbol, market in symbols_of(exchange.state.markets).items()
        ],
    }


def premium_index(exchange: Exchange, request: Request) -> Any:
    def show(symbol: str, market: Market) -> Any:
        prices = exchange.state.prices[market.symbol]
        return {
            "symbol": symbol,
            "markPrice": text(prices.mark),
            "indexPrice": text(prices.index),
            "estimatedSettlePrice": text(prices.mark),
            "lastFundingRate": text(prices.funding_rate),
            "interestRate": "0.0001",
            "nextFundingTime": exchange.next_funding_ms(market),
            "time": exchange.clock.now_us() // 1_000,
        }

    return _each(exchange, request, show)


def last_price(exchange: Exchange, request: Request) -> Any:
    def show(symbol: str, market: Market) -> Any:
        last = exchange.state.trades[market.symbol][-1]
        price = text(last.price)
        return {"symbol": symbol, "price": price, "time": last.ts_us // 1_000}

    return _each(exchange, request, show)


def book_ticker(exchange: Exchange, request: Request) -> Any:
    def show(symbol: str, market: Market) -> Any:
        (bid, bids), (ask, asks) = exchange.state.books[market.symbol].top()
        return {
            "lastUpdateId": exchange.publisher.update_id(market.symbol),
            "symbol": symbol,
            "bidPrice": text(bid),
            "bidQty": text(bids),
            "askPrice": text(ask),
            "askQty": text(asks),
            "time": exchange.clock.now_us() // 1_000,
        }

    return _each(exchange, request, show)


def day_ticker(exchange: Exchange, request: Request) -> Any:
    return _each(
        exchange,
        request,
        lambda symbol, market: day_of(
            symbol, exchange.day(market), market.quantity_min
        ),
    )


def depth(exchange: Exchange, request: Request) -> Any:
    _, market = _listed(request, exchange, "symbol")
    limit = _integer(request, "limit") or 500
    if limit not in DEPTHS:
        raise BinanceRefused(-4021, f"{limit} is not valid depth limit")
    book = exchange.state.books[market.symbol]
    now_ms = exchange.clock.now_us() // 1_000
    # Both sides begin with the best price here.
    return {
        "lastUpdateId": exchange.publisher.update_id(market.symbol),
        "E": now_ms,
        "T": now_ms,
        "bids": [[text(p), text(q)] for p, q in book.bids.levels()[::-1][:limit]],
        "asks": [[text(p), text(q)] for p, q in book.asks.levels()[:limit]],
    }


def aggregate_trades(exchange: Exchange, request: Request) -> Any:
    _, market = _listed(request, exchange, "symbol")
    limit = _limit(request, 500, 1_000)
    return [
        {
            "a": trade.trade_id,
            "p": text(trade.price),
            "q": text(trade.quantity),
            "nq": text(trade.quantity),
            "f": trade.trade_id,
            "l": trade.trade_id,
            "T": trade.ts_us // 1_000,
            "m": trade.is_buyer_maker,
        }
        for trade in list(exchange.state.trades[market.symbol])[-limit:]
    ]


def klines_of(kind: str, name: str = "symbol") -> Handler:
    """The candles of one kind of price; *name* is the parameter of the market."""

    def klines(exchange: Exchange, request: Request) -> Any:
        _, market = _listed(request, exchange, name)
        interval = request.parameter("interval")
        if interval is None:
            raise _missing("interval")
        if interval not in INTERVALS:
            raise BinanceRefused(-1120, "Invalid interval.")
        limit = _limit(request, 500, ROWS_MAX)
        now_s = exchange.clock.now_us() // 1_000_000
        since_ms = _integer(request, "startTime")
        until_ms = _integer(request, "endTime")
        to_s = now_s if until_ms is None else min(until_ms // 1_000, now_s)
        if since_ms is None:
            start_s, end_s = span_of(interval, to_s)
            from_s = start_s - (limit - 1) * (end_s - start_s)
        else:
            from_s = -(-since_ms // 1_000)
        bars = bars_between(
            exchange.candles, market, kind, INTERVALS[interval], from_s, to_s
        )
        bars = bars[-limit:] if since_ms is None else bars[:limit]
        return [row(bar) for bar in bars]

    return klines


def _kline_weight(request: Request) -> int:
    written = request.parameter("limit")
    limit = int(written) if written is not None and written.isdigit() else 501
    steps = ((100, 1), (500, 2), (1_000, 5))
    return next((weight for most, weight in steps if limit <= most), 10)


def _weight_of(request: Request) -> int:
    """What a request costs, as it was measured where the documents differ."""
    name = request.path.rpartition("/")[2]
    if name.lower().endswith("klines"):
        return _kline_weight(request)
    one, all_of_them = _WEIGHTS.get(name, (1, 1))
    return one if request.parameter("symbol") is not None else all_of_them


HANDLERS: dict[str, Handler] = {
    "/fapi/v1/ping": lambda exchange, request: {},
    "/fapi/v1/time": time,
    "/fapi/v1/exchangeInfo": information,
    "/fapi/v1/premiumIndex": premium_index,
    "/fapi/v1/ticker/price": last_price,
    "/fapi/v2/ticker/price": last_price,
    "/fapi/v1/ticker/bookTicker": book_ticker,
    "/fapi/v1/ticker/24hr": day_ticker,
    "/fapi/v1/depth": depth,
    "/fapi/v1/aggTrades": aggregate_trades,
    "/fapi/v1/klines": klines_of("Last"),
    "/fapi/v1/markPriceKlines": klines_of("Mark"),
    "/fapi/v1/indexPriceKlines": klines_of("Index", "pair"),
}


class BinanceRest:
    """Serves `/fapi/`, and counts what each address has used."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._used: dict[str, tuple[int, int]] = {}

    async def answer(self, request: Request, peer: str) -> Reply | None:
        """
        Serve one request, with whatever goes wrong on the way.

        Returns:
            The reply; None when the connection is to be cut without one.
        """
        try:
            reply = await self._answer(request, peer)
        except BinanceRefused as refused:
            reply = refused.reply
        if reply is None:
            return None
        _, used = self._used.get(peer, (0, 0))
        headers = (*reply.headers, ("X-MBX-USED-WEIGHT-1M", str(used)))
        return Reply(reply.status, reply.body, reply.content_type, headers)

    async def _answer(self, request: Request, peer: str) -> Reply | None:
        exchange = self._exchange
        symbols = request.symbols()

        def goes_wrong(kind: str) -> Fault | None:
            return exchange.faults.take_request(
                (kind,), request.method, request.path, symbols, None
            )

        if goes_wrong("lost_request"):
            return None
        self._before(goes_wrong)
        self._count(peer, _weight_of(request))
        if refusal := goes_wrong("refuse"):
            code = refusal.code or "-1000"
            headers = _retry_after(refusal.retry_after_s)
            status = refusal.status or 400
            raise BinanceRefused(int(code), refusal.message or "", status, headers)
        if delay := goes_wrong("delay"):
            await asyncio.sleep(delay.delay_ms / 1_000)
        handler = HANDLERS.get(request.path)
        if handler is None or request.method != "GET":
            raise BinanceRefused(-5000, f"Path {request.path} is invalid", 404)
        reply = json_reply(handler(exchange, request))
        if slow := goes_wrong("slow_reply"):
            await asyncio.sleep(slow.delay_ms / 1_000)
        if goes_wrong("lost_reply"):
            return None
        if goes_wrong("error_after"):
            raise _server_error()
        return reply

    def _before(self, goes_wrong: Callable[[str], Fault | None]) -> None:
        if limited := goes_wrong("too_many_requests"):
            raise _too_many(limited.retry_after_s)
        if goes_wrong("error_before"):
            raise _server_error()
        if goes_wrong("unavailable") or self._exchange.status != "Ok":
            raise BinanceRefused(-1016, "This service is no longer available.", 503)

    def _count(self, peer: str, weight: int) -> None:
        """Count a request; the window is the minute of the clock."""
        now_us = self._exchange.clock.now_us()
        minute, into_us = divmod(now_us, _MINUTE_US)
        known, used = self._used.get(peer, (minute, 0))
        used = weight if known != minute else used + weight
        self._used[peer] = (minute, used)
        if self._exchange.limiter.is_on and used > PER_MINUTE:
            raise _too_many((_MINUTE_US - into_us) // 1_000_000 + 1)


def _retry_after(seconds: int | None) -> Headers:
    return () if seconds is None else (("Retry-After", str(seconds)),)


def _too_many(retry_after_s: int | None) -> BinanceRefused:
    return BinanceRefused(
        -1003,
        f"Too many requests; current limit is {PER_MINUTE} request weight per 1 "
        "MINUTE. Please use WebSocket Streams for live updates.",
        429,
        _retry_after(retry_after_s),
    )


def _server_error() -> BinanceRefused:
    return BinanceRefused(-1000, "An unknown error occurred.", 500)
