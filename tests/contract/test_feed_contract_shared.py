"""Prices that two accounts share, as the real one has them and as they are lent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from contract.feed_contract import FeedContract, source
from exitd.adapters.paper.shared_feed import SharedFeed
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.feed import Feed, FeedNotice, FeedSignal
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.feed import FakeFeed
from fakes.observed import Observed


class SharedRig:
    symbol = SOL

    def __init__(self) -> None:
        self.real = FakeFeed(ManualClock(), "alpaca")
        self.shared = SharedFeed(self.real)
        self.feed: Feed = self.shared

    def streamed(self, kind: PriceKind) -> PriceSource:
        return replace(source(self, kind), feed=self.real.name)

    async def publish(self, kind: PriceKind, price: str) -> None:
        self.real.push(self.streamed(kind), price)
        self.real.polled[self.streamed(kind)] = Decimal(price)

    async def settled(self) -> None:
        await self.real.connected.wait()

    async def drop(self) -> None:
        self.real.drop()


class LentRig(SharedRig):
    def __init__(self) -> None:
        super().__init__()
        self.told: Observed[Tick] = Observed()
        self.notices: Observed[FeedNotice] = Observed()
        self.feed = self.shared.lend("alpaca:paper")

    async def keep_real_up(self) -> None:
        while True:
            try:
                await self.shared.run(self.told, self.notices)
            except FeedError:
                await asyncio.sleep(0)

    async def lent_running(self, ticks: Observed[Tick]) -> asyncio.Future[None]:
        notices: Observed[FeedNotice] = Observed()
        running = asyncio.ensure_future(self.feed.run(ticks, notices))
        await notices.until(lambda n: n.signal is FeedSignal.CONNECTED)
        return running


class TestSharedFeed(FeedContract):
    @pytest.fixture
    def rig(self) -> SharedRig:
        return SharedRig()

    async def test_given_wanted_markets_when_watching_nothing_then_told_of_them(
        self, rig: SharedRig
    ):
        ticks: Observed[Tick] = Observed()
        rig.shared.want(frozenset({SOL}))
        running = asyncio.ensure_future(rig.shared.run(ticks, Observed()))
        await rig.settled()

        for kind in PriceKind:
            await rig.publish(kind, "140")

        rig.shared.abort()
        with pytest.raises(FeedError):
            await running
        kinds = {tick.source.kind for tick in ticks.all}
        assert kinds == {PriceKind.LAST, PriceKind.BID, PriceKind.ASK}


class TestLentFeed(FeedContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[LentRig]:
        rig = LentRig()
        real = asyncio.ensure_future(rig.keep_real_up())
        yield rig
        real.cancel()

    async def test_given_both_watch_when_published_then_each_under_its_name(
        self, rig: LentRig
    ):
        own, lent = rig.streamed(PriceKind.LAST), source(rig, PriceKind.LAST)
        ticks: Observed[Tick] = Observed()
        rig.shared.watch(frozenset({own}))
        rig.feed.watch(frozenset({lent}))
        running = await rig.lent_running(ticks)

        await rig.publish(PriceKind.LAST, "141")

        await ticks.until(lambda tick: tick.source == lent)
        rig.feed.abort()
        with pytest.raises(FeedError):
            await running
        assert [tick.source for tick in rig.told.all] == [own]
        assert [tick.source for tick in ticks.all] == [lent]

    async def test_given_a_price_told_before_when_watched_later_then_told_again(
        self, rig: LentRig
    ):
        rig.shared.watch(frozenset({rig.streamed(PriceKind.LAST)}))
        ticks: Observed[Tick] = Observed()
        running = await rig.lent_running(ticks)
        await rig.publish(PriceKind.LAST, "141")

        rig.feed.watch(frozenset({source(rig, PriceKind.LAST)}))

        rig.feed.abort()
        with pytest.raises(FeedError):
            await running
        assert [tick.price for tick in ticks.all] == [141]

    async def test_given_a_lent_feed_when_aborted_then_the_real_one_stays_up(
        self, rig: LentRig
    ):
        running = await rig.lent_running(Observed())

        rig.feed.abort()

        with pytest.raises(FeedError):
            await running
        assert rig.shared.is_connected
        assert rig.real.runs == 1
