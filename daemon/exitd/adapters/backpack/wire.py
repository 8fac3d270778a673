"""Backpack's REST answers as they come, decoded straight into exact decimals.

Only fields that somebody reads are named; unknown ones are ignored, and so are unknown
values of enumerations, which are kept as text.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.core.units import NS_PER_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class WireOrder(Struct, frozen=True, rename="camel"):
    """An order from `/order(s)` and from the history.

    `created_at` is milliseconds in the one and a naive ISO text in UTC in the other.
    `quantity` is null for a conditional order that never triggered.
    """

    id: str
    symbol: str
    side: str
    status: str
    order_type: str
    created_at: int | str
    client_id: int | str | None = None
    quantity: Decimal | None = None
    executed_quantity: Decimal | None = None
    executed_quote_quantity: Decimal | None = None
    price: Decimal | None = None
    reduce_only: bool | None = None
    trigger_price: Decimal | None = None
    trigger_quantity: str | None = None
    trigger_by: str | None = None
    expiry_reason: str | None = None


class WireFill(Struct, frozen=True, rename="camel"):
    """An execution from the fill history; `client_id` is text in the documents."""

    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    timestamp: str
    trade_id: int | str
    fee: Decimal = Decimal(0)
    fee_symbol: str = ""
    is_maker: bool | None = None
    client_id: int | str | None = None


class WireFunding(Struct, frozen=True, rename="camel"):
    """A funding payment; `quantity` is in the quote currency, below zero when paid."""

    symbol: str
    quantity: Decimal
    interval_end_timestamp: str
    funding_rate: Decimal | None = None


class WirePosition(Struct, frozen=True, rename="camel"):
    """A position; `net_quantity` is signed and the only size to close from.

    `netExposureQuantity` counts open orders too and is left out on purpose. The
    liquidation price means something only where one symbol was asked for; zero: none.
    """

    symbol: str
    net_quantity: Decimal
    entry_price: Decimal | None = None
    est_liquidation_price: Decimal | None = None
    position_id: str | int = ""


class PriceFilter(Struct, frozen=True, rename="camel"):
    tick_size: Decimal


class QuantityFilter(Struct, frozen=True, rename="camel"):
    step_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal | None = None


class Filters(Struct, frozen=True):
    price: PriceFilter
    quantity: QuantityFilter


class WireStatus(Struct, frozen=True):
    """`Ok` or `Maintenance`, and perhaps a word about it."""

    status: str
    message: str | None = None


class WireMarket(Struct, frozen=True, rename="camel"):
    symbol: str
    base_symbol: str
    quote_symbol: str
    market_type: str
    filters: Filters
    order_book_state: str = "Open"


class WireMarkPrice(Struct, frozen=True, rename="camel"):
    symbol: str
    mark_price: Decimal | None = None
    index_price: Decimal | None = None


class WireKline(Struct, frozen=True):
    """A bar; `start` and `end` are `YYYY-MM-DD HH:MM:SS` in UTC without a zone."""

    start: str
    end: str
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None


class WireTrade(Struct, frozen=True):
    """A public trade; `timestamp` in milliseconds."""

    id: int
    price: Decimal
    timestamp: int


class WireDepth(Struct, frozen=True):
    """A book, both sides ascending by price; `timestamp` in microseconds."""

    asks: list[tuple[Decimal, Decimal]]
    bids: list[tuple[Decimal, Decimal]]
    timestamp: int


ORDER = msgspec.json.Decoder(WireOrder)
ORDERS = msgspec.json.Decoder(list[WireOrder])
FILLS = msgspec.json.Decoder(list[WireFill])
FUNDING = msgspec.json.Decoder(list[WireFunding])
POSITIONS = msgspec.json.Decoder(list[WirePosition])
STATUS = msgspec.json.Decoder(WireStatus)
MARKETS = msgspec.json.Decoder(list[msgspec.Raw])
MARKET = msgspec.json.Decoder(WireMarket)
MARK_PRICES = msgspec.json.Decoder(list[WireMarkPrice])
KLINES = msgspec.json.Decoder(list[WireKline])
TRADES = msgspec.json.Decoder(list[WireTrade])
DEPTH = msgspec.json.Decoder(WireDepth)


def iso_ns(text: str) -> int:
    """Read a naive ISO instant in UTC, with `T` or a space; exact, never a float.

    Raises:
        ValueError: It is not an instant.
    """
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * NS_PER_US


def id_or_none(client_id: int | str | None) -> int | None:
    """Read a client id, which some answers give as text."""
    if isinstance(client_id, str):
        return int(client_id) if client_id.isascii() and client_id.isdigit() else None
    return client_id
