"""Frames of Binance's USD-M streams, and a feed on a server that sends them."""

from __future__ import annotations

import asyncio
import json as stdlib_json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from exitd.adapters.binance.feed import BinanceFeed
from exitd.adapters.binance.silence import SILENT_NS
from exitd.adapters.network.connection import PING_S
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_MS
from exitd.errors import FeedError
from exitd.ports.clock import Clock
from exitd.ports.feed import FeedNotice
from fakes.answers import Answer, Answers, json
from fakes.observed import DEADLINE_S, Observed

BTC = "BTCUSDT"
MARK = PriceSource("binance", BTC, PriceKind.MARK)
INDEX = PriceSource("binance", BTC, PriceKind.INDEX)
LAST = PriceSource("binance", BTC, PriceKind.LAST)
BID = PriceSource("binance", BTC, PriceKind.BID)
ASK = PriceSource("binance", BTC, PriceKind.ASK)
RUNNING = PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1m")
CLOSED = PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1m", closed=True)
MINUTE_MS = 60_000


def ms(seconds_ago: float = 0) -> int:
    return time.time_ns() // NS_PER_MS - int(seconds_ago * 1000)


def combined(stream: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"stream": f"btcusdt@{stream}", "data": data}


def mark(
    price: object = "65000.10000000", index: object = "65001.02659091", at_ms: int = 0
) -> dict[str, Any]:
    data = {"e": "markPriceUpdate", "E": at_ms or ms(), "s": BTC, "p": price}
    data |= {"i": index, "P": "65000.25641265", "r": "0.00038167"}
    return combined("markPrice@1s", {**data, "T": 1562306400000})


def trade(price: str, number: int, at_ms: int = 0) -> dict[str, Any]:
    data = {"e": "aggTrade", "E": at_ms or ms(), "T": at_ms or ms(), "s": BTC}
    data |= {"a": number, "p": price, "q": "0.100", "nq": "0.100", "m": True}
    return combined("aggTrade", {**data, "f": number, "l": number + 2})


def book(bid: str, ask: str, update: int) -> dict[str, Any]:
    data = {"e": "bookTicker", "u": update, "s": BTC, "b": bid, "B": "31.21"}
    return combined(
        "bookTicker", {**data, "a": ask, "A": "40.66", "T": ms(), "E": ms()}
    )


def kline(close: str, end_ms: int, closed: bool, at_ms: int = 0) -> dict[str, Any]:
    # A bar is closed by the first frame after its end, wherever the minute stands.
    at_ms = at_ms or (max(ms(), end_ms) if closed else ms())
    bar = {"t": end_ms - MINUTE_MS, "T": end_ms - 1, "s": BTC, "i": "1m", "f": 100}
    bar |= {"L": 200, "o": close, "c": close, "h": close, "l": close, "v": "1000"}
    bar |= {"n": 100, "x": closed, "q": "1.0", "V": "500", "Q": "0.5", "B": "0"}
    return combined("kline_1m", {"e": "kline", "E": at_ms, "s": BTC, "k": bar})


def this_minute_ends_ms() -> int:
    return (ms() // MINUTE_MS + 1) * MINUTE_MS


class BinanceServer:
    """Answers requests as Binance does, and sends what a test tells it to.

    `requests` observes (door, request), `opened` each door; `refuses` names streams
    it refuses, with a bare error if `is_bare`; while `is_mute`, nothing is answered.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: Observed[tuple[str, dict[str, Any]]] = Observed()
        self.opened: Observed[str] = Observed()
        self.refuses: set[str] = set()
        self.is_mute = False
        self.is_bare = False
        self.sockets: list[ServerConnection] = []
        self.by_door: dict[str, ServerConnection] = {}
        self.paths: list[str] = []

    async def push(
        self, *frames: str | bytes | dict[str, Any], door: str = "market"
    ) -> None:
        """Send frames through one door, in order."""
        for frame in frames:
            is_object = isinstance(frame, dict)
            written = stdlib_json.dumps(frame) if is_object else frame
            await self.by_door[door].send(written)

    async def subscribed(self, stream: str) -> str:
        """Wait until somebody asks for a stream; gives the door."""
        door, _ = await self.requests.until(
            lambda seen: (
                seen[1]["method"] == "SUBSCRIBE" and stream in seen[1]["params"]
            )
        )
        return door

    def asked(self, method: str = "SUBSCRIBE") -> list[list[str]]:
        return [r["params"] for _, r in self.requests.all if r["method"] == method]

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        path = socket.request.path
        door = path.split("/")[1]
        self.sockets.append(socket)
        self.paths.append(path)
        self.by_door[door] = socket
        self.opened(door)
        try:
            async for message in socket:
                request = stdlib_json.loads(message)
                if not self.is_mute:
                    await socket.send(stdlib_json.dumps(self._answer(request)))
                self.requests((door, request))
        except ConnectionClosed:
            return

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self.refuses & set(request["params"]):
            return {"result": None, "id": request["id"]}
        error = {"code": 2, "msg": "Invalid request: no such stream"}
        return error if self.is_bare else {"error": error, "id": request["id"]}


@asynccontextmanager
async def binance_server() -> AsyncIterator[BinanceServer]:
    streams = BinanceServer()
    async with serve(streams.handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        streams.url = f"ws://{host}:{port}"
        try:
            yield streams
        finally:
            for socket in streams.sockets:
                socket.transport.abort()
            await asyncio.gather(*(s.wait_closed() for s in streams.sockets))


class Rig:
    """A feed on a server of frames, and what it told."""

    def __init__(
        self,
        server: BinanceServer,
        answers: Answers,
        ping_s: float,
        clock: Clock | None,
        silent_ns: int,
    ) -> None:
        self.server = server
        self.answers = answers
        self.ticks: Observed[Tick] = Observed()
        self.notices: Observed[FeedNotice] = Observed()
        self.feed = BinanceFeed(
            "binance",
            clock=clock or SystemClock(),
            ws_url=server.url,
            transport=answers,
            ping_s=ping_s,
            silent_ns=silent_ns,
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
        """Wait for a price, exactly as it was written."""
        return await self.ticks.until(
            lambda t: t.source == source and str(t.price) == price
        )


def server_time(request: Any) -> Any:
    answer = json({"serverTime": ms()})
    assert callable(answer)
    return answer(request)


@asynccontextmanager
async def running(
    *sources: PriceSource,
    ping_s: float = PING_S,
    refuses: Iterable[str] = (),
    is_bare: bool = False,
    is_mute: bool = False,
    by_path: dict[str, Answer] | None = None,
    clock: Clock | None = None,
    silent_ns: int = SILENT_NS,
) -> AsyncIterator[Rig]:
    answers = Answers(
        {
            "/fapi/v1/time": server_time,
            "/fapi/v1/klines": json([]),
            **(by_path or {}),
        }
    )
    async with binance_server() as server, asyncio.TaskGroup() as group:
        server.refuses, server.is_bare = set(refuses), is_bare
        server.is_mute = is_mute
        rig = Rig(server, answers, ping_s, clock, silent_ns)
        rig.feed.watch(frozenset(sources))
        group.create_task(rig.run())
        await server.opened.until(lambda door: door == "market")
        for stream in rig.feed.streams:
            await server.subscribed(stream)
        yield rig
        await rig.feed.close()
        await rig.is_lost()


def ns(at_ms: int) -> int:
    return at_ms * NS_PER_MS
