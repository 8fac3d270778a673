"""Alpaca's REST interface: orders and positions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.alpaca.assets import ASSETS
from fakes.alpaca.exchange import Exchange
from fakes.alpaca.orders import Order, written
from fakes.alpaca.refused import Refused, wrong
from fakes.alpaca.replacing import replaced

Answer = Callable[[Request], Awaitable[Response]]
PAGE_MAX = 500


class Rest:
    """Orders and positions."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def routes(self) -> list[Route]:
        answers: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("POST", "/v2/orders", self.submit),
            ("GET", "/v2/orders", self.orders),
            ("DELETE", "/v2/orders", self.cancel_all),
            ("GET", "/v2/orders:by_client_order_id", self.by_client_id),
            ("GET", "/v2/orders/{id}", self.order),
            ("PATCH", "/v2/orders/{id}", self.replace),
            ("DELETE", "/v2/orders/{id}", self.cancel),
            ("GET", "/v2/positions", self.positions),
            ("GET", "/v2/positions/{symbol}", self.position),
            ("DELETE", "/v2/positions/{symbol}", self.close_position),
            ("DELETE", "/v2/positions", self.close_all),
        ]
        return [
            Route(path, self._guarded(answer), methods=[method])
            for method, path, answer in answers
        ]

    def _guarded(self, answer: Callable[[Request], Any]) -> Answer:
        async def endpoint(request: Request) -> Response:
            return await guarded(self.exchange, request, answer)

        return endpoint

    async def submit(self, request: Request) -> dict[str, Any]:
        order = self.exchange.submit(await body_of(request))
        return order.as_json(nested=True)

    def orders(self, request: Request) -> list[dict[str, Any]]:
        query = request.query_params
        status = query.get("status", "open")
        nested = query.get("nested", "").lower() == "true"
        symbols = {s for s in query.get("symbols", "").split(",") if s}
        after, until = query.get("after"), query.get("until")
        rows = [
            order
            for order in self.exchange.orders
            if (status == "all" or order.is_open is (status == "open"))
            and (not symbols or order.symbol in symbols)
            and (after is None or order.created_ns > read_instant(after))
            and (until is None or order.created_ns < read_instant(until))
            and query.get("side", order.side) == order.side
            and not (nested and order.parent is not None and self._shows(order, status))
        ]
        rows.sort(key=lambda o: o.created_ns, reverse=query.get("direction") != "asc")
        limit = min(int(query.get("limit", "50")), PAGE_MAX)
        return [order.as_json(nested=nested) for order in rows[:limit]]

    @staticmethod
    def _shows(leg: Order, status: str) -> bool:
        """Whether the order above a leg is in the list, and shows it."""
        assert leg.parent is not None
        return status == "all" or leg.parent.is_open is (status == "open")

    def order(self, request: Request) -> dict[str, Any]:
        nested = request.query_params.get("nested", "").lower() == "true"
        return self.exchange.order(request.path_params["id"]).as_json(nested=nested)

    def by_client_id(self, request: Request) -> dict[str, Any]:
        client_id = request.query_params.get("client_order_id", "")
        return self.exchange.by_client_id(client_id).as_json()

    async def replace(self, request: Request) -> dict[str, Any]:
        order = self.exchange.order(request.path_params["id"])
        return replaced(self.exchange, order, await body_of(request)).as_json()

    def cancel(self, request: Request) -> None:
        self.exchange.cancel(self.exchange.order(request.path_params["id"]))

    def cancel_all(self, request: Request) -> Response:
        rows = []
        for order in list(self.exchange.orders):
            if order.is_open:
                self.exchange.cancel(order)
                rows.append({"id": order.id, "status": 200, "body": None})
        return JSONResponse(rows, 207)

    def positions(self, request: Request) -> list[dict[str, Any]]:
        exchange = self.exchange
        return [
            exchange.book.as_json(
                ASSETS[symbol], exchange.prices[symbol], exchange.orders
            )
            for symbol in exchange.book.net
        ]

    def position(self, request: Request) -> dict[str, Any]:
        return self.exchange.position(request.path_params["symbol"])

    def close_position(self, request: Request) -> dict[str, Any]:
        query = request.query_params
        shown = self.exchange.position(request.path_params["symbol"])
        qty = abs(Decimal(shown["qty"]))
        if "percentage" in query:
            qty = qty * Decimal(query["percentage"]) / 100
        elif "qty" in query:
            qty = Decimal(query["qty"])
        return self._close(shown, qty).as_json()

    def _close(self, shown: dict[str, Any], qty: Decimal) -> Order:
        is_crypto = shown["asset_class"] == "crypto"
        return self.exchange.submit(
            {
                "symbol": shown["symbol"],
                "qty": written(qty),
                "side": "sell" if shown["side"] == "long" else "buy",
                "type": "market",
                "time_in_force": "gtc" if is_crypto else "day",
            }
        )

    def close_all(self, request: Request) -> Response:
        exchange = self.exchange
        if request.query_params.get("cancel_orders", "").lower() == "true":
            for order in list(exchange.orders):
                if order.is_open:
                    exchange.cancel(order)
        rows = []
        for shown in self.positions(request):
            order = self._close(shown, abs(Decimal(shown["qty"])))
            rows.append(
                {"symbol": shown["symbol"], "status": 200, "body": order.as_json()}
            )
        return JSONResponse(rows, 207)


def read_instant(text: str) -> int:
    whole, _, rest = text.replace("+00:00", "Z").rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int(rest.ljust(9, "0")[:9] or 0)


async def body_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}", parse_float=str)
    except ValueError as exc:
        raise wrong("request body format is invalid") from exc
    if not isinstance(body, dict):
        raise wrong("request body format is invalid")
    return body


async def guarded(
    exchange: Exchange, request: Request, answer: Callable[[Request], Any]
) -> Response:
    """Let in who has the keys, and answer a refusal as Alpaca does."""
    given = tuple(
        request.headers.get(f"apca-api-{name}", "") for name in ("key-id", "secret-key")
    )
    if (exchange.keys is None and not all(given)) or exchange.keys not in (None, given):
        refusal = {"code": 40110000, "message": "request is not authorized"}
        return JSONResponse(refusal, 401)
    try:
        found = answer(request)
        if isinstance(found, Awaitable):
            found = await found
    except Refused as refused:
        return JSONResponse(refused.body, refused.status)
    later = BackgroundTask(_later, exchange)
    if isinstance(found, Response):
        found.background = later
        return found
    if found is None:
        return Response(status_code=204, background=later)
    return JSONResponse(found, background=later)


async def _later(exchange: Exchange) -> None:
    """Do what happens once the client has its answer."""
    todo, exchange.after_reply = exchange.after_reply, []
    for work in todo:
        work()
