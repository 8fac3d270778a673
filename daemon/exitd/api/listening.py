"""Sockets, peers and connections: what HTTP arrives on, and who is at the other end.

uvicorn has no limit on how slowly or how long the head of a request may come, and
says nothing of a unix peer; both are added here, below its application interface.
"""

import asyncio
import contextlib
import grp
import ipaddress
import os
import pwd
import socket
import struct
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from starlette.types import Receive, Scope, Send
from uvicorn import Config, Server
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from exitd.api.sockets import FRAME_BYTES_MAX, GuardedSocket
from exitd.errors import ConfigurationError

#: Not in the socket module: the supplementary groups of a unix peer (Linux).
_SO_PEERGROUPS = 59
_GROUPS_MAX = 256
_SOCKET_MODE = 0o660
_BACKLOG = 256
_HEAD_S = 10.0
_HEAD_BYTES_MAX = 32 * 1024
_KEEP_ALIVE_S = 30
_PING_S = 20.0
_CONNECTIONS_MAX = 256
_GRACE_S = 2


class Peer(Struct, frozen=True):
    """Who is at the other end of a unix socket, by the kernel's word."""

    uid: int
    user: str
    is_trusted: bool


class Listener(Struct, frozen=True):
    """A socket to serve. `group` is whose members need no token (unix only).

    `path` and `inode` are the file of a unix socket, as it was bound.
    """

    socket: socket.socket
    is_unix: bool
    is_loopback: bool = True
    group: str = ""
    path: Path | None = None
    inode: int = 0

    def remove(self) -> None:
        """Close the socket and take its file away, if it is still this one's."""
        self.socket.close()
        if self.path is None:
            return
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == self.inode:
                self.path.unlink()


def listen_unix(path: Path, group: str) -> Listener:
    """Bind a unix socket with mode 0660, for *group* where there is such a group.

    A socket file that nobody answers on is one that a crash left, and is replaced.

    Raises:
        ConfigurationError: Something answers there, or it cannot be bound.
    """
    if _is_answered(path):
        raise ConfigurationError(
            f"{path} is served by another daemon; stop it, or set http.socket"
        )
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        # Nobody may connect between the bind and the change of the mode.
        before = os.umask(0o177)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        with contextlib.suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        path.chmod(_SOCKET_MODE)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"the socket {path} cannot be bound ({error.strerror or error}); set "
            "http.socket to a folder that exitd may write to"
        ) from error
    bound.setblocking(False)
    inode = path.stat().st_ino
    return Listener(bound, is_unix=True, group=group, path=path, inode=inode)


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def listen_tcp(host: str, port: int, *, key: str = "http.bind") -> Listener:
    """Bind a TCP port; 0 picks a free one. *key* is where a file says which.

    Raises:
        ConfigurationError: It cannot be bound.
    """
    is_v6 = ":" in host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    # asyncio sends what is written at once only on sockets that name the protocol: an
    # answer in two writes would wait 40 ms for the first to be acknowledged.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"{host}:{port} cannot be bound ({error.strerror or error}); set {key} to "
            "a free port"
        ) from error
    bound.setblocking(False)
    address = ipaddress.ip_address(bound.getsockname()[0])
    return Listener(bound, is_unix=False, is_loopback=address.is_loopback)


def peer_of(connection: Any, group: str) -> Peer:
    """Ask the kernel who has connected, and whether that needs a token."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, gid = struct.unpack("3i", packed)
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_MAX * 4)
        groups = {gid, *struct.unpack(f"{len(raw) // 4}I", raw)}
    except OSError:
        groups = {gid}
    try:
        trusted_group = grp.getgrnam(group).gr_gid
    except KeyError:
        trusted_group = None
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    is_trusted = uid in (0, os.getuid()) or trusted_group in groups
    return Peer(uid, user, is_trusted)


class GuardedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, with the peer in the scope and an end to slow heads."""

    app_state: dict[str, Any]

    def connection_made(self, transport: Any) -> None:
        listener: Listener = self.app_state["listener"]
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        if listener.is_unix:
            peer = peer_of(transport.get_extra_info("socket"), listener.group)
            self.app_state = {**self.app_state, "peer": peer}
        super().connection_made(transport)
        if self._is_crowded(listener):
            self.transport.abort()
        self._expect_head()

    def _is_crowded(self, listener: Listener) -> bool:
        """Each door has its own limit: a flood of one does not lock the others."""
        here = sum(c.app_state["listener"] is listener for c in self.connections)
        return here > _CONNECTIONS_MAX

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            # It has become a WebSocket, which knows its own limits.
            self._stop_waiting()
        elif self._is_serving():
            self._head_bytes = 0
            self._stop_waiting()
        elif self._head_bytes > _HEAD_BYTES_MAX:
            self.transport.abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_S, self._on_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_slow(self) -> None:
        self._head_timer = None
        if not self._is_serving() and not self.transport.is_closing():
            self.transport.abort()


class Stoppable(Protocol):
    """An application that is told when its server stops, to end its streams."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def stop(self) -> None: ...


class HttpServer(Server):
    """Serves one application on several sockets, inside a loop that others own."""

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
