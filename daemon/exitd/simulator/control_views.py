"""What the control API shows of the exchange's insides."""

from __future__ import annotations

from typing import Any

import msgspec

from exitd.simulator.accounts import Account
from exitd.simulator.exchange import Exchange
from exitd.simulator.faults import Fault
from exitd.simulator.requests import Request
from exitd.simulator.shapes import (
    fill_document,
    order_document,
    position_document,
)
from exitd.simulator.values import HOUSE, Order, text


def state(exchange: Exchange) -> dict[str, Any]:
    return {
        "seed": exchange.seed,
        "cadence_ms": exchange.cadence_ms,
        "paused": exchange.paused,
        "elapsed_ms": exchange.elapsed_ms,
        "status": exchange.status,
        "skew_ms": exchange.clock.skew_ms,
        "sockets": len(exchange.hub.sessions),
        "streams": sorted({stream for stream, _ in exchange.hub.listened()}),
        "markets": {s: m.state for s, m in exchange.state.markets.items()},
        **prices(exchange),
    }


def prices(exchange: Exchange) -> dict[str, Any]:
    return {
        "prices": {
            symbol: {
                "mark": text(at.mark),
                "index": text(at.index),
                "last": text(at.last),
            }
            for symbol, at in exchange.state.prices.items()
        }
    }


def _users(exchange: Exchange, request: Request | None = None) -> list[Account]:
    wanted = None if request is None else request.parameter("api_key")
    return [
        account
        for key, account in exchange.state.accounts.items()
        if key != HOUSE and wanted in (None, key)
    ]


def accounts(exchange: Exchange) -> list[Any]:
    return [
        {
            "api_key": account.key,
            "balances": {a: text(v) for a, v in account.balances.items()},
            "open_orders": len(account.open_orders),
            "orders": len(account.orders),
            "fills": len(account.fills),
            **positions(exchange, account.key),
        }
        for account in _users(exchange)
    ]


def positions(exchange: Exchange, key: str) -> dict[str, Any]:
    account = exchange.state.open_account(key)
    return {
        "positions": [
            position_document(
                account,
                position,
                exchange.state.markets[position.symbol],
                exchange.state.prices[position.symbol],
                alone=True,
            )
            for position in account.positions.values()
        ]
    }


def order_row(exchange: Exchange, order: Order) -> dict[str, Any]:
    return {"apiKey": order.account, **order_document(order, exchange.quirks)}


def orders(exchange: Exchange, request: Request) -> list[Any]:
    """Open orders of all accounts, or of `api_key`."""
    return [
        order_row(exchange, order)
        for account in _users(exchange, request)
        for order in account.open_orders.values()
    ]


def fills(exchange: Exchange, request: Request) -> list[Any]:
    return [
        {"apiKey": account.key, **fill_document(fill, exchange.quirks)}
        for account in _users(exchange, request)
        for fill in account.fills
    ]


def ledger(exchange: Exchange, request: Request) -> dict[str, Any]:
    """
    Every order that the engine ever accepted, in order, with its fills.

    `requestedQuantity` is what was asked for, before a reduce-only trim.
    """
    rows = []
    for account in _users(exchange, request):
        by_order: dict[str, list[dict[str, Any]]] = {}
        for fill in account.fills:
            row = fill_document(fill, exchange.quirks)
            by_order.setdefault(fill.order_id, []).append(row)
        for order in account.orders.values():
            asked = order.initial_quantity
            rows.append(
                {
                    **order_row(exchange, order),
                    "reduceOnly": order.reduce_only,
                    "requestedQuantity": None if asked is None else text(asked),
                    "expiryReason": order.expiry_reason,
                    "origin": order.origin,
                    "acceptedAtUs": order.created_us,
                    "updatedAtUs": order.updated_us,
                    "fills": by_order.get(order.id, []),
                }
            )
    rows.sort(key=lambda row: row["acceptedAtUs"])
    return {"orders": rows}


def fault_row(fault: Fault) -> dict[str, Any]:
    return msgspec.structs.asdict(fault)
