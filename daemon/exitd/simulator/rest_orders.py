"""REST: place, query and cancel orders."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from exitd.simulator.engine import Engine
from exitd.simulator.exchange import Exchange
from exitd.simulator.intake import read_client_id
from exitd.simulator.refusal import Refused, invalid_request, not_found
from exitd.simulator.requests import Reply, Request, json_reply
from exitd.simulator.shapes import order_document
from exitd.simulator.values import Order


def place(exchange: Exchange, request: Request) -> Reply:
    order = exchange.engine.submit(request.key, request.document(), request.now_us)
    return json_reply(order_document(order, exchange.quirks))


def place_batch(exchange: Exchange, request: Request) -> Reply:
    """One answer for each order, in order; some may fail while others stand."""
    payloads = request.payload
    if not isinstance(payloads, list) or not payloads:
        raise invalid_request("parse request payload error: expected an array")
    if len(payloads) > exchange.quirks.batch_max:
        raise invalid_request(
            f"Batch exceeds the maximum of {exchange.quirks.batch_max} orders"
        )
    if exchange.quirks.batch_failure == "all":
        _rehearse(exchange, request, payloads)
    answers: list[dict[str, Any]] = []
    for payload in payloads:
        try:
            if not isinstance(payload, dict):
                raise invalid_request("parse request payload error: expected an object")
            order = exchange.engine.submit(
                request.key, payload, exchange.clock.stamp_us()
            )
            answers.append(
                {"operation": "Ok", **order_document(order, exchange.quirks)}
            )
        except Refused as refused:
            answers.append(
                {"operation": "Err", "code": refused.code, "message": refused.message}
            )
    return json_reply(answers)


def _rehearse(exchange: Exchange, request: Request, payloads: list[Any]) -> None:
    """
    Try a batch on a copy of everything, so that it is taken whole or not at all.

    Raises:
        Refused: One of its orders would be refused.
    """
    copy = Engine(deepcopy(exchange.state))
    for payload in payloads:
        copy.submit(request.key, payload, request.now_us)


def _check_symbol(exchange: Exchange, symbol: object) -> str:
    if not isinstance(symbol, str) or symbol not in exchange.state.markets:
        raise invalid_request('failed to parse "MarketSymbol": Invalid market symbol')
    return symbol


def _find(
    exchange: Exchange,
    key: str,
    symbol: str,
    order_id: str | None,
    client_id: int | None,
) -> Order | None:
    """An open order; of several with one client id, the newest."""
    account = exchange.state.open_account(key)
    if order_id is not None:
        order = account.open_orders.get(order_id)
        return order if order is not None and order.symbol == symbol else None
    for order in reversed(account.open_orders.values()):
        if order.client_id == client_id and order.symbol == symbol:
            return order
    return None


def _one_of(order_id: object, client_id: object) -> None:
    if (order_id is None) == (client_id is None):
        raise invalid_request("Must specify either `orderId` or `clientId`")


def get(exchange: Exchange, request: Request) -> Reply:
    """An order that still rests; anything else is 404, whatever became of it."""
    symbol = _check_symbol(exchange, request.required("symbol"))
    order_id, client_id = request.parameter("orderId"), request.integer("clientId")
    _one_of(order_id, client_id)
    order = _find(exchange, request.key, symbol, order_id, client_id)
    hidden = exchange.quirks.get_trigger_pending == "not_found"
    if order is None or (order.is_pending_trigger and hidden):
        raise not_found()
    return json_reply(order_document(order, exchange.quirks))


def get_all(exchange: Exchange, request: Request) -> Reply:
    symbol, kinds = request.parameter("symbol"), request.market_types()
    if symbol is not None:
        _check_symbol(exchange, symbol)
    account = exchange.state.open_account(request.key)
    markets = exchange.state.markets
    return json_reply(
        [
            order_document(order, exchange.quirks)
            for order in account.open_orders.values()
            if symbol in (None, order.symbol)
            and (not kinds or markets[order.symbol].kind in kinds)
        ]
    )


def cancel(exchange: Exchange, request: Request) -> Reply:
    document = request.document()
    symbol = _check_symbol(exchange, document.get("symbol"))
    order_id = document.get("orderId")
    client_id = read_client_id(document)
    _one_of(order_id, client_id)
    if order_id is not None and not isinstance(order_id, str):
        raise invalid_request(
            'parse request payload error: failed to parse "string": Expected input '
            'type "string" (occurred while parsing "OrderCancelPayload")'
        )
    order = _find(exchange, request.key, symbol, order_id, client_id)
    if order is None:
        quirks = exchange.quirks
        raise Refused(
            quirks.cancel_unknown_status,
            quirks.cancel_unknown_code,
            quirks.cancel_unknown_message,
        )
    exchange.engine.cancel(request.key, order, request.now_us)
    return json_reply(order_document(order, exchange.quirks))


def cancel_all(exchange: Exchange, request: Request) -> Reply:
    """All open orders of one market, or only the limits, or only the triggers."""
    document = request.document()
    symbol = _check_symbol(exchange, document.get("symbol"))
    kind = document.get("orderType")
    if kind not in (None, "RestingLimitOrder", "ConditionalOrder"):
        raise invalid_request(
            'parse request payload error: failed to parse "CancelOrderTypeEnum": '
            "Expect a valid enumeration value."
        )
    if kind is None and exchange.quirks.cancel_all_default == "resting":
        kind = "RestingLimitOrder"
    account = exchange.state.open_account(request.key)
    chosen = [
        order
        for order in account.open_on(symbol)
        if kind is None or order.is_pending_trigger == (kind == "ConditionalOrder")
    ]
    for order in chosen:
        exchange.engine.cancel(request.key, order, exchange.clock.stamp_us())
    return json_reply([order_document(order, exchange.quirks) for order in chosen])
