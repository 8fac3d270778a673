"""Schwab's answers as they come, numbers as exact decimals.

Only fields that somebody reads are named; unknown ones are ignored.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct, field

from exitd.core.units import NS_PER_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class WireInstrument(Struct, frozen=True, rename="camel"):
    symbol: str = ""
    asset_type: str = ""


class WireLeg(Struct, frozen=True, rename="camel"):
    instruction: str = ""
    quantity: Decimal = Decimal(0)
    instrument: WireInstrument = WireInstrument()


class WireExecution(Struct, frozen=True):
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    time: str = ""


class WireActivity(Struct, frozen=True, rename="camel"):
    activity_type: str = ""
    execution_legs: list[WireExecution] = []


class WireOrder(Struct, frozen=True, rename="camel"):
    """An order; the wrapper of two of which one cancels the other has no leg."""

    order_id: int = 0
    order_strategy_type: str = ""
    order_type: str = ""
    status: str = ""
    status_description: str = ""
    duration: str = ""
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    entered_time: str = ""
    close_time: str = ""
    order_leg_collection: list[WireLeg] = []
    order_activity_collection: list[WireActivity] = []
    child_order_strategies: list[WireOrder] = []


class WirePosition(Struct, frozen=True, rename="camel"):
    instrument: WireInstrument
    long_quantity: Decimal = Decimal(0)
    short_quantity: Decimal = Decimal(0)
    average_price: Decimal | None = None


class WireSecurities(Struct, frozen=True, rename="camel"):
    positions: list[WirePosition] = []


class WireAccount(Struct, frozen=True, rename="camel"):
    securities_account: WireSecurities


class WireNumber(Struct, frozen=True, rename="camel"):
    account_number: str
    hash_value: str


class WireItem(Struct, frozen=True, rename="camel"):
    """A part of a transaction: the stock with its signed amount, or a fee."""

    instrument: WireInstrument = WireInstrument()
    amount: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    price: Decimal | None = None
    fee_type: str = ""


class WireTransaction(Struct, frozen=True, rename="camel"):
    activity_id: int
    time: str
    type: str = ""
    order_id: int = 0
    transfer_items: list[WireItem] = []


class WireQuote(Struct, frozen=True, rename="camel"):
    """Prices of a symbol; instants are milliseconds."""

    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    last_price: Decimal | None = None
    mark: Decimal | None = None
    trade_time: int = 0
    security_status: str = ""


class WireQuoted(Struct, frozen=True):
    symbol: str = ""
    realtime: bool = False
    quote: WireQuote = WireQuote()


class WireErrors(Struct, frozen=True):
    message: str = ""
    errors: msgspec.Raw = field(default_factory=lambda: msgspec.Raw(b""))


ORDER = msgspec.json.Decoder(WireOrder)
ORDERS = msgspec.json.Decoder(list[WireOrder])
ACCOUNT = msgspec.json.Decoder(WireAccount)
NUMBERS = msgspec.json.Decoder(list[WireNumber])
TRANSACTIONS = msgspec.json.Decoder(list[WireTransaction])
QUOTES = msgspec.json.Decoder(dict[str, msgspec.Raw])
QUOTED = msgspec.json.Decoder(WireQuoted)
ERRORS = msgspec.json.Decoder(WireErrors)


def instant_ns(text: str) -> int:
    """Read an ISO instant with its zone; exact, never a float.

    Raises:
        ValueError: It is not an instant.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * NS_PER_US


def instant_text(ts_ns: int) -> str:
    """Write an instant as the API takes it, cut to milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=ts_ns // 1_000_000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
