"""Order bodies: closes, resting stops, and the tickets of entries.

The fields and their values are those of Schwab's order schema; prices are texts,
quantities whole numbers.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

from exitd.adapters.schwab.instructions import CLOSING, instruction_of
from exitd.adapters.schwab.prices import limit_text, stop_text
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

Body = dict[str, Any]

_DURATIONS = MappingProxyType(
    {
        TicketTime.DAY: "DAY",
        TicketTime.GTC: "GOOD_TILL_CANCEL",
        TicketTime.IOC: "IMMEDIATE_OR_CANCEL",
        TicketTime.FOK: "FILL_OR_KILL",
        TicketTime.CLS: "DAY",
    }
)
_TYPES = MappingProxyType(
    {
        TicketType.MARKET: "MARKET",
        TicketType.LIMIT: "LIMIT",
        TicketType.STOP: "STOP",
        TicketType.STOP_LIMIT: "STOP_LIMIT",
        TicketType.TRAILING_STOP: "TRAILING_STOP",
    }
)
_ON_CLOSE = MappingProxyType(
    {TicketType.MARKET: "MARKET_ON_CLOSE", TicketType.LIMIT: "LIMIT_ON_CLOSE"}
)


def wire_symbol(symbol: str) -> str:
    """Write a symbol as Schwab does: a class of shares stands behind a slash."""
    return symbol.replace(".", "/")


def close_body(order: CloseOrder) -> Body:
    """Write a close, by an instruction that cannot open anything.

    Raises:
        ValueError: The quantity is not whole.
        AssertionError: A limit close without a price (a bug in the caller).
    """
    body = _single(order.symbol, CLOSING[order.side], order.quantity, "MARKET", "DAY")
    if order.order is OrderType.LIMIT:
        assert order.price is not None
        is_resting = order.time_in_force is TimeInForce.GTC
        body["orderType"] = "LIMIT"
        body["price"] = limit_text(order.price, order.side)
        body["duration"] = "GOOD_TILL_CANCEL" if is_resting else "IMMEDIATE_OR_CANCEL"
    return body


def stop_body(stop: NativeStop, quantity: Decimal) -> Body:
    """Write a stop that rests at the broker."""
    body = _single(
        stop.symbol, CLOSING[stop.side], quantity, "STOP", "GOOD_TILL_CANCEL"
    )
    body["stopPrice"] = stop_text(stop.trigger_price)
    if stop.limit_price is not None:
        body["orderType"] = "STOP_LIMIT"
        body["price"] = limit_text(stop.limit_price, stop.side)
    return body


def ticket_body(ticket: Ticket) -> Body:
    """Write a ticket; with exits as a TRIGGER that has them as its child.

    Raises:
        ValueError: The broker cannot take it; a sentence that says why.
    """
    _check(ticket)
    assert ticket.quantity is not None
    time = ticket.time_in_force or TicketTime.DAY
    kind = _ON_CLOSE[ticket.order] if time is TicketTime.CLS else _TYPES[ticket.order]
    body = _single(
        ticket.symbol,
        instruction_of(ticket.side, ticket.intent),
        ticket.quantity,
        kind,
        _DURATIONS[time],
    )
    if ticket.extended_hours:
        body["session"] = "SEAMLESS"
    if ticket.limit_price is not None:
        body["price"] = limit_text(ticket.limit_price, ticket.side)
    if ticket.stop_price is not None:
        body["stopPrice"] = stop_text(ticket.stop_price)
    if ticket.order is TicketType.TRAILING_STOP:
        body |= _trail(ticket)
    if ticket.attached is not None:
        child = _exits(ticket, ticket.attached)
        body |= {"orderStrategyType": "TRIGGER", "childOrderStrategies": [child]}
    return body


def _single(
    symbol: str, instruction: str, quantity: Decimal, kind: str, duration: str
) -> Body:
    if quantity != quantity.to_integral_value():
        raise ValueError(f"{text(quantity)} is not a whole number of shares")
    return {
        "session": "NORMAL",
        "duration": duration,
        "orderType": kind,
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [
            {
                "instruction": instruction,
                "instrument": {"symbol": wire_symbol(symbol), "assetType": "EQUITY"},
                "quantity": int(quantity),
            }
        ],
    }


def _trail(ticket: Ticket) -> Body:
    if ticket.trail_price is not None:
        kind, offset = "VALUE", ticket.trail_price
    else:
        assert ticket.trail_percent is not None
        kind, offset = "PERCENT", ticket.trail_percent
    # A number in the schema, unlike prices.
    return {
        "stopPriceLinkBasis": "LAST",
        "stopPriceLinkType": kind,
        "stopPriceOffset": offset,
    }


def _exits(ticket: Ticket, exits: AttachedExits) -> Body:
    """Write the exits: one order, or two of which one cancels the other."""
    assert ticket.quantity is not None
    side = OrderSide.SELL if ticket.side is OrderSide.BUY else OrderSide.BUY
    orders: list[Body] = []
    if exits.take_profit_price is not None:
        target = _single(
            ticket.symbol, CLOSING[side], ticket.quantity, "LIMIT", "GOOD_TILL_CANCEL"
        )
        target["price"] = limit_text(exits.take_profit_price, side)
        orders.append(target)
    if exits.stop_price is not None:
        stop = _single(
            ticket.symbol, CLOSING[side], ticket.quantity, "STOP", "GOOD_TILL_CANCEL"
        )
        stop["stopPrice"] = stop_text(exits.stop_price)
        if exits.stop_limit_price is not None:
            stop["orderType"] = "STOP_LIMIT"
            stop["price"] = limit_text(exits.stop_limit_price, side)
        orders.append(stop)
    if len(orders) == 1:
        return orders[0]
    return {"orderStrategyType": "OCO", "childOrderStrategies": orders}


def _check(ticket: Ticket) -> None:
    if ticket.asset_class is not AssetClass.EQUITY:
        raise ValueError(f"{ticket.asset_class} is not traded here, only stocks")
    if ticket.quantity is None:
        raise ValueError("notional is not taken by Schwab; write qty")
    if ticket.time_in_force is TicketTime.OPG:
        raise ValueError("timeInForce 'opg' has no equivalent at Schwab")
    if ticket.time_in_force is TicketTime.CLS and ticket.order not in _ON_CLOSE:
        raise ValueError("timeInForce 'cls' is for market and limit orders")
    if ticket.extended_hours and ticket.order is not TicketType.LIMIT:
        raise ValueError("extendedHours is for limit orders")
    if ticket.attached is None:
        return
    if ticket.attached.touch_price is not None:
        raise ValueError("a take-profit by touch is not native to Schwab")
    if ticket.extended_hours:
        raise ValueError("exits cannot be attached with extendedHours")
