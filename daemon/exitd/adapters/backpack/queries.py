"""What Backpack can be asked: positions, orders, markets, prices, candles."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from exitd.adapters.backpack.reports import (
    instrument_or_none,
    net_reports,
    order_report,
    position_reports,
)
from exitd.adapters.backpack.rest import decoded, told
from exitd.adapters.backpack.session import Session
from exitd.adapters.backpack.signing import Parameters
from exitd.adapters.backpack.wire import (
    KLINES,
    MARK_PRICES,
    MARKETS,
    ORDERS,
    POSITIONS,
    STATUS,
    WireKline,
    WirePosition,
    iso_ns,
)
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient, is_cached
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.market import BookState, Instrument, PriceKind, PriceSource
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.feed import Candle

PRICE_TYPES = {PriceKind.MARK: "Mark", PriceKind.INDEX: "Index"}
CANDLE_BY_DEFAULT = "1m"


async def positions(session: Session, symbol: str | None) -> tuple[PositionReport, ...]:
    """Read positions as of the instant of asking; see the port."""
    ts_venue_ns = session.venue_clock.earliest_ns()
    query: Parameters = {} if symbol is None else {"symbol": symbol}
    reply = await session.read("positionQuery", "/api/v1/position", query)
    rows = _position_rows(reply)
    now_ns = session.clock.now_ns()
    if symbol is None:
        return tuple(
            report
            for row in rows
            for report in position_reports(session.account, row, ts_venue_ns, now_ns)
            if report.quantity > ZERO
        )
    of_symbol = [row for row in rows if row.symbol == symbol]
    if rows and not of_symbol:
        raise VenueUnavailable(
            f"Backpack gave the position of {rows[0].symbol} when asked for {symbol}"
        )
    if not of_symbol:
        return net_reports(session.account, symbol, ZERO, None, "", ts_venue_ns, now_ns)
    return position_reports(session.account, of_symbol[0], ts_venue_ns, now_ns)


def _position_rows(reply: Reply) -> list[WirePosition]:
    # The documents say 404 for a flat account, the venue answers []. A 404 of some
    # proxy names no code and proves nothing.
    if reply.status == 404 and told(reply)[0] == "RESOURCE_NOT_FOUND":
        return []
    rows = decoded(reply, POSITIONS, "positions")
    if not all(row.net_quantity.is_finite() for row in rows):
        raise VenueUnavailable("Backpack gave a position that is not a number")
    return rows


async def open_orders(session: Session, symbol: str | None) -> tuple[OrderReport, ...]:
    """List what rests, trigger orders included, as of the instant of asking."""
    ts_venue_ns = session.venue_clock.earliest_ns()
    query: Parameters = {} if symbol is None else {"symbol": symbol}
    reply = await session.read("orderQueryAll", "/api/v1/orders", query)
    rows = decoded(reply, ORDERS, "open orders")
    now_ns = session.clock.now_ns()
    try:
        return tuple(
            order_report(session.account, row, now_ns, ts_venue_ns) for row in rows
        )
    except ValueError as exc:
        raise VenueUnavailable(f"Backpack's open orders cannot be read: {exc}") from exc


async def instruments(rest: RestClient, account: str) -> tuple[Instrument, ...]:
    reply = await rest.read("/api/v1/markets")
    rows = decoded(reply, MARKETS, "markets")
    known = (instrument_or_none(account, row) for row in rows)
    found = tuple(instrument for instrument in known if instrument is not None)
    if not is_cached(reply):
        return found
    # Steps and minimums last; that a book takes no orders may be over.
    return tuple(
        replace(instrument, is_cached=instrument.book_state is not BookState.OPEN)
        for instrument in found
    )


async def maintenance(rest: RestClient) -> str | None:
    """Ask whether the venue takes orders at all.

    Returns:
        Why it takes none, empty where it does; None where the answer says neither, or
        some cache gave it.

    Raises:
        VenueUnavailable: There was no answer that can be used.
    """
    reply = await rest.read("/api/v1/status")
    told_status = decoded(reply, STATUS, "its status")
    if is_cached(reply) or told_status.status not in ("Ok", "Maintenance"):
        return None
    if told_status.status == "Ok":
        return ""
    message = (told_status.message or "").strip()[:200]
    return f"it is in maintenance{': ' if message else ''}{message}"


async def mark_price(rest: RestClient, symbol: str) -> Decimal | None:
    """Ask for the mark; None when there is none or only a cached one."""
    reply = await rest.read("/api/v1/markPrices", {"symbol": symbol})
    rows = decoded(reply, MARK_PRICES, "the mark price")
    if is_cached(reply):
        return None
    for row in rows:
        if row.symbol == symbol and row.mark_price is not None:
            mark = row.mark_price
            return mark if mark.is_finite() and mark > ZERO else None
    return None


async def klines(
    rest: RestClient, source: PriceSource, ts_from_ns: int, ts_to_ns: int
) -> tuple[Reply, tuple[Candle, ...]]:
    """Read the bars that begin from *ts_from_ns* on, with the answer they came in."""
    query: Parameters = {
        "symbol": source.symbol,
        "interval": source.candle or CANDLE_BY_DEFAULT,
        # Seconds, unlike every other instant of this API.
        "startTime": ts_from_ns // NS_PER_S,
        "endTime": -(-ts_to_ns // NS_PER_S),
        "priceType": PRICE_TYPES.get(source.kind, "Last"),
    }
    reply = await rest.read("/api/v1/klines", query)
    rows = decoded(reply, KLINES, "candles")
    try:
        return reply, tuple(_candle(row) for row in rows)
    except ValueError as exc:
        raise VenueUnavailable(f"Backpack's candles cannot be read: {exc}") from exc


def _candle(row: WireKline) -> Candle:
    return Candle(iso_ns(row.start), iso_ns(row.end), row.high, row.low, row.close)
