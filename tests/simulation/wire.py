"""The network between a daemon and the exchange: late, lossy, and it remembers.

A request that has left goes on by itself: a crash of the daemon does not take it back.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
from websockets.exceptions import ConnectionClosedError

from exitd.adapters.network import lanes as network
from exitd.adapters.network.lanes import Call
from exitd.simulator.requests import Reply, Request
from simulation.failures import Share
from simulation.spoiling import Answer, frames_of, instead, made_of, one_of, wrong_time


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
    calls: tuple[Share, ...] = ()
    frames: tuple[Share, ...] = ()


CALM = Rates()


class Answers:
    """What a venue answers, and how its requests and frames are told apart."""

    def is_time(self, request: Request) -> bool:
        raise NotImplementedError

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

    def unclear(self) -> Reply:
        """A no that may be a yes."""
        raise NotImplementedError

    def revoked(self) -> Reply:
        """What it answers to a key that it does not know."""
        raise NotImplementedError

    def refused(self) -> Reply:
        """A definite no to an order, for a reason of the venue's own."""
        raise NotImplementedError

    def is_price(self, url: str, frame: bytes) -> bool:
        raise NotImplementedError

    async def answer(self, request: Request) -> Reply | None:
        raise NotImplementedError

    def serve(self, url: str, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        """Serve one WebSocket by ASGI, until either end closes it."""
        raise NotImplementedError


class Network(Answers):
    """Carries requests and frames to one venue; what that is, those below say."""

    def __init__(self, rng: Random, rates: Rates) -> None:
        self.rates = rates
        self.rng = rng
        self.sockets: list[SimulatedSocket] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._outside = contextvars.copy_context()
        #: What is so for a while, for every call and every new connection.
        self.spells: set[str] = set()
        #: Told when a machine may be killed: at which point of an order's way.
        self.on_point: Callable[[str], None] = lambda point: None
        self.last_order: Reply | None = None
        #: By how much each wrong time is off; 0 where no two lies agree.
        self.lie_ms = 0
        #: What left under each id first, and the ids that were used for something else.
        self.first_bodies: dict[int | str, bytes] = {}
        self.reused: list[int | str] = []

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

    async def deliver(self, request: Request, answered: asyncio.Future[Answer]) -> None:
        reply = await self.carry(request)
        if not answered.done():
            answered.set_result(reply)

    async def carry(self, request: Request) -> Answer:
        """Take one request to the exchange and its reply back; None when lost."""
        rates = self.rates
        await asyncio.sleep(self.latency_s())
        is_order = self.is_order(request)
        kind = one_of(self.rng, rates.calls)
        for why in (*self.spells, kind) if self.spells else (kind,):
            met, is_over = instead(why, self, is_order=is_order)
            if is_over:
                return met
        if not is_order and self.chance(rates.read_failure):
            return None
        if is_order:
            self.note_order(request)
            self.on_point("sent")
        if self.chance(rates.lost_request):
            return None
        if self.chance(rates.limited):
            return self.limited()
        if self.chance(rates.error_before):
            return self.broken()
        if self.chance(rates.delayed):
            await asyncio.sleep(self.rng.uniform(0.5, 9.0))
        reply = await self.answer(request)
        if is_order:
            self.on_point("executed")
        await asyncio.sleep(self.latency_s())
        if kind and reply is not None:
            spoilt = await self._spoilt(kind, request, reply, is_order=is_order)
            if spoilt is not reply:
                return spoilt
        if is_order and reply is not None and reply.status == 200:
            self.last_order = reply
        if self.chance(rates.lost_reply):
            return None
        if self.chance(rates.error_after):
            return self.broken()
        return reply

    async def _spoilt(
        self, kind: str, request: Request, reply: Reply, *, is_order: bool
    ) -> Answer:
        if kind == "slow":
            await asyncio.sleep(self.rng.uniform(1.0, 8.0))
        elif kind == "wrong time" and self.is_time(request):
            return wrong_time(reply, self.rng, self.lie_ms)
        return made_of(kind, self, reply, is_order=is_order)

    def note_body(self, client_id: int | str, body: bytes) -> None:
        """Remember what left under an id, which is never used for anything else."""
        first = self.first_bodies.setdefault(client_id, body)
        if first != body:
            self.reused.append(client_id)

    async def connect(self, url: str) -> SimulatedSocket:
        await asyncio.sleep(self.latency_s())
        if not self.spells.isdisjoint(("refusing", "no name")):
            raise ConnectionRefusedError("nobody listens there")
        socket = SimulatedSocket(self, url)
        socket.is_frozen = "frozen peer" in self.spells
        self.sockets.append(socket)
        return socket

    def drop_sockets(self) -> None:
        for socket in self.sockets:
            socket.abort()
        self.sockets.clear()

    def begin(self, spell: str) -> None:
        self.spells.add(spell)
        if spell == "frozen peer":
            for socket in self.sockets:
                socket.is_frozen = True

    def end(self, spell: str) -> None:
        self.spells.discard(spell)
        if spell == "frozen peer":
            for socket in self.sockets:
                socket.thaw()


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
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._network.spawn(self._network.deliver(sent, answered))
        reply = await answered
        if reply is None:
            await asyncio.sleep(60)
            raise ConnectionResetError("the connection was cut")
        if not isinstance(reply, Reply):
            raise reply
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
        self._url = url
        #: Nothing more comes, though nobody has closed it.
        self.is_frozen = False
        self._kept: list[bytes] = []
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
            self._come(frame)
        elif message["type"] == "websocket.close":
            self.abort()

    def _come(self, frame: bytes) -> None:
        network = self._network
        kind = one_of(network.rng, network.rates.frames)
        if not kind:
            self._arrive(frame)
            return
        if kind in ("huge", "cut"):
            self.abort()
            return
        if kind == "late":
            loop = asyncio.get_running_loop()
            loop.call_later(network.rng.uniform(0.02, 0.3), self._arrive, frame)
            return
        is_price = network.is_price(self._url, frame)
        for one in frames_of(kind, frame, is_price=is_price):
            self._arrive(one)

    def _arrive(self, frame: bytes) -> None:
        if self._is_closed:
            return
        if self.is_frozen:
            self._kept.append(frame)
        else:
            self._incoming.put_nowait(frame)

    def thaw(self) -> None:
        self.is_frozen = False
        for frame in self._kept:
            self._arrive(frame)
        self._kept.clear()

    async def recv(self, decode: Literal[False]) -> bytes:
        frame = await self._incoming.get()
        if frame is None:
            raise ConnectionClosedError(None, None)
        return frame

    async def send(self, message: str) -> None:
        if self._is_closed:
            raise ConnectionClosedError(None, None)
        network = self._network
        await asyncio.sleep(network.latency_s())
        if one_of(network.rng, network.rates.frames) == "unheard":
            return
        self._outgoing.put_nowait({"type": "websocket.receive", "text": message})

    async def ping(self) -> asyncio.Future[float]:
        if self._is_closed:
            raise ConnectionClosedError(None, None)
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        delay_s = 2 * self._network.latency_s()

        def answer() -> None:
            if not pong.done() and not self.is_frozen:
                pong.set_result(delay_s)

        loop = asyncio.get_running_loop()
        loop.call_later(delay_s, answer, context=self._network.outside)
        return pong

    async def close(self) -> None:
        self.abort()
