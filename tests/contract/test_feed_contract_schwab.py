"""The Schwab feed against a fake broker: quotes that are asked for, over real sockets.

A price is published by being there when it is asked for next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.feed_contract import FeedContract
from contract.test_venue_contract_schwab import SchwabRig
from exitd.adapters.schwab.feed import schwab_feed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind
from fakes.observed import DEADLINE_S
from fakes.schwab.door import Broker, serving


class SchwabFeedRig:
    symbol = "AAPL"

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.venue = SchwabRig(broker, folder).venue
        self.feed = schwab_feed(
            "schwab", self.venue, clock=SystemClock(), every_s=0.005
        )
        self._is_running = False

    async def publish(self, kind: PriceKind, price: str) -> None:
        self.broker.book.move(self.symbol, **{kind.value: price})
        if self._is_running:
            await self._asked()

    async def settled(self) -> None:
        self._is_running = True

    async def _asked(self) -> None:
        """Wait for two rounds: the first may have been asked before."""
        for _ in range(2):
            self.broker.quoted.clear()
            async with asyncio.timeout(DEADLINE_S):
                await self.broker.quoted.wait()

    async def drop(self) -> None:
        self.broker.fault("quotes", "drop")
        self._is_running = False


@pytest.fixture
async def rig(tmp_path) -> AsyncIterator[SchwabFeedRig]:
    async with serving(Broker()) as broker:
        rig = SchwabFeedRig(broker, tmp_path)
        try:
            yield rig
        finally:
            await rig.feed.close()
            await rig.venue.close()


class TestSchwabFeed(FeedContract):
    pass
