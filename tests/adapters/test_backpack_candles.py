"""Closes of finished candles: each told once, the missed ones fetched."""

import asyncio
import time
from decimal import Decimal

import pytest

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.prices.candle_close import (
    GRACE_NS,
    RETRY_NS,
    ClosedCandles,
    interval_ns,
)
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import FeedError
from exitd.ports.feed import Candle
from fakes.answers import Answers, json, plain
from fakes.clocks import ManualClock
from fakes.frame_server import frame_server
from fakes.observed import Observed

MINUTE_NS = 60 * NS_PER_S
SOL = "SOL_USDC_PERP"
CLOSED = PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1m", closed=True)
START_NS = 1_700_000_000 * NS_PER_S // MINUTE_NS * MINUTE_NS + 5 * NS_PER_S
END_NS = START_NS - 5 * NS_PER_S + MINUTE_NS


def bar(end_ns: int, close: str | None) -> Candle:
    price = None if close is None else Decimal(close)
    return Candle(end_ns - MINUTE_NS, end_ns, price, price, price)


def test_given_a_bar_that_closes_when_noted_twice_then_new_once():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)

    assert closes.is_new(END_NS)
    assert not closes.is_new(END_NS)
    assert not closes.is_new(END_NS - MINUTE_NS)


def test_b136_given_no_close_when_grace_has_passed_then_missed_and_asked_slowly():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)

    assert not closes.is_missed(END_NS)
    assert not closes.is_missed(END_NS + GRACE_NS - 1)
    assert closes.is_missed(END_NS + GRACE_NS)
    assert not closes.is_missed(END_NS + GRACE_NS + RETRY_NS - 1)
    assert closes.is_missed(END_NS + GRACE_NS + RETRY_NS)


def test_b136_given_a_fetched_close_when_the_stream_tells_it_late_then_not_again():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)
    now_ns = END_NS + GRACE_NS

    told = closes.fetched([bar(END_NS, "9"), bar(END_NS + MINUTE_NS, "8")], now_ns)

    assert [b.close for b in told] == [Decimal(9)]
    assert not closes.is_new(END_NS)


def test_given_an_answer_made_before_the_end_when_fetched_then_not_believed():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)

    assert closes.fetched([bar(END_NS, "9")], END_NS - 1) == []
    assert closes.is_missed(END_NS + GRACE_NS)


def test_given_an_empty_bar_when_fetched_then_done_without_a_price():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)

    assert closes.fetched([bar(END_NS, None)], END_NS + GRACE_NS) == []
    assert not closes.is_missed(END_NS + GRACE_NS)


def test_given_several_missed_bars_when_fetched_then_told_oldest_first():
    closes = ClosedCandles(CLOSED, START_NS, MINUTE_NS)
    bars = [bar(END_NS + MINUTE_NS, "8"), bar(END_NS, "9")]

    told = closes.fetched(bars, END_NS + MINUTE_NS)

    assert [b.close for b in told] == [Decimal(9), Decimal(8)]


def test_given_a_month_when_no_bar_was_seen_then_nothing_is_expected():
    source = PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1month", closed=True)
    closes = ClosedCandles(source, START_NS, None)
    assert not closes.is_missed(START_NS + 100 * 86_400 * NS_PER_S)

    closes.running(START_NS + 5 * NS_PER_S)

    assert closes.is_missed(START_NS + 5 * NS_PER_S + GRACE_NS)


@pytest.mark.parametrize(
    ("candle", "seconds"),
    [("1s", 1), ("15m", 900), ("4h", 14_400), ("1d", 86_400), ("1month", None)],
)
def test_given_an_interval_when_measured_then_its_length(candle, seconds):
    expected = None if seconds is None else seconds * NS_PER_S

    assert interval_ns(candle) == expected


async def test_b136_given_a_lost_close_event_when_overdue_then_fetched_and_told_once():
    clock = ManualClock(now_ns=START_NS)

    def stamp(ns: int) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ns // NS_PER_S))

    row = {"start": stamp(END_NS - MINUTE_NS), "end": stamp(END_NS), "close": "94.5"}
    row |= {"high": "96", "low": "94", "open": "95", "trades": "2", "volume": "1"}
    answers = Answers(
        {
            "/api/v1/time": lambda r: plain(str(clock.now_ns() // NS_PER_MS))(r),
            "/api/v1/klines": json([row]),
        }
    )
    ticks: Observed[Tick] = Observed()
    async with frame_server() as server, asyncio.TaskGroup() as group:
        feed = BackpackFeed(
            "bp", clock=clock, ws_url=server.url, transport=answers, ping_s=0.02
        )
        feed.watch(frozenset({CLOSED}))

        async def run() -> None:
            with pytest.raises(FeedError):
                await feed.run(ticks, lambda notice: None)

        group.create_task(run())
        await server.subscribed(f"kline.1m.{SOL}")

        clock.advance(MINUTE_NS)
        tick = await ticks.until(lambda t: t.source == CLOSED)
        await server.push(
            {
                "stream": f"kline.1m.{SOL}",
                "data": {
                    "e": "kline",
                    "E": clock.now_ns() // 1000,
                    "s": SOL,
                    "t": stamp(END_NS - MINUTE_NS).replace(" ", "T"),
                    "T": stamp(END_NS).replace(" ", "T"),
                    "c": "94.5",
                    "X": True,
                },
            }
        )
        await feed._connection.answered()
        feed.abort()
    await feed.close()

    assert (tick.price, tick.ts_venue_ns) == (Decimal("94.5"), END_NS)
    assert len(ticks.all) == 1
    (query,) = answers.queries("/api/v1/klines")
    assert query["interval"] == "1m"
    assert int(query["startTime"]) * NS_PER_S <= END_NS - MINUTE_NS
