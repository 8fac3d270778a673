"""Asking for a price by REST when its stream is silent."""

from __future__ import annotations

from decimal import Decimal

from exitd.adapters.backpack.queries import klines
from exitd.adapters.backpack.rest import decoded
from exitd.adapters.backpack.wire import DEPTH, MARK_PRICES, TRADES
from exitd.adapters.network.rest import RestClient, is_cached
from exitd.adapters.prices.plausible import is_price
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS, NS_PER_US

SPAN_WITHOUT_INTERVAL_NS = 40 * 86_400 * 1_000_000_000


async def poll(
    rest: RestClient, source: PriceSource, venue_now_ns: int, interval_ns: int | None
) -> tuple[Decimal, int, int] | None:
    """Ask once; gives price, venue instant and sequence.

    None when the venue has no price, or only a cached answer: public REST sits behind
    a cache that may be 20 s old, and a trigger must not fire on that.

    Raises:
        VenueUnavailable: No whole answer came.
    """
    found: tuple[Decimal, int, int] | None
    match source.kind:
        case PriceKind.MARK | PriceKind.INDEX:
            found = await _mark_or_index(rest, source, venue_now_ns)
        case PriceKind.LAST:
            found = await _last(rest, source.symbol)
        case PriceKind.LAST_CLOSE:
            found = await _last_close(rest, source, venue_now_ns, interval_ns)
        case PriceKind.BID | PriceKind.ASK:
            found = await _top_of_book(rest, source)
    return found if found is not None and is_price(found[0]) else None


async def _mark_or_index(
    rest: RestClient, source: PriceSource, venue_now_ns: int
) -> tuple[Decimal, int, int] | None:
    reply = await rest.read("/api/v1/markPrices", {"symbol": source.symbol})
    rows = decoded(reply, MARK_PRICES, "the mark price")
    row = next((row for row in rows if row.symbol == source.symbol), None)
    if row is None or is_cached(reply):
        return None
    price = row.mark_price if source.kind is PriceKind.MARK else row.index_price
    # The answer carries no instant: it is at least as young as the question.
    return None if price is None else (price, venue_now_ns, 0)


async def _last(rest: RestClient, symbol: str) -> tuple[Decimal, int, int] | None:
    # Not /ticker: its answer has no instant and no trade id.
    reply = await rest.read("/api/v1/trades", {"symbol": symbol, "limit": 1})
    rows = decoded(reply, TRADES, "the last trade")
    if not rows or is_cached(reply):
        return None
    trade = max(rows, key=lambda row: row.id)
    return trade.price, trade.timestamp * NS_PER_MS, trade.id


async def _last_close(
    rest: RestClient,
    source: PriceSource,
    venue_now_ns: int,
    interval_ns: int | None,
) -> tuple[Decimal, int, int] | None:
    span_ns = 2 * (interval_ns or SPAN_WITHOUT_INTERVAL_NS)
    reply, bars = await klines(rest, source, venue_now_ns - span_ns, venue_now_ns)
    if is_cached(reply):
        return None
    if source.closed:
        bars = tuple(bar for bar in bars if bar.ts_close_ns <= venue_now_ns)
    bar = max(
        (bar for bar in bars if bar.close is not None),
        key=lambda bar: bar.ts_close_ns,
        default=None,
    )
    if bar is None or bar.close is None:
        return None
    # A running bar's close is as young as the question, a finished one's is its end.
    return bar.close, min(bar.ts_close_ns, venue_now_ns), 0


async def _top_of_book(
    rest: RestClient, source: PriceSource
) -> tuple[Decimal, int, int] | None:
    reply = await rest.read("/api/v1/depth", {"symbol": source.symbol})
    book = decoded(reply, DEPTH, "the book")
    # Both sides ascend: the best bid is the last one.
    levels = book.bids[-1:] if source.kind is PriceKind.BID else book.asks[:1]
    if not levels or is_cached(reply):
        return None
    return levels[0][0], book.timestamp * NS_PER_US, 0
