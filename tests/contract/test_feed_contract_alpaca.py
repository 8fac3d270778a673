"""The Alpaca feed against a simulated Alpaca, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from contract.feed_contract import FeedContract
from exitd.adapters.alpaca.feed import AlpacaFeed
from exitd.adapters.alpaca.price_stream import stream_of
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind
from exitd.secret import Secret
from fakes.alpaca.serving import Alpaca, alpaca
from fakes.observed import DEADLINE_S


class AlpacaFeedRig:
    def __init__(self, there: Alpaca, symbol: str) -> None:
        self.there = there
        self.symbol = symbol
        self.http = httpx.AsyncClient(base_url=there.url)
        there.exchange.keys = ("PKTEST", "secret-of-the-tests")
        self.feed = AlpacaFeed(
            "alpaca",
            key=Secret("PKTEST"),
            secret=Secret("secret-of-the-tests"),
            clock=SystemClock(),
            data_url=there.url,
            data_ws_url=there.data_ws_url,
        )

    async def publish(self, kind: PriceKind, price: str) -> None:
        market = self.there.market
        if kind is PriceKind.LAST:
            market.trade(self.symbol, Decimal(price))
        else:
            market.quote(self.symbol, Decimal(price), Decimal(price) + 1)

    async def settled(self) -> None:
        wanted = {stream_of(source) for source in self.feed.watched}
        async with asyncio.timeout(DEADLINE_S):
            taken: set[str] = set()
            while taken != wanted:
                rows = (await self.http.get("/sim/state")).json()["subscribed"]
                taken = {
                    f"{channel}.{symbol}"
                    for row in rows
                    for channel, symbols in row.items()
                    for symbol in symbols
                }

    async def drop(self) -> None:
        self.there.prices.drop()


@pytest.fixture(params=["AAPL", "BTC/USD"])
async def rig(request) -> AsyncIterator[AlpacaFeedRig]:
    async with alpaca() as there:
        rig = AlpacaFeedRig(there, request.param)
        try:
            yield rig
        finally:
            await rig.feed.close()
            await rig.http.aclose()


class TestAlpacaFeed(FeedContract):
    """It has no mark: what is bid stands in for it here."""

    kind = PriceKind.BID
