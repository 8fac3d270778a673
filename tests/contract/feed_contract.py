"""What every feed does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Protocol

import pytest

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.feed import Feed, FeedNotice, FeedSignal
from fakes.observed import DEADLINE_S, Observed


class FeedRig(Protocol):
    """A feed with a hand on its prices."""

    feed: Feed
    symbol: str

    async def publish(self, kind: PriceKind, price: str) -> None:
        """Make the venue publish a price of one kind, and none of another."""
        ...

    async def settled(self) -> None:
        """Wait until what `watch` asked for is subscribed."""
        ...

    async def drop(self) -> None:
        """Break the connection from the venue's side."""
        ...


class Running:
    """A feed that runs, and what it told."""

    def __init__(self, rig: FeedRig) -> None:
        self.rig = rig
        self.ticks: Observed[Tick] = Observed()
        self.notices: Observed[FeedNotice] = Observed()
        self.lost = asyncio.Event()

    async def run(self) -> None:
        with pytest.raises(FeedError):
            await self.rig.feed.run(self.ticks, self.notices)
        self.lost.set()

    async def price(self, source: PriceSource, price: str) -> Tick:
        """Wait for a price."""
        return await self.ticks.until(
            lambda t: t.source == source and t.price == Decimal(price)
        )


@asynccontextmanager
async def running(rig: FeedRig, *sources: PriceSource) -> AsyncIterator[Running]:
    rig.feed.watch(frozenset(sources))
    runs = Running(rig)
    async with asyncio.TaskGroup() as group:
        group.create_task(runs.run())
        await runs.notices.until(lambda n: n.signal is FeedSignal.CONNECTED)
        await rig.settled()
        yield runs
        rig.feed.abort()
        async with asyncio.timeout(DEADLINE_S):
            await runs.lost.wait()


def source(rig: FeedRig, kind: PriceKind) -> PriceSource:
    return PriceSource(rig.feed.name, rig.symbol, kind)


class FeedContract:
    """`kind` and `other` are two prices that the venue streams."""

    kind = PriceKind.MARK
    other = PriceKind.LAST

    @pytest.mark.parametrize("which", ["kind", "other"])
    async def test_b141_given_a_watched_source_when_published_then_told_exactly(
        self, rig: FeedRig, which
    ):
        kind = getattr(self, which)
        watched = source(rig, kind)
        async with running(rig, watched) as runs:
            await rig.publish(kind, "141.23")

            tick = await runs.price(watched, "141.23")

        assert tick.source is watched
        assert str(tick.price) == "141.23"
        assert tick.ts_venue_ns > 0
        assert tick.ts_recv_ns > 0

    async def test_given_a_feed_when_it_runs_then_it_says_that_it_is_connected(
        self, rig: FeedRig
    ):
        async with running(rig) as runs:
            pass

        assert runs.notices.all[0].feed == rig.feed.name
        assert rig.feed.ts_alive_ns > 0

    async def test_b005_given_mark_watched_when_last_moves_then_nothing(
        self, rig: FeedRig
    ):
        mark = source(rig, self.kind)
        async with running(rig, mark) as runs:
            await rig.publish(self.other, "94.00")
            await rig.publish(self.kind, "96.00")
            await runs.price(mark, "96.00")

        assert {tick.source for tick in runs.ticks.all} == {mark}
        assert Decimal("94.00") not in {tick.price for tick in runs.ticks.all}

    async def test_b006_given_last_watched_when_mark_moves_then_nothing(
        self, rig: FeedRig
    ):
        last = source(rig, self.other)
        async with running(rig, last) as runs:
            await rig.publish(self.kind, "94.00")
            await rig.publish(self.other, "96.00")
            await runs.price(last, "96.00")

        assert {tick.source for tick in runs.ticks.all} == {last}
        assert Decimal("94.00") not in {tick.price for tick in runs.ticks.all}

    async def test_b017_given_prices_in_a_burst_when_published_then_all_in_order(
        self, rig: FeedRig
    ):
        last = source(rig, self.other)
        async with running(rig, last) as runs:
            for price in ("96.00", "94.00", "97.00"):
                await rig.publish(self.other, price)
            await runs.price(last, "97.00")

        told = [tick.price for tick in runs.ticks.all]
        wanted = [Decimal(96), Decimal(94), Decimal(97)]
        assert [price for price in told if price in wanted] == wanted

    async def test_given_a_running_feed_when_watching_more_then_that_is_told_too(
        self, rig: FeedRig
    ):
        mark, last = source(rig, self.kind), source(rig, self.other)
        async with running(rig, mark) as runs:
            rig.feed.watch(frozenset({mark, last}))
            await rig.settled()

            await rig.publish(self.other, "133.00")
            await runs.price(last, "133.00")
            await rig.publish(self.kind, "134.00")
            await runs.price(mark, "134.00")

    async def test_given_a_running_feed_when_watching_less_then_that_is_not_told(
        self, rig: FeedRig
    ):
        mark, last = source(rig, self.kind), source(rig, self.other)
        async with running(rig, mark, last) as runs:
            rig.feed.watch(frozenset({last}))
            await rig.publish(self.kind, "134.00")
            await rig.publish(self.other, "133.00")
            await runs.price(last, "133.00")

        assert Decimal("134.00") not in {tick.price for tick in runs.ticks.all}

    async def test_given_a_lost_connection_when_run_again_then_prices_flow(
        self, rig: FeedRig
    ):
        mark = source(rig, self.kind)
        async with running(rig, mark) as runs:
            await rig.drop()
            async with asyncio.timeout(DEADLINE_S):
                await runs.lost.wait()

        async with running(rig, mark) as again:
            await rig.publish(self.kind, "120.00")
            await again.price(mark, "120.00")

    @pytest.mark.parametrize("which", ["kind", "other"])
    async def test_b124_given_a_silent_stream_when_polled_then_the_price(
        self, rig: FeedRig, which
    ):
        kind = getattr(self, which)
        await rig.publish(kind, "123.00")

        tick = await rig.feed.poll(source(rig, kind))

        assert tick is not None
        assert tick.price == 123
        assert tick.source == source(rig, kind)

    async def test_given_a_feed_when_closed_twice_then_it_has_ended(self, rig: FeedRig):
        mark = source(rig, self.kind)
        async with running(rig, mark) as runs:
            await rig.feed.close()
            async with asyncio.timeout(DEADLINE_S):
                await runs.lost.wait()
            await rig.feed.close()
