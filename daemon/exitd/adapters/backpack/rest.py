"""HTTP to Backpack: one request, one answer, no second try.

The transport is called directly, which halves the latency of a client and leaves out
redirects, cookies and retries: none of them is wanted on a signed order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport
from msgspec import Struct

from exitd.adapters.backpack.refusals import retry_after_ns
from exitd.adapters.backpack.tls import tls_context
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown, VenueUnavailable

BODY_BYTES_MAX = 4 * 1024 * 1024
CONNECT_SHARE = 0.5
IDLE_S = 300
CONNECTIONS_MAX = 20
JSON_TYPE = "application/json; charset=utf-8"

T = TypeVar("T")


class Reply(Struct, frozen=True):
    """A whole answer; the names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Lane:
    """A transport with its pooled connections, closed once nobody uses it any more."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport
        self._calls = 0
        self._is_retired = False

    async def exchange(
        self, request: httpx.Request, what: str
    ) -> tuple[httpx.Response, bytes]:
        self._calls += 1
        try:
            response = await self.transport.handle_async_request(request)
            try:
                return response, await _content(response, what)
            finally:
                await response.aclose()
        finally:
            self._calls -= 1
            if self._is_retired and not self._calls:
                await self.transport.aclose()

    async def retire(self) -> None:
        self._is_retired = True
        if not self._calls:
            await self.transport.aclose()


class _Told(Struct, frozen=True):
    code: str = ""
    message: str = ""


class RestClient:
    """Speaks to one base address.

    Args:
        url: Such as `https://api.backpack.exchange`.
        deadline_s: Total time of a call, connecting and reading included.
        transport: What carries the requests; by default aiohttp.
    """

    def __init__(
        self,
        url: str,
        *,
        deadline_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._deadline_s = deadline_s
        self._given = transport
        self._parsed_urls: dict[str, httpx.URL] = {}
        self._lane = _Lane(transport or _transport())

    async def read(
        self,
        path: str,
        query: Mapping[str, str | int | bool] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for something.

        Raises:
            VenueUnavailable: No whole answer came; a read may simply be repeated.
        """
        if query:
            path = f"{path}?{urlencode({k: _in_url(v) for k, v in query.items()})}"
        try:
            return await self.call("GET", path, headers or {}, None)
        except OutcomeUnknown as exc:
            raise VenueUnavailable(str(exc)) from exc

    async def call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply:
        """Send one request as it is, and read its answer.

        Raises:
            VenueUnavailable: No connection came about, so nothing was sent.
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        request = httpx.Request(
            method,
            self._parsed(path),
            headers={"Accept-Encoding": "identity", **headers},
            content=body,
            # What hangs while connecting has not been sent; told apart, it is no doubt.
            extensions={"timeout": {"pool": self._deadline_s * CONNECT_SHARE}},
        )
        what = f"{method} {path.partition('?')[0]}"
        try:
            async with asyncio.timeout(self._deadline_s):
                response, content = await self._lane.exchange(request, what)
        except TimeoutError as exc:
            raise OutcomeUnknown(
                f"Backpack did not answer {what} within {self._deadline_s:g} s"
            ) from exc
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as exc:
            if _never_connected(exc):
                raise VenueUnavailable(
                    f"no connection to {self._url} came about: {exc};"
                    " check the network and the address"
                ) from exc
            raise OutcomeUnknown(
                f"the connection to Backpack broke during {what}: {exc}"
            ) from exc
        return Reply(response.status_code, response.headers, content)

    def _parsed(self, path: str) -> httpx.URL:
        """Give the whole address; parsing takes a tenth of a send, so once a path."""
        url = self._parsed_urls.get(path)
        if url is None:
            url = httpx.URL(self._url + path)
            if "?" not in path:
                self._parsed_urls[path] = url
        return url

    async def drop_connections(self) -> None:
        """Use new connections from now on: an old one answers another's question.

        Calls under way end on the old ones undisturbed.
        """
        if self._given is None:
            old, self._lane = self._lane, _Lane(_transport())
            await old.retire()

    async def close(self) -> None:
        await self._lane.transport.aclose()


def told(reply: Reply) -> tuple[str, str]:
    """Read the code and the message of a refusal; both empty when it names none.

    Some parse failures come as plain text: then that is the message.
    """
    try:
        said = msgspec.json.decode(reply.body, type=_Told)
    except (msgspec.DecodeError, ValueError):
        return "", reply.body[:200].decode("utf-8", "replace").strip()
    return said.code, said.message


def decoded(reply: Reply, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Read the body of a successful answer.

    Raises:
        VenueUnavailable: It is not a success, or not what was asked for.
    """
    if reply.status != 200:
        code, message = told(reply)
        raise VenueUnavailable(
            f"Backpack refused to give {what}: {code or reply.status} {message}",
            code=code or None,
            status=reply.status,
            retry_after_s=_whole_seconds(reply.headers.get("retry-after")),
        )
    try:
        return decoder.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(
            f"Backpack's answer about {what} cannot be read: {exc}", status=200
        ) from exc


def age_s(reply: Reply) -> int:
    """How long a cache held this answer, in seconds; 0 when it came from the venue."""
    age = reply.headers.get("age", "").strip()
    if age:
        return int(age) if age.isascii() and age.isdigit() else 1
    # CloudFront says so even where it leaves out the age.
    return 1 if reply.headers.get("x-cache", "").lower().startswith("hit") else 0


def is_cached(reply: Reply) -> bool:
    """Whether an answer is too old to be a price: a cache had it for a second."""
    return age_s(reply) > 0


def _whole_seconds(retry_after: str | None) -> int | None:
    wait_ns = retry_after_ns(retry_after, 0)
    return None if wait_ns is None else -(-wait_ns // NS_PER_S)


async def _content(response: httpx.Response, what: str) -> bytes:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.stream:
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise OutcomeUnknown(
                f"Backpack's answer to {what} is larger than {BODY_BYTES_MAX} bytes"
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _transport() -> AiohttpTransport:
    return AiohttpTransport(verify=tls_context(), client=_session)


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=tls_context(), keepalive_timeout=IDLE_S, limit=CONNECTIONS_MAX
    )
    session = aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )
    # aiohttp repeats a GET or DELETE by itself when a pooled connection breaks, and
    # offers no public way to say no.
    session._retry_connection = False
    return session


def _never_connected(exc: BaseException) -> bool:
    """Whether a connection failed before a request could be written on it.

    httpx-aiohttp calls every lost connection a `ConnectTimeout`, one that broke after
    the request was written too; only the cause tells them apart.
    """
    cause = exc.__cause__ or exc
    return isinstance(
        cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    )


def _in_url(value: str | int | bool) -> str | int:
    return str(value).lower() if isinstance(value, bool) else value
