"""Carrying out calls over a unix socket or HTTP, synchronously or not."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from exitd.client.address import Address
from exitd.client.calls import Call
from exitd.client.errors import DaemonRefused, DaemonUnreachable
from exitd.runtime.views import FactView

T = TypeVar("T")
_CONNECT_S = 5.0
#: Twice the server's signs of life on a silent stream.
_STREAM_SILENCE_S = 30.0


def _request(
    client: httpx.Client | httpx.AsyncClient, call: Call[T], asks_for: str = ""
) -> httpx.Request:
    headers = {}
    if call.idempotency_key:
        headers["Idempotency-Key"] = call.idempotency_key
    if asks_for:
        headers["X-Exitd-For"] = asks_for
    return client.build_request(
        call.method,
        call.path,
        params=call.query,
        json=call.body,
        headers=headers,
        timeout=httpx.Timeout(call.timeout_s, connect=_CONNECT_S),
    )


def _answer(call: Call[T], response: httpx.Response) -> T:
    if not response.is_success and response.status_code not in call.accepts:
        raise _refused(response)
    if call.answers is type(None):
        return None
    try:
        return msgspec.json.decode(response.content, type=call.answers)
    except msgspec.DecodeError as error:
        raise DaemonUnreachable(
            f"what answers at {response.url.host} is not this version of exitd "
            f"({error}); check EXITD_URL and `exitd version`",
            was_sent=True,
        ) from error


def _refused(response: httpx.Response) -> DaemonRefused:
    wait = response.headers.get("retry-after", "")
    try:
        problem: Any = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    return DaemonRefused(
        code=str(problem.get("code", "unknown")),
        status=response.status_code,
        sentence=str(
            problem.get("detail", f"the daemon answered {response.status_code}")
        ),
        remedy=str(problem.get("remedy", "")),
        field=str(problem.get("field", "")),
        request_id=str(problem.get("request_id", "")),
        retry_after_s=int(wait) if wait.isdigit() else None,
    )


@contextmanager
def _translated(address: Address) -> Iterator[None]:
    """Say in one sentence what keeps us from the daemon."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise DaemonUnreachable(
            f"no daemon answers at {address}; start it with `exitd run` or "
            "`systemctl start exitd`, or set EXITD_SOCKET or EXITD_URL"
        ) from error
    except httpx.TimeoutException as error:
        raise DaemonUnreachable(
            f"the daemon at {address} did not answer in time; look at what it did "
            "with `exitd events` before asking again",
            was_sent=True,
        ) from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise DaemonUnreachable(
            f"the connection to {address} broke ({error}); look at what was done "
            "with `exitd events` before asking again",
            was_sent=True,
        ) from error


class Client:
    """Asks the daemon and waits; use it in a `with` statement."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._has_answered = False
        self._client = httpx.Client(
            base_url=address.base_url,
            headers=address.headers,
            transport=httpx.HTTPTransport(
                uds=address.socket_path, verify=address.is_encrypted
            ),
            trust_env=False,
        )

    def ask(self, call: Call[T]) -> T:
        """Carry out a call.

        Raises:
            DaemonUnreachable: Nobody answered.
            DaemonRefused: The daemon said no.
        """
        with _translated(self.address):
            self._knock()
            response = self._client.send(_request(self._client, call))
        return _answer(call, response)

    def _knock(self) -> None:
        """Find out that nobody answers before httpx does: it would leak a socket."""
        path = self.address.socket_path
        if path is None or self._has_answered:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            knocking.settimeout(_CONNECT_S)
            try:
                knocking.connect(path)
            except OSError as error:
                raise httpx.ConnectError(str(error)) from error
        self._has_answered = True

    def follow(
        self, *, after: int | None = None, event: str = ""
    ) -> Iterator[FactView]:
        """Give facts as they come, from *after* or from now on; ends with the daemon.

        Raises:
            DaemonUnreachable: Nobody answered, or nothing came for 30 s.
            DaemonRefused: The daemon said no.
        """
        with (
            _translated(self.address),
            self._client.stream(
                "GET",
                "/v1/facts/stream",
                params=_stream_query(after, event),
                timeout=httpx.Timeout(_STREAM_SILENCE_S, connect=_CONNECT_S),
            ) as response,
        ):
            if not response.is_success:
                response.read()
                raise _refused(response)
            for line in response.iter_lines():
                fact = _fact_in(line)
                if fact is not None:
                    yield fact

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """As `Client`, for those who have a loop; use it in an `async with` statement."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client = httpx.AsyncClient(
            base_url=address.base_url,
            headers=address.headers,
            transport=httpx.AsyncHTTPTransport(
                uds=address.socket_path, verify=address.is_encrypted
            ),
            trust_env=False,
        )

    async def ask(self, call: Call[T], *, asks_for: str = "") -> T:
        """Carry out a call; raises as `Client.ask` does.

        *asks_for*, such as `telegram:123456789`, is whom the daemon notes as who asked,
        behind the name of the token.
        """
        with _translated(self.address):
            request = _request(self._client, call, asks_for)
            response = await self._client.send(request)
        return _answer(call, response)

    async def follow(
        self, *, after: int | None = None, event: str = ""
    ) -> AsyncIterator[FactView]:
        """Give facts as they come; close the iterator to end it."""
        with _translated(self.address):
            async with self._client.stream(
                "GET",
                "/v1/facts/stream",
                params=_stream_query(after, event),
                timeout=httpx.Timeout(_STREAM_SILENCE_S, connect=_CONNECT_S),
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _refused(response)
                async for line in response.aiter_lines():
                    fact = _fact_in(line)
                    if fact is not None:
                        yield fact

    async def close(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _stream_query(after: int | None, event: str) -> dict[str, str]:
    query = {"after": str(after)} if after is not None else {}
    return {**query, "event": event} if event else query


def _fact_in(line: str) -> FactView | None:
    if not line.startswith("data: "):
        return None
    return msgspec.json.decode(line.removeprefix("data: "), type=FactView)
