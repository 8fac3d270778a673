"""
One WebSocket in Binance's protocol: numbered requests in, answers and frames out.

Whatever is asked for is acknowledged: a stream that does not exist as well, and one
that comes through the other door. Nothing follows then. The doors are `/public` for
what the matching engine pushes and `/market` for the rest; a path without either is
`/public`, unless the switch `binance_doors` opens everything everywhere.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from typing import Any
from urllib.parse import parse_qs

import msgspec

from exitd.simulator.binance import INTERVALS, symbols_of
from exitd.simulator.binance_publisher import ALL_MARKS, RAW
from exitd.simulator.exchange import Exchange
from exitd.simulator.hub import PUBLIC, Session
from exitd.simulator.streams import write_frames

MESSAGES_PER_S = 10
STREAMS_MAX = 1_024
#: What the matching engine pushes, and what is made of it behind the other door.
_PUSHED = ("trade", "bookTicker")
_MADE = ("aggTrade", "markPrice", "markPrice@1s", "ticker", "miniTicker")
_PATH = re.compile(r"/(?:(public|market)/)?(ws|stream)(?:/(.*))?\Z")
_METHODS = (
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "LIST_SUBSCRIPTIONS",
    "SET_PROPERTY",
    "GET_PROPERTY",
)
_SECOND_US = 1_000_000


def is_path(path: str) -> bool:
    return _PATH.match(path) is not None


def is_stream(stream: str, exchange: Exchange) -> bool:
    """Whether there is a stream of this name behind one of the doors."""
    if stream in ALL_MARKS:
        return True
    low, _, kind = stream.partition("@")
    if low != low.lower() or low.upper() not in symbols_of(exchange.state.markets):
        return False
    if kind.startswith("kline_"):
        return kind.removeprefix("kline_") in INTERVALS
    return kind in _MADE or kind in _PUSHED


class BinanceSession:
    """What the other end asks for, and what it gets."""

    def __init__(
        self, exchange: Exchange, session: Session, door: str, is_raw: bool
    ) -> None:
        self._exchange = exchange
        self._session = session
        self._door = door or "public"
        self._key = RAW if is_raw else PUBLIC
        self._asked: dict[str, None] = {}
        self._arrived_us: deque[int] = deque()

    def is_flooded(self) -> bool:
        """Count one message in; whether there were too many within a second."""
        now_us = self._exchange.clock.now_us()
        arrived = self._arrived_us
        arrived.append(now_us)
        while arrived[0] <= now_us - _SECOND_US:
            arrived.popleft()
        return len(arrived) > MESSAGES_PER_S

    def receive(self, written: str) -> None:
        """Act on one text frame; errors go back as frames, never up."""
        try:
            message = json.loads(written)
        except ValueError:
            self._error(3, "Invalid JSON: expected value at line 1 column 1", None)
            return
        if not isinstance(message, dict):
            self._error(2, "Invalid request: expected an object", None)
            return
        number = message.get("id")
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            why = "Invalid request: request ID must be an unsigned integer"
            self._error(2, why, None)
            return
        method, params = message.get("method"), message.get("params", [])
        if method not in _METHODS:
            why = f"unknown variant `{method}`, expected one of {', '.join(_METHODS)}"
            self._error(2, f"Invalid request: {why}", number)
        elif not isinstance(params, list):
            self._error(2, "Invalid request: params must be a list", number)
        else:
            self._answer(method, params, number)

    def _answer(self, method: str, params: list[Any], number: int) -> None:
        result: Any = None
        if method == "LIST_SUBSCRIPTIONS":
            result = list(self._asked)
        elif method == "GET_PROPERTY":
            result = self._key == PUBLIC
        elif method == "SET_PROPERTY":
            self._error(0, "Unknown property", number)
            return
        elif not all(isinstance(stream, str) for stream in params):
            self._error(2, "Invalid request: stream names must be strings", number)
            return
        elif method == "UNSUBSCRIBE":
            self._leave(params)
        elif not self.join(params):
            self._error(4, "Too many subscriptions", number)
            return
        self._session.send(msgspec.json.encode({"result": result, "id": number}))

    def join(self, streams: list[str]) -> bool:
        """Subscribe to all of *streams*, or to none if they are too many."""
        exchange = self._exchange
        limit = exchange.quirks.subscriptions_max or STREAMS_MAX
        if len({*self._asked, *streams}) > limit:
            return False
        for stream in streams:
            self._asked[stream] = None
            if is_stream(stream, exchange) and self._comes_through(stream):
                exchange.hub.subscribe(self._session, stream, self._key)
        return True

    def _comes_through(self, stream: str) -> bool:
        if self._exchange.quirks.binance_doors == "open":
            return True
        is_pushed = stream.partition("@")[2] in _PUSHED
        return is_pushed == (self._door == "public")

    def _leave(self, streams: list[str]) -> None:
        for stream in streams:
            self._asked.pop(stream, None)
            self._exchange.hub.unsubscribe(self._session, stream)

    def _error(self, code: int, message: str, number: int | None) -> None:
        told: dict[str, Any] = {"code": code, "msg": message}
        if self._exchange.quirks.binance_error == "nested":
            told = {"error": told}
            if number is not None:
                told["id"] = number
        self._session.send(msgspec.json.encode(told))


async def serve_binance_socket(
    exchange: Exchange,
    transport: asyncio.Transport | None,
    path: str,
    query: str,
    receive: Any,
    send: Any,
) -> None:
    """Run one WebSocket until either end closes it (ASGI `receive` and `send`)."""
    opened = await receive()
    assert opened["type"] == "websocket.connect"
    found = _PATH.match(path)
    assert found is not None, "the gateway asked `is_path`"
    door, form, names = found.groups("")
    await send({"type": "websocket.accept"})
    session = exchange.hub.open(transport)
    stream = BinanceSession(exchange, session, door, form == "ws")
    if form == "stream":
        names = "/".join(parse_qs(query).get("streams", []))
    stream.join([name for name in names.split("/") if name])
    writer = asyncio.create_task(
        write_frames(session, send), name=f"writer {session.number}"
    )
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if stream.is_flooded():
                why = "Too many requests"
                await send({"type": "websocket.close", "code": 1008, "reason": why})
                return
            text = message.get("text")
            if text is None:
                text = (message.get("bytes") or b"").decode("utf-8", "replace")
            stream.receive(text)
    finally:
        exchange.hub.close(session)
        writer.cancel()
        await asyncio.wait([writer])
        if not writer.cancelled():
            writer.exception()
