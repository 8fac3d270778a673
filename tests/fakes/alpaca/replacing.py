"""Replacing an order: another one takes its place, under an id of its own."""

from __future__ import annotations

from typing import Any

from fakes.alpaca.checks import check_step, number
from fakes.alpaca.exchange import Exchange
from fakes.alpaca.ids import new_id
from fakes.alpaca.orders import Order
from fakes.alpaca.refused import unfit, wrong


def replaced(exchange: Exchange, order: Order, body: dict[str, Any]) -> Order:
    """Put another order in the place of one: it has an id of its own."""
    if order.status not in ("new", "partially_filled", "held"):
        raise unfit("unable to replace order, order is not open")
    if order.notional is not None:
        raise unfit("notional orders cannot be replaced")
    client_id = str(body.get("client_order_id") or new_id())
    if client_id in exchange.client_ids:
        raise wrong("client_order_id must be unique")
    fresh = Order(
        asset=order.asset,
        side=order.side,
        type=order.type,
        time_in_force=body.get("time_in_force") or order.time_in_force,
        client_order_id=client_id,
        created_ns=exchange.now_ns(),
        qty=number(body, "qty") or order.qty,
        limit_price=number(body, "limit_price") or order.limit_price,
        stop_price=number(body, "stop_price") or order.stop_price,
        trail_price=order.trail_price and (number(body, "trail") or order.trail_price),
        trail_percent=order.trail_percent
        and (number(body, "trail") or order.trail_percent),
        hwm=order.hwm,
        extended_hours=order.extended_hours,
        order_class=order.order_class,
        position_intent=order.position_intent,
        parent=order.parent,
        legs=order.legs,
        status=order.status,
        replaces=order.id,
    )
    for name in ("limit_price", "stop_price"):
        check_step(order.asset, name, number(body, name))
    if fresh.type == "trailing_stop":
        exchange.matching.trail(fresh)
    for leg in order.legs:
        leg.parent = fresh
    if order.parent is not None:
        siblings = order.parent.legs
        siblings[siblings.index(order)] = fresh
    exchange.client_ids.add(client_id)
    exchange.orders.append(fresh)
    order.replaced_by = fresh.id
    exchange.end(order, "replaced")
    exchange.tell(fresh, "new")
    exchange.follow(lambda: exchange.matching.run(fresh.symbol))
    return fresh
