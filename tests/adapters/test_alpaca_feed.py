"""Alpaca's prices: which trades count, limits of a plan, bars, and lookups by REST."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import msgspec
import pytest

from contract.feed_contract import running, source
from contract.test_feed_contract_alpaca import AlpacaFeedRig
from exitd.adapters.alpaca.frames import FRAME, Trade, at_ns
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.errors import FeedError, VenueUnavailable
from exitd.ports.feed import FeedSignal
from fakes.alpaca.market_data import moment
from fakes.alpaca.serving import alpaca
from fakes.observed import Observed

LAST, CLOSE = PriceKind.LAST, PriceKind.LAST_CLOSE


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaFeedRig]:
    async with alpaca() as there:
        rig = AlpacaFeedRig(there, "AAPL")
        try:
            yield rig
        finally:
            await rig.feed.close()
            await rig.http.aclose()


def bars_of(candle: str, *, closed: bool = True) -> PriceSource:
    return PriceSource("alpaca", "AAPL", CLOSE, candle, closed)


@pytest.mark.parametrize("price", ["141.23", "0.0001", "60000.01", "0.1", "140"])
def test_given_a_price_in_msgpack_when_read_then_exactly_as_it_was_written(price):
    message = {"T": "t", "S": "AAPL", "p": float(price), "t": moment(10**18), "i": 1}

    (trade,) = FRAME.decode(msgspec.msgpack.encode([message]))

    assert isinstance(trade, Trade)
    assert trade.price == Decimal(price)
    assert at_ns(trade.at) == 10**18


@pytest.mark.parametrize("condition", ["W", "4", "Z", "P", "U"])
async def test_given_a_trade_that_says_nothing_of_now_then_not_told(rig, condition):
    last = source(rig, LAST)
    async with running(rig, last) as runs:
        rig.there.market.trade("AAPL", Decimal(90), conditions=("@", condition))
        rig.there.market.trade("AAPL", Decimal(141), conditions=("@", "I", "T"))

        await runs.price(last, "141")

    assert [tick.price for tick in runs.ticks.all] == [141]


async def test_given_a_side_that_nobody_quotes_then_nothing_is_told_of_it(rig):
    bid, ask = source(rig, PriceKind.BID), source(rig, PriceKind.ASK)
    async with running(rig, bid, ask) as runs:
        rig.there.market.quote("AAPL", Decimal(0), Decimal(141))

        await runs.price(ask, "141")

    assert {tick.source for tick in runs.ticks.all} == {ask}
    assert rig.feed.counters.garbage == 0


async def test_given_a_running_bar_when_traded_then_its_close_follows(rig):
    close = bars_of("5m", closed=False)
    async with running(rig, close) as runs:
        rig.there.market.trade("AAPL", Decimal("141.5"))

        await runs.price(close, "141.5")


async def test_given_minutes_that_end_then_longer_bars_end_with_their_last(rig):
    one, five = bars_of("1m"), bars_of("5m")
    # What is over before the first price is known is no news, so they end later.
    began_s = int(time.time()) // 300 * 300 + 300
    async with running(rig, one, five) as runs:
        rig.there.market.bar("AAPL", Decimal(142), began_s + 180)
        rig.there.market.bar("AAPL", Decimal(143), began_s + 240)

        tick = await runs.price(five, "143")

    assert tick.ts_venue_ns == (began_s + 300) * NS_PER_S
    minutes = [t.price for t in runs.ticks.all if t.source == one]
    assert minutes == [142, 143]


async def test_given_more_symbols_than_the_plan_allows_then_the_others_are_told(rig):
    rig.there.prices.symbols_max = 2
    sources = [PriceSource("alpaca", name, LAST) for name in ("AAPL", "MSFT", "SPY")]
    rig.feed.watch(frozenset(sources))
    ticks, notices = Observed(), Observed()
    feeding = asyncio.ensure_future(rig.feed.run(ticks, notices))

    refused = await notices.until(lambda n: n.signal is FeedSignal.REFUSED)
    rig.there.market.trade("MSFT", Decimal(351))
    await ticks.until(lambda t: t.price == 351)

    assert "trades.SPY: 405" in refused.detail
    assert "30 symbols" in refused.detail
    rig.feed.abort()
    with pytest.raises(FeedError):
        await feeding


async def test_given_room_again_when_watched_anew_then_what_was_refused_comes(rig):
    rig.there.prices.symbols_max = 1
    apple, spy = (PriceSource("alpaca", name, LAST) for name in ("AAPL", "SPY"))
    async with running(rig, apple) as runs:
        rig.feed.watch(frozenset({apple, spy}))
        await runs.notices.until(lambda n: n.signal is FeedSignal.REFUSED)

        rig.feed.watch(frozenset({spy}))
        await rig.settled()

        rig.there.market.trade("SPY", Decimal(451))
        await runs.price(spy, "451")


async def test_given_another_connection_of_the_account_then_lost_and_said_why(rig):
    other = AlpacaFeedRig(rig.there, "AAPL")
    try:
        async with running(rig, source(rig, LAST)):
            with pytest.raises(FeedError, match="may have one only"):
                await other.feed.run(Observed(), Observed())
    finally:
        await other.feed.close()
        await other.http.aclose()


async def test_given_a_wrong_key_then_lost_and_the_secret_is_not_said(rig):
    rig.there.exchange.keys = ("another", "pair")

    with pytest.raises(FeedError, match="not accepted") as caught:
        await rig.feed.run(Observed(), Observed())

    assert "secret-of-the-tests" not in str(caught.value)


async def test_given_a_price_that_alpaca_has_not_when_watched_then_refused(rig):
    mark = source(rig, PriceKind.MARK)
    notices: Observed = Observed()
    feeding = asyncio.ensure_future(rig.feed.run(Observed(), notices))
    await notices.until(lambda n: n.signal is FeedSignal.CONNECTED)

    rig.feed.watch(frozenset({mark}))

    refused = await notices.until(lambda n: n.signal is FeedSignal.REFUSED)
    assert "Alpaca has no such price" in refused.detail
    assert await rig.feed.poll(mark) is None
    rig.feed.abort()
    with pytest.raises(FeedError):
        await feeding


async def test_given_shares_and_coins_when_watched_then_both_are_told(rig):
    share, coin = source(rig, LAST), PriceSource("alpaca", "BTC/USD", LAST)
    async with running(rig, share, coin) as runs:
        rig.there.market.trade("BTC/USD", Decimal("60000.5"))
        rig.there.market.trade("AAPL", Decimal("141.5"))

        await runs.price(coin, "60000.5")
        await runs.price(share, "141.5")


async def test_given_bars_of_the_past_when_read_then_empty_ones_too(rig):
    began_s = 1_700_000_100
    for minute, price in ((0, "140"), (1, "139"), (3, "142.5")):
        rig.there.market.bar("AAPL", Decimal(price), began_s + 60 * minute)

    minutes = await rig.feed.candles(
        bars_of("1m"), began_s * NS_PER_S, (began_s + 180) * NS_PER_S
    )
    longer = await rig.feed.candles(
        bars_of("5m"), began_s * NS_PER_S, (began_s + 180) * NS_PER_S
    )

    assert [bar.close for bar in minutes] == [140, 139, None, Decimal("142.5")]
    assert [(b.low, b.high, b.close) for b in longer] == [
        (139, Decimal("142.5"), Decimal("142.5"))
    ]
    with pytest.raises(VenueUnavailable, match="no bars of 1d"):
        await rig.feed.candles(bars_of("1d"), 0, NS_PER_S)


async def test_given_a_closed_bar_when_polled_then_the_newest_that_is_over(rig):
    now_s = int(time.time()) // 60 * 60
    rig.there.market.bar("AAPL", Decimal(139), now_s - 60)
    rig.there.market.trade("AAPL", Decimal(150))

    tick = await rig.feed.poll(bars_of("1m"))

    assert tick is not None
    assert (tick.price, tick.ts_venue_ns) == (139, now_s * NS_PER_S)


async def test_given_a_last_trade_that_says_nothing_when_polled_then_no_price(rig):
    rig.there.market.trade("AAPL", Decimal(90), conditions=("W",))

    assert await rig.feed.poll(source(rig, LAST)) is None


async def test_given_a_server_that_is_down_when_polled_then_unavailable(rig):
    rig.there.faults.add("unavailable", "/latest", count=1)

    with pytest.raises(VenueUnavailable):
        await rig.feed.poll(source(rig, LAST))
