"""Asking for a price by REST when its stream is silent."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.adapters.binance.asking import Asking
from exitd.adapters.binance.candles import ROWS, candle_of, klines_query
from exitd.adapters.prices.plausible import is_price
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS


class Premium(Struct, frozen=True, rename="camel"):
    symbol: str
    time: int
    mark_price: Decimal | None = None
    index_price: Decimal | None = None


class Last(Struct, frozen=True):
    """`time` is when it traded."""

    symbol: str
    price: Decimal
    time: int


class Top(Struct, frozen=True, rename="camel"):
    """Prices are zero where a side is empty; `time` is the engine's."""

    symbol: str
    time: int
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    last_update_id: int = 0


PREMIUM = msgspec.json.Decoder(Premium)
LAST = msgspec.json.Decoder(Last)
TOP = msgspec.json.Decoder(Top)

Found = tuple[Decimal, int, int]


async def poll(
    asking: Asking, source: PriceSource, venue_now_ns: int, max_age_ns: int
) -> Found | None:
    """Ask once; gives price, venue instant and sequence.

    None when the venue has no price, or only a cached answer, or a mark that no
    longer moves.

    Raises:
        VenueUnavailable: No whole answer came.
    """
    found: Found | None
    match source.kind:
        case PriceKind.MARK | PriceKind.INDEX:
            found = await _mark_or_index(asking, source)
            if found is not None and found[1] < venue_now_ns - max_age_ns:
                return None
        case PriceKind.LAST:
            last = await read_last(asking, source.symbol)
            found = None if last is None else (last.price, last.time * NS_PER_MS, 0)
        case PriceKind.LAST_CLOSE:
            found = await _last_close(asking, source, venue_now_ns)
        case PriceKind.BID | PriceKind.ASK:
            found = await _top_of_book(asking, source)
    return found if found is not None and is_price(found[0]) else None


async def _mark_or_index(asking: Asking, source: PriceSource) -> Found | None:
    premium = await read_premium(asking, source.symbol)
    if premium is None:
        return None
    is_mark = source.kind is PriceKind.MARK
    price = premium.mark_price if is_mark else premium.index_price
    return None if price is None else (price, premium.time * NS_PER_MS, 0)


async def read_premium(asking: Asking, symbol: str) -> Premium | None:
    """Ask for mark and index; None from a cache, or of another symbol."""
    premium, is_old = await asking.read(
        "/fapi/v1/premiumIndex",
        {"symbol": symbol},
        PREMIUM,
        f"the mark price of {symbol}",
        weight=1,
    )
    return None if is_old or premium.symbol != symbol else premium


async def read_last(asking: Asking, symbol: str) -> Last | None:
    """Ask for the last trade's price; None from a cache, or of another symbol."""
    last, is_old = await asking.read(
        "/fapi/v2/ticker/price",
        {"symbol": symbol},
        LAST,
        f"the last price of {symbol}",
        weight=1,
    )
    return None if is_old or last.symbol != symbol else last


async def read_top(asking: Asking, symbol: str) -> Top | None:
    """Ask for the best bid and ask; None from a cache, or of another symbol."""
    top, is_old = await asking.read(
        "/fapi/v1/ticker/bookTicker",
        {"symbol": symbol},
        TOP,
        f"the book of {symbol}",
        weight=2,
    )
    return None if is_old or top.symbol != symbol else top


async def _top_of_book(asking: Asking, source: PriceSource) -> Found | None:
    top = await read_top(asking, source.symbol)
    if top is None:
        return None
    price = top.bid_price if source.kind is PriceKind.BID else top.ask_price
    return None if price is None else (price, top.time * NS_PER_MS, top.last_update_id)


async def _last_close(
    asking: Asking, source: PriceSource, venue_now_ns: int
) -> Found | None:
    rows, is_old = await asking.read(
        "/fapi/v1/klines",
        {**klines_query(source), "limit": 3},
        ROWS,
        f"candles of {source.symbol}",
        weight=1,
    )
    if is_old:
        return None
    bars = [candle_of(row) for row in rows]
    if source.closed:
        bars = [bar for bar in bars if bar.ts_close_ns <= venue_now_ns]
    bar = max(bars, key=lambda bar: bar.ts_close_ns, default=None)
    if bar is None or bar.close is None:
        return None
    # A running bar's close is as young as the question, a finished one's is its end.
    return bar.close, min(bar.ts_close_ns, venue_now_ns), 0
