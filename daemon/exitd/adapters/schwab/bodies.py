"""Order bodies: closes, resting stops, and the tickets of entries.

The fields and their values are those of Schwab's order schema; prices are texts,
quantities whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from exitd.adapters.schwab.instructions import CLOSING
from exitd.adapters.schwab.prices import limit_text, stop_text
from exitd.core.attempt import CloseOrder, TimeInForce
from exitd.core.ticket import AssetClass, Ticket, TicketTime
from exitd.core.trigger import OrderType
from exitd.core.units import text
from exitd.ports.venue import NativeStop
from exitd.signals.platforms.order import Refused
from exitd.signals.platforms.schwab import schwab_order

Body = dict[str, Any]

#: What an order's own time says beyond whether it rests.
_DURATIONS: Mapping[TicketTime | None, str] = MappingProxyType(
    {TicketTime.DAY: "DAY", TicketTime.FOK: "FILL_OR_KILL"}
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
        if order.asked is not None:
            body["duration"] = _DURATIONS.get(order.asked.time, body["duration"])
            body["session"] = "SEAMLESS" if order.asked.is_extended else "NORMAL"
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
    if ticket.asset_class is not AssetClass.EQUITY:
        raise ValueError(f"{ticket.asset_class} is not traded here, only stocks")
    made = schwab_order(ticket)
    if isinstance(made, Refused):
        raise ValueError(made.sentence)
    if made.deferred is not None:
        raise ValueError("; ".join(made.deferred.why))
    return _in_shares(made.order)


def _in_shares(order: Body) -> Body:
    """Write symbols as the broker does, and whole numbers of shares as such."""
    body = dict(order)
    for leg in body.get("orderLegCollection", ()):
        symbol, quantity = leg["instrument"]["symbol"], leg["quantity"]
        body["orderLegCollection"] = [
            {
                **leg,
                "quantity": _whole(quantity),
                "instrument": {**leg["instrument"], "symbol": wire_symbol(symbol)},
            }
        ]
    if "childOrderStrategies" in body:
        children = body["childOrderStrategies"]
        body["childOrderStrategies"] = [_in_shares(child) for child in children]
    return body


def _whole(quantity: Decimal) -> int:
    if quantity != quantity.to_integral_value():
        raise ValueError(f"{text(quantity)} is not a whole number of shares")
    return int(quantity)


def _single(
    symbol: str, instruction: str, quantity: Decimal, kind: str, duration: str
) -> Body:
    return {
        "session": "NORMAL",
        "duration": duration,
        "orderType": kind,
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [
            {
                "instruction": instruction,
                "instrument": {"symbol": wire_symbol(symbol), "assetType": "EQUITY"},
                "quantity": _whole(quantity),
            }
        ],
    }
