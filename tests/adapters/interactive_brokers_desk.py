"""An Interactive Brokers venue beside a fake gateway, and what it told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from contract.venue_rig import PRICE
from exitd.adapters.interactive_brokers.contracts import Listed
from exitd.adapters.interactive_brokers.venue import InteractiveBrokersVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.entry import EntryOrder
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.trigger import OrderType
from exitd.ports.notices import Notice
from fakes.interactive_brokers.door import Gateway, serving

AAPL, MSFT = 265598, 272093
ORDERS = "DU1234567/orders"


class Desk:
    def __init__(self, gateway: Gateway, **settings: object) -> None:
        self.gateway = gateway
        self.notices: list[Notice] = []
        known = {"AAPL": Listed(), "MSFT": Listed()}
        self.venue = InteractiveBrokersVenue(
            "ib",
            broker_account="DU1234567",
            clock=SystemClock(),
            url=gateway.url,
            on_notice=self.notices.append,
            **{"symbols": known, "poll_s": 0.02, "pause_s": 0.0, **settings},
        )

    def hold(self, net: str, conid: int = AAPL) -> None:
        self.gateway.book.hold(conid, Decimal(net), PRICE)


@asynccontextmanager
async def desk(
    gateway: Gateway | None = None, **settings: object
) -> AsyncIterator[Desk]:
    async with serving(gateway or Gateway()) as served:
        here = Desk(served, **settings)
        try:
            for symbol in ("AAPL", "MSFT"):
                await here.venue.contracts.conid(symbol)
            yield here
        finally:
            await here.venue.close()


def close(quantity: str = "10", side: OrderSide = OrderSide.SELL, number: int = 7):
    return CloseOrder(
        attempt=AttemptKey("aapl/sl", 1, number),
        account="ib",
        symbol="AAPL",
        side=side,
        quantity=Decimal(quantity),
        order=OrderType.MARKET,
        price=None,
        time_in_force=TimeInForce.IOC,
        client_order_id=number,
    )


def entry(**changes: object) -> EntryOrder:
    ticket = Ticket(
        **{
            "symbol": "AAPL",
            "asset_class": AssetClass.EQUITY,
            "side": OrderSide.BUY,
            "quantity": Decimal(5),
            "order": TicketType.MARKET,
            "client_order_id": "sig-1",
            **changes,
        }
    )
    return EntryOrder(id="route-1", account="ib", ticket=ticket)
