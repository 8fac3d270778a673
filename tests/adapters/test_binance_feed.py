"""Binance's prices, frame by frame, over real sockets."""

import asyncio
from decimal import Decimal

import pytest

from exitd.core.market import PriceKind, PriceSource
from exitd.ports.feed import FeedSignal
from fakes.answers import json, plain
from fakes.binance_feed import (
    ASK,
    BID,
    BTC,
    CLOSED,
    INDEX,
    LAST,
    MARK,
    RUNNING,
    book,
    combined,
    kline,
    mark,
    ms,
    ns,
    running,
    this_minute_ends_ms,
    trade,
)
from fakes.observed import DEADLINE_S


async def test_given_a_mark_frame_when_read_then_mark_and_index_of_its_instant():
    async with running(MARK, INDEX) as rig:
        at_ms = ms()
        await rig.server.push(mark("11794.15000000", "11784.62659091", at_ms))
        tick = await rig.price(INDEX, "11784.62659091")

    assert rig.prices(MARK) == ["11794.15000000"]
    # T is the next funding, hours ahead; the event's instant is E.
    assert tick.ts_venue_ns == ns(at_ms)


async def test_given_prints_when_read_then_each_with_its_number():
    async with running(LAST) as rig:
        await rig.server.push(
            trade("65000.10", 7), trade("64990.00", 8), trade("65010.20", 9)
        )
        await rig.price(LAST, "65010.20")

    assert [(str(t.price), t.seq) for t in rig.ticks.all] == [
        ("65000.10", 7),
        ("64990.00", 8),
        ("65010.20", 9),
    ]


async def test_given_a_print_when_read_then_dated_by_the_trade_not_by_the_event():
    async with running(LAST) as rig:
        frame = trade("65000.10", 7, ms(seconds_ago=1))
        traded_ms, frame["data"]["E"] = frame["data"]["T"], ms()
        await rig.server.push(frame)
        tick = await rig.price(LAST, "65000.10")

    assert tick.ts_venue_ns == ns(traded_ms)


async def test_given_a_book_ticker_when_read_then_bid_and_ask_in_its_order():
    async with running(BID, ASK) as rig:
        await rig.server.push(book("65000.10", "65000.20", 400900217), door="public")
        tick = await rig.price(ASK, "65000.20")

    assert rig.prices(BID) == ["65000.10"]
    assert tick.seq == 400900217


async def test_given_every_kind_when_watched_then_each_comes_through_its_own_door():
    async with running(MARK, LAST, RUNNING, BID) as rig:
        doors = {
            stream: await rig.server.subscribed(stream) for stream in rig.feed.streams
        }

    assert doors == {
        "btcusdt@markPrice@1s": "market",
        "btcusdt@aggTrade": "market",
        "btcusdt@kline_1m": "market",
        "btcusdt@bookTicker": "public",
    }
    assert sorted(rig.server.paths) == ["/market/stream", "/public/stream"]


async def test_given_no_quote_watched_when_one_is_then_its_door_opens():
    async with running(MARK) as rig:
        await rig.server.push(mark())
        await rig.price(MARK, "65000.10000000")
        assert rig.server.paths == ["/market/stream"]

        rig.feed.watch(frozenset({MARK, BID}))
        await rig.server.subscribed("btcusdt@bookTicker")
        await rig.server.push(book("1.5", "1.6", 1), door="public")
        await rig.price(BID, "1.5")
        await rig.server.push(mark("2.5"))
        await rig.price(MARK, "2.5")


@pytest.mark.parametrize("door", ["market", "public"])
async def test_given_one_door_is_lost_when_dropped_then_the_feed_is(door):
    async with running(MARK, BID) as rig:
        rig.server.by_door[door].transport.abort()

        lost = await rig.is_lost()
    assert f"/{door}/stream" in str(lost)


@pytest.mark.parametrize("door", ["market", "public"])
async def test_w2_given_a_frozen_door_when_silent_then_the_feed_is_lost(door):
    async with running(MARK, BID, ping_s=0.05) as rig:
        rig.server.by_door[door].transport.pause_reading()

        lost = await rig.is_lost()
    assert "no sign of life" in str(lost)


async def test_given_an_open_door_when_the_other_is_silent_then_that_one_counts():
    async with running(MARK, BID, ping_s=0.05) as rig:
        before_ns = rig.feed.ts_alive_ns
        async with asyncio.timeout(DEADLINE_S):
            while rig.feed.ts_alive_ns <= before_ns:
                await rig.feed._doors["market"].connection.answered()
        public = rig.feed._doors["public"].connection

        assert rig.feed.ts_alive_ns <= public.ts_alive_ns


GARBAGE = {
    "nan": mark("NaN"),
    "infinity": mark("Infinity"),
    "signalling nan": mark("sNaN"),
    "zero": mark("0.00000000"),
    "negative": mark("-98"),
    "empty": mark(""),
    "words": mark("price"),
    "true": mark(True),
    "object": mark({}),
    "enormous": mark("1e400"),
    "exponent": mark("1e99999999999999999999"),
    "no symbol": combined("markPrice@1s", {"e": "markPriceUpdate", "p": "1"}),
    "wrong symbol": combined(
        "markPrice@1s", {"e": "markPriceUpdate", "s": "ETHUSDT", "p": "1", "E": 1}
    ),
    "no instant": combined(
        "markPrice@1s", {"e": "markPriceUpdate", "s": BTC, "p": "1"}
    ),
    "instant in microseconds": mark("98", at_ms=ms() * 1000),
    "instant as text": mark("98", at_ms="soon"),  # type: ignore[arg-type]
    "no data": {"stream": "btcusdt@markPrice@1s"},
    "no stream": {"data": mark()["data"]},
    "raw": mark()["data"],
    "unknown kind": combined("markPrice@1s", {"e": "news", "s": BTC}),
    "list": "[]",
    "truncated": '{"stream":"btcusdt@markPrice@1s","data":{"e":"mark',
    "text": "hello",
    "nothing": "",
    "binary": b"\xff\xfe\x00\x01",
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
        ticker = combined("ticker", {"e": "24hrTicker", "s": BTC, "c": "1"})
        await rig.server.push(ticker, trade("5", 1), mark("98.95"))
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
        raw = '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate",'
        raw += f'"s":"{BTC}","E":{ms()},"p":'
        await rig.server.push(raw + "0.12345678901234567890}}")
        await rig.price(MARK, "0.12345678901234567890")


async def test_b014_given_an_old_frame_when_read_then_counted_not_told():
    async with running(MARK) as rig:
        async with asyncio.timeout(DEADLINE_S):
            while not rig.feed._venue_clock.is_synced:
                await rig.server.push(mark("98"))
                await rig.feed._doors["market"].connection.answered()

        await rig.server.push(mark("50", at_ms=ms(seconds_ago=60)), mark("99"))
        await rig.price(MARK, "99")

    assert "50" not in rig.prices(MARK)
    assert rig.feed.counters.stale == 1


async def test_b015_given_the_same_frame_twice_when_read_then_instant_and_seq_equal():
    async with running(LAST) as rig:
        frame = trade("96", 8, ms())
        await rig.server.push(frame, frame, trade("97", 9))
        await rig.price(LAST, "97")

    first, second, _ = rig.ticks.all
    assert (first.ts_venue_ns, first.seq) == (second.ts_venue_ns, second.seq)


async def test_given_a_running_candle_when_read_then_its_close_is_told_each_time():
    async with running(RUNNING) as rig:
        end_ms = this_minute_ends_ms()
        await rig.server.push(kline("10", end_ms, False), kline("11", end_ms, False))
        await rig.server.push(kline("12", end_ms, True))
        await rig.price(RUNNING, "12")

    assert rig.prices(RUNNING) == ["10", "11", "12"]


async def test_b135_given_closed_candles_when_read_then_only_the_close_once():
    async with running(CLOSED, RUNNING) as rig:
        end_ms = this_minute_ends_ms()
        last_moment = kline("9", end_ms, False, end_ms - 1)
        await rig.server.push(last_moment, kline("10", end_ms, True))
        await rig.server.push(kline("10", end_ms, True), kline("11", end_ms, False))
        await rig.price(RUNNING, "11")

    assert rig.prices(CLOSED) == ["10"]
    tick = next(t for t in rig.ticks.all if t.source == CLOSED)
    assert tick.ts_venue_ns == ns(end_ms)


async def test_b013_given_a_bar_that_ends_years_ahead_when_closed_then_garbage():
    async with running(CLOSED) as rig:
        end_ms = this_minute_ends_ms()
        bad = kline("9", end_ms, True)
        bad["data"]["k"]["T"] = end_ms + 365 * 86_400_000
        await rig.server.push(bad, kline("10", end_ms, True))
        await rig.price(CLOSED, "10")

    assert rig.prices(CLOSED) == ["10"]
    assert rig.feed.counters.garbage == 1


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (PriceSource("binance", "btcusdt", PriceKind.MARK), "BTCUSDT"),
        (PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1s"), "candles of 1s"),
    ],
)
async def test_given_what_binance_does_not_have_when_watched_then_refused_and_why(
    source, why
):
    async with running(MARK, source) as rig:
        notice = await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")

    assert str(source) in notice.detail
    assert why in notice.detail
    assert rig.feed.streams == {"btcusdt@markPrice@1s"}


async def test_given_a_monthly_candle_when_watched_then_in_binances_word():
    source = PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1month", closed=True)
    async with running(source) as rig:
        pass

    assert rig.feed.streams == {"btcusdt@kline_1M"}


@pytest.mark.parametrize(
    "answer", [plain("<html>", 502), json({"serverTime": 0}), json({}, Age="9")]
)
async def test_given_no_time_when_connected_then_said_and_prices_told_all_the_same(
    answer,
):
    async with running(MARK, by_path={"/fapi/v1/time": answer}) as rig:
        notice = await rig.notices.until(lambda n: n.signal is FeedSignal.GARBAGE)
        await rig.server.push(mark("98", at_ms=ms(seconds_ago=60)))
        await rig.price(MARK, "98")

    assert "the age of prices is unknown" in notice.detail
