"""The network between a daemon and the exchange: late, lossy, and it remembers.

A request that has left goes on by itself: a crash of the daemon does not take it back.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from random import Random
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
from websockets.exceptions import ConnectionClosedError

from exitd.adapters.network import lanes as network
from exitd.adapters.network.lanes import Call
from exitd.simulator.requests import Reply, Request


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How often a call goes wrong, each as a probability."""

    lost_request: float = 0.0
    lost_reply: float = 0.0
    delayed: float = 0.0
    error_before: float = 0.0
    error_after: float = 0.0
    limited: float = 0.0
    read_failure: float = 0.0
    history_lag_s: float = 0.0
    stream_drop: float = 0.0
    is_stream_silent: bool = False


CALM = Rates()


class Network:
    """Carries requests and frames to one venue; what that is, those below say."""

    def __init__(self, rng: Random, rates: Rates) -> None:
        self.rates = rates
        self.rng = rng
        self.sockets: list[SimulatedSocket] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._outside = contextvars.copy_context()

    @property
    def outside(self) -> contextvars.Context:
        """A context of what goes on though the machine stands still."""
        return self._outside.copy()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, context=self.outside)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def latency_s(self) -> float:
        return self.rng.uniform(0.001, 0.03)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    async def deliver(
        self, request: Request, answered: asyncio.Future[Reply | None]
    ) -> None:
        reply = await self.carry(request)
        if not answered.done():
            answered.set_result(reply)

    async def carry(self, request: Request) -> Reply | None:
        """Take one request to the exchange and its reply back; None when lost."""
        rates = self.rates
        await asyncio.sleep(self.latency_s())
        is_order = self.is_order(request)
        if not is_order and self.chance(rates.read_failure):
            return None
        if is_order:
            self.note_order(request)
        if self.chance(rates.lost_request):
            return None
        if self.chance(rates.limited):
            return self.limited()
        if self.chance(rates.error_before):
            return self.broken()
        if self.chance(rates.delayed):
            await asyncio.sleep(self.rng.uniform(0.5, 9.0))
        reply = await self.answer(request)
        await asyncio.sleep(self.latency_s())
        if self.chance(rates.lost_reply):
            return None
        if self.chance(rates.error_after):
            return self.broken()
        return reply

    def is_order(self, request: Request) -> bool:
        raise NotImplementedError

    def note_order(self, request: Request) -> None:
        """Remember what left as an order."""
        raise NotImplementedError

    def limited(self) -> Reply:
        """What the venue answers to too many requests."""
        raise NotImplementedError

    def broken(self) -> Reply:
        """What it answers when it breaks."""
        raise NotImplementedError

    async def answer(self, request: Request) -> Reply | None:
        raise NotImplementedError

    def serve(self, url: str, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        """Serve one WebSocket by ASGI, until either end closes it."""
        raise NotImplementedError

    async def connect(self, url: str) -> SimulatedSocket:
        await asyncio.sleep(self.latency_s())
        socket = SimulatedSocket(self, url)
        self.sockets.append(socket)
        return socket

    def drop_sockets(self) -> None:
        for socket in self.sockets:
            socket.abort()
        self.sockets.clear()


class SimulatedCarrier:
    """What the adapter sends with."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._loop = asyncio.get_running_loop()

    async def carry(self, call: Call) -> network.Reply:
        url = urlsplit(call.url)
        sent = Request(
            method=call.method,
            path=url.path,
            query=parse_qsl(url.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in call.headers.items()},
            body=call.body or b"",
        )
        # What has left arrives, whatever becomes of the sender.
        answered: asyncio.Future[Reply | None] = self._loop.create_future()
        self._network.spawn(self._network.deliver(sent, answered))
        reply = await answered
        if reply is None:
            await asyncio.sleep(60)
            raise ConnectionResetError("the connection was cut")
        headers = {"content-type": reply.content_type}
        headers |= {name.lower(): value for name, value in reply.headers}
        return network.Reply(reply.status, headers, reply.body)

    async def close(self) -> None:
        """Nothing to close."""


class SimulatedSocket:
    """A WebSocket in virtual time, with the surface that the adapter uses."""

    def __init__(self, network: Network, url: str) -> None:
        self._network = network
        self._incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._is_closed = False
        self._outgoing.put_nowait({"type": "websocket.connect"})
        self._served = network.spawn(
            network.serve(url, self._outgoing.get, self._to_client)
        )

    @property
    def transport(self) -> SimulatedSocket:
        return self

    def abort(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._incoming.put_nowait(None)
            self._outgoing.put_nowait({"type": "websocket.disconnect"})

    async def _to_client(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send" and not self._is_closed:
            await asyncio.sleep(self._network.rng.uniform(0.0005, 0.004))
            text = message.get("text")
            frame = message["bytes"] if text is None else text.encode()
            self._incoming.put_nowait(frame)
        elif message["type"] == "websocket.close":
            self.abort()

    async def recv(self, decode: Literal[False]) -> bytes:
        frame = await self._incoming.get()
        if frame is None:
            raise ConnectionClosedError(None, None)
        return frame

    async def send(self, message: str) -> None:
        if self._is_closed:
            raise ConnectionClosedError(None, None)
        await asyncio.sleep(self._network.latency_s())
        self._outgoing.put_nowait({"type": "websocket.receive", "text": message})

    async def ping(self) -> asyncio.Future[float]:
        if self._is_closed:
            raise ConnectionClosedError(None, None)
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        delay_s = 2 * self._network.latency_s()

        def answer() -> None:
            if not pong.done():
                pong.set_result(delay_s)

        loop = asyncio.get_running_loop()
        loop.call_later(delay_s, answer, context=self._network.outside)
        return pong

    async def close(self) -> None:
        self.abort()
