"""What the venue contract needs of a venue, and the orders it sends there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable
from decimal import Decimal
from typing import Protocol

import pytest

from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import OrderType
from exitd.errors import FeedError
from exitd.ports.venue import NativeStop, PrivateEvent, Refusal, Venue
from fakes.observed import DEADLINE_S

PRICE = Decimal(140)

_client_ids = itertools.count(7_000_001)


class VenueRig(Protocol):
    """A venue with a hand on its world; the price is 140 and nothing is held."""

    venue: Venue
    symbol: str

    async def hold(self, net: str) -> None: ...

    async def count(self, client_order_id: int) -> int:
        """How many orders the venue ever took in under this id."""
        ...


class FaultyRig(VenueRig, Protocol):
    async def lose_reply(self) -> None: ...

    async def lose_request(self) -> None: ...

    async def pass_window(self) -> None:
        """Let more than the request window pass at the venue."""
        ...

    async def take_down(self) -> None: ...


def close(
    rig: VenueRig,
    quantity: str = "1",
    *,
    side: OrderSide = OrderSide.SELL,
    price: str | None = None,
    tif: TimeInForce = TimeInForce.IOC,
) -> CloseOrder:
    client_id = next(_client_ids)
    return CloseOrder(
        attempt=AttemptKey("sol/sl", 1, client_id),
        account=rig.venue.account,
        symbol=rig.symbol,
        side=side,
        quantity=Decimal(quantity),
        order=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=None if price is None else Decimal(price),
        time_in_force=tif,
        client_order_id=client_id,
    )


async def send(rig: VenueRig, order: CloseOrder) -> OrderReport | Refusal:
    return await rig.venue.send(order, rig.venue.prepare(order))


async def sent(rig: VenueRig, order: CloseOrder) -> OrderReport:
    answer = await send(rig, order)
    assert isinstance(answer, OrderReport), answer
    return answer


async def held(rig: VenueRig) -> dict[Side, Decimal]:
    reports = await rig.venue.positions(rig.symbol)
    return {report.key.side: report.quantity for report in reports}


async def eventually(rig: VenueRig, client_order_id: int, since_ns: int) -> OrderReport:
    """Read the history until it shows an order, as recovery does."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            for report in await rig.venue.orders_since(since_ns, rig.symbol):
                if report.client_order_id == client_order_id:
                    return report


def native_stop(rig: VenueRig, price: str = "100") -> NativeStop:
    return NativeStop(
        symbol=rig.symbol,
        side=OrderSide.SELL,
        trigger_price=Decimal(price),
        trigger_kind="mark",
        quantity=None,
        client_order_id=next(_client_ids),
    )


def is_held(quantity: str):
    def is_it(event: PrivateEvent) -> bool:
        return isinstance(event, PositionReport) and event.quantity == Decimal(quantity)

    return is_it


async def lost(running: Awaitable[None]) -> None:
    """Wait for a stream to end the only way it may."""
    with pytest.raises(FeedError):
        await running
