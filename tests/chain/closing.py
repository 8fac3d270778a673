"""Quotes with a close of ours on the chain, and what is told of them."""

from __future__ import annotations

from decimal import Decimal

from chain.world import World
from exitd.core.inputs import OrderReport, PositionReport
from exitd.ports.venue import PrivateEvent


def orders(events: list[PrivateEvent]) -> list[OrderReport]:
    return [e for e in events if isinstance(e, OrderReport)]


def held(events: list[PrivateEvent]) -> list[Decimal]:
    return [e.quantity for e in events if isinstance(e, PositionReport)]


async def working(w: World, quantity: str = "100", **how: object) -> tuple:
    """A quote with a close of ours pending on the chain, told already."""
    quote_id = w.chain.open()
    symbol = await w.ready(quote_id)
    order = w.order(symbol, quantity, **how)
    report = await w.send(order)
    assert isinstance(report, OrderReport), report
    await w.look()
    return quote_id, order, report
