"""The simulated exchange in Binance's words: REST, both doors, limits and faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from simulator.rig import DEADLINE_S, Rig, running

SOL, MARKET = "SOLUSDT", "SOL_USDC_PERP"


async def get(rig: Rig, path: str, status: int = 200, **query: Any) -> Any:
    response = await rig.http.get(f"/fapi/{path}", params=query)
    assert response.status_code == status, response.text
    return response.json()


class Ear:
    """A WebSocket with a deadline on everything."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.number = 0

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
            return frame

    async def ask(self, method: str, *streams: Any) -> dict[str, Any]:
        """Send a request and give its answer, past whatever comes before it."""
        self.number += 1
        request = {"method": method, "params": list(streams), "id": self.number}
        await self.socket.send(json.dumps(request))
        while True:
            frame = await self.next()
            if "stream" not in frame and "e" not in frame:
                return frame

    async def until(self, event: str) -> dict[str, Any]:
        """The data of the next frame of one kind."""
        while True:
            frame = await self.next()
            data: dict[str, Any] = frame.get("data", frame)
            if data.get("e") == event:
                return data


@asynccontextmanager
async def listen(rig: Rig, path: str) -> AsyncIterator[Ear]:
    async with websockets.connect(rig.stream_url + path) as socket:
        yield Ear(socket)


async def test_given_perpetuals_when_listed_then_each_base_in_usdt_and_no_spot(rig):
    listed = await get(rig, "v1/exchangeInfo")

    assert [m["symbol"] for m in listed["symbols"]] == ["SOLUSDT", "BTCUSDT", "ETHUSDT"]
    filters = {f["filterType"]: f for f in listed["symbols"][0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01"


async def test_given_one_path_of_prices_when_asked_by_both_then_the_same(rig):
    await rig.sim("prices", symbol=MARKET, mark="141.2", index="141.3", last="141.5")

    premium = await get(rig, "v1/premiumIndex", symbol=SOL)
    price = await get(rig, "v2/ticker/price", symbol=SOL)
    top = await get(rig, "v1/ticker/bookTicker", symbol=SOL)
    deep = await get(rig, "v1/depth", symbol=SOL, limit=5)
    marks = await rig.http.get("/api/v1/markPrices", params={"symbol": MARKET})

    assert (premium["markPrice"], premium["indexPrice"]) == ("141.2", "141.3")
    assert marks.json()[0]["markPrice"] == "141.2"
    assert price["price"] == "141.5"
    assert float(top["bidPrice"]) < 141.5 < float(top["askPrice"])
    assert deep["bids"][0][0] == top["bidPrice"]
    assert deep["asks"][0][0] == top["askPrice"]


async def test_given_a_print_when_traded_then_on_the_tape_and_in_the_candles(rig):
    await rig.sim("prices", symbol=MARKET, last="150")

    (trade,) = await get(rig, "v1/aggTrades", symbol=SOL, limit=1)
    bars = await get(rig, "v1/klines", symbol=SOL, interval="1m", limit=3)
    day = await get(rig, "v1/ticker/24hr", symbol=SOL)

    assert (trade["p"], bars[-1][4], day["lastPrice"]) == ("150", "150", "150")
    assert [bar[0] + 59_999 for bar in bars] == [bar[6] for bar in bars]
    assert {later[0] - bar[0] for bar, later in pairwise(bars)} == {60_000}


async def test_given_each_kind_when_candles_are_asked_then_of_its_own_price(rig):
    await rig.sim("prices", symbol=MARKET, mark="131", index="132", last="133")

    closes = [
        (await get(rig, f"v1/{path}", interval="1m", limit=1, **{name: SOL}))[0][4]
        for path, name in (
            ("markPriceKlines", "symbol"),
            ("indexPriceKlines", "pair"),
            ("klines", "symbol"),
        )
    ]

    assert closes == ["131", "132", "133"]


async def test_given_bars_without_trades_when_listed_then_flat_at_the_close_before(rig):
    since_ms = (await get(rig, "v1/time"))["serverTime"] - 30 * 60_000
    bars = await get(
        rig, "v1/markPriceKlines", symbol=SOL, interval="1m", startTime=since_ms
    )

    assert 29 <= len(bars) <= 31
    assert all(bar[1] for bar in bars)


async def test_given_a_start_when_candles_are_asked_then_the_first_of_them(rig):
    now_ms = (await get(rig, "v1/time"))["serverTime"]
    since_ms = now_ms // 60_000 * 60_000 - 10 * 60_000

    bars = await get(
        rig, "v1/klines", symbol=SOL, interval="1m", startTime=since_ms, limit=4
    )

    assert [bar[0] for bar in bars] == [since_ms + n * 60_000 for n in range(4)]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("v1/premiumIndex", {"symbol": "NOPE"}, -1121),
        ("v1/klines", {"interval": "1m"}, -1102),
        ("v1/klines", {"symbol": SOL}, -1102),
        ("v1/klines", {"symbol": SOL, "interval": "1s"}, -1120),
        ("v1/klines", {"symbol": SOL, "interval": "1m", "limit": 1501}, -1130),
        ("v1/klines", {"symbol": SOL, "interval": "1m", "startTime": "x"}, -1100),
        ("v1/depth", {"symbol": SOL, "limit": 7}, -4021),
    ],
)
async def test_given_a_bad_query_when_asked_then_binances_code(rig, path, query, code):
    refused = await get(rig, path, 400, **query)

    assert refused["code"] == code
    assert refused["msg"]


async def test_given_no_such_path_when_asked_then_404(rig):
    assert (await get(rig, "v1/order", 404))["code"] == -5000


async def test_given_limits_when_spent_then_429_until_the_minute_ends():
    async with running(rate_limited=True) as rig:
        response = await rig.http.get("/fapi/v1/ping")
        assert response.headers["x-mbx-used-weight-1m"] == "1"
        # A minute may end on the way and give the whole weight back, once.
        for _ in range(2 * 130):
            response = await rig.http.get(
                "/fapi/v1/aggTrades", params={"symbol": SOL, "limit": 1}
            )
            if response.status_code == 429:
                break

        assert response.status_code == 429
        assert response.json()["code"] == -1003
        assert 1 <= int(response.headers["retry-after"]) <= 60


async def test_given_a_market_stream_when_subscribed_then_acknowledged_and_told(rig):
    async with listen(rig, "/market/stream") as ear:
        answer = await ear.ask("SUBSCRIBE", "solusdt@markPrice@1s", "solusdt@aggTrade")
        await rig.sim("prices", symbol=MARKET, mark="135.5", last="136.25")
        trade = await ear.until("aggTrade")
        mark = await ear.until("markPriceUpdate")

    assert answer == {"result": None, "id": 1}
    assert (mark["p"], mark["s"], trade["p"]) == ("135.5", SOL, "136.25")
    assert mark["T"] > mark["E"] > 1_600_000_000_000


async def test_given_marks_of_one_millisecond_when_sent_then_each_is_later(rig):
    async with listen(rig, "/market/stream?streams=solusdt@markPrice@1s") as ear:
        prices = [{"symbol": MARKET, "mark": str(mark)} for mark in range(100, 120)]
        await rig.sim("prices", prices=prices)
        events = [await ear.until("markPriceUpdate") for _ in prices]

    instants = [event["E"] for event in events]
    assert instants == sorted(set(instants))


async def test_given_a_raw_stream_when_told_then_without_its_name(rig):
    async with listen(rig, "/public/ws/solusdt@bookTicker") as ear:
        await rig.sim("prices", symbol=MARKET, last="150")
        frame = await ear.next()

    assert (frame["e"], frame["s"]) == ("bookTicker", SOL)
    assert float(frame["b"]) < 150 < float(frame["a"])


@pytest.mark.parametrize(
    ("path", "comes"),
    [
        ("/market/stream", ["aggTrade"]),
        ("/public/stream", ["bookTicker"]),
        ("/stream", ["bookTicker"]),
        ("/ws", ["bookTicker"]),
    ],
)
async def test_given_the_wrong_door_when_subscribed_then_taken_and_silent(
    rig, path, comes
):
    async with listen(rig, path) as ear:
        streams = ["solusdt@aggTrade", "solusdt@bookTicker", "solusdt@nothing"]
        answer = await ear.ask("SUBSCRIBE", *streams)
        assert answer["result"] is None
        assert (await ear.ask("LIST_SUBSCRIPTIONS"))["result"] == streams
        listened = (await rig.sim("state"))["streams"]

    assert listened == [f"solusdt@{kind}" for kind in comes]


async def test_given_open_doors_when_subscribed_then_everything_everywhere():
    async with (
        running(quirks={"binance_doors": "open"}) as rig,
        listen(rig, "/stream?streams=solusdt@aggTrade/solusdt@bookTicker") as ear,
    ):
        await rig.sim("prices", symbol=MARKET, last="150")
        kinds = {(await ear.next())["data"]["e"] for _ in range(2)}

    assert kinds == {"aggTrade", "bookTicker"}


async def test_given_a_stream_left_when_prices_move_then_nothing_more(rig):
    async with listen(rig, "/market/stream") as ear:
        await ear.ask("SUBSCRIBE", "solusdt@aggTrade", "solusdt@markPrice@1s")
        answer = await ear.ask("UNSUBSCRIBE", "solusdt@aggTrade")

        assert answer["result"] is None
        assert (await rig.sim("state"))["streams"] == ["solusdt@markPrice@1s"]


async def test_given_a_bar_when_it_ends_then_closed_once(rig):
    async with listen(rig, "/market/stream?streams=solusdt@kline_1m") as ear:
        running_bar = await ear.until("kline")
        publisher = rig.exchange.publisher
        publisher.klines(running_bar["k"]["T"] // 1_000 + 1)
        closed = await ear.until("kline")

    assert not running_bar["k"]["x"]
    assert closed["k"]["x"]
    assert closed["k"]["T"] == running_bar["k"]["T"]
    assert closed["k"]["T"] - closed["k"]["t"] == 59_999


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("hello", 3),
        ("[]", 2),
        ('{"method":"SUBSCRIBE","params":["x"]}', 2),
        ('{"method":"SUBSCRIBE","params":["x"],"id":"one"}', 2),
        ('{"method":"JOIN","params":["x"],"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":"x","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2),
        ('{"method":"SET_PROPERTY","params":["x"],"id":1}', 0),
    ],
)
@pytest.mark.parametrize("shape", ["nested", "bare"])
async def test_given_a_bad_request_when_sent_then_an_error_of_the_shape(
    rig, sent, code, shape
):
    await rig.sim("quirks", binance_error=shape)
    async with listen(rig, "/market/stream") as ear:
        await ear.socket.send(sent)
        frame = await ear.next()

    error = frame["error"] if shape == "nested" else frame
    assert error["code"] == code
    assert error["msg"]


async def test_given_a_limit_of_streams_when_exceeded_then_none_of_them():
    async with (
        running(quirks={"subscriptions_max": 1}) as rig,
        listen(rig, "/market/stream") as ear,
    ):
        refused = await ear.ask("SUBSCRIBE", "solusdt@aggTrade", "btcusdt@aggTrade")
        listened = (await rig.sim("state"))["streams"]

    assert refused["error"] == {"code": 4, "msg": "Too many subscriptions"}
    assert listened == []


async def test_given_a_flood_of_requests_when_sent_then_closed(rig):
    async with listen(rig, "/market/stream") as ear:
        request = json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1})
        for _ in range(12):
            await ear.socket.send(request)
        async with asyncio.timeout(DEADLINE_S):
            await ear.socket.wait_closed()

    assert ear.socket.close_code == 1008


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "too_many_requests", "retry_after_s": 9}, 429, -1003),
        ({"kind": "error_before"}, 500, -1000),
        ({"kind": "error_after"}, 500, -1000),
        ({"kind": "unavailable"}, 503, -1016),
        ({"kind": "refuse", "status": 418, "code": "-1003"}, 418, -1003),
    ],
)
async def test_given_a_fault_when_asked_then_its_answer_once(rig, fault, status, code):
    await rig.sim("faults", path="/fapi/v1/premiumIndex", symbol=SOL, **fault)

    assert (await get(rig, "v1/premiumIndex", status, symbol=SOL))["code"] == code
    await get(rig, "v1/premiumIndex", symbol=SOL)


async def test_given_silence_garbage_and_duplicates_when_put_up_then_on_these_streams(
    rig,
):
    async with listen(rig, "/market/stream?streams=solusdt@aggTrade") as ear:
        for kind in ("duplicate", "garbage"):
            await rig.sim("faults", kind=kind, stream="solusdt@", count=1)
        await rig.sim("prices", symbol=MARKET, last="150")
        assert [(await ear.until("aggTrade"))["p"] for _ in range(2)] == ["150"] * 2
        await rig.sim("prices", symbol=MARKET, last="151")
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            await ear.next()
        assert (await ear.until("aggTrade"))["p"] == "151"

        await rig.sim("faults", kind="silence", stream="solusdt@")
        await rig.sim("prices", symbol=MARKET, last="152")
        await rig.http.delete("/sim/faults")
        await rig.sim("prices", symbol=MARKET, last="153")
        assert (await ear.until("aggTrade"))["p"] == "153"


async def test_given_a_late_frame_when_put_up_then_after_the_next_one(rig):
    late = {"kind": "late", "stream": "solusdt@", "count": 1, "delay_ms": 50}
    async with listen(rig, "/market/stream?streams=solusdt@aggTrade") as ear:
        await rig.sim("faults", **late)
        await rig.sim("prices", symbol=MARKET, last="150")
        await rig.sim("prices", symbol=MARKET, last="151")
        prices = [(await ear.until("aggTrade"))["p"] for _ in range(2)]

    assert prices == ["151", "150"]


async def test_given_a_drop_when_asked_for_then_these_sockets_break_too(rig):
    async with listen(rig, "/market/stream?streams=solusdt@aggTrade") as ear:
        dropped = await rig.sim("sockets", action="drop", stream="solusdt@")
        with pytest.raises(ConnectionClosed):
            await ear.until("markPriceUpdate")

    assert dropped == {"sockets": 1}


async def test_given_every_mark_when_listened_then_as_a_list(rig):
    async with listen(rig, "/market/ws/!markPrice@arr@1s") as ear:
        await rig.sim("prices", symbol=MARKET, mark="135.5")
        (mark,) = await ear.next()

    assert (mark["s"], mark["p"]) == (SOL, "135.5")  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "event"), [("ticker", "24hrTicker"), ("miniTicker", "24hrMiniTicker")]
)
async def test_given_the_last_day_when_listened_then_sent_each_beat(kind, event):
    async with (
        running(cadence_ms=20) as rig,
        listen(rig, f"/market/stream?streams=solusdt@{kind}") as ear,
    ):
        data = await ear.until(event)

    assert data["c"] == "140"
