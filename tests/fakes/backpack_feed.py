"""Frames of Backpack's public streams, and a feed on a server that sends them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.network.connection import PING_S
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import FeedError
from exitd.ports.feed import FeedNotice
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


def kline(close: str | None, end_ns: int, closed: bool, at_us: int = 0) -> dict:
    # A bar is closed by the first frame after its end, wherever the minute stands.
    at_us = at_us or (max(us(), end_ns // 1000) if closed else us())
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
    *sources: PriceSource,
    ping_s: float = PING_S,
    refuses: Iterable[str] = (),
    tells_time: bool = True,
) -> AsyncIterator[Rig]:
    answers = Answers(
        {
            "/api/v1/time": lambda r: plain(
                str(time.time_ns() // NS_PER_MS) if tells_time else ""
            )(r),
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
