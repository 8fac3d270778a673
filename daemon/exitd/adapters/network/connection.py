"""One WebSocket to a venue, watched: a peer that has gone silent is dropped.

Venues ping once in minutes only, so a frozen peer would go unnoticed for as long. We
ping each second, which proves within a few seconds that it is there, though no price
moves. A dead connection is aborted without a closing handshake: nobody would answer it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from exitd.adapters.network.tls import tls_context
from exitd.errors import FeedError
from exitd.ports.clock import Clock

FRAME_BYTES_MAX = 1024 * 1024
OPEN_S = 5.0
CLOSE_S = 1.0
PING_S = 1.0
PINGS_MISSED_MAX = 3


class Transport(Protocol):
    def abort(self) -> None: ...


class Socket(Protocol):
    """What is used of a WebSocket; raises `ConnectionClosed` when it is lost."""

    @property
    def transport(self) -> Transport: ...

    async def recv(self, decode: Literal[False]) -> bytes: ...

    async def send(self, message: str) -> None: ...

    async def ping(self) -> Awaitable[float]: ...

    async def close(self) -> None: ...


Connect = Callable[[str], Awaitable[Socket]]


class _Direct(connect):
    """Follows no redirect: a signed subscription goes to the configured host only."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def open_socket(
    url: str,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> ClientConnection:
    """Open a real WebSocket; *headers* go with its handshake.

    Certificates are checked unless *tls* says otherwise.
    """
    return await _Direct(
        url,
        additional_headers=headers,
        compression=None,
        max_size=FRAME_BYTES_MAX,
        open_timeout=OPEN_S,
        close_timeout=CLOSE_S,
        ping_interval=None,
        proxy=None,
        ssl=(tls or tls_context()) if url.startswith("wss:") else None,
    )


class Connection:
    """Connects once per `run`; `ts_alive_ns` is monotonic."""

    def __init__(
        self, url: str, connect: Connect, clock: Clock, *, ping_s: float = PING_S
    ) -> None:
        self.url = url
        self.ts_alive_ns = 0
        self._connect = connect
        self._clock = clock
        self._ping_s = ping_s
        self._socket: Socket | None = None
        self._lost = ""
        self._is_heard = False

    async def run(
        self,
        on_frame: Callable[[bytes], None],
        *works: Callable[[], Awaitable[None]],
    ) -> None:
        """Connect, run *works* beside the receiving, until the connection is lost.

        *on_frame* is called synchronously with each frame. Works may send and may
        end; what they raise, other than through a lost connection, is a bug.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._lost = ""
        socket = await self._open()
        self._socket = socket
        self._alive()
        try:
            if self._lost:  # by somebody who did not want to wait for the opening
                socket.transport.abort()
                raise self._error()
            async with asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(self._keep_alive(), name="ws-keep-alive"),
                    *(
                        group.create_task(self._until_lost(work), name="ws-work")
                        for work in works
                    ),
                ]
                await self._receive(socket, on_frame)
                for task in beside:
                    task.cancel()
        finally:
            self._socket = None
            await socket.close()
        raise self._error()

    async def send(self, text: str) -> None:
        """Send one text frame; `ConnectionClosed` ends the work that called it."""
        assert self._socket is not None
        await self._socket.send(text)

    async def answered(self) -> None:
        """Wait until the peer has handled all that was sent before.

        It handles frames in order, so the pong to a ping sent now comes after any
        error to what was sent before.
        """
        assert self._socket is not None
        pong = await self._socket.ping()
        await pong
        self._alive()

    def fail(self, why: str) -> None:
        """Drop the connection at once, for the reason given."""
        self._lost = self._lost or why
        if self._socket is not None:
            self._socket.transport.abort()

    def _error(self) -> FeedError:
        return FeedError(f"the connection to {self.url} is lost: {self._lost}")

    async def _open(self) -> Socket:
        try:
            async with asyncio.timeout(2 * OPEN_S):
                return await self._connect(self.url)
        except (OSError, TimeoutError, EOFError, WebSocketException) as exc:
            raise FeedError(
                f"no connection to {self.url} came about: {exc or type(exc).__name__};"
                " check the network and the address"
            ) from exc

    async def _receive(self, socket: Socket, on_frame: Callable[[bytes], None]) -> None:
        try:
            while True:
                frame = await socket.recv(False)
                self._alive()
                on_frame(frame)
        except ConnectionClosed as exc:
            self._lost = self._lost or str(exc)

    async def _until_lost(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ConnectionClosed as exc:
            self.fail(str(exc))

    async def _keep_alive(self) -> None:
        # Rounds without a sign of life are counted, not seconds: after a stall of our
        # own the frames of that time still wait in the socket.
        missed = 0
        async with asyncio.TaskGroup() as pings:
            while missed < PINGS_MISSED_MAX:
                self._is_heard = False
                # Not awaited: a ping cannot even be written to a frozen peer whose
                # buffers are full, and a slow one may answer rounds later.
                pings.create_task(self._ping(), name="ws-ping")
                await asyncio.sleep(self._ping_s)
                missed = 0 if self._is_heard else missed + 1
            self.fail(f"no sign of life for {missed * self._ping_s:g} s")

    async def _ping(self) -> None:
        try:
            await self.answered()
        except ConnectionClosed as exc:
            self.fail(str(exc))

    def _alive(self) -> None:
        self._is_heard = True
        self.ts_alive_ns = self._clock.monotonic_ns()
