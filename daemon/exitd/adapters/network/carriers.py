"""What carries a request: connections of our own, or a transport that was given."""

from __future__ import annotations

import asyncio
import socket
import ssl
from urllib.parse import urlsplit

import aiohappyeyeballs
import httpx
from msgspec import Struct

from exitd.adapters.network.lanes import Call, Reply
from exitd.adapters.network.tls import tls_context
from exitd.adapters.network.wire import Wire
from exitd.errors import OutcomeUnknown
from exitd.runtime.newest import Newest

IDLE_S = 300
CONNECTIONS_MAX = 20
#: Addresses that are kept taken apart; some name an order, and never come again.
PLACES_MAX = 1_000
#: Before the next address of a name is tried beside the first, as RFC 8305 says.
_NEXT_ADDRESS_S = 0.25


class NotConnected(OSError):
    """No connection came about, so nothing was sent."""


class Origin(Struct, frozen=True):
    """Where connections lead."""

    is_tls: bool
    host: str
    port: int
    host_header: str


class WireCarrier:
    """Keeps connections warm, and writes each request to one of them at once.

    It follows nothing, repeats nothing and keeps no cookies.

    Args:
        connect_s: How long a call may wait for a connection.
        tls: How certificates are judged; by default they are checked.
    """

    def __init__(self, connect_s: float, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._connect_s = connect_s
        self._places: Newest[str, tuple[Origin, str]] = Newest(PLACES_MAX)
        self._idle: dict[Origin, list[tuple[float, Wire]]] = {}
        self._open: set[Wire] = set()
        self._room = asyncio.Semaphore(CONNECTIONS_MAX)

    async def carry(self, call: Call) -> Reply:
        origin, target = self._place(call.url)
        request = written(call, origin, target)
        if self._room.locked():
            await self._wait_for_room(call)
        else:
            await self._room.acquire()
        try:
            wire = self._take_idle(origin) or await self._connect(origin)
            try:
                return await wire.exchange(request, call.what, call.bytes_max)
            finally:
                self._keep(origin, wire)
        finally:
            self._room.release()

    def _keep(self, origin: Origin, wire: Wire) -> None:
        """Have a connection wait for the next call, unless it is of no more use."""
        if wire.is_usable:
            now_s = asyncio.get_running_loop().time()
            self._idle.setdefault(origin, []).append((now_s, wire))
        else:
            self._drop(wire)

    def _drop(self, wire: Wire) -> None:
        wire.abort()
        self._open.discard(wire)

    async def _wait_for_room(self, call: Call) -> None:
        try:
            async with asyncio.timeout(self._connect_s):
                await self._room.acquire()
        except TimeoutError as error:
            raise NotConnected(
                f"all {CONNECTIONS_MAX} connections were busy before {call.what}"
            ) from error

    def _place(self, url: str) -> tuple[Origin, str]:
        """Take an address apart; those without a query come again."""
        known = self._places.get(url)
        if known is not None:
            return known
        parts = urlsplit(url)
        assert parts.hostname is not None, "the address of a venue has a host"
        is_tls = parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        found = Origin(is_tls, parts.hostname, port, parts.netloc), target
        if not parts.query:
            self._places[url] = found
        return found

    def _take_idle(self, origin: Origin) -> Wire | None:
        """Give the connection that was used last; those that idled too long end."""
        idle = self._idle.get(origin)
        oldest_s = asyncio.get_running_loop().time() - IDLE_S
        while idle:
            since_s, wire = idle.pop()
            if wire.is_usable and since_s >= oldest_s:
                return wire
            self._drop(wire)
        return None

    async def _connect(self, origin: Origin) -> Wire:
        try:
            async with asyncio.timeout(self._connect_s):
                return await self._connected(origin)
        except (OSError, ValueError) as error:
            # Its own timeout is an `OSError` too; that of the call cancels instead.
            raise NotConnected(str(error) or "it took too long") from error

    async def _connected(self, origin: Origin) -> Wire:
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(
            origin.host, origin.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        connected = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1
        )
        try:
            _, wire = await loop.create_connection(
                Wire,
                sock=connected,
                ssl=(self._tls or tls_context()) if origin.is_tls else None,
                server_hostname=origin.host if origin.is_tls else None,
            )
        except BaseException:
            connected.close()
            raise
        self._open.add(wire)
        return wire

    async def close(self) -> None:
        for wire in self._open:
            wire.abort()
        self._open.clear()
        self._idle.clear()


def written(call: Call, origin: Origin, target: str) -> bytes:
    """Write a request as it goes to the socket.

    Raises:
        ValueError: A header or the target would become another line.
    """
    lines = [f"{call.method} {target} HTTP/1.1", f"Host: {origin.host_header}"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    body = call.body
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or " " in target:
        raise ValueError(f"{call.what} has a header or a target of several lines")
    sent = head.encode("ascii") + b"\r\n\r\n"
    return sent if body is None else sent + body


class TransportCarrier:
    """Carries by an httpx transport: for tests and the simulation."""

    def __init__(self, transport: httpx.AsyncBaseTransport, connect_s: float) -> None:
        self._transport = transport
        self._extensions = {"timeout": {"pool": connect_s}}

    async def carry(self, call: Call) -> Reply:
        response = await self._transport.handle_async_request(
            httpx.Request(
                call.method,
                call.url,
                headers=call.headers,
                content=call.body,
                extensions=self._extensions,
            )
        )
        found: list[bytes] = []
        size = 0
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for chunk in response.stream:
                size += len(chunk)
                if size > call.bytes_max:
                    raise OutcomeUnknown(
                        f"the answer to {call.what} is larger than "
                        f"{call.bytes_max} bytes"
                    )
                found.append(chunk)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, b"".join(found))

    async def close(self) -> None:
        await self._transport.aclose()
