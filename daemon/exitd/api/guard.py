"""What every request passes first: host, size, depth, who asks and for what.

Deny by default: whatever is not a read needs a token with its scope, or a unix peer
that the kernel vouches for, before any route is looked up.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exitd.api.listening import Listener, Peer
from exitd.api.on_behalf import on_behalf
from exitd.api.problems import control_problem, problem_response
from exitd.core.units import NS_PER_MS
from exitd.logs import Event, bound, log
from exitd.runtime.control.phones import PHONE
from exitd.runtime.control.running import Caller
from exitd.runtime.control.tokens import Tokens
from exitd.runtime.problems import (
    ControlError,
    Forbidden,
    NotFound,
    Unauthenticated,
)
from exitd.signals.strict_json import nesting_of

BODY_BYTES_MAX = 64 * 1024
DEPTH_MAX = 20
_BODY_S = 15.0
_REQUESTS_MAX = 200
_SOCKETS_MAX = 128
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _READS | {"POST", "PUT", "PATCH", "DELETE"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ADMIN_PATHS = (
    "/v1/tokens",
    "/v1/apply",
    "/v1/reload",
    "/v1/takeover",
    "/v1/answers",
)
#: A phone may do what `_PHONE_PATH` says besides; of which triggers is decided there.
_RANKS = {"read": 0, PHONE: 0, "trade": 1, "admin": 2}
_PHONE_PATH = re.compile(r"/v1/triggers/.+:(?:pause|resume)")
#: What says nothing of anybody's triggers; the page is an empty shell by itself.
_OPEN_PATHS = frozenset({"/-/healthy", "/-/ready", "/"})
_OPEN_PREFIX = "/assets/"

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


def scope_needed(method: str, path: str) -> str:
    """Give the scope that a request needs: read, trade or admin."""
    if path.startswith(_ADMIN_PATHS):
        return "admin"
    return "read" if method in _READS else "trade"


class Guard:
    """The outermost application: everything else is behind it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens,
        allowed_hosts: tuple[str, ...],
        make_id: MakeId,
        monotonic_ns: Callable[[], int],
        on_stop: Callable[[], None],
        doors: tuple[Door, ...] = (),
        on_answered: Callable[[Answered], None] = tell_nobody,
    ) -> None:
        self._app = app
        self._on_answered = on_answered
        self._tokens = tokens
        self._hosts = _LOCAL_HOSTS | {host.lower() for host in allowed_hosts}
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
        answer = _Answer(send, request_id)
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
                caller = await self._caller(scope, headers)
                scope["state"]["caller"] = on_behalf(caller, headers)
            if scope["type"] == "http":
                receive = await _read_whole(headers, receive)
            elif door is None or not door.has_sockets:
                raise NotFound("no_socket", "no WebSocket is served at this path")
        except ControlError as error:
            _tell_refused(scope, error)
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
        listener: Listener = scope["state"]["listener"]
        if listener.is_unix:
            return
        host = headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self._hosts:
            raise Misdirected(
                "unknown_host",
                "this daemon does not go by the name in the Host header",
                "use 127.0.0.1, or add the name to http.allowed_hosts",
            )

    async def _caller(self, scope: Scope, headers: Headers) -> Caller | None:
        """Say who asks; None for a read that needs nobody.

        Raises:
            Unauthenticated: A token is needed, and there is no valid one.
            Forbidden: The token has not the scope.
        """
        needed = scope_needed(scope["method"], scope["path"])
        peer: Peer | None = scope["state"].get("peer")
        if peer is not None and peer.is_trusted:
            return Caller(f"cli:{peer.user}", f"unix socket, uid {peer.uid}")
        place = place_of(scope, peer)
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if secret and kind.lower() == "bearer":
            token = await self._tokens.check(secret.strip())
            has_rank = max(_RANKS[given] for given in token.scopes) >= _RANKS[needed]
            is_phone = not has_rank and PHONE in token.scopes and _is_for_phone(scope)
            if not has_rank and not is_phone:
                raise Forbidden(
                    "scope",
                    f"the token {token.name} has not the scope {needed}",
                    f"make one with `exitd token new NAME --scope {needed}`",
                )
            return Caller(f"api:{token.name}", place, is_phone)
        listener: Listener = scope["state"]["listener"]
        is_open = needed == "read" and listener.is_loopback
        if not is_open and not _is_for_all(scope):
            raise Unauthenticated(
                "bad_token",
                "the token is not valid",
                "make one with `exitd token new`",
            )
        return None


def _is_for_phone(scope: Scope) -> bool:
    return scope["method"] == "POST" and bool(_PHONE_PATH.fullmatch(scope["path"]))


def _is_for_all(scope: Scope) -> bool:
    path: str = scope["path"]
    is_named = path in _OPEN_PATHS or path.startswith(_OPEN_PREFIX)
    return scope["method"] in _READS and is_named


class Misdirected(ControlError):
    status = 421


class TooLarge(ControlError):
    status = 413


class TooDeep(ControlError):
    status = 400


class TooSlow(ControlError):
    status = 408


def place_of(scope: Scope, peer: Peer | None) -> str:
    if peer is not None:
        return f"unix socket, uid {peer.uid}"
    client = scope.get("client")
    return f"{client[0]}:{client[1]}" if client else "unknown"


def _tell_refused(scope: Scope, error: ControlError) -> None:
    if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        place = place_of(scope, scope["state"].get("peer"))
        log(Event.AUTH_REFUSED, reason=error.code, ip=place)


def _note(scope: Scope, status: int, took_ns: int) -> None:
    """Log every change with who asked and from where; reads only for debugging."""
    is_read = scope["method"] in _READS
    caller: Caller | None = scope["state"].get("caller")
    log(
        Event.API_READ if is_read else Event.API_REQUESTED,
        method=scope["method"],
        route=_route_of(scope),
        path=scope["path"][:200],
        status=status,
        took_ms=took_ns // NS_PER_MS,
        by=caller.name if caller is not None else "",
        ip=place_of(scope, scope["state"].get("peer")),
    )


def _route_of(scope: Scope) -> str:
    """Give the pattern of a route, never what somebody wrote in its place."""
    return getattr(scope.get("route"), "path", "") or "unknown"


def _answered(scope: Scope, status: int, took_ns: int) -> Answered:
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    is_socket = scope["type"] != "http"
    return Answered(method, _route_of(scope), status, took_ns, is_socket)


class _Answer:
    """Marks the answer with the request's id and notes its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
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
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


_BEGINNINGS = ("http.response.start", "websocket.http.response.start")


def _busy(most: int, request_id: str) -> Response:
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        f"{most} requests are under way already",
        remedy="ask again in a moment",
        request_id=request_id,
        headers={"Retry-After": "1"},
    )


async def _read_whole(headers: Headers, receive: Receive) -> Receive:
    """Take in the body within its limits; what follows gets it from memory.

    Raises:
        TooLarge: It has more than 64 KiB.
        TooDeep: It is nested deeper than 20.
        TooSlow: It did not arrive in time.
    """
    body = await take_in(headers, receive)
    if nesting_of(body) > DEPTH_MAX:
        raise TooDeep(
            "too_deep",
            f"the body is nested deeper than {DEPTH_MAX} levels",
            "send a flat object",
        )
    return _replay(body, receive)


async def take_in(headers: Headers, receive: Receive) -> bytes:
    """Read the body, whatever is in it.

    Raises:
        TooLarge: It has more than 64 KiB.
        TooSlow: It did not arrive in time.
    """
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > BODY_BYTES_MAX:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    break
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_BYTES_MAX:
                    raise _too_large()
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        raise TooSlow(
            "slow_body", f"the body did not arrive within {_BODY_S:.0f} s", "send it"
        ) from error
    return b"".join(parts)


def _too_large() -> TooLarge:
    return TooLarge(
        "too_large",
        f"the body has more than {BODY_BYTES_MAX // 1024} KiB",
        "send fewer triggers at once",
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
