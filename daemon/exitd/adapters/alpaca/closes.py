"""Order bodies of closes and native stops.

Alpaca has no reduce-only. What keeps a close from opening is its intent, which Alpaca
compares with the position and refuses where it would be another, and its quantity,
which is never above the position that was read. Nothing here can say anything else.
"""

from __future__ import annotations

from decimal import Decimal

from exitd.adapters.alpaca.ids import close_id
from exitd.adapters.alpaca.markets import is_crypto, on_step
from exitd.core.attempt import CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import text
from exitd.ports.venue import NativeStop

Body = dict[str, str | bool]

_INTENTS = {OrderSide.SELL: "sell_to_close", OrderSide.BUY: "buy_to_close"}


def close_body(order: CloseOrder) -> Body:
    """Write a close.

    Raises:
        AssertionError: A limit close without a price (a bug in the caller).
    """
    body: Body = {
        "symbol": order.symbol,
        "side": order.side.value,
        "qty": text(order.quantity),
        "type": "market",
        "time_in_force": time_in_force(order),
        "position_intent": _INTENTS[order.side],
        "client_order_id": close_id(order.client_order_id),
    }
    if order.order is OrderType.LIMIT:
        assert order.price is not None
        body["type"] = "limit"
        body["limit_price"] = text(on_step(order.symbol, order.price, order.side))
        if order.asked is not None and order.asked.is_extended:
            body["extended_hours"] = True
    return body


def time_in_force(order: CloseOrder) -> str:
    """Choose how long a close may work.

    Nothing ends at once for shares (`Capabilities.has_ioc`): what is not to rest is
    taken back by whoever asked for it. A part of a share is for the day only. Crypto
    has no day: what is asked for one is taken back at its end.
    """
    asked = order.asked
    if is_crypto(order.symbol):
        is_at_once = order.order is OrderType.LIMIT
        is_at_once = is_at_once and order.time_in_force is TimeInForce.IOC
        is_at_once = is_at_once or (asked is not None and asked.is_once)
        return "ioc" if is_at_once else "gtc"
    if asked is not None and (asked.is_once or asked.is_for_a_day):
        return "day"
    rests = order.order is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC
    return "gtc" if rests and is_whole(order.quantity) else "day"


def native_stop_body(stop: NativeStop, quantity: Decimal) -> Body:
    """Write a stop that rests at Alpaca; it follows no position, so it has a size.

    A stop of a part of a share is for the day only.
    """
    rests = is_crypto(stop.symbol) or is_whole(quantity)
    body: Body = {
        "symbol": stop.symbol,
        "side": stop.side.value,
        "qty": text(quantity),
        "type": "stop",
        "stop_price": text(stop.trigger_price),
        "time_in_force": "gtc" if rests else "day",
        "position_intent": _INTENTS[stop.side],
        "client_order_id": close_id(stop.client_order_id),
    }
    if stop.limit_price is not None:
        body["type"] = "stop_limit"
        body["limit_price"] = text(on_step(stop.symbol, stop.limit_price, stop.side))
    return body


def is_whole(quantity: Decimal) -> bool:
    return quantity == quantity.to_integral_value()
