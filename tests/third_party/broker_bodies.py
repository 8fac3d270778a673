"""
What exitd writes to a broker for each kind of order, as one JSON object.

    python tests/third_party/broker_bodies.py interactive_brokers|schwab

Run by broker_clients.py, which compares it with what other clients write.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from exitd.adapters.interactive_brokers.orders import STORED, stored, ticket_orders
from exitd.adapters.schwab.bodies import close_body, ticket_body
from exitd.adapters.schwab.entries import written
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    PositionIntent,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.core.trigger import OrderType

TICKET = Ticket(
    symbol="AAPL",
    asset_class=AssetClass.EQUITY,
    side=OrderSide.BUY,
    quantity=Decimal(5),
    order=TicketType.MARKET,
    client_order_id="sig-1",
)
STOP, LIMIT = Decimal("150.50"), Decimal("151.00")
TARGET, LOSS = Decimal(160), Decimal(145)
TICKETS = {
    "market": TICKET,
    "limit": replace(
        TICKET,
        order=TicketType.LIMIT,
        limit_price=LIMIT,
        time_in_force=TicketTime.GTC,
    ),
    "stop": replace(TICKET, order=TicketType.STOP, stop_price=STOP),
    "stop_limit": replace(
        TICKET, order=TicketType.STOP_LIMIT, stop_price=STOP, limit_price=LIMIT
    ),
    "trailing": replace(
        TICKET, order=TicketType.TRAILING_STOP, trail_percent=Decimal("2.5")
    ),
    "bracket": replace(
        TICKET, attached=AttachedExits(take_profit_price=TARGET, stop_price=LOSS)
    ),
}
SCHWAB = {
    "one exit": replace(TICKET, attached=AttachedExits(stop_price=LOSS)),
    "extended": replace(
        TICKET, order=TicketType.LIMIT, limit_price=LIMIT, extended_hours=True
    ),
    "below a dollar": replace(
        TICKET, order=TicketType.LIMIT, limit_price=Decimal("0.12351")
    ),
    "sell short": replace(
        TICKET, side=OrderSide.SELL, intent=PositionIntent.SELL_TO_OPEN
    ),
    "sell to close": replace(
        TICKET, side=OrderSide.SELL, intent=PositionIntent.SELL_TO_CLOSE
    ),
    "buy to cover": replace(TICKET, intent=PositionIntent.BUY_TO_CLOSE),
}
CLOSE = CloseOrder(
    attempt=AttemptKey("aapl/sl", 1, 1),
    account="schwab",
    symbol="AAPL",
    side=OrderSide.SELL,
    quantity=Decimal(5),
    order=OrderType.MARKET,
    price=None,
    time_in_force=TimeInForce.IOC,
    client_order_id=7,
)
CLOSES = {
    "close of a long": CLOSE,
    "close of a short": replace(CLOSE, side=OrderSide.BUY),
    "limit close": replace(CLOSE, order=OrderType.LIMIT, price=Decimal("150.2401")),
}


def interactive_brokers() -> dict[str, Any]:
    return {
        name: json.loads(
            STORED.decode(
                stored("orders", ticket_orders("DU1234567", 265598, ticket))
            ).body
        )["orders"]
        for name, ticket in TICKETS.items()
    }


def schwab() -> dict[str, Any]:
    bodies = {n: ticket_body(ticket) for n, ticket in (TICKETS | SCHWAB).items()}
    bodies |= {name: close_body(close) for name, close in CLOSES.items()}
    return {name: json.loads(written(body)) for name, body in bodies.items()}


if __name__ == "__main__":
    made = {"interactive_brokers": interactive_brokers, "schwab": schwab}
    print(json.dumps(made[sys.argv[1]]()))
