"""The network to the simulated Alpaca, which speaks ASGI."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from exitd.simulator.requests import Reply, Request
from fakes.alpaca.serving import Alpaca
from simulation.wire import Network, Rates

ORDERS = "/v2/orders"
#: Definite answers that time, or the next attempt, may cure.
REFUSALS = (
    b'{"code":40310000,"message":"trading halt"}',
    b'{"code":40310000,"message":"potential wash trade detected"}',
    b'{"code":40310100,"message":"insufficient buying power"}',
)
#: These speak MessagePack to who asks for it, as the adapter does.
_PRICES = ("/v2/iex", "/v1beta3/")


class AlpacaNetwork(Network):
    """`on_order` is told of each order as it leaves."""

    def __init__(self, there: Alpaca, rng: Random, rates: Rates) -> None:
        super().__init__(rng, rates)
        self.on_order: Callable[[dict[str, Any]], None] = lambda body: None
        self._app = there.application()

    def is_order(self, request: Request) -> bool:
        return request.path == ORDERS and request.method == "POST"

    def note_order(self, request: Request) -> None:
        body = msgspec.json.decode(request.body)
        self.note_body(body["client_order_id"], request.body)
        self.on_order(body)

    def limited(self) -> Reply:
        return Reply(429, b'{"code":42910000,"message":"rate limit exceeded"}')

    def is_time(self, request: Request) -> bool:
        return request.path == "/v2/clock"

    def unclear(self) -> Reply:
        return Reply(504, b"<html>Gateway Time-out</html>", "text/html")

    def revoked(self) -> Reply:
        return Reply(401, b'{"code":40110000,"message":"request is not authorized"}')

    def refused(self) -> Reply:
        return Reply(403, self.rng.choice(REFUSALS))

    def is_price(self, url: str, frame: bytes) -> bool:
        return urlsplit(url).path.startswith(_PRICES)

    def broken(self) -> Reply:
        return Reply(500, b'{"code":50010000,"message":"internal server error"}')

    async def answer(self, request: Request) -> Reply | None:
        answered: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Any) -> None:
            answered.append(message)

        await self._app(_scope("http", request), receive, send)
        begin, *parts = answered
        headers = tuple((k.decode(), v.decode()) for k, v in begin["headers"])
        body = b"".join(part.get("body", b"") for part in parts)
        return Reply(begin["status"], body, "application/json", headers)

    def serve(self, url: str, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        path = urlsplit(url).path
        is_binary = path.startswith(_PRICES)
        headers = {"content-type": "application/msgpack"} if is_binary else {}
        request = Request(method="GET", path=path, query=[], headers=headers, body=b"")
        return self._served(_scope("websocket", request), receive, send)

    async def _served(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)
        # The application has returned: nothing comes from it any more.
        await send({"type": "websocket.close"})


def _scope(kind: str, request: Request) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http" if kind == "http" else "ws",
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": "",
        "query_string": urlencode(request.query).encode(),
        "headers": [(k.encode(), v.encode()) for k, v in request.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "subprotocols": [],
    }
