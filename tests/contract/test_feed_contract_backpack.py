"""The Backpack feed against the simulated exchange, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from contract.feed_contract import FeedContract
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.subscriptions import stream_of
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource
from fakes.observed import DEADLINE_S
from fakes.simulated import SimulatedAccount, account, simulator


class BackpackFeedRig:
    symbol = "SOL_USDC_PERP"

    def __init__(self, trader: SimulatedAccount) -> None:
        self.trader = trader
        self.feed = BackpackFeed(
            "backpack", clock=SystemClock(), url=trader.url, ws_url=trader.ws_url
        )
        self.watched: frozenset[PriceSource] = frozenset()

    async def publish(self, kind: PriceKind, price: str) -> None:
        await self.trader.post("prices", symbol=self.symbol, **{kind.value: price})

    async def settled(self) -> None:
        wanted = {stream_of(source) for source in self.feed.watched}
        async with asyncio.timeout(DEADLINE_S):
            streams = None
            while streams is None or not wanted <= streams:
                answer = await self.trader.http.get("/sim/state")
                streams = set(answer.json()["streams"])

    async def drop(self) -> None:
        await self.trader.post("sockets", action="drop")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--paused") as address:
        yield address


@pytest.fixture
async def rig(url) -> AsyncIterator[BackpackFeedRig]:
    trader = account(url)
    rig = BackpackFeedRig(trader)
    try:
        await trader.price(rig.symbol, "140")
        yield rig
    finally:
        await rig.feed.close()
        await trader.http.aclose()


class TestBackpackFeed(FeedContract):
    pass
