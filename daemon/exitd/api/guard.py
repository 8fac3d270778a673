"""What every request passes first: host, size, depth, who asks and for what.

Deny by default: whatever is not a read needs a token with its scope, or a unix peer
that the kernel vouches for, before any route is looked up.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exitd.api.headers import protect
from exitd.api.intake import read_whole
from exitd.api.limits import Limits, RateLimits
from exitd.api.on_behalf import on_behalf
from exitd.api.origins import LOCAL_HOSTS, Origin, Origins, host_of
from exitd.api.permits import READS, caller_of
from exitd.api.problems import control_problem, keep_reason, problem_response
from exitd.core.units import NS_PER_MS
from exitd.logs import Event, blanked, bound, log
from exitd.runtime.audit_log import AuditLog
from exitd.runtime.callers import Caller
from exitd.runtime.control.tokens import Tokens
from exitd.runtime.problems import ControlError, NotFound

_REQUESTS_MAX = 200
_SOCKETS_MAX = 128
_METHODS = READS | {"POST", "PUT", "PATCH", "DELETE"}
_WHAT_CHARS_MAX = 200
_AT_ONCE_BYTES_MAX = 64 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TURNED_AWAY = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)

MakeId = Callable[[], str]


class Answered(Struct, frozen=True):
    """One request, answered. `route` is a pattern, `method` one that we know."""

    method: str
    route: str
    status: int
    took_ns: int
    is_socket: bool


def tell_nobody(answered: Answered) -> None:
    """Where nobody counts them."""


class Door(Struct, frozen=True):
    """Another application under a path of its own, with its own way to log in.

    `refused` answers what the guard itself refuses, in the shape of that application.
    `has_sockets` lets WebSockets through to it, those that pages of other origins open
    too: as with its requests, a token is what lets anybody in. `described` is its part
    of the OpenAPI document.
    """

    prefix: str
    app: ASGIApp
    refused: Callable[[ControlError, str], Response] = control_problem
    has_sockets: bool = False
    described: Mapping[str, Any] = {}


class Guard:
    """The outermost application: everything else is behind it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens,
        audit_log: AuditLog,
        allowed_hosts: tuple[str, ...],
        trusted_proxies: Iterable[str] = (),
        rates: RateLimits,
        make_id: MakeId,
        monotonic_ns: Callable[[], int],
        on_stop: Callable[[], None],
        doors: tuple[Door, ...] = (),
        on_answered: Callable[[Answered], None] = tell_nobody,
    ) -> None:
        self._app = app
        self._on_answered = on_answered
        self._tokens = tokens
        self._audit_log = audit_log
        self._hosts = LOCAL_HOSTS | {host.lower() for host in allowed_hosts}
        self._origins = Origins(trusted_proxies)
        self._limits = Limits(rates, monotonic_ns)
        self._make_id = make_id
        self._monotonic_ns = monotonic_ns
        self._doors = doors
        self._on_stop = on_stop
        self._under_way: Counter[tuple[bool, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = _REQUESTS_MAX if scope["type"] == "http" else _SOCKETS_MAX
        # A handshake of a WebSocket is a GET.
        scope.setdefault("method", "GET")
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else self._make_id()
        scope["state"]["request_id"] = request_id
        scope["state"]["origin"] = self._origins.of(scope, headers)
        scope["state"]["limits"] = self._limits
        answer = _Answer(send, request_id, partial(self._write_down, scope))
        # A flood over TCP leaves those at the unix socket their room.
        place = scope["state"]["listener"].is_unix, scope["type"]
        if self._under_way[place] >= most:
            await _busy(most, request_id)(scope, receive, answer.send)
            return
        self._under_way[place] += 1
        started_ns = self._monotonic_ns()
        with bound(request_id=request_id):
            try:
                await self._pass(scope, headers, receive, answer)
            finally:
                self._under_way[place] -= 1
                took_ns = self._monotonic_ns() - started_ns
                _note(scope, answer.status, took_ns)
                self._on_answered(_answered(scope, answer.status, took_ns))

    def stop(self) -> None:
        """End what would otherwise be answered for ever."""
        self._on_stop()

    async def _pass(
        self, scope: Scope, headers: Headers, receive: Receive, answer: "_Answer"
    ) -> None:
        request_id = answer.request_id
        door = self._door_for(scope["path"])
        app = self._app if door is None else door.app
        try:
            self._check_host(scope, headers)
            if door is None:
                by = await caller_of(scope, headers, self._tokens)
                scope["state"]["caller"] = by
                scope["state"]["caller"] = on_behalf(by, headers)
            elif "authorization" not in headers:
                self._limits.count_address(scope["state"]["origin"])
            if scope["type"] == "http":
                receive = await read_whole(headers, receive)
            elif door is None or not door.has_sockets:
                raise NotFound("no_socket", "no WebSocket is served at this path")
        except ControlError as error:
            keep_reason(scope, error)
            refuse = control_problem if door is None else door.refused
            refused = refuse(error, request_id)
            await refused(scope, receive, answer.send)
            return
        await app(scope, receive, answer.send)

    def _door_for(self, path: str) -> Door | None:
        for door in self._doors:
            if path.startswith(door.prefix):
                return door
        return None

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        """Answer to our own names only, or any web page could ask through DNS."""
        if scope["state"]["origin"].is_unix:
            return
        if host_of(headers) not in self._hosts:
            raise Misdirected(
                "unknown_host",
                "this daemon does not go by the name in the Host header",
                "use 127.0.0.1, or add the name to http.allowed_hosts",
            )

    async def _write_down(self, scope: Scope, status: int) -> None:
        """Keep who has changed something, or was refused; the answer leaves after."""
        state: dict[str, Any] = scope["state"]
        by: Caller | None = state.get("caller")
        what = f"{scope['method']} {scope['path']}"[:_WHAT_CHARS_MAX]
        reason = state.get("reason") or str(status)
        request_id: str = state["request_id"]
        if status in _TURNED_AWAY:
            known = by or state.get("refused_caller")
            origin: Origin = state["origin"]
            self._audit_log.turned_away(
                origin.place,
                what,
                reason,
                counted_as=origin.counted_as,
                by="" if known is None else known.name,
                request_id=request_id,
            )
        elif by is None or scope["method"] in READS:
            return
        elif status >= HTTPStatus.BAD_REQUEST or state.get("unchanged"):
            reason = state.get("unchanged") or reason
            self._audit_log.refused(by, what, reason, request_id=request_id)
        elif "unchanged" not in state:
            await self._audit_log.made(by, what, request_id=request_id)


class Misdirected(ControlError):
    status = HTTPStatus.MISDIRECTED_REQUEST


def _note(scope: Scope, status: int, took_ns: int) -> None:
    """Log each request for who looks for a mistake; changes are in the audit log."""
    is_read = scope["method"] in READS
    caller: Caller | None = scope["state"].get("caller")
    log(
        Event.API_READ if is_read else Event.API_REQUESTED,
        method=scope["method"],
        route=_route_of(scope),
        path=scope["path"][:_WHAT_CHARS_MAX],
        status=status,
        took_ms=took_ns // NS_PER_MS,
        by=caller.name if caller is not None else "",
        place=scope["state"]["origin"].place,
    )


def _route_of(scope: Scope) -> str:
    """Give the pattern of a route, never what somebody wrote in its place."""
    return getattr(scope.get("route"), "path", "") or "unknown"


def _answered(scope: Scope, status: int, took_ns: int) -> Answered:
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    is_socket = scope["type"] != "http"
    return Answered(method, _route_of(scope), status, took_ns, is_socket)


class _Answer:
    """Marks the answer with the request's id and notes its status.

    *before* is awaited with the status before anything leaves.
    """

    def __init__(
        self, send: Send, request_id: str, before: Callable[[int], Awaitable[None]]
    ) -> None:
        self._send = send
        self._before = before
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.status = HTTPStatus.SWITCHING_PROTOCOLS
            MutableHeaders(scope=message)["X-Request-ID"] = self.request_id
        elif message["type"] in _BEGINNINGS:
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            protect(headers)
            await self._before(self.status)
        elif message["type"] in _BODIES and message.get("body"):
            message = {**message, "body": await _without_secrets(message["body"])}
        await self._send(message)


async def _without_secrets(body: bytes) -> bytes:
    """Blank what a venue or a library has said of what it was told.

    It takes a millisecond for each 100 KiB, which prices need not wait for.
    """
    if len(body) > _AT_ONCE_BYTES_MAX:
        return await asyncio.to_thread(blanked, body)
    return blanked(body)


_BEGINNINGS = ("http.response.start", "websocket.http.response.start")
_BODIES = ("http.response.body", "websocket.http.response.body")


def _busy(most: int, request_id: str) -> Response:
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        f"{most} requests are under way already",
        remedy="ask again in a moment",
        request_id=request_id,
        headers={"Retry-After": "1"},
    )
