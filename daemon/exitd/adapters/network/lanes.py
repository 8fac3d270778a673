"""What carries a request: pooled connections of aiohttp, or a transport that was given.

A client library on top would build its own request and response objects for each call,
which takes a sixth of the way from a decision to the bytes on the socket.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import aiohttp
import httpx
from msgspec import Struct
from yarl import URL

from exitd.adapters.network.tls import tls_context
from exitd.errors import OutcomeUnknown

BODY_BYTES_MAX = 4 * 1024 * 1024
IDLE_S = 300
CONNECTIONS_MAX = 20


class Reply(Struct, frozen=True):
    """A whole answer; the names of `headers` are looked up in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Call(Struct, frozen=True):
    """One request, as it goes out; `what` names it for people."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    what: str


class Carrier(Protocol):
    async def carry(self, call: Call) -> Reply: ...

    async def close(self) -> None: ...


class Lane:
    """A carrier with its connections, closed once nobody uses it any more."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._calls = 0
        self._is_retired = False

    async def exchange(self, call: Call) -> Reply:
        self._calls += 1
        try:
            return await self._carrier.carry(call)
        finally:
            self._calls -= 1
            if self._is_retired and not self._calls:
                await self._carrier.close()

    async def retire(self) -> None:
        self._is_retired = True
        if not self._calls:
            await self._carrier.close()

    async def close(self) -> None:
        await self._carrier.close()


class AiohttpCarrier:
    """Keeps connections warm; opens its session where a loop runs, with the first call.

    Args:
        connect_s: How long a call may wait for a connection.
        tls: How certificates are judged; by default they are checked.
    """

    def __init__(self, connect_s: float, tls: ssl.SSLContext | None = None) -> None:
        # What hangs while connecting has not been sent; told apart, it is no doubt.
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_s)
        self._tls = tls
        self._urls: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, call: Call) -> Reply:
        session = self._session
        if session is None:
            session = self._session = _session(self._tls or tls_context())
        async with session.request(
            call.method,
            self._parsed(call.url),
            headers=call.headers,
            data=call.body,
            allow_redirects=False,
            timeout=self._timeout,
        ) as response:
            content = await _content(response.content.iter_any(), call.what)
            return Reply(response.status, response.headers, content)

    def _parsed(self, text: str) -> URL:
        """Give the address as it is written; those without a query come again."""
        url = self._urls.get(text)
        if url is None:
            url = URL(text, encoded=True)
            if "?" not in text:
                self._urls[text] = url
        return url

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


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
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            content = await _content(aiter(response.stream), call.what)
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, content)

    async def close(self) -> None:
        await self._transport.aclose()


async def _content(chunks: AsyncIterator[bytes], what: str) -> bytes:
    found: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise OutcomeUnknown(
                f"the answer to {what} is larger than {BODY_BYTES_MAX} bytes"
            )
        found.append(chunk)
    return b"".join(found)


def _session(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=tls, keepalive_timeout=IDLE_S, limit=CONNECTIONS_MAX
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )
    # aiohttp repeats a GET or DELETE by itself when a pooled connection breaks, and
    # offers no public way to say no.
    session._retry_connection = False
    return session


def never_connected(exc: BaseException) -> bool:
    """Whether a connection failed before a request could be written on it.

    An httpx transport hides which it was; then only the cause tells.
    """
    kinds = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    return isinstance(exc, kinds) or isinstance(exc.__cause__, kinds)
