"""The Interactive Brokers adapter against a fake gateway, over real sockets.

Left out of the contract is the expiry of a request: the broker's have none, and what is
in doubt is sent again under the same cOID.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import PRICE
from exitd.adapters.interactive_brokers.contracts import Listed
from exitd.adapters.interactive_brokers.venue import InteractiveBrokersVenue
from exitd.adapters.system.clock import SystemClock
from fakes.interactive_brokers.book import Book
from fakes.interactive_brokers.door import Gateway, serving

AAPL = 265598
ORDERS = "DU1234567/orders"


class InteractiveBrokersRig:
    symbol = "AAPL"

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.venue = InteractiveBrokersVenue(
            "ib",
            broker_account="DU1234567",
            clock=SystemClock(),
            url=gateway.url,
            symbols={"AAPL": Listed()},
            poll_s=0.02,
            pause_s=0.0,
        )

    async def hold(self, net: str) -> None:
        self.gateway.book.hold(AAPL, Decimal(net), PRICE)

    async def count(self, client_order_id: int) -> int:
        return self.gateway.book.seen_refs.count(f"exitd-{client_order_id}")

    async def lose_reply(self) -> None:
        self.gateway.fault(ORDERS, "after")

    async def lose_request(self) -> None:
        self.gateway.fault(ORDERS, "drop")

    async def pass_window(self) -> None:
        raise AssertionError("requests do not expire here")

    async def take_down(self) -> None:
        self.gateway.fault("", *(["503"] * 20))


@pytest.fixture
async def rig() -> AsyncIterator[InteractiveBrokersRig]:
    async with serving(Gateway(Book())) as gateway:
        rig = InteractiveBrokersRig(gateway)
        await rig.venue.contracts.conid(rig.symbol)
        try:
            yield rig
        finally:
            await rig.venue.close()


class TestInteractiveBrokersVenue(VenueContract):
    """And those of the faulty ones that fit, by name."""


_FIT = [
    FaultyVenueContract.test_b088_given_a_lost_reply_when_sent_then_unknown_and_found_once,
    FaultyVenueContract.test_b089_given_a_lost_request_when_sent_then_unknown_and_not_found,
    FaultyVenueContract.test_given_a_venue_that_is_down_when_read_then_unavailable_not_flat,
]
for _test in _FIT:
    setattr(TestInteractiveBrokersVenue, _test.__name__, _test)
