"""
Reading an order: from the JSON of `OrderExecutePayload` to an `Order`.

Only what can be judged from the payload alone is judged here; `admission` knows the
market and the account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused, invalid_order, invalid_request
from exitd.simulator.values import AttachedExit, Order, Side

_DECIMAL = re.compile(r"\d{1,28}(\.\d{1,28})?\Z")
_SHARE = re.compile(r"(\d{1,3}(\.\d{1,8})?)%\Z")
_TRIGGER_BY = ("MarkPrice", "LastPrice", "IndexPrice")
_ENUMS = {
    "orderType": ("OrderType", ("Market", "Limit")),
    "side": ("Side", ("Bid", "Ask")),
    "timeInForce": ("TimeInForce", ("GTC", "IOC", "FOK")),
    "selfTradePrevention": (
        "SelfTradePrevention",
        ("RejectTaker", "RejectMaker", "RejectBoth"),
    ),
    "triggerBy": ("TriggerBy", _TRIGGER_BY),
    "takeProfitTriggerBy": ("TriggerBy", _TRIGGER_BY),
    "stopLossTriggerBy": ("TriggerBy", _TRIGGER_BY),
    "slippageToleranceType": ("SlippageToleranceType", ("TickSize", "Percent")),
}
_BOOLEANS = (
    "postOnly",
    "reduceOnly",
    "autoLend",
    "autoLendRedeem",
    "autoBorrow",
    "autoBorrowRepay",
)


def _unreadable(kind: str, why: str) -> Refused:
    return invalid_request(
        f'parse request payload error: failed to parse "{kind}": {why} '
        '(occurred while parsing "OrderExecutePayload")'
    )


def read_decimal(payload: Mapping[str, Any], name: str) -> Decimal | None:
    """The decimal string under *name*; a JSON number is not one."""
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _DECIMAL.match(value):
        raise _unreadable("Decimal", f"Invalid decimal in `{name}`")
    return Decimal(value)


def read_client_id(payload: Mapping[str, Any]) -> int | None:
    """The client id, 0 to 4294967295; never a string."""
    value = payload.get("clientId")
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= 0xFFFF_FFFF:
        raise _unreadable("integer_uint32", "Expected a uint32 in `clientId`")
    return value


def read_share(trigger_quantity: str) -> Decimal | None:
    """The fraction that "80%" means; None for a plain decimal."""
    found = _SHARE.match(trigger_quantity)
    return None if found is None else Decimal(found.group(1)) / 100


def _check_shapes(payload: Mapping[str, Any]) -> None:
    for name in ("orderType", "side", "symbol"):
        if payload.get(name) is None:
            raise _unreadable("OrderExecutePayload", f'property "{name}" is required')
    for name, (kind, values) in _ENUMS.items():
        if payload.get(name) is not None and payload[name] not in values:
            raise _unreadable(kind, "Expect a valid enumeration value.")
    for name in _BOOLEANS:
        if payload.get(name) is not None and not isinstance(payload[name], bool):
            raise _unreadable("boolean", f"Expected a boolean in `{name}`")


def _attached(payload: Mapping[str, Any], prefix: str) -> AttachedExit | None:
    price = read_decimal(payload, f"{prefix}TriggerPrice")
    if price is None:
        return None
    return AttachedExit(
        trigger_price=price,
        trigger_by=payload.get(f"{prefix}TriggerBy"),
        limit_price=read_decimal(payload, f"{prefix}LimitPrice"),
    )


def read_order(account: str, payload: Mapping[str, Any], quirks: Quirks) -> Order:
    """
    The order that *payload* asks for, without id and time.

    Raises:
        Refused: The payload is no order, whatever the market.
    """
    _check_shapes(payload)
    if not isinstance(payload["symbol"], str):
        raise _unreadable("MarketSymbol", "Invalid market symbol")
    order = Order(
        id="",
        account=account,
        symbol=payload["symbol"],
        side=Side(payload["side"]),
        order_type=payload["orderType"],
        quantity=read_decimal(payload, "quantity"),
        quote_quantity=read_decimal(payload, "quoteQuantity"),
        price=read_decimal(payload, "price"),
        time_in_force=payload.get("timeInForce") or "GTC",
        post_only=payload.get("postOnly"),
        reduce_only=payload.get("reduceOnly"),
        client_id=read_client_id(payload),
        self_trade_prevention=payload.get("selfTradePrevention") or "RejectTaker",
        slippage_tolerance=read_decimal(payload, "slippageTolerance"),
        slippage_kind=payload.get("slippageToleranceType"),
        trigger_price=read_decimal(payload, "triggerPrice"),
        trigger_by=payload.get("triggerBy"),
        trigger_quantity=payload.get("triggerQuantity"),
        take_profit=_attached(payload, "takeProfit"),
        stop_loss=_attached(payload, "stopLoss"),
    )
    _check_combination(order, quirks)
    return order


def _check_combination(order: Order, quirks: Quirks) -> None:
    if (order.trigger_price is None) != (order.trigger_quantity is None):
        raise invalid_request(
            "Must specify both `triggerPrice` and `triggerQuantity` or neither"
        )
    if order.trigger_quantity is not None:
        written = order.trigger_quantity
        if not isinstance(written, str) or not (
            _DECIMAL.match(written) or _SHARE.match(written)
        ):
            raise _unreadable("TriggerQuantity", "Invalid trigger quantity")
        if order.quantity is not None and quirks.quantity_with_trigger == "refused":
            raise invalid_request(
                "Must specify only one of `quantity` and `triggerQuantity`"
            )
    if order.order_type == "Limit":
        if order.price is None:
            raise invalid_order("Limit orders must specify a `price`")
        if order.trigger_price is None and not order.quantity:
            raise invalid_order("Limit orders must specify a positive `quantity`")
    elif order.price is not None or order.post_only:
        raise invalid_order("Market orders cannot specify `price` or `postOnly`")
    elif order.trigger_price is None and not (order.quantity or order.quote_quantity):
        raise invalid_order("Market orders must specify a positive `quantity`")
    elif order.quantity is not None and order.quote_quantity is not None:
        raise invalid_order(
            "Market orders must specify either `quantity` or `quoteQuantity`"
        )
    if order.post_only and order.time_in_force != "GTC":
        raise invalid_order("Post only orders must be GTC")
