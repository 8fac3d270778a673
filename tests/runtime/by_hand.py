"""Trades that somebody makes at the venue without the daemon."""

from __future__ import annotations

import itertools
from decimal import Decimal

from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from fakes.exchange import SOL
from fakes.venue import FakeVenue

_numbers = itertools.count(1)


async def sell_by_hand(venue: FakeVenue, quantity: str = "1") -> None:
    """Sell at the market with a small client id, as people choose them."""
    number = next(_numbers)
    order = CloseOrder(
        attempt=AttemptKey("by hand", 1, number),
        account=venue.account,
        symbol=SOL,
        side=OrderSide.SELL,
        quantity=Decimal(quantity),
        order=OrderType.MARKET,
        price=None,
        time_in_force=TimeInForce.IOC,
        client_order_id=number,
    )
    await venue.send(order, venue.prepare(order))
