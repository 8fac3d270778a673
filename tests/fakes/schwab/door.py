"""The API's doors: tokens, trading and quotes, and a hand on its world."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from fakes.schwab.book import ACCOUNT, HASH, Book, Json, Refused

KEY, SECRET, REFRESH = "app-key", "app-secret", "refresh-1"
CODE = "C0.code"


def text_of(document: object) -> str:
    """Write JSON whose decimals are numbers, as the broker does."""
    return json.dumps(document, default=float)


class Broker:
    """One broker; `faults` maps a path's end to what happens to its next calls."""

    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book()
        self.url = ""
        self.refresh_tokens = {REFRESH}
        self.access_tokens: set[str] = set()
        self.expires_in = 1800
        self.granted = 0
        self.faults: dict[str, list[str]] = {}
        self.bodies: list[Json] = []
        self.calls: list[str] = []
        self.quoted = asyncio.Event()

    def expire(self) -> None:
        """Let every access token end."""
        self.access_tokens.clear()

    def fault(self, path_end: str, *kinds: str) -> None:
        """Let the next calls of a path fail: `500`, `429`, `drop`, `after`, `mute`."""
        self.faults.setdefault(path_end, []).extend(kinds)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.calls.append(f"{request.method} {path}")
        kind = self._fault(f"{request.method} {path}")
        if kind == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if kind in ("500", "429", "503"):
            return web.Response(status=int(kind), text='{"message":"no luck"}')
        written = await request.read()
        try:
            document, status, headers = self._do(request, path, written)
        except Refused as refused:
            return _json(refused.body, refused.status)
        if kind == "after":
            assert request.transport is not None
            request.transport.abort()
        if kind == "mute":
            headers = {}
        return _json(document, status, headers)

    def _fault(self, call: str) -> str:
        for end, kinds in self.faults.items():
            if call.endswith(end) and kinds:
                return kinds.pop(0)
        return ""

    def _do(
        self, request: web.Request, path: str, written: bytes
    ) -> tuple[Any, int, dict[str, str]]:
        if path == "/v1/oauth/token":
            return self._token(request, written), 200, {}
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer not in self.access_tokens:
            raise Refused(401, "Client not authorized")
        if path == "/marketdata/v1/quotes":
            self.quoted.set()
            return self.book.quotes(request.query["symbols"].split(",")), 200, {}
        if path == "/trader/v1/accounts/accountNumbers":
            return [{"accountNumber": ACCOUNT, "hashValue": HASH}], 200, {}
        home = f"/trader/v1/accounts/{HASH}"
        if not path.startswith(home):
            raise Refused(404, "No account found")
        return self._account(request, path.removeprefix(home), written)

    def _token(self, request: web.Request, written: bytes) -> Json:
        pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            raise Refused(401, "invalid_client")
        form = {k: v[0] for k, v in parse_qs(written.decode()).items()}
        if form.get("grant_type") == "authorization_code":
            if form.get("code") != CODE:
                raise Refused(400, "invalid_grant")
        elif form.get("refresh_token") not in self.refresh_tokens:
            raise Refused(400, "unsupported_token_type")
        self.granted += 1
        token = f"access-{self.granted}"
        self.access_tokens.add(token)
        return {
            "expires_in": self.expires_in,
            "token_type": "Bearer",
            "scope": "api",
            "refresh_token": form.get("refresh_token", REFRESH),
            "access_token": token,
        }

    def _account(
        self, request: web.Request, rest: str, written: bytes
    ) -> tuple[Any, int, dict[str, str]]:
        if rest == "":
            return self.book.account(), 200, {}
        if rest == "/orders" and request.method == "POST":
            body = json.loads(written)
            self.bodies.append(body)
            order = self.book.place(body)
            where = f"{self.url}/trader/v1/accounts/{HASH}/orders/{order.id}"
            return {}, 201, {"Location": where}
        if rest == "/orders":
            return self._orders(request), 200, {}
        if rest == "/transactions":
            since = _moment(request.query["startDate"])
            return (
                [t for t in self.book.transactions if _moment(t["time"]) >= since],
                200,
                {},
            )
        number = rest.removeprefix("/orders/")
        if not number.isdigit() or int(number) not in self.book.orders:
            raise Refused(404, "Order not found")
        if request.method == "DELETE":
            self.book.cancel(int(number))
            return {}, 200, {}
        return self.book.row(self.book.orders[int(number)]), 200, {}

    def _orders(self, request: web.Request) -> list[Json]:
        if not {"fromEnteredTime", "toEnteredTime"} <= request.query.keys():
            raise Refused(400, "fromEnteredTime and toEnteredTime are required")
        since = _moment(request.query["fromEnteredTime"])
        return [
            self.book.row(order)
            for order in reversed(self.book.roots)
            if order.entered >= since
        ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _json(
    document: object, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        text=text_of(document),
        content_type="application/json",
        headers=headers,
    )


def _control(broker: Broker) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A hand on the world, for a program of its own: `POST /fake/{what}`."""

    async def control(request: web.Request) -> web.Response:
        told = await request.json()
        match request.match_info["what"]:
            case "hold":
                broker.book.hold(told["symbol"], told["net"])
            case "price":
                broker.book.move(told.pop("symbol"), **told)
            case "fault":
                broker.fault(told["path"], *told["kinds"])
            case _:
                return _json({"message": "no such control"}, 404)
        return _json({"positions": {s: str(n) for s, (n, _) in _held(broker)}})

    return control


def _held(broker: Broker) -> list[tuple[str, tuple[Decimal, Decimal]]]:
    return list(broker.book.positions.items())


@asynccontextmanager
async def serving(broker: Broker, port: int = 0) -> AsyncIterator[Broker]:
    """Serve a broker on this machine; `broker.url` has no path."""
    app = web.Application()
    app.router.add_post("/fake/{what}", _control(broker))
    app.router.add_route("*", "/{path:.*}", broker.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    broker.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield broker
    finally:
        await runner.cleanup()
