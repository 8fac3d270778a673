"""The network to the simulated Backpack."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import msgspec

from exitd.simulator import rest
from exitd.simulator.exchange import Exchange
from exitd.simulator.requests import Reply, Request
from exitd.simulator.streams import serve_socket
from simulation.wire import Network, Rates

ORDER = "/api/v1/order"
#: Definite answers that time, or the next attempt, may cure.
REFUSALS = (
    "INSUFFICIENT_MARGIN",
    "INVALID_PRICE",
    "ORDER_LIMIT",
    "POSITION_LIMIT",
    "TOO_EARLY",
    "TRADING_PAUSED",
)


class ExchangeNetwork(Network):
    """`on_order` is told of each order as it leaves."""

    def __init__(self, exchange: Exchange, rng: Random, rates: Rates) -> None:
        super().__init__(rng, rates)
        self.exchange = exchange
        self.on_order: Callable[[dict[str, Any]], None] = lambda body: None

    def is_order(self, request: Request) -> bool:
        return request.path == ORDER and request.method == "POST"

    def note_order(self, request: Request) -> None:
        body = msgspec.json.decode(request.body)
        self.note_body(body["clientId"], request.body)
        self.on_order(body)

    def limited(self) -> Reply:
        limit = {"code": "TOO_MANY_REQUESTS", "message": "rate limit"}
        return Reply(429, msgspec.json.encode(limit))

    def is_time(self, request: Request) -> bool:
        return request.path == "/api/v1/time"

    def unclear(self) -> Reply:
        return Reply(400, b'{"code":"TIMEOUT","message":"Request timed out"}')

    def revoked(self) -> Reply:
        return Reply(401, b'{"code":"UNAUTHORIZED","message":"Unauthorized"}')

    def refused(self) -> Reply:
        said = {"code": self.rng.choice(REFUSALS), "message": "No"}
        return Reply(400, msgspec.json.encode(said))

    def is_price(self, url: str, frame: bytes) -> bool:
        return b'"stream":"account.' not in frame

    def broken(self) -> Reply:
        return rest.server_error()

    async def answer(self, request: Request) -> Reply | None:
        return await rest.answer(self.exchange, request, "127.0.0.1")

    def serve(self, url: str, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        return serve_socket(self.exchange, None, "/", receive, send)
