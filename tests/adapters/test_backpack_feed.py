"""The public feed, frame by frame, over a real socket."""

import asyncio
from decimal import Decimal

import pytest

from exitd.errors import VenueUnavailable
from exitd.ports.feed import FeedSignal
from fakes.backpack_feed import (
    ASK,
    BID,
    CLOSED,
    INDEX,
    LAST,
    MARK,
    RUNNING,
    SOL,
    kline,
    mark,
    running,
    this_minute_ends_ns,
    trade,
    us,
)
from fakes.observed import DEADLINE_S


async def test_given_a_mark_frame_when_read_then_mark_and_index_with_engine_time():
    async with running(MARK, INDEX) as rig:
        at_us = us()
        await rig.server.push(mark("98.94", "98.94998504", at_us))
        tick = await rig.price(INDEX, "98.94998504")

    assert rig.prices(MARK) == ["98.94"]
    assert tick.ts_venue_ns == at_us * 1000


async def test_given_prints_when_read_then_each_with_its_number():
    async with running(LAST) as rig:
        await rig.server.push(trade("18.68", 7), trade("18.60", 8), trade("18.70", 9))
        await rig.price(LAST, "18.70")

    assert [(str(t.price), t.seq) for t in rig.ticks.all] == [
        ("18.68", 7),
        ("18.60", 8),
        ("18.70", 9),
    ]


async def test_given_a_book_ticker_when_read_then_bid_and_ask():
    async with running(BID, ASK) as rig:
        data = {"e": "bookTicker", "E": us(), "T": us(), "s": SOL, "u": "77"}
        data |= {"a": "101.5", "A": "3", "b": "101.4", "B": "2"}
        await rig.server.push({"data": data, "stream": f"bookTicker.{SOL}"})
        await rig.price(ASK, "101.5")

    assert rig.prices(BID) == ["101.4"]


GARBAGE = {
    "nan": mark("NaN"),
    "infinity": mark("Infinity"),
    "signalling nan": mark("sNaN"),
    "zero": mark("0"),
    "negative zero": mark("-0"),
    "negative": mark("-98"),
    "empty": mark(""),
    "words": mark("price"),
    "true": mark(True),
    "object": mark({}),
    "enormous": mark("1e400"),
    "tiny": mark("1e-400"),
    "exponent": mark("1e99999999999999999999"),
    "no symbol": {"data": {"e": "markPrice", "p": "1"}, "stream": f"markPrice.{SOL}"},
    "wrong symbol": {
        "data": {"e": "markPrice", "s": "ETH_USDC_PERP", "p": "1", "T": 1},
        "stream": f"markPrice.{SOL}",
    },
    "no instant": {
        "data": {"e": "markPrice", "s": SOL, "p": "1"},
        "stream": f"markPrice.{SOL}",
    },
    "instant in nanoseconds": mark("98", at_us=us() * 1000),
    "instant as text": mark("98") | {"data": {**mark()["data"], "T": "soon"}},
    "no data": {"stream": f"markPrice.{SOL}"},
    "no stream": {"data": mark()["data"]},
    "unknown kind": {"data": {"e": "news", "s": SOL}, "stream": f"markPrice.{SOL}"},
    "list": "[]",
    "truncated": '{"data":{"E":1788367430422109,"T":17883',
    "text": "hello",
    "nothing": "",
    "binary": b"\xff\xfe\x00\x01",
    "binary zeros": bytes(2000),
    "bad utf-8": b'{"stream":"\xff"}',
}


@pytest.mark.parametrize("frame", GARBAGE.values(), ids=GARBAGE.keys())
async def test_b013_given_garbage_when_read_then_counted_and_the_next_price_told(
    frame,
):
    async with running(MARK) as rig:
        await rig.server.push(mark("98.94"))
        await rig.price(MARK, "98.94")

        await rig.server.push(frame, mark("98.95"))

        await rig.price(MARK, "98.95")
        assert rig.feed.counters.garbage == 1
        assert not rig.lost.done()
        notice = await rig.notices.until(lambda n: n.signal is FeedSignal.GARBAGE)
        assert notice.detail
    assert rig.prices(MARK) == ["98.94", "98.95"]


async def test_given_a_stream_that_nobody_watches_when_read_then_set_aside():
    async with running(MARK) as rig:
        news = {"stream": "ticker.SOL_USDC", "data": {"e": "ticker", "c": "1"}}
        await rig.server.push(news, trade("5", 1), mark("98.95"))
        await rig.price(MARK, "98.95")

    assert rig.feed.counters.unasked == 2
    assert rig.feed.counters.garbage == 0


async def test_b011_given_equal_prices_when_read_then_equal():
    async with running(LAST) as rig:
        await rig.server.push(trade("95", 1), trade("95.0", 2), trade("95.00", 3))
        await rig.ticks.until(lambda t: t.seq == 3)

    assert {t.price for t in rig.ticks.all} == {Decimal(95)}


async def test_b012_given_a_bare_number_when_read_then_its_digits_not_a_float():
    async with running(MARK) as rig:
        raw = f'{{"stream":"markPrice.{SOL}","data":{{"e":"markPrice","s":"{SOL}",'
        await rig.server.push(raw + f'"T":{us()},"p":0.3}}}}')
        await rig.price(MARK, "0.3")
        await rig.server.push(raw + f'"T":{us()},"p":0.12345678901234567890}}}}')
        await rig.price(MARK, "0.12345678901234567890")


async def test_b014_given_an_old_frame_when_read_then_counted_not_told():
    async with running(MARK) as rig:
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")
        async with asyncio.timeout(DEADLINE_S):
            while not rig.feed._venue_clock.is_synced:
                await rig.server.push(mark("98"))

        await rig.server.push(mark("50", at_us=us(seconds_ago=60)), mark("99"))
        await rig.price(MARK, "99")

    assert "50" not in rig.prices(MARK)
    assert rig.feed.counters.stale == 1


async def test_b123_given_no_answer_about_the_time_when_prices_come_then_they_tell_it():
    hour_us = 3_600_000_000
    async with running(MARK, tells_time=False) as rig:
        await rig.server.push(mark("98", at_us=us() - hour_us))
        tick = await rig.price(MARK, "98")
        venue_ns = rig.feed._venue_clock.now_ns()

        behind_ns = venue_ns - tick.ts_venue_ns
        assert 0 <= behind_ns < hour_us * 1_000 // 2
        # An instant in another unit is no instant.
        await rig.server.push(mark("99", at_us=us() * 1_000), mark("97"))
        await rig.price(MARK, "97")

    assert rig.prices(MARK) == ["98", "97"]
    assert not rig.feed._venue_clock.is_synced
    assert abs(rig.feed._venue_clock.offset_ns) < hour_us * 1_000 // 2


async def test_b123_given_prices_when_the_venue_lies_about_its_time_then_refused():
    async with running(MARK) as rig:
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")
        clock = rig.feed._venue_clock
        lie_ms, now_ns = us() // 1_000 + 3_600_000, rig.feed._clock.monotonic_ns()

        for _ in range(2):
            with pytest.raises(VenueUnavailable, match="the venue's prices contradict"):
                clock.measured(lie_ms, now_ns, now_ns)

    assert clock.is_synced


async def test_b014_given_an_earlier_instant_when_read_then_told_with_its_instant():
    async with running(LAST) as rig:
        now_us = us()
        await rig.server.push(trade("96", 8, now_us), trade("94", 7, now_us - 5))
        old = await rig.price(LAST, "94")

    assert (old.ts_venue_ns, old.seq) == ((now_us - 5) * 1000, 7)


async def test_b015_given_the_same_frame_twice_when_read_then_instant_and_seq_equal():
    async with running(LAST) as rig:
        frame = trade("96", 8, us())
        await rig.server.push(frame, frame, trade("97", 9))
        await rig.price(LAST, "97")

    first, second, _ = rig.ticks.all
    assert (first.ts_venue_ns, first.seq) == (second.ts_venue_ns, second.seq)


async def test_given_a_running_candle_when_read_then_its_close_is_told_each_time():
    async with running(RUNNING) as rig:
        end_ns = this_minute_ends_ns()
        await rig.server.push(kline("10", end_ns, False), kline(None, end_ns, False))
        await rig.server.push(kline("11", end_ns, False), kline("12", end_ns, True))
        await rig.price(RUNNING, "12")

    assert rig.prices(RUNNING) == ["10", "11", "12"]


async def test_b135_given_closed_candles_when_read_then_only_the_close_once():
    async with running(CLOSED, RUNNING) as rig:
        end_ns = this_minute_ends_ns()
        last_moment = kline("9", end_ns, False, end_ns // 1000 - 1)
        await rig.server.push(last_moment, kline("10", end_ns, True))
        await rig.server.push(kline("10", end_ns, True), kline("11", end_ns, False))
        await rig.price(RUNNING, "11")

    assert rig.prices(CLOSED) == ["10"]
    tick = next(t for t in rig.ticks.all if t.source == CLOSED)
    assert tick.ts_venue_ns == end_ns


@pytest.mark.parametrize("end", ["9999-12-31T00:00:00", "tomorrow", ""])
async def test_b013_given_a_bar_that_ends_at_no_instant_when_read_then_garbage(end):
    async with running(CLOSED) as rig:
        end_ns = this_minute_ends_ns()
        bad, good = kline("9", end_ns, True), kline("10", end_ns, True)
        bad["data"]["T"] = end
        await rig.server.push(bad, good)
        await rig.price(CLOSED, "10")

    assert rig.prices(CLOSED) == ["10"]
    assert rig.feed.counters.garbage == 1
