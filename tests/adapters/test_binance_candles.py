"""Closes of finished candles that the stream did not bring: fetched, told once."""

import asyncio

from exitd.adapters.binance.candles import span_ns
from exitd.core.units import NS_PER_MS, NS_PER_S
from fakes.answers import json
from fakes.binance_feed import BTC, CLOSED, MINUTE_MS, kline, running
from fakes.clocks import ManualClock

MINUTE_NS = 60 * NS_PER_S
START_NS = 1_700_000_000 * NS_PER_S // MINUTE_NS * MINUTE_NS + 5 * NS_PER_S
END_MS = (START_NS - 5 * NS_PER_S + MINUTE_NS) // NS_PER_MS


async def test_b136_given_a_lost_close_event_when_overdue_then_fetched_and_told_once():
    clock = ManualClock(now_ns=START_NS)
    tail = ["1", END_MS - 1, "1", 3, "1", "1", "0"]
    row = [END_MS - MINUTE_MS, "95", "96", "94", "94.50", *tail]
    by_path = {
        "/fapi/v1/klines": json([row]),
        "/fapi/v1/time": lambda request: json(
            {"serverTime": clock.now_ns() // NS_PER_MS}
        )(request),
    }
    async with running(CLOSED, clock=clock, ping_s=0.02, by_path=by_path) as rig:
        clock.advance(MINUTE_NS)
        tick = await rig.price(CLOSED, "94.50")
        late = kline("94.50", END_MS, True)
        late["data"]["E"] = clock.now_ns() // NS_PER_MS
        await rig.server.push(late)
        await rig.feed._doors["market"].connection.answered()

    assert tick.ts_venue_ns == END_MS * NS_PER_MS
    assert rig.prices(CLOSED) == ["94.50"]
    (query,) = rig.answers.queries("/fapi/v1/klines")
    assert (query["symbol"], query["interval"]) == (BTC, "1m")
    assert int(query["startTime"]) <= END_MS - MINUTE_MS


async def test_b136_given_a_cached_answer_when_fetched_then_not_believed():
    clock = ManualClock(now_ns=START_NS)
    tail = ["1", END_MS - 1, "1", 3, "1", "1", "0"]
    row = [END_MS - MINUTE_MS, "95", "96", "94", "94.50", *tail]
    by_path = {
        "/fapi/v1/klines": json([row], Age="3"),
        "/fapi/v1/time": lambda request: json(
            {"serverTime": clock.now_ns() // NS_PER_MS}
        )(request),
    }
    async with running(CLOSED, clock=clock, ping_s=0.02, by_path=by_path) as rig:
        clock.advance(MINUTE_NS)
        async with asyncio.timeout(5):
            while not rig.answers.queries("/fapi/v1/klines"):
                await rig.feed._doors["market"].connection.answered()
        await rig.feed._doors["market"].connection.answered()

    assert rig.prices(CLOSED) == []


def test_given_an_interval_when_measured_then_only_what_tiles_the_day_has_a_length():
    assert span_ns("") == span_ns("1m") == MINUTE_NS
    assert span_ns("1d") == 1_440 * MINUTE_NS
    assert [span_ns(long) for long in ("3d", "1w", "1month")] == [None] * 3
