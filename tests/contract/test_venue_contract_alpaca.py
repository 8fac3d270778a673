"""The Alpaca adapter against a simulated Alpaca, over real sockets.

Left out is what Alpaca has not: an order that ends at once when its price is not met.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import close, send
from exitd.adapters.alpaca.ids import close_id
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.secret import Secret
from fakes.alpaca.serving import Alpaca, alpaca


class LateClock:
    """The system's clock, which a test can put forward."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.late_ns = 0

    def now_ns(self) -> int:
        return self._clock.now_ns() + self.late_ns

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns() + self.late_ns


class AlpacaRig:
    def __init__(self, there: Alpaca, symbol: str) -> None:
        self.there = there
        self.symbol = symbol
        self.clock = LateClock()
        there.exchange.prices[symbol] = Decimal(140)
        there.exchange.keys = ("PKTEST", "secret-of-the-tests")
        self.venue = AlpacaVenue(
            "alpaca",
            key=Secret("PKTEST"),
            secret=Secret("secret-of-the-tests"),
            clock=self.clock,
            url=there.url,
            ws_url=there.ws_url,
            data_url=there.url,
        )

    async def hold(self, net: str) -> None:
        exchange = self.there.exchange
        if exchange.listeners:
            exchange.trade_by_hand(self.symbol, Decimal(net))
        else:
            # It was bought long ago.
            exchange.book.apply(self.symbol, Decimal(net), Decimal(140))

    async def count(self, client_order_id: int) -> int:
        ids = [order.client_order_id for order in self.there.exchange.orders]
        return ids.count(close_id(client_order_id))

    async def lose_reply(self) -> None:
        self.there.faults.add("lost_reply", "/v2/orders", "POST")

    async def lose_request(self) -> None:
        self.there.faults.add("lost_request", "/v2/orders", "POST")

    async def pass_window(self) -> None:
        self.clock.late_ns += 30 * NS_PER_S

    async def take_down(self) -> None:
        self.there.faults.add("unavailable", count=10)


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaRig]:
    async with alpaca(is_prompt=True) as there:
        rig = AlpacaRig(there, "AAPL")
        await rig.venue.sync_clock()
        try:
            yield rig
        finally:
            await rig.venue.close()


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
