"""Alpaca's REST answers as they come, decoded straight into exact decimals.

Numbers are texts there, or null. Only fields that somebody reads are named; unknown
values of enumerations are kept as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.core.units import NS_PER_S

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?(Z|[+-]\d\d:\d\d)"
)


class WireOrder(Struct, frozen=True):
    """An order of `/v2/orders` and of the stream of updates.

    `qty` is null for an order by `notional`; `legs` are there where they were asked
    for, and are the exits that Alpaca itself holds for this order.
    """

    id: str
    client_order_id: str
    created_at: str
    symbol: str | None
    side: str | None
    status: str
    type: str = ""
    order_type: str = ""
    order_class: str | None = ""
    asset_class: str | None = ""
    time_in_force: str = ""
    qty: Decimal | None = None
    notional: Decimal | None = None
    filled_qty: Decimal | None = None
    filled_avg_price: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    position_intent: str | None = None
    updated_at: str | None = None
    submitted_at: str | None = None
    filled_at: str | None = None
    expired_at: str | None = None
    canceled_at: str | None = None
    failed_at: str | None = None
    replaced_at: str | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    legs: list[WireOrder] | None = None

    @property
    def kind(self) -> str:
        """Its type: `order_type` is the older name of the same."""
        return self.type or self.order_type


class WirePosition(Struct, frozen=True):
    """A position; `qty` is below zero for a short. Crypto has no slash here."""

    asset_id: str
    symbol: str
    qty: Decimal
    asset_class: str = "us_equity"
    avg_entry_price: Decimal | None = None
    qty_available: Decimal | None = None
    current_price: Decimal | None = None


class WireAsset(Struct, frozen=True):
    """An asset; the three sizes are given for crypto only."""

    id: str
    symbol: str
    status: str
    tradable: bool
    asset_class: str = msgspec.field(name="class", default="us_equity")
    fractionable: bool = False
    min_order_size: Decimal | None = None
    min_trade_increment: Decimal | None = None
    price_increment: Decimal | None = None


class WireClock(Struct, frozen=True):
    timestamp: str
    is_open: bool
    next_open: str = ""
    next_close: str = ""


class WireFill(Struct, frozen=True):
    """An account activity of kind FILL; `side` may be `sell_short` too."""

    id: str
    transaction_time: str
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    cum_qty: Decimal | None = None


class WireError(Struct, frozen=True):
    """What a refusal says; the numbers come with what is short."""

    code: int | str = ""
    message: str = ""
    held_for_orders: Decimal | None = None
    related_orders: list[str] = []


ORDER = msgspec.json.Decoder(WireOrder)
ORDERS = msgspec.json.Decoder(list[WireOrder])
POSITION = msgspec.json.Decoder(WirePosition)
POSITIONS = msgspec.json.Decoder(list[WirePosition])
ASSETS = msgspec.json.Decoder(list[WireAsset])
CLOCK = msgspec.json.Decoder(WireClock)
FILLS = msgspec.json.Decoder(list[WireFill])
ERROR = msgspec.json.Decoder(WireError)


def instant_ns(text: str) -> int:
    """Read an RFC 3339 instant to the nanosecond, exactly.

    Raises:
        ValueError: It is not one.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(f"no instant: {text[:40]!r}")
    whole, fraction, zone = found.groups()
    moment = datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone))
    seconds: int = (moment - _EPOCH) // _SECOND
    return seconds * NS_PER_S + int((fraction or "")[:9].ljust(9, "0"))


def in_query(ts_ns: int) -> str:
    """Write an instant as Alpaca's queries take it."""
    seconds, rest = divmod(max(ts_ns, 0), NS_PER_S)
    moment = _EPOCH + seconds * _SECOND
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
