"""Prices of quotes: one stream of the contract for all of them, and the last mark."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from exitd.adapters.symmio.quote_prices import QuotePrices
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.feed import Candle
from fakes.clocks import ManualClock
from fakes.feed import FakeFeed
from fakes.observed import Observed

ACCOUNT = "symmio"
MARK, CLOSE = PriceKind.MARK, PriceKind.LAST_CLOSE


def quote(number: int, kind: PriceKind = MARK, name: str = "XRPUSDT") -> PriceSource:
    candle = "1m" if kind is CLOSE else ""
    return PriceSource(ACCOUNT, f"{name}#{number}", kind, candle)


def streamed(symbol: str, kind: PriceKind = MARK) -> PriceSource:
    return PriceSource(ACCOUNT, symbol, kind, "1m" if kind is CLOSE else "")


class Prices:
    """What is watched, through a feed in memory."""

    def __init__(self, **symbols: str) -> None:
        self.feed = FakeFeed(ManualClock(), ACCOUNT)
        self.quotes = QuotePrices(self.feed, symbols)
        self.ticks: Observed[Tick] = Observed()

    def watch(self, *sources: PriceSource) -> None:
        self.quotes.watch(frozenset(sources))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async def run() -> None:
            with pytest.raises(FeedError):
                await self.quotes.run(self.ticks, lambda _: None)

        async with asyncio.TaskGroup() as group:
            group.create_task(run())
            await self.feed.connected.wait()
            yield
            self.quotes.abort()


async def test_given_quotes_of_one_symbol_when_it_moves_then_each_is_told_once():
    prices = Prices()
    prices.watch(quote(1), quote(2), quote(3, name="BTCUSDT"))

    async with prices.running():
        prices.feed.push(streamed("XRPUSDT"), "2.05", seq=7)

    assert prices.feed.watched == {streamed("XRPUSDT"), streamed("BTCUSDT")}
    assert [(t.source, str(t.price), t.seq) for t in prices.ticks.all] == [
        (quote(1), "2.05", 7),
        (quote(2), "2.05", 7),
    ]


async def test_given_another_name_at_binance_when_watched_then_that_is_asked_for():
    prices = Prices(XRPUSDT="XRPUSDC")
    prices.watch(quote(1, CLOSE))

    async with prices.running():
        prices.feed.push(streamed("XRPUSDC", CLOSE), "2.05")

    assert [t.source for t in prices.ticks.all] == [quote(1, CLOSE)]
    assert quote(1, CLOSE).is_of(ACCOUNT, "XRPUSDT#1")


async def test_given_a_quote_that_is_watched_by_its_close_then_its_mark_is_known():
    prices = Prices()
    prices.watch(quote(1, CLOSE))
    before = prices.quotes.price_of("XRPUSDT")

    async with prices.running():
        prices.feed.push(streamed("XRPUSDT", CLOSE), "2.04")
        prices.feed.push(streamed("XRPUSDT"), "2.05")

    assert before is None
    assert prices.quotes.price_of("XRPUSDT") == Decimal("2.05")
    assert [t.source for t in prices.ticks.all] == [quote(1, CLOSE)]


async def test_given_a_contract_that_nobody_watches_when_asked_then_it_comes_next():
    prices = Prices(XRPUSDT="XRPUSDC")

    async with prices.running():
        first = prices.quotes.price_of("XRPUSDT")
        prices.feed.push(streamed("XRPUSDC"), "2.05")
        second = prices.quotes.price_of("XRPUSDT")

    assert (first, second) == (None, Decimal("2.05"))
    assert prices.ticks.all == []


async def test_given_a_quote_that_is_let_go_when_asked_then_its_mark_is_still_known():
    prices = Prices()
    prices.watch(quote(1, CLOSE))

    async with prices.running():
        prices.watch()
        prices.feed.push(streamed("XRPUSDT"), "2.05")

    assert prices.feed.watched == {streamed("XRPUSDT")}
    assert prices.quotes.price_of("XRPUSDT") == Decimal("2.05")
    assert prices.ticks.all == []


async def test_given_a_quote_when_polled_then_its_own_source_and_the_mark_is_kept():
    prices = Prices()
    prices.feed.polled[streamed("XRPUSDT")] = Decimal("2.05")

    tick = await prices.quotes.poll(quote(9))
    nothing = await prices.quotes.poll(quote(9, name="BTCUSDT"))

    assert tick is not None
    assert (tick.source, tick.price) == (quote(9), Decimal("2.05"))
    assert nothing is None
    assert prices.quotes.price_of("XRPUSDT") == Decimal("2.05")


async def test_given_candles_when_asked_for_then_those_of_the_contract():
    prices = Prices()
    bar = Candle(0, 60, Decimal(3), Decimal(1), Decimal(2))
    prices.feed.bars[PriceSource(ACCOUNT, "XRPUSDT", CLOSE)] = (bar,)

    assert await prices.quotes.candles(quote(1, CLOSE), 0, 60) == (bar,)
