"""REST: what became of orders, fills, positions and funding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from exitd.simulator.exchange import Exchange
from exitd.simulator.refusal import invalid_request
from exitd.simulator.requests import Reply, Request, json_reply
from exitd.simulator.shapes import (
    fill_document,
    funding_document,
    history_document,
    position_history_document,
)

_FILL_TYPES: dict[str, tuple[str | None, ...]] = {
    "User": (None,),
    "BookLiquidation": ("LiquidatePositionOnBook",),
    "Adl": ("LiquidatePositionOnAdl",),
    "Backstop": ("LiquidatePositionOnBackstop",),
    "Liquidation": ("LiquidatePositionOnBook", "LiquidatePositionOnBackstop"),
    "AllLiquidation": (
        "LiquidatePositionOnBook",
        "LiquidatePositionOnBackstop",
        "LiquidatePositionOnAdl",
    ),
    "CollateralConversion": ("CollateralConversion",),
    "CollateralConversionAndSpotLiquidation": ("CollateralConversion",),
}


def _paged(
    request: Request, rows: Sequence[Any], document: Callable[[Any], dict[str, Any]]
) -> Reply:
    """One page, newest first unless asked otherwise, with the paging headers."""
    limit = request.integer("limit")
    limit = 100 if limit is None else limit
    offset = request.integer("offset") or 0
    if not 0 <= limit <= 1_000 or offset < 0:
        raise invalid_request("Invalid limit or offset")
    if request.parameter("sortDirection") != "Asc":
        rows = rows[::-1]
    size = max(1, limit)
    pages = -(-len(rows) // size)
    headers = (
        ("X-PAGE-COUNT", str(pages)),
        ("X-CURRENT-PAGE", str(offset // size)),
        ("X-PAGE-SIZE", str(limit)),
        ("X-TOTAL", str(len(rows))),
    )
    return json_reply(
        [document(row) for row in rows[offset : offset + limit]], headers=headers
    )


def _wants_symbol(exchange: Exchange, request: Request) -> Callable[[str], bool]:
    symbol, kinds = request.parameter("symbol"), request.market_types()
    markets = exchange.state.markets

    def wanted(of: str) -> bool:
        return symbol in (None, of) and (not kinds or markets[of].kind in kinds)

    return wanted


def orders(exchange: Exchange, request: Request) -> Reply:
    wanted = _wants_symbol(exchange, request)
    order_id = request.parameter("orderId")
    visible_us = exchange.visible_until_us(request)
    account = exchange.state.open_account(request.key)
    rows = [
        order
        for order in account.orders.values()
        if wanted(order.symbol)
        and order_id in (None, order.id)
        and order.updated_us <= visible_us
    ]
    return _paged(request, rows, history_document)


def fills(exchange: Exchange, request: Request) -> Reply:
    wanted = _wants_symbol(exchange, request)
    order_id = request.parameter("orderId")
    visible_us = exchange.visible_until_us(request)
    from_ms = request.integer("from") or 0
    to_ms = request.integer("to")
    fill_type = request.parameter("fillType")
    if fill_type is not None and fill_type not in _FILL_TYPES:
        raise invalid_request(
            'failed to parse parameter `fillType`: failed to parse "FillType": '
            "Expect a valid enumeration value."
        )
    kinds = None if fill_type is None else _FILL_TYPES[fill_type]
    account = exchange.state.open_account(request.key)
    rows = [
        fill
        for fill in account.fills
        if wanted(fill.symbol)
        and order_id in (None, fill.order_id)
        and from_ms <= fill.ts_us // 1_000
        and (to_ms is None or fill.ts_us // 1_000 <= to_ms)
        and (kinds is None or fill.system_order_type in kinds)
        and fill.ts_us <= visible_us
    ]
    return _paged(request, rows, lambda fill: fill_document(fill, exchange.quirks))


def positions(exchange: Exchange, request: Request) -> Reply:
    wanted = _wants_symbol(exchange, request)
    state = request.parameter("state")
    account = exchange.state.open_account(request.key)
    visible_us = exchange.visible_until_us(request)
    every = [*account.closed, *account.positions.values()]
    rows = [
        position
        for position in every
        if wanted(position.symbol)
        and state in (None, "Open" if position.closed_us is None else "Closed")
        and position.updated_us <= visible_us
    ]
    return _paged(request, rows, lambda row: position_history_document(account, row))


def funding(exchange: Exchange, request: Request) -> Reply:
    wanted = _wants_symbol(exchange, request)
    account = exchange.state.open_account(request.key)
    rows = [payment for payment in account.funding if wanted(payment.symbol)]
    return _paged(request, rows, lambda row: funding_document(account, row))
