"""What Alpaca can be asked now: positions, open orders, assets, the last price."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import msgspec

from exitd.adapters.alpaca.defaults import DATA_FEED
from exitd.adapters.alpaca.markets import CRYPTO, instruments, is_crypto
from exitd.adapters.alpaca.reports import net_reports, order_reports, position_reports
from exitd.adapters.alpaca.rest import decoded, is_not_there
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.wire import (
    ASSETS,
    ORDERS,
    POSITION,
    POSITIONS,
    WireAsset,
    WirePosition,
)
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable

OPEN_MAX = 500


async def positions(session: Session, symbol: str | None) -> tuple[PositionReport, ...]:
    """Read positions as of the instant of asking; see the port."""
    if symbol is not None:
        return await _position(session, symbol)
    ts_venue_ns = session.venue_clock.earliest_ns()
    reply = await session.read("/v2/positions")
    rows = decoded(reply, POSITIONS, "positions", session.venue_clock.now_ns())
    try:
        return tuple(
            report
            for row in rows
            for report in position_reports(session, row, ts_venue_ns)
            if report.quantity > ZERO
        )
    except ValueError as exc:
        raise VenueUnavailable(f"Alpaca's positions cannot be read: {exc}") from exc


async def _position(session: Session, symbol: str) -> tuple[PositionReport, ...]:
    ts_venue_ns = session.venue_clock.earliest_ns()
    row = await read_position(session, symbol)
    if row is None:
        return net_reports(session, symbol, ZERO, None, "", ts_venue_ns)
    try:
        return position_reports(session, row, ts_venue_ns)
    except ValueError as exc:
        raise VenueUnavailable(
            f"Alpaca's position of {symbol} cannot be read: {exc}"
        ) from exc


async def read_position(session: Session, symbol: str) -> WirePosition | None:
    """Ask for one position; None where Alpaca says that there is none.

    Raises:
        VenueUnavailable: It did not say, which is never the same.
    """
    name = symbol.replace("/", "")
    reply = await session.read(f"/v2/positions/{quote(name, safe='')}")
    if is_not_there(reply):
        return None
    now_ns = session.venue_clock.now_ns()
    row = decoded(reply, POSITION, f"the position of {symbol}", now_ns)
    if row.symbol.replace("/", "") != name:
        raise VenueUnavailable(
            f"Alpaca gave the position of {row.symbol} when asked for {symbol}"
        )
    if name != symbol:
        session.crypto[name] = symbol
    return row


async def open_orders(session: Session, symbol: str | None) -> tuple[OrderReport, ...]:
    """List what rests; the exits that Alpaca holds are orders of their own here.

    Not nested: under an entry that has filled, its exits would not be listed as open.
    """
    query: dict[str, str | int] = {"status": "open", "limit": OPEN_MAX}
    if symbol is not None:
        query["symbols"] = symbol
    reply = await session.read("/v2/orders", query)
    rows = decoded(reply, ORDERS, "open orders", session.venue_clock.now_ns())
    if len(rows) >= OPEN_MAX:
        raise VenueUnavailable(
            f"Alpaca has {OPEN_MAX} open orders or more, which cannot be told whole"
        )
    try:
        return tuple(
            report
            for row in rows
            for report in order_reports(session, row)
            if symbol in (None, report.symbol)
        )
    except ValueError as exc:
        raise VenueUnavailable(f"Alpaca's open orders cannot be read: {exc}") from exc


async def read_instruments(session: Session) -> tuple[Instrument, ...]:
    """Read every active asset, twelve thousand or so, and the prices of what is held.

    Raises:
        VenueUnavailable: Some of it could not be read.
    """
    assets: list[WireAsset] = []
    for asset_class in ("us_equity", CRYPTO):
        reply = await session.listing.read(
            "/v2/assets",
            {"status": "active", "asset_class": asset_class},
            session.headers(),
        )
        listed = decoded(reply, ASSETS, "its assets", session.venue_clock.now_ns())
        assets += listed
    for asset in assets:
        if asset.asset_class == CRYPTO:
            session.crypto[asset.symbol.replace("/", "")] = asset.symbol
    # What is held says what it costs, and so in which steps its price moves.
    await positions(session, None)
    return tuple(instruments(session.account, assets, session.prices))


class _Trade(msgspec.Struct, frozen=True):
    p: Decimal


class _Trades(msgspec.Struct, frozen=True):
    trades: dict[str, _Trade]


_TRADES = msgspec.json.Decoder(_Trades)


async def last_price(
    session: Session, symbol: str, feed: str = DATA_FEED
) -> Decimal | None:
    """Ask for the price of the last trade: Alpaca has no mark."""
    query: dict[str, str] = {"symbols": symbol}
    path = "/v1beta3/crypto/us/latest/trades"
    if not is_crypto(symbol):
        path, query = "/v2/stocks/trades/latest", {**query, "feed": feed}
    reply = await session.read_data(path, query)
    found = decoded(reply, _TRADES, "the last trade", session.venue_clock.now_ns())
    trade = found.trades.get(symbol)
    return None if trade is None else trade.p
