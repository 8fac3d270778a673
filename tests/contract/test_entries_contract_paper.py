"""A paper account takes entries like any other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contract.entries_contract import (
    EntriesContract,
    ImmediateEntriesContract,
    NamedEntriesContract,
    NotionalEntriesContract,
    TrailingEntriesContract,
)
from contract.venue_rig import PRICE
from exitd.adapters.paper.venue import PaperVenue
from exitd.core.entry import EntryOrder
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.ticket import AssetClass
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.venue import FakeVenue


class PaperEntriesRig:
    def __init__(self, *kinds: PriceKind) -> None:
        self.clock = ManualClock()
        self.kinds = kinds
        self.real = FakeVenue(self.clock, "paper")
        self.venue = PaperVenue("paper", clock=self.clock, market=self.real)
        self.entries = self.venue
        self.symbol = SOL
        self.asset_class = AssetClass.CRYPTO
        self.tell(str(PRICE))

    def tell(self, price: str) -> None:
        now_ns = self.clock.now_ns()
        for kind in self.kinds:
            source = PriceSource("paper", SOL, kind)
            self.venue.on_tick(Tick(source, Decimal(price), now_ns, now_ns))

    async def price(self, price: str) -> None:
        self.tell(price)

    async def hold(self, net: str) -> None:
        self.venue._book.set_position(SOL, Decimal(net), PRICE, self.clock.now_ns())
        self.venue._tell()

    async def count(self, order: EntryOrder) -> int:
        reference = order.ticket.client_order_id
        orders = await self.venue.orders_since(0)
        return [o.reference for o in orders].count(reference)


@pytest.fixture(
    params=[
        (PriceKind.MARK,),
        (PriceKind.LAST,),
        (PriceKind.BID, PriceKind.ASK),
        (PriceKind.BID, PriceKind.ASK, PriceKind.LAST),
    ],
    ids=lambda kinds: "+".join(kinds),
)
def rig(request: pytest.FixtureRequest) -> PaperEntriesRig:
    return PaperEntriesRig(*request.param)


class TestPaperEntries(
    EntriesContract,
    NamedEntriesContract,
    TrailingEntriesContract,
    NotionalEntriesContract,
    ImmediateEntriesContract,
):
    """Whatever kind of price is seen."""
