"""A Schwab venue beside a fake broker, and what it told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from contract.test_venue_contract_schwab import logged_in
from exitd.adapters.schwab.prices import CENT
from exitd.adapters.schwab.venue import SchwabVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.entry import EntryOrder
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.trigger import OrderType
from exitd.ports.notices import Notice
from exitd.secret import Secret
from fakes.schwab.book import ACCOUNT, HASH
from fakes.schwab.door import KEY, SECRET, Broker, serving

ORDERS = f"POST /trader/v1/accounts/{HASH}/orders"


class Desk:
    def __init__(self, broker: Broker, folder: Path, **settings: object) -> None:
        self.broker = broker
        self.notices: list[Notice] = []
        self.login = logged_in(folder)
        self.venue = self.made(**settings)

    def made(self, **settings: object) -> SchwabVenue:
        """Make a venue of the same account, as a start does."""
        return SchwabVenue(
            "schwab",
            account_number=ACCOUNT,
            key=Secret(KEY),
            secret=Secret(SECRET),
            login=self.login,
            clock=SystemClock(),
            url=self.broker.url,
            on_notice=self.notices.append,
            **{"symbols": {"AAPL": CENT}, "poll_s": 0.02, **settings},
        )


@asynccontextmanager
async def desk(folder: Path, **settings: object) -> AsyncIterator[Desk]:
    async with serving(Broker()) as broker:
        here = Desk(broker, folder, **settings)
        try:
            yield here
        finally:
            await here.venue.close()


def close(
    quantity: str = "10", side: OrderSide = OrderSide.SELL, number: int = 7
) -> CloseOrder:
    return CloseOrder(
        attempt=AttemptKey("aapl/sl", 1, number),
        account="schwab",
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
    return EntryOrder(id="route-1", account="schwab", ticket=ticket)
