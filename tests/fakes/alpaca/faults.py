"""What goes wrong between a client and the exchange, as a test asks for it.

`lost_request`: dropped before it is read. `lost_reply`: carried out, and the answer
dropped. `error` and `error_after`: a 500 instead of, or after, carrying it out.
`rate_limited`, `unavailable`: 429 and 503. `held`: kept until it is let go.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    kind: str
    path: str = ""
    method: str = ""
    count: int = 1

    def meets(self, method: str, path: str) -> bool:
        return self.count > 0 and self.path in path and self.method in ("", method)


class Dropped(ConnectionError):
    """The connection ends here."""


class Faults:
    """`requests` are the method and path of all that arrived."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.released = asyncio.Event()

    def add(self, kind: str, path: str = "", method: str = "", count: int = 1) -> None:
        self.all.append(Fault(kind, path, method, count))

    def take(self, method: str, path: str) -> str:
        self.requests.append((method, path))
        for fault in self.all:
            if fault.meets(method, path):
                fault.count -= 1
                return fault.kind
        return ""


class Faulty:
    """Stands before the application; the control paths pass untouched."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/sim/"):
            await self.app(scope, receive, send)
            return
        kind = self.faults.take(scope["method"], scope["path"])
        if kind == "held":
            await self.faults.released.wait()
        elif kind == "lost_request":
            await _drop(send)
        elif kind in ("lost_reply", "error_after"):
            await self.app(scope, receive, _nowhere)
            await (_drop(send) if kind == "lost_reply" else _answer(send, 500))
            return
        elif kind == "error":
            await _answer(send, 500)
            return
        elif kind == "rate_limited":
            await _answer(send, 429)
            return
        elif kind == "unavailable":
            await _answer(send, 503)
            return
        await self.app(scope, receive, send)


async def _nowhere(message: Message) -> None:
    """Take an answer and send it nowhere."""


async def _drop(send: Send) -> None:
    """Begin an answer and break off: the client gets no whole one."""
    length = (b"content-length", b"1000")
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    raise Dropped


async def _answer(send: Send, status: int) -> None:
    bodies: dict[int, bytes] = {
        429: b'{"code":42910000,"message":"rate limit exceeded"}',
        500: b'{"code":50010000,"message":"internal server error occurred"}',
        503: b"<html>Service Unavailable</html>",
    }
    headers: list[Any] = [(b"content-length", str(len(bodies[status])).encode())]
    if status == 429:
        headers.append((b"x-ratelimit-reset", str(int(time.time()) + 2).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": bodies[status]})
