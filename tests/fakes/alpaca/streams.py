"""The two kinds of streams: updates of orders, and prices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from fakes.alpaca.exchange import Exchange
from fakes.alpaca.market_data import CHANNELS, MarketData

Frames = asyncio.Queue[Any]


async def received(socket: WebSocket) -> Any:
    """Read one request, in text or in bytes, JSON or msgpack."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    text, data = message.get("text"), message.get("bytes")
    if text is not None:
        return json.loads(text)
    assert data is not None
    return json.loads(data) if data[:1] == b"{" else msgspec.msgpack.decode(data)


async def serve(
    socket: WebSocket,
    frames: Frames,
    on_request: Callable[[Any], None],
    send: Callable[[Any], Any],
) -> None:
    """Answer requests and send frames until the client, or a test, has enough."""

    async def sending() -> None:
        while (frame := await frames.get()) is not None:
            await send(frame)
        await socket.close()

    sender = asyncio.ensure_future(sending())
    try:
        while True:
            on_request(await received(socket))
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        sender.cancel()


class UpdateStreams:
    """`trade_updates`: JSON in binary frames. `open` are the queues of those that are,
    `listeners` how many of them have asked to be told.

    `mutes` keeps updates back, as a connection does that is up and tells nothing.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.open: list[Frames] = []
        self.listeners = 0
        self.mutes = False

    def route(self) -> WebSocketRoute:
        return WebSocketRoute("/stream", self.endpoint)

    def drop(self) -> None:
        for frames in self.open:
            frames.put_nowait(None)

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        frames: Frames = asyncio.Queue()
        listening: list[str] = []
        is_in = False

        def told(update: dict[str, Any]) -> None:
            if listening and not self.mutes:
                frames.put_nowait(update)

        def on_request(request: Any) -> None:
            nonlocal is_in
            data = request.get("data") or {}
            if request.get("action") in ("authenticate", "auth"):
                given = (data.get("key_id", ""), data.get("secret_key", ""))
                is_in = self.exchange.keys in (None, given)
                status = "authorized" if is_in else "unauthorized"
                answer = {"status": status, "action": "authenticate"}
                frames.put_nowait({"stream": "authorization", "data": answer})
            elif request.get("action") == "listen" and is_in:
                listening[:] = data.get("streams") or []
                self.listeners += 1
                answer = {"streams": list(listening)}
                frames.put_nowait({"stream": "listening", "data": answer})

        self.open.append(frames)
        self.exchange.listeners.append(told)
        try:
            await serve(
                socket,
                frames,
                on_request,
                lambda frame: socket.send_bytes(json.dumps(frame).encode()),
            )
        finally:
            self.listeners -= bool(listening)
            self.exchange.listeners.remove(told)
            self.open.remove(frames)


class PriceStream:
    """One client of a price stream and what it is subscribed to."""

    def __init__(self, streams: PriceStreams, path: str, is_binary: bool) -> None:
        self.streams = streams
        self.path = path
        self.is_binary = is_binary
        self.frames: Frames = asyncio.Queue()
        self.is_in = False
        self.wanted: dict[str, set[str]] = {channel: set() for channel in CHANNELS}

    def say(self, **message: Any) -> None:
        self.frames.put_nowait([message])

    def told(self, channel: str, symbol: str, message: dict[str, Any]) -> None:
        names = self.wanted[channel]
        if symbol in names or "*" in names:
            self.frames.put_nowait([message])

    def on_request(self, request: Any) -> None:
        action = request.get("action")
        if action == "auth":
            self._let_in(request)
        elif not self.is_in:
            self.say(T="error", code=401, msg="not authenticated")
        elif action in ("subscribe", "unsubscribe"):
            self._change(request, adds=action == "subscribe")
        else:
            self.say(T="error", code=400, msg="invalid syntax")

    def _let_in(self, request: Any) -> None:
        given = (request.get("key", ""), request.get("secret", ""))
        if self.streams.exchange.keys not in (None, given):
            self.say(T="error", code=402, msg="auth failed")
        elif any(s.is_in for s in self.streams.open if s.path == self.path):
            self.say(T="error", code=406, msg="connection limit exceeded")
            self.frames.put_nowait(None)
        else:
            self.is_in = True
            self.say(T="success", msg="authenticated")

    def _change(self, request: Any, *, adds: bool) -> None:
        asked = {channel: set(request.get(channel) or ()) for channel in CHANNELS}
        after = {
            channel: (names | asked[channel] if adds else names - asked[channel])
            for channel, names in self.wanted.items()
        }
        if len(set().union(*after.values())) > self.streams.symbols_max:
            self.say(T="error", code=405, msg="symbol limit exceeded")
            return
        self.wanted = after
        lists = {channel: sorted(names) for channel, names in after.items()}
        more: dict[str, list[str]] = {"updatedBars": [], "dailyBars": []}
        self.say(T="subscription", **lists, **more, corrections=lists["trades"])


class PriceStreams:
    """`open` are the clients; `symbols_max` is what a free plan allows."""

    def __init__(self, exchange: Exchange, market: MarketData) -> None:
        self.exchange = exchange
        self.market = market
        self.open: list[PriceStream] = []
        self.symbols_max = 30

    def routes(self) -> list[WebSocketRoute]:
        paths = ("/v2/iex", "/v2/sip", "/v2/test", "/v1beta3/crypto/us")
        return [WebSocketRoute(path, self.endpoint) for path in paths]

    def drop(self) -> None:
        for stream in self.open:
            stream.frames.put_nowait(None)

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        is_binary = socket.headers.get("content-type") == "application/msgpack"
        stream = PriceStream(self, socket.url.path, is_binary)
        stream.say(T="success", msg="connected")
        self.open.append(stream)
        self.market.on_message.append(stream.told)

        async def send(frame: Any) -> None:
            if is_binary:
                await socket.send_bytes(msgspec.msgpack.encode(frame))
            else:
                await socket.send_text(json.dumps(frame, default=_written))

        try:
            await serve(socket, stream.frames, stream.on_request, send)
        finally:
            self.market.on_message.remove(stream.told)
            self.open.remove(stream)


def _written(value: object) -> str:
    assert isinstance(value, datetime)
    return f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"
