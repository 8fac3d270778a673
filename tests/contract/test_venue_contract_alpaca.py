"""The Alpaca adapter against a simulated Alpaca, over real sockets.

Left out is what Alpaca has not: an order that ends at once when its price is not met.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.alpaca_desk import AlpacaDesk, desk
from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import close, send
from exitd.errors import VenueUnavailable


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaDesk]:
    async with desk() as at_it:
        yield at_it


class TestAlpacaVenue(VenueContract, FaultyVenueContract):
    # Whoever sends such a close takes it back: `Capabilities.has_ioc` says so.
    test_given_an_ioc_limit_away_from_the_price_when_sent_then_expired = None

    async def test_given_a_venue_that_is_down_when_read_then_unavailable_not_flat(
        self, rig
    ):
        await rig.take_down()

        with pytest.raises(VenueUnavailable):
            await rig.venue.positions(rig.symbol)
        with pytest.raises(VenueUnavailable):
            await rig.venue.open_orders()
        with pytest.raises(VenueUnavailable):
            await rig.venue.orders_since(0)
        with pytest.raises(VenueUnavailable):
            await rig.venue.fills_since(0)
        # It never pays any, so there is nothing to be asked.
        assert await rig.venue.funding_since(0) == ()

    async def test_given_a_prepared_close_when_looked_at_then_no_secret_in_it(
        self, rig
    ):
        prepared = rig.venue.prepare(close(rig))

        assert b"PKTEST" not in prepared.body
        assert b"secret-of-the-tests" not in prepared.body

    async def test_given_a_limit_that_is_not_met_when_sent_then_it_rests(self, rig):
        await rig.hold("2")

        report = await send(rig, close(rig, price="150"))

        assert report.status == "working"
        assert rig.there.exchange.orders[-1].time_in_force == "day"
