"""Order bodies: closes, resting stops, and the tickets of entries.

There is no reduce-only here. A close is only what can take a position down at the
moment it is sent, and that is checked there (`venue.py`).
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

import msgspec
from msgspec import Struct

from exitd.adapters.interactive_brokers.references import (
    client_order_id_of,
    reference_of,
)
from exitd.core.attempt import CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.core.trigger import OrderType
from exitd.core.units import text
from exitd.ports.venue import NativeStop

Value = str | int | Decimal | bool
Order = dict[str, Value]

_SIDES = MappingProxyType({OrderSide.BUY: "BUY", OrderSide.SELL: "SELL"})
_TIMES = MappingProxyType(
    {
        TicketTime.DAY: "DAY",
        TicketTime.GTC: "GTC",
        TicketTime.IOC: "IOC",
        TicketTime.OPG: "OPG",
    }
)
_TYPES = MappingProxyType(
    {
        TicketType.MARKET: "MKT",
        TicketType.LIMIT: "LMT",
        TicketType.STOP: "STP",
        TicketType.STOP_LIMIT: "STOP_LIMIT",
        TicketType.TRAILING_STOP: "TRAIL",
    }
)
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


def _plain(value: Value) -> Value:
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
    _check(ticket)
    parent: Order = {
        "acctId": broker_account,
        "conid": conid,
        "cOID": ticket.client_order_id,
        "orderType": _TYPES[ticket.order],
        "side": _SIDES[ticket.side],
        "tif": "DAY",
        "outsideRTH": bool(ticket.extended_hours),
    }
    if ticket.time_in_force is TicketTime.CLS:
        # The closing auction is an order type of its own.
        parent["orderType"] = "MOC" if ticket.order is TicketType.MARKET else "LOC"
    elif ticket.time_in_force is not None:
        parent["tif"] = _TIMES[ticket.time_in_force]
    if ticket.quantity is not None:
        parent["quantity"] = ticket.quantity
    else:
        assert ticket.notional is not None
        parent["cashQty"] = ticket.notional
    parent |= _prices(ticket)
    if ticket.attached is None:
        return [parent]
    return [parent, *_children(parent, ticket.attached)]


def _check(ticket: Ticket) -> None:
    if client_order_id_of(ticket.client_order_id) is not None:
        raise ValueError("clientOrderId: exitd-<number> is for exitd's own closes")
    if ticket.asset_class is not AssetClass.EQUITY:
        raise ValueError(f"{ticket.asset_class} is not traded here, only stocks")
    if ticket.time_in_force is TicketTime.FOK:
        raise ValueError("timeInForce 'fok' is not taken by the Web API")
    if ticket.time_in_force is TicketTime.CLS and ticket.order not in (
        TicketType.MARKET,
        TicketType.LIMIT,
    ):
        raise ValueError("timeInForce 'cls' is for market and limit orders")
    if ticket.attached is not None:
        if ticket.attached.touch_price is not None:
            raise ValueError("a take-profit by touch is not native to the Web API")
        if ticket.quantity is None:
            raise ValueError("exits can be attached to a quantity, not to an amount")


def _prices(ticket: Ticket) -> Order:
    match ticket.order:
        case TicketType.MARKET:
            return {}
        case TicketType.LIMIT:
            assert ticket.limit_price is not None
            return {"price": ticket.limit_price}
        case TicketType.STOP:
            assert ticket.stop_price is not None
            return {"price": ticket.stop_price}
        case TicketType.STOP_LIMIT:
            assert ticket.limit_price is not None
            assert ticket.stop_price is not None
            return {"price": ticket.limit_price, "auxPrice": ticket.stop_price}
        case TicketType.TRAILING_STOP:
            if ticket.trail_price is not None:
                return {"trailingAmt": ticket.trail_price, "trailingType": "amt"}
            assert ticket.trail_percent is not None
            return {"trailingAmt": ticket.trail_percent, "trailingType": "%"}


def _children(parent: Order, exits: AttachedExits) -> list[Order]:
    base: Order = {
        "acctId": parent["acctId"],
        "conid": parent["conid"],
        "parentId": parent["cOID"],
        "side": "SELL" if parent["side"] == "BUY" else "BUY",
        "quantity": parent["quantity"],
        "tif": "GTC",
        "outsideRTH": parent["outsideRTH"],
    }
    children: list[Order] = []
    if exits.take_profit_price is not None:
        target: Order = {"orderType": "LMT", "price": exits.take_profit_price}
        children.append(base | target)
    if exits.stop_price is not None:
        stop: Order = {"orderType": "STP", "price": exits.stop_price}
        if exits.stop_limit_price is not None:
            stop = {
                "orderType": "STOP_LIMIT",
                "price": exits.stop_limit_price,
                "auxPrice": exits.stop_price,
            }
        children.append(base | stop)
    return children
