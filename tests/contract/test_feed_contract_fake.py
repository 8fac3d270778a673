"""The fake feed keeps the contract that its users rely on."""

from decimal import Decimal

import pytest

from contract.feed_contract import FeedContract, source
from exitd.core.market import PriceKind
from fakes.clocks import ManualClock
from fakes.feed import FakeFeed


class FakeFeedRig:
    symbol = "SOL_USDC_PERP"

    def __init__(self) -> None:
        self.feed = FakeFeed(ManualClock())

    async def publish(self, kind: PriceKind, price: str) -> None:
        self.feed.push(source(self, kind), price)
        self.feed.polled[source(self, kind)] = Decimal(price)

    async def settled(self) -> None:
        await self.feed.connected.wait()

    async def drop(self) -> None:
        self.feed.drop()


@pytest.fixture
def rig() -> FakeFeedRig:
    return FakeFeedRig()


class TestFakeFeed(FeedContract):
    pass
