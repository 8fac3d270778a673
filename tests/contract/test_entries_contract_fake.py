"""The fake that takes entries keeps the contract that its users rely on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contract.entries_contract import (
    FaultyEntriesContract,
    MarketEntriesContract,
    NamedEntriesContract,
)
from contract.test_venue_contract_fake import FakeRig
from contract.venue_rig import PRICE
from exitd.core.attempt import Dedupe
from exitd.core.entry import EntryOrder
from exitd.core.ticket import AssetClass
from fakes.clocks import ManualClock
from fakes.entries import FakeEntering
from fakes.exchange import SOL
from fakes.outcomes import LoseReply, LoseRequest


class FakeEntriesRig(FakeRig):
    asset_class = AssetClass.CRYPTO

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.venue = self.entries = FakeEntering(self.clock)
        self.venue.capabilities = replace(self.venue.capabilities, dedupe=Dedupe.ALWAYS)
        self.symbol = SOL
        self.venue.set_price(SOL, str(PRICE))

    async def count(self, order: EntryOrder) -> int:
        references = [taken.reference for taken in self.venue.ledger]
        return references.count(order.ticket.client_order_id)

    async def lose_reply(self) -> None:
        self.venue.script_entries(LoseReply())

    async def lose_request(self) -> None:
        self.venue.script_entries(LoseRequest())


@pytest.fixture
def rig() -> FakeEntriesRig:
    return FakeEntriesRig()


class TestFakeEntries(
    MarketEntriesContract, NamedEntriesContract, FaultyEntriesContract
):
    pass
