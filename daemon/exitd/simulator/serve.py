"""Starting and stopping the simulated exchange as a server."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from exitd.errors import ConfigurationError
from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.gateway import Gateway
from exitd.simulator.script import Script, load_script, read_script

_IDLE_S = 300


class SocketServer(uvicorn.Server):
    """
    uvicorn, without its polling: it stops at once and leaves signals alone.

    Attributes:
        stopping: Set it to end `serve`.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    def transport_of(self, peer: tuple[str, int] | None) -> asyncio.Transport | None:
        """The transport of the connection whose other end is *peer*."""
        for connection in self.server_state.connections:
            if getattr(connection, "client", None) == peer:
                transport: asyncio.Transport | None = connection.transport
                return transport
        return None

    async def main_loop(self) -> None:
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in list(self.server_state.tasks):
            task.cancel()
        if self.server_state.tasks:
            await asyncio.wait(list(self.server_state.tasks))
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # One round of the loop for connection_lost to run.
        await asyncio.sleep(0)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming TCP is what makes asyncio switch off Nagle on accepted connections.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as exc:
        listener.close()
        why = exc.strerror if isinstance(exc, OSError) else "no such port"
        raise ConfigurationError(
            f"sim: cannot listen on {host}:{port} ({why}); choose another "
            "--port, or 0 for a free one"
        ) from exc
    listener.listen(256)
    listener.setblocking(False)
    return listener


async def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    settings: Settings | None = None,
    script: Script | str | Path | dict[str, object] | None = None,
    on_ready: Callable[[int], None] | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> None:
    """
    Run a simulated exchange until cancelled, or told so by `/sim/stop`.

    Args:
        port: 0 for a free one.
        script: A file, or what a file would hold.
        on_ready: Called with the port once connections are accepted.
        on_exchange: Called with the exchange before `on_ready`, for tests in the
            same process.

    Raises:
        ConfigurationError: The script cannot be used, or the port is taken.
    """
    settings = settings or Settings()
    exchange = Exchange(settings, _loaded(script))
    listener = _listen(host, port)
    transports: list[SocketServer] = []
    gateway = Gateway(exchange, lambda peer: transports[0].transport_of(peer))
    server = SocketServer(
        uvicorn.Config(
            gateway,
            lifespan="off",
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=_IDLE_S,
            ws="websockets-sansio",
            ws_ping_interval=settings.ping_interval_s,
            ws_ping_timeout=settings.ping_timeout_s,
            ws_per_message_deflate=False,
        )
    )
    transports.append(server)
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(sockets=[listener]), name="server")
            beating = group.create_task(exchange.run(), name="exchange")
            try:
                if on_exchange is not None:
                    on_exchange(exchange)
                if on_ready is not None:
                    on_ready(listener.getsockname()[1])
                await exchange.stopping.wait()
            finally:
                server.stopping.set()
                await asyncio.shield(asyncio.wait([serving]))
                beating.cancel()
    finally:
        listener.close()


def _loaded(script: Script | str | Path | dict[str, object] | None) -> Script | None:
    if script is None or isinstance(script, Script):
        return script
    return read_script(script) if isinstance(script, dict) else load_script(script)


def main(
    host: str = "127.0.0.1",
    port: int = 8899,
    script: str | Path | None = None,
    seed: int = 0,
    *,
    settings: Settings | None = None,
    on_ready: Callable[[int], None] | None = None,
) -> None:
    """
    Run until SIGTERM or SIGINT, then close every connection and return.

    Raises:
        ConfigurationError: See `serve`.
    """
    asyncio.run(
        _until_signal(host, port, script, settings or Settings(seed=seed), on_ready)
    )


async def _until_signal(
    host: str,
    port: int,
    script: str | Path | None,
    settings: Settings,
    on_ready: Callable[[int], None] | None,
) -> None:
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(
        serve(host, port, settings=settings, script=script, on_ready=on_ready),
        name="simulator",
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
