"""The gateway's answers as they come.

The same number is a number here and a text there, and empty where there is none; so
numbers are kept as they were written and read by `number`. Only fields that somebody
reads are named.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec
from msgspec import Raw, Struct

from exitd.core.units import NS_PER_MS


class WireOrder(Struct, frozen=True):
    """A row of `/iserver/account/orders`.

    `lastExecutionTime_r` is when it last changed, in milliseconds cut to the second;
    when it was placed is not said.
    """

    orderId: Raw = Raw(b"")  # noqa: N815
    conid: Raw = Raw(b"")
    ticker: str | None = None
    secType: str | None = None  # noqa: N815
    side: str | None = None
    status: str | None = None
    totalSize: Raw = Raw(b"")  # noqa: N815
    filledQuantity: Raw = Raw(b"")  # noqa: N815
    avgPrice: Raw = Raw(b"")  # noqa: N815
    price: Raw = Raw(b"")
    auxPrice: Raw = Raw(b"")  # noqa: N815
    stop_price: Raw = Raw(b"")
    orderType: str | None = None  # noqa: N815
    timeInForce: str | None = None  # noqa: N815
    order_ref: str | None = None
    parentId: Raw = Raw(b"")  # noqa: N815
    lastExecutionTime_r: Raw = Raw(b"")  # noqa: N815


class WireTrade(Struct, frozen=True):
    """An execution; it names the order by our cOID only."""

    execution_id: str
    symbol: str
    side: str
    size: Raw
    price: Raw
    trade_time_r: Raw
    conid: Raw = Raw(b"")
    sec_type: str | None = None
    order_ref: str | None = None
    commission: Raw = Raw(b"")


class WirePosition(Struct, frozen=True, rename="camel"):
    """A position; its first reading of a session may leave out the names."""

    conid: Raw
    position: Raw
    avg_price: Raw = Raw(b"")
    ticker: str | None = None
    contract_desc: str | None = None
    asset_class: str | None = None


class WireOrders(Struct, frozen=True):
    orders: list[WireOrder] = []


class WireContract(Struct, frozen=True, rename="camel"):
    conid: int
    exchange: str = ""
    is_us: bool = msgspec.field(name="isUS", default=False)


class WireStock(Struct, frozen=True, rename="camel"):
    name: str = ""
    asset_class: str = ""
    contracts: list[WireContract] = []


class WireFound(Struct, frozen=True, rename="camel"):
    """A row of `/iserver/secdef/search`."""

    conid: Raw
    symbol: str = ""
    company_name: str | None = None


class WireAuth(Struct, frozen=True):
    authenticated: bool = False
    competing: bool = False
    connected: bool = True


class WireIserver(Struct, frozen=True, rename="camel"):
    auth_status: WireAuth = WireAuth()


class WireTickle(Struct, frozen=True):
    session: str = ""
    iserver: WireIserver = WireIserver()


class WireAccounts(Struct, frozen=True):
    accounts: list[str] = []


class WirePlaced(Struct, frozen=True):
    """What becomes of an order: taken, or a question that has an `id`."""

    order_id: Raw = Raw(b"")
    order_status: str | None = None
    id: str = ""
    message: list[str] = []
    messageIds: list[str] = []  # noqa: N815
    text: str | None = None


class WireError(Struct, frozen=True):
    error: str = ""


ORDERS = msgspec.json.Decoder(WireOrders)
TRADES = msgspec.json.Decoder(list[WireTrade])
POSITIONS = msgspec.json.Decoder(list[WirePosition])
STOCKS = msgspec.json.Decoder(dict[str, list[WireStock]])
FOUND = msgspec.json.Decoder(list[WireFound])
AUTH = msgspec.json.Decoder(WireAuth)
TICKLE = msgspec.json.Decoder(WireTickle)
ACCOUNTS = msgspec.json.Decoder(WireAccounts)
PLACED = msgspec.json.Decoder(list[WirePlaced])
ERROR = msgspec.json.Decoder(WireError)
SNAPSHOT = msgspec.json.Decoder(list[dict[str, Raw]])
FRAME = msgspec.json.Decoder(dict[str, Raw])


def text_in(raw: Raw | bytes) -> str:
    """Give a value as text, whatever it was written as; empty without one."""
    written = bytes(raw).strip()
    if written in (b"", b"null"):
        return ""
    if written.startswith(b'"'):
        return msgspec.json.decode(written, type=str).strip()
    return written.decode()


def number(raw: Raw | bytes) -> Decimal | None:
    """Read a number, exact, from a number or a text; None without one.

    Raises:
        ValueError: It is neither.
    """
    text = text_in(raw).replace(",", "")
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(f"{text[:40]!r} where a number belongs") from exc
    if not found.is_finite():
        raise ValueError(f"{found} where a number belongs")
    return found


def ms_ns(raw: Raw | bytes) -> int:
    """Read an instant in milliseconds; 0 without one."""
    found = number(raw)
    return 0 if found is None else int(found) * NS_PER_MS
