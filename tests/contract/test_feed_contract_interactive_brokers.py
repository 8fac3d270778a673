"""The Interactive Brokers feed against a fake gateway, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from contract.feed_contract import FeedContract
from contract.test_venue_contract_interactive_brokers import AAPL, InteractiveBrokersRig
from exitd.adapters.interactive_brokers.feed import InteractiveBrokersFeed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind
from fakes.interactive_brokers.door import Gateway, serving
from fakes.observed import DEADLINE_S


class InteractiveBrokersFeedRig:
    symbol = "AAPL"

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.venue = InteractiveBrokersRig(gateway).venue
        self.feed = InteractiveBrokersFeed(
            "ib",
            session=self.venue.session,
            contracts=self.venue.contracts,
            clock=SystemClock(),
            url=gateway.url,
        )

    async def publish(self, kind: PriceKind, price: str) -> None:
        await self.gateway.move(self.symbol, **{kind.value: price})

    async def settled(self) -> None:
        wanted = {f"smd+{AAPL}"} if self.feed.watched else set()
        async with asyncio.timeout(DEADLINE_S):
            await self.gateway.until_topics(wanted)

    async def drop(self) -> None:
        await self.gateway.drop_sockets()


@pytest.fixture
async def rig() -> AsyncIterator[InteractiveBrokersFeedRig]:
    async with serving(Gateway()) as gateway:
        rig = InteractiveBrokersFeedRig(gateway)
        try:
            yield rig
        finally:
            await rig.feed.close()
            await rig.venue.close()


class TestInteractiveBrokersFeed(FeedContract):
    pass
