"""The Backpack adapter against the simulated exchange, over real sockets."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import close
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.system.clock import SystemClock
from fakes.simulated import SimulatedAccount, account, simulator

ORDER = "/api/v1/order"


class BackpackRig:
    symbol = "SOL_USDC_PERP"

    def __init__(self, trader: SimulatedAccount) -> None:
        self.trader = trader
        self.venue = BackpackVenue(
            "backpack",
            key=trader.key,
            secret=trader.secret,
            clock=SystemClock(),
            url=trader.url,
            ws_url=trader.ws_url,
            deadline_s=5.0,
        )

    async def hold(self, net: str) -> None:
        await self.trader.hold(self.symbol, net)

    async def count(self, client_order_id: int) -> int:
        ids = [row["clientId"] for row in await self.trader.ledger()]
        return ids.count(client_order_id)

    async def lose_reply(self) -> None:
        await self.trader.fault("lost_reply", ORDER)

    async def lose_request(self) -> None:
        await self.trader.fault("lost_request", ORDER)

    async def pass_window(self) -> None:
        await self.trader.post("clock", skew_ms=6_000)

    async def take_down(self) -> None:
        await self.trader.fault("unavailable", count=10)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--paused") as address:
        yield address


@pytest.fixture
async def rig(url) -> AsyncIterator[BackpackRig]:
    trader = account(url)
    rig = BackpackRig(trader)
    try:
        await trader.price(rig.symbol, "140")
        await rig.venue.sync_clock()
        yield rig
    finally:
        await trader.post("clock", skew_ms=0)
        await rig.venue.close()
        await trader.http.aclose()


class TestBackpackVenue(VenueContract, FaultyVenueContract):
    async def test_given_a_prepared_close_when_looked_at_then_no_secret_in_it(
        self, rig
    ):
        prepared = rig.venue.prepare(close(rig))

        assert rig.trader.secret.reveal().encode() not in prepared.body
