"""Orders of somebody else that rest at the fake venue."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.attempt import TimeInForce
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from fakes.exchange import SOL, FakeOrder
from fakes.venue import FakeVenue


def rest(venue: FakeVenue, symbol: str = SOL, **fields: object) -> FakeOrder:
    """Let a resting order of somebody else's be there."""
    asked = {
        "id": f"N{len(venue.ledger) + 1}",
        "client_order_id": None,
        "symbol": symbol,
        "side": OrderSide.SELL,
        "quantity": Decimal(2),
        "order": OrderType.LIMIT,
        "price": Decimal(130),
        "time_in_force": TimeInForce.GTC,
        "ts_created_ns": 1,
        "ts_changed_ns": 1,
        **fields,
    }
    order = FakeOrder(**asked)  # type: ignore[arg-type]
    venue.exchange.accept(order)
    return order
