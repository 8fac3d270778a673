"""Prices by REST: the newest when a stream is silent, and bars of the past."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct

from exitd.adapters.alpaca.frames import NOT_LAST
from exitd.adapters.alpaca.markets import is_crypto
from exitd.adapters.alpaca.rest import decoded
from exitd.adapters.alpaca.wire import in_query, instant_ns
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient, age_s, is_cached
from exitd.adapters.prices.candle_close import interval_ns
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.feed import Candle
from exitd.secret import Secret

STOCKS, CRYPTO = "/v2/stocks", "/v1beta3/crypto/us"
BARS_PAGE = 10_000
PAGES_MAX = 50
#: The bars that tile the UTC day; Alpaca's day bars are of New York's.
TIMEFRAMES = {
    "1m": "1Min",
    "5m": "5Min",
    "15m": "15Min",
    "30m": "30Min",
    "1h": "1Hour",
}
CANDLE_BY_DEFAULT = "1m"
T = TypeVar("T")


class _Trade(Struct, frozen=True):
    p: Decimal
    t: str
    c: list[str] = []


class _Quote(Struct, frozen=True):
    bp: Decimal
    ap: Decimal
    t: str


class _Bar(Struct, frozen=True):
    t: str
    h: Decimal
    l: Decimal  # noqa: E741 - as it is called on the wire
    c: Decimal


class _Trades(Struct, frozen=True):
    trades: dict[str, _Trade]


class _Quotes(Struct, frozen=True):
    quotes: dict[str, _Quote]


class _Bars(Struct, frozen=True):
    bars: dict[str, list[_Bar]] | None = None
    next_page_token: str | None = None


_TRADES = msgspec.json.Decoder(_Trades)
_QUOTES = msgspec.json.Decoder(_Quotes)
_BARS = msgspec.json.Decoder(_Bars)


class PriceLookup:
    """Asks the market data API; `feed` is whose trades count for shares."""

    def __init__(
        self, rest: RestClient, keys: tuple[Secret, Secret], feed: str
    ) -> None:
        self.rest = rest
        self._keys = keys
        self._feed = feed

    async def newest(
        self, source: PriceSource, venue_now_ns: int
    ) -> tuple[Decimal, int] | None:
        """Give the newest price and its instant.

        None when there is none, when it says nothing of the market, or when a cache
        held it.

        Raises:
            VenueUnavailable: No whole answer came.
        """
        try:
            match source.kind:
                case PriceKind.LAST:
                    return await self._last(source.symbol)
                case PriceKind.LAST_CLOSE:
                    return await self._close(source, venue_now_ns)
                case PriceKind.BID | PriceKind.ASK:
                    return await self._top(source)
                case PriceKind.MARK | PriceKind.INDEX:
                    return None
        except ValueError as exc:
            raise VenueUnavailable(f"Alpaca's price cannot be read: {exc}") from exc

    async def _last(self, symbol: str) -> tuple[Decimal, int] | None:
        reply = await self._latest(symbol, "trades")
        trade = _read(reply, _TRADES, "the last trade").trades.get(symbol)
        if trade is None or is_cached(reply) or not NOT_LAST.isdisjoint(trade.c):
            return None
        return trade.p, instant_ns(trade.t)

    async def _top(self, source: PriceSource) -> tuple[Decimal, int] | None:
        reply = await self._latest(source.symbol, "quotes")
        quote = _read(reply, _QUOTES, "the quotes").quotes.get(source.symbol)
        if quote is None or is_cached(reply):
            return None
        price = quote.bp if source.kind is PriceKind.BID else quote.ap
        return None if price == ZERO else (price, instant_ns(quote.t))

    async def _close(
        self, source: PriceSource, venue_now_ns: int
    ) -> tuple[Decimal, int] | None:
        if not source.closed:
            return await self._last(source.symbol)
        span_ns = interval_ns(source.candle) or 60 * NS_PER_S
        bars, _ = await self.bars(source, venue_now_ns - 3 * span_ns, venue_now_ns)
        done = [
            bar
            for bar in bars
            if bar.ts_close_ns <= venue_now_ns and bar.close is not None
        ]
        newest = max(done, key=lambda bar: bar.ts_close_ns, default=None)
        if newest is None or newest.close is None:
            return None
        return newest.close, newest.ts_close_ns

    async def _latest(self, symbol: str, what: str) -> Reply:
        query, path = {"symbols": symbol}, f"{CRYPTO}/latest/{what}"
        if not is_crypto(symbol):
            path, query = f"{STOCKS}/{what}/latest", {**query, "feed": self._feed}
        return await self.rest.read(path, query, self._headers())

    async def bars(
        self, source: PriceSource, since_ns: int, until_ns: int
    ) -> tuple[tuple[Candle, ...], int]:
        """Read the bars that begin in [since, until], and when that was so.

        A time without trades has a bar without prices.

        Raises:
            VenueUnavailable: They could not be read whole.
        """
        candle = source.candle or CANDLE_BY_DEFAULT
        timeframe, span_ns = TIMEFRAMES.get(candle), interval_ns(candle)
        if timeframe is None or span_ns is None:
            raise VenueUnavailable(f"Alpaca has no bars of {candle}")
        found: dict[int, Candle] = {}
        query: dict[str, str | int] = {
            "symbols": source.symbol,
            "timeframe": timeframe,
            "start": in_query(since_ns),
            "end": in_query(until_ns),
            "limit": BARS_PAGE,
        }
        path = f"{CRYPTO}/bars"
        if not is_crypto(source.symbol):
            path, query = f"{STOCKS}/bars", {**query, "feed": self._feed}
        for _ in range(PAGES_MAX):
            reply = await self.rest.read(path, query, self._headers())
            page = _read(reply, _BARS, "bars")
            try:
                for bar in (page.bars or {}).get(source.symbol, []):
                    at_ns = instant_ns(bar.t)
                    found[at_ns] = Candle(at_ns, at_ns + span_ns, bar.h, bar.l, bar.c)
            except ValueError as exc:
                raise VenueUnavailable(f"Alpaca's bars cannot be read: {exc}") from exc
            if not page.next_page_token:
                made_ns = until_ns - age_s(reply) * NS_PER_S
                return _with_empty(found, since_ns, until_ns, span_ns), made_ns
            query = {**query, "page_token": page.next_page_token}
        raise VenueUnavailable("Alpaca's list of bars does not end")

    def _headers(self) -> dict[str, str]:
        key, secret = self._keys
        return {
            "APCA-API-KEY-ID": key.reveal(),
            "APCA-API-SECRET-KEY": secret.reveal(),
        }


def _read(reply: Reply, decoder: msgspec.json.Decoder[T], what: str) -> T:
    return decoded(reply, decoder, what, 0)


def _with_empty(
    found: dict[int, Candle], since_ns: int, until_ns: int, span_ns: int
) -> tuple[Candle, ...]:
    first_ns = -(-since_ns // span_ns) * span_ns
    every = range(first_ns, until_ns + 1, span_ns)
    return tuple(
        found.get(at_ns) or Candle(at_ns, at_ns + span_ns, None, None, None)
        for at_ns in every
    )
