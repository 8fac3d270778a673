"""Binance's candles by REST: of trades, of the mark and of the index."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.adapters.binance.asking import Asking
from exitd.adapters.binance.streams import CANDLE_BY_DEFAULT, interval_of
from exitd.adapters.prices.candle_close import interval_ns
from exitd.adapters.prices.plausible import is_price
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.ports.feed import Candle

ROWS_MAX = 1_500
NS_PER_DAY = 86_400 * NS_PER_S
_PATHS = {
    PriceKind.MARK: "/fapi/v1/markPriceKlines",
    PriceKind.INDEX: "/fapi/v1/indexPriceKlines",
}
# The documents put the edges one lower: 100, 500 and 1000 rows were measured to cost
# what is below them.
_WEIGHTS = ((100, 1), (500, 2), (1_000, 5), (ROWS_MAX, 10))


class Row(Struct, frozen=True, array_like=True):
    """The beginning of a row; `last_ms` is the bar's last millisecond."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: str
    last_ms: int


ROWS = msgspec.json.Decoder(list[Row])


def klines_query(source: PriceSource) -> dict[str, str | int]:
    """Give what names the candles of a source; the index has pairs, not symbols."""
    name = "pair" if source.kind is PriceKind.INDEX else "symbol"
    return {name: source.symbol, "interval": interval_of(source)}


def span_ns(candle: str) -> int | None:
    """How long a bar is; None where bars need not begin with a UTC day."""
    is_long = candle in ("3d", "1w", "1month")
    return None if is_long else interval_ns(candle or CANDLE_BY_DEFAULT)


def candle_of(row: Row) -> Candle:
    """Read a row; numbers that cannot be prices are left out."""
    return Candle(
        row.open_ms * NS_PER_MS,
        (row.last_ms + 1) * NS_PER_MS,
        *(n if is_price(n) else None for n in (row.high, row.low, row.close)),
    )


async def candles(
    asking: Asking, source: PriceSource, ts_from_ns: int, ts_to_ns: int
) -> tuple[tuple[Candle, ...], bool]:
    """Read the bars that begin in [from, to], every page of them.

    Gives with them whether a cache had one of the answers for a while.

    Raises:
        VenueUnavailable: A page could not be read, or would go beyond the limits.
    """
    found: list[Candle] = []
    has_old = False
    from_ms, to_ms = -(-ts_from_ns // NS_PER_MS), ts_to_ns // NS_PER_MS
    while from_ms <= to_ms:
        rows, is_old = await _page(asking, source, from_ms, to_ms)
        found += [candle_of(row) for row in rows]
        has_old = has_old or is_old
        if len(rows) < ROWS_MAX or rows[-1].last_ms < from_ms:
            break
        from_ms = rows[-1].last_ms + 1
    return tuple(found), has_old


async def _page(
    asking: Asking, source: PriceSource, from_ms: int, to_ms: int
) -> tuple[list[Row], bool]:
    bar_ms = (span_ns(source.candle) or NS_PER_DAY) // NS_PER_MS
    limit = min((to_ms - from_ms) // bar_ms + 2, ROWS_MAX)
    return await asking.read(
        _PATHS.get(source.kind, "/fapi/v1/klines"),
        {
            **klines_query(source),
            "startTime": from_ms,
            "endTime": to_ms,
            "limit": limit,
        },
        ROWS,
        f"candles of {source.symbol}",
        weight=next(weight for rows, weight in _WEIGHTS if limit <= rows),
    )
