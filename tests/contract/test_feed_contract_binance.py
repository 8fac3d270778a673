"""The Binance feed against the simulated exchange, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from contract.feed_contract import FeedContract
from exitd.adapters.binance.feed import BinanceFeed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind
from fakes.observed import DEADLINE_S
from fakes.simulated import SimulatedAccount, account, simulator

MARKET = "SOL_USDC_PERP"


class BinanceFeedRig:
    symbol = "SOLUSDT"

    def __init__(self, trader: SimulatedAccount) -> None:
        self.trader = trader
        self.feed = BinanceFeed(
            "binance", clock=SystemClock(), url=trader.url, ws_url=trader.ws_url
        )

    async def publish(self, kind: PriceKind, price: str) -> None:
        await self.trader.post("prices", symbol=MARKET, **{kind.value: price})

    @property
    def streams(self) -> frozenset[str]:
        return self.feed.streams

    async def settled(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            streams = None
            while streams is None or not self.streams <= streams:
                answer = await self.trader.http.get("/sim/state")
                streams = set(answer.json()["streams"])

    async def drop(self) -> None:
        await self.trader.post("sockets", action="drop")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--paused") as address:
        yield address


@pytest.fixture
async def rig(url) -> AsyncIterator[BinanceFeedRig]:
    trader = account(url)
    rig = BinanceFeedRig(trader)
    try:
        await trader.price(MARKET, "140")
        yield rig
    finally:
        await rig.feed.close()
        await trader.http.aclose()


class TestBinanceFeed(FeedContract):
    pass
