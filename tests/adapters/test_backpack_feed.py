"""The public feed, frame by frame, over a real socket."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from websockets.exceptions import ConnectionClosed

from exitd.adapters.backpack.connection import PING_S, PINGS_MISSED_MAX
from exitd.adapters.backpack.feed import GARBAGE_PER_S_MAX, BackpackFeed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import FeedError
from exitd.ports.feed import FeedNotice, FeedSignal
from fakes.answers import Answers, json, plain
from fakes.frame_server import FrameServer, frame_server
from fakes.observed import DEADLINE_S, Observed

SOL = "SOL_USDC_PERP"
MARK = PriceSource("bp", SOL, PriceKind.MARK)
INDEX = PriceSource("bp", SOL, PriceKind.INDEX)
LAST = PriceSource("bp", SOL, PriceKind.LAST)
BID = PriceSource("bp", SOL, PriceKind.BID)
ASK = PriceSource("bp", SOL, PriceKind.ASK)
RUNNING = PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1m")
CLOSED = PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1m", closed=True)


def us(seconds_ago: float = 0) -> int:
    return time.time_ns() // 1000 - int(seconds_ago * 1_000_000)


def mark(price: object = "98.94", index: object = "98.95", at_us: int = 0) -> dict:
    at_us = at_us or us()
    data = {"E": at_us, "T": at_us, "e": "markPrice", "f": "0.0000125", "s": SOL}
    return {
        "data": {**data, "i": index, "n": 1788368400000, "p": price},
        "stream": f"markPrice.{SOL}",
    }


def trade(price: str, number: int, at_us: int = 0) -> dict:
    data = {"e": "trade", "E": at_us or us(), "T": at_us or us(), "s": SOL, "q": "1"}
    data |= {"b": "1", "a": "2", "t": number, "m": True, "p": price}
    return {"stream": f"trade.{SOL}", "data": data}


def iso(ns: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // NS_PER_S))


def kline(close: str | None, end_ns: int, closed: bool) -> dict:
    # A bar is closed by the first frame after its end, wherever the minute stands.
    at_us = max(us(), end_ns // 1000) if closed else us()
    data = {"e": "kline", "E": at_us, "s": SOL, "o": close, "h": close, "l": close}
    data |= {"c": close, "v": "1", "n": 3, "X": closed, "T": iso(end_ns)}
    data["t"] = iso(end_ns - 60 * NS_PER_S)
    return {"data": data, "stream": f"kline.1m.{SOL}"}


def this_minute_ends_ns() -> int:
    return (time.time_ns() // (60 * NS_PER_S) + 1) * 60 * NS_PER_S


class Rig:
    def __init__(self, server: FrameServer, answers: Answers, ping_s: float) -> None:
        self.server = server
        self.answers = answers
        self.ticks: Observed[Tick] = Observed()
        self.notices: Observed[FeedNotice] = Observed()
        self.feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=server.url,
            transport=answers,
            ping_s=ping_s,
        )
        self.lost: asyncio.Future[FeedError] = asyncio.Future()

    async def run(self) -> None:
        try:
            await self.feed.run(self.ticks, self.notices)
        except FeedError as exc:
            self.lost.set_result(exc)

    async def is_lost(self) -> FeedError:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.shield(self.lost)

    def prices(self, source: PriceSource) -> list[str]:
        return [str(t.price) for t in self.ticks.all if t.source == source]

    async def price(self, source: PriceSource, price: str) -> Tick:
        return await self.ticks.until(
            lambda t: t.source == source and t.price == Decimal(price)
        )


@asynccontextmanager
async def running(
    *sources: PriceSource, ping_s: float = PING_S, refuses: Iterable[str] = ()
) -> AsyncIterator[Rig]:
    answers = Answers(
        {
            "/api/v1/time": lambda r: plain(str(time.time_ns() // NS_PER_MS))(r),
            "/api/v1/klines": json([]),
        }
    )
    async with frame_server() as server, asyncio.TaskGroup() as group:
        server.refuses = set(refuses)
        rig = Rig(server, answers, ping_s)
        rig.feed.watch(frozenset(sources))
        group.create_task(rig.run())
        await server.requests.until(lambda r: r["method"] == "SUBSCRIBE")
        yield rig
        await rig.feed.close()
        await rig.is_lost()


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
        await rig.server.push(kline("9", end_ns, False), kline("10", end_ns, True))
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


async def test_given_a_refused_stream_when_subscribing_then_only_it_is_named():
    nope = PriceSource("bp", "NOPE", PriceKind.MARK)
    async with running(
        MARK, LAST, nope, refuses={"markPrice.NOPE"}, ping_s=0.05
    ) as rig:
        refused = await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)
        await rig.server.requests.until(lambda r: r["params"] == [f"trade.{SOL}"])
        await rig.server.push(mark("98"), trade("97", 1))
        await rig.price(LAST, "97")

    assert "markPrice.NOPE" in refused.detail
    assert [n.signal for n in rig.notices.all].count(FeedSignal.REFUSED) == 1
    assert rig.prices(MARK) == ["98"]


async def test_given_many_sources_when_watched_then_subscribed_in_chunks():
    sources = [PriceSource("bp", f"S{i}", PriceKind.MARK) for i in range(120)]
    async with running(*sources) as rig:
        requests = rig.server.requests
        await requests.until(lambda r: len(r["params"]) == 20)

        sizes = [len(r["params"]) for r in requests.all]
        rig.feed.watch(frozenset(sources[:1]))
        await requests.until(
            lambda r: r["method"] == "UNSUBSCRIBE" and len(r["params"]) == 19
        )
    assert sizes == [50, 50, 20]


async def test_w2_given_a_frozen_peer_when_silent_then_lost_within_four_pings():
    async with running(MARK, ping_s=0.05) as rig:
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")
        started = time.monotonic()

        rig.server.freeze()

        lost = await rig.is_lost()
    assert "no sign of life" in str(lost)
    assert time.monotonic() - started < 2
    assert (PINGS_MISSED_MAX + 1) * PING_S * 1.5 <= 6


async def test_b125_given_a_silent_symbol_when_pinged_then_proven_alive():
    async with running(MARK, ping_s=0.05) as rig:
        before_ns = rig.feed.ts_alive_ns
        async with asyncio.timeout(DEADLINE_S):
            while rig.feed.ts_alive_ns <= before_ns + 200 * NS_PER_MS:
                await rig.feed._connection.answered()
        assert not rig.lost.done()


async def test_w9_given_a_huge_frame_when_read_then_the_connection_is_given_up():
    async with running(MARK) as rig:
        await rig.server.push("x" * (1024 * 1024 + 1))

        lost = await rig.is_lost()
    assert "1009" in str(lost)


async def test_w7_given_a_flood_of_garbage_when_read_then_reconnected_not_noticed():
    async with running(MARK) as rig:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20 * GARBAGE_PER_S_MAX):
                await rig.server.push("garbage")

        lost = await rig.is_lost()
    assert "bad frames" in str(lost)
    garbage = [n for n in rig.notices.all if n.signal is FeedSignal.GARBAGE]
    assert len(garbage) <= 3


async def test_given_nobody_there_when_run_then_a_sentence_with_the_address():
    feed = BackpackFeed(
        "bp", clock=SystemClock(), ws_url="ws://127.0.0.1:9", transport=Answers({})
    )

    with pytest.raises(FeedError, match=r"127\.0\.0\.1:9"):
        await feed.run(lambda tick: None, lambda notice: None)
    await feed.close()


async def test_n18_given_a_redirect_when_connecting_then_not_followed():
    async with frame_server() as server:

        async def redirect(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            location = server.url.replace("ws", "http", 1)
            writer.write(
                f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        elsewhere = await asyncio.start_server(redirect, "127.0.0.1", 0)
        port = elsewhere.sockets[0].getsockname()[1]
        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=f"ws://127.0.0.1:{port}",
            transport=Answers({}),
        )

        with pytest.raises(FeedError, match="302"):
            await feed.run(lambda tick: None, lambda notice: None)

        elsewhere.close()
        await elsewhere.wait_closed()
        await feed.close()
    assert server.sockets == []
