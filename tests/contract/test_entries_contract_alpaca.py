"""Alpaca takes entries as the contract says, in its own way and over real sockets.

Nothing ends at once there for shares, so the immediate orders are left out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from adapters.alpaca_desk import AlpacaDesk, desk
from contract.entries_contract import (
    EntriesContract,
    FaultyEntriesContract,
    NamedEntriesContract,
    NotionalEntriesContract,
    TrailingEntriesContract,
)
from exitd.core.entry import EntryOrder
from exitd.core.ticket import AssetClass


class AlpacaEntriesRig:
    def __init__(self, at: AlpacaDesk) -> None:
        self.at = at
        self.venue = self.entries = at.venue
        self.symbol = at.symbol
        self.asset_class = AssetClass.EQUITY

    async def price(self, price: str) -> None:
        self.at.there.market.price(self.symbol, Decimal(price))

    async def hold(self, net: str) -> None:
        await self.at.hold(net)

    async def count(self, order: EntryOrder) -> int:
        ids = [o.client_order_id for o in self.at.there.exchange.orders]
        return ids.count(order.ticket.client_order_id)

    async def lose_reply(self) -> None:
        await self.at.lose_reply()

    async def lose_request(self) -> None:
        await self.at.lose_request()

    async def take_down(self) -> None:
        await self.at.take_down()


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaEntriesRig]:
    async with desk(is_prompt=False) as at:
        yield AlpacaEntriesRig(at)


class TestAlpacaEntries(
    EntriesContract,
    NamedEntriesContract,
    TrailingEntriesContract,
    NotionalEntriesContract,
    FaultyEntriesContract,
):
    """Its replies say that an order was taken; what became of it comes after."""
