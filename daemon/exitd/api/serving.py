"""Serves one application on several sockets, inside a loop that others own."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send
from uvicorn import Config, Server

from exitd.api.connections import GuardedProtocol
from exitd.api.listening import Listener
from exitd.api.sockets import FRAME_BYTES_MAX, GuardedSocket

_KEEP_ALIVE_S = 30
_PING_S = 20.0
_GRACE_S = 2


class Stoppable(Protocol):
    """An application that is told when its server stops, to end its streams."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def stop(self) -> None: ...


class HttpServer(Server):
    """Made in the loop; `run_until_stopped` serves."""

    def __init__(self, app: Stoppable, listeners: tuple[Listener, ...]) -> None:
        super().__init__(
            Config(
                app,
                http=GuardedProtocol,
                ws=GuardedSocket,
                ws_max_size=FRAME_BYTES_MAX,
                # A small frame could unpack into a large one.
                ws_per_message_deflate=False,
                ws_ping_interval=_PING_S,
                ws_ping_timeout=_PING_S,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._app = app
        self._listeners = listeners
        self.up = asyncio.Event()

    async def run_until_stopped(self) -> None:
        """Serve until `stop` was called; leaves no socket open."""
        try:
            await self.serve()
        finally:
            for listener in self._listeners:
                listener.remove()

    def stop(self) -> None:
        self._app.stop()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # Signals are the daemon's business.
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.servers = []
        for listener in self._listeners:
            self.servers.append(await self._serve_on(loop, listener))
        self.started = True
        self.up.set()

    async def _serve_on(
        self, loop: asyncio.AbstractEventLoop, listener: Listener
    ) -> Any:
        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = GuardedProtocol(
                config=self.config,
                server_state=self.server_state,
                app_state={"listener": listener},
            )
            return made

        if listener.is_unix:
            return await loop.create_unix_server(protocol, sock=listener.socket)
        return await loop.create_server(protocol, sock=listener.socket)
