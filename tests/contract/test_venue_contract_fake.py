"""The fake keeps the contract that its users rely on."""

from decimal import Decimal

import pytest

from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import PRICE
from exitd.core.units import NS_PER_S
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.outcomes import LoseReply, LoseRequest
from fakes.venue import FakeVenue


class FakeRig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.venue = FakeVenue(self.clock)
        self.symbol = SOL
        self.venue.set_price(SOL, str(PRICE))

    async def hold(self, net: str) -> None:
        self.venue.hold(SOL, net, str(PRICE))

    async def count(self, client_order_id: int) -> int:
        ids = [order.client_order_id for order in self.venue.ledger]
        return ids.count(client_order_id)

    async def lose_reply(self) -> None:
        self.venue.script(LoseReply())

    async def lose_request(self) -> None:
        self.venue.script(LoseRequest())

    async def pass_window(self) -> None:
        self.clock.advance(6 * NS_PER_S)

    async def take_down(self) -> None:
        self.venue.is_down = True


@pytest.fixture
def rig() -> FakeRig:
    return FakeRig()


class TestFakeVenue(VenueContract, FaultyVenueContract):
    async def test_given_a_mark_when_asked_then_told(self, rig):
        assert await rig.venue.mark_price(SOL) == Decimal(140)
