"""Order bodies: closes, resting stops, and the tickets of entries.

There is no reduce-only here. A close is only what can take a position down at the
moment it is sent, and that is checked there (`venue.py`).
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from exitd.adapters.interactive_brokers.references import (
    client_order_id_of,
    reference_of,
)
from exitd.core.attempt import CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket
from exitd.core.trigger import OrderType
from exitd.core.units import text
from exitd.ports.venue import NativeStop
from exitd.signals.platforms.interactive_brokers import web_order
from exitd.signals.platforms.order import Refused

Order = dict[str, Any]

_SIDES = MappingProxyType({OrderSide.BUY: "BUY", OrderSide.SELL: "SELL"})
#: Decimals go out as numbers, digit for digit.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class StoredOrder(Struct, frozen=True):
    """An order as it is stored and sent. `refused` says why it cannot be sent."""

    path: str = ""
    body: str = ""
    refused: str = ""


STORED = msgspec.json.Decoder(StoredOrder)


def stored(path: str, orders: list[Order]) -> bytes:
    plain = [{name: _plain(value) for name, value in one.items()} for one in orders]
    body = _ENCODER.encode({"orders": plain}).decode()
    return msgspec.json.encode(StoredOrder(path=path, body=body))


def _plain(value: Any) -> Any:
    """Keep a number from being written with an exponent."""
    return Decimal(text(value)) if isinstance(value, Decimal) else value


def refused(why: str) -> bytes:
    return msgspec.json.encode(StoredOrder(refused=why))


def close_body(broker_account: str, conid: int, order: CloseOrder) -> Order:
    """Write a close.

    Raises:
        AssertionError: A limit close without a price (a bug in the caller).
    """
    is_resting = order.time_in_force is TimeInForce.GTC
    body: Order = {
        "acctId": broker_account,
        "conid": conid,
        "cOID": reference_of(order.client_order_id),
        "orderType": "MKT",
        "side": _SIDES[order.side],
        "quantity": order.quantity,
        "tif": "DAY",
        "outsideRTH": False,
    }
    if order.order is OrderType.LIMIT:
        assert order.price is not None
        body["orderType"] = "LMT"
        body["price"] = order.price
        body["tif"] = "GTC" if is_resting else "IOC"
        if order.asked is not None:
            body["outsideRTH"] = order.asked.is_extended
            if order.asked.is_for_a_day:
                body["tif"] = "DAY"
    return body


def stop_body(
    broker_account: str, conid: int, stop: NativeStop, quantity: Decimal
) -> Order:
    """Write a stop that rests at the broker."""
    body: Order = {
        "acctId": broker_account,
        "conid": conid,
        "cOID": reference_of(stop.client_order_id),
        "orderType": "STP",
        "side": _SIDES[stop.side],
        "quantity": quantity,
        "price": stop.trigger_price,
        "tif": "GTC",
        "outsideRTH": False,
    }
    if stop.limit_price is not None:
        body |= {"orderType": "STOP_LIMIT", "price": stop.limit_price}
        body["auxPrice"] = stop.trigger_price
    return body


def ticket_orders(broker_account: str, conid: int, ticket: Ticket) -> list[Order]:
    """Write a ticket: one order, or a bracket of them in one array.

    Raises:
        ValueError: The broker cannot take it; a sentence that says why.
    """
    if client_order_id_of(ticket.client_order_id) is not None:
        raise ValueError("clientOrderId: exitd-<number> is for exitd's own closes")
    if ticket.asset_class is not AssetClass.EQUITY:
        raise ValueError(f"{ticket.asset_class} is not traded here, only stocks")
    made = web_order(ticket)
    if isinstance(made, Refused):
        raise ValueError(made.sentence)
    if made.deferred is not None:
        raise ValueError("; ".join(made.deferred.why))
    orders: list[Order] = []
    for written in (made.order, *made.children):
        order: Order = {"acctId": broker_account, "conid": conid, "outsideRTH": False}
        # The contract says what is traded; a name beside it could only contradict it.
        order |= {k: v for k, v in written.items() if k != "ticker"}
        orders.append(order)
    return orders
