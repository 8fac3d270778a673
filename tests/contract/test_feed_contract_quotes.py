"""The prices of quotes, from the Binance feed on the simulated exchange."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contract.feed_contract import FeedContract
from contract.test_feed_contract_binance import MARKET, BinanceFeedRig
from exitd.adapters.symmio.quote_prices import QuotePrices
from fakes.simulated import SimulatedAccount, account, simulator


class QuotePricesRig(BinanceFeedRig):
    symbol = "XRPUSDT#179921"

    def __init__(self, trader: SimulatedAccount) -> None:
        super().__init__(trader)
        self.binance = self.feed
        self.feed = QuotePrices(self.binance, {"XRPUSDT": "SOLUSDT"})

    @property
    def streams(self) -> frozenset[str]:
        return self.binance.streams


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--paused") as address:
        yield address


@pytest.fixture
async def rig(url) -> AsyncIterator[QuotePricesRig]:
    trader = account(url)
    rig = QuotePricesRig(trader)
    try:
        await trader.price(MARKET, "140")
        yield rig
    finally:
        await rig.feed.close()
        await trader.http.aclose()


class TestQuotePrices(FeedContract):
    pass
