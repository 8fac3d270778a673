"""The gateway's doors: HTTP of `/v1/api`, and a hand on its world.

What the broker does to careless clients happens here too: no session, no account list
asked for first, a first answer that is empty, a question before an order.
"""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from aiohttp import web

from fakes.interactive_brokers.book import QUESTIONS, Book, Json, Refused, now_ms
from fakes.interactive_brokers.streams import Streams, text_of

PAGE_ROWS = 100


class Gateway(Streams):
    """One gateway; `faults` maps a path's end to what happens to its next calls."""

    def __init__(self, book: Book | None = None) -> None:
        super().__init__(book or Book())
        self.url = ""
        self.is_authenticated = True
        self.questions: list[str] = []
        self.confirmed: list[str] = []
        self.declined: list[str] = []
        self.faults: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.bodies: list[Json] = []
        self.tickles = 0
        self._has_accounts = False
        self._has_portfolio = False
        self._has_orders = False
        self._snapshots: set[int] = set()
        self._pending: dict[str, tuple[list[Json], list[str]]] = {}

    def restart(self) -> None:
        """A new session: what had to be asked for first must be asked for again."""
        self._has_accounts = self._has_portfolio = self._has_orders = False
        self._snapshots.clear()

    def fault(self, path_end: str, *kinds: str) -> None:
        """Let the next calls of a path fail: `500`, `429`, `drop`, `after`."""
        self.faults.setdefault(path_end, []).extend(kinds)

    async def move(self, symbol: str, **prices: str) -> None:
        """Set prices of a symbol and stream what was set."""
        contract = self.book.move(symbol, **prices)
        kinds = {"last": "31", "bid": "84", "ask": "86", "mark": "7635"}
        frame: Json = {"topic": f"smd+{contract.conid}", "conid": contract.conid}
        frame["_updated"] = now_ms()
        frame |= {kinds[kind]: price for kind, price in prices.items()}
        if f"smd+{contract.conid}" in self.topics:
            await self.push(frame)
        await self.tell_orders()

    async def tell_orders(self) -> None:
        if "sor" in self.topics:
            rows = [self.book.order_row(o) for o in self.book.orders.values()]
            await self.push({"topic": "sor", "args": rows[-1:]})

    # --- what is asked over HTTP

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1/api").strip("/")
        self.calls.append(f"{request.method} {path}")
        kind = self._fault(path)
        if kind == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if kind in ("500", "429", "503"):
            return web.Response(status=int(kind), text='{"error":"no luck"}')
        written = await request.read()
        body = json.loads(written, parse_float=Decimal) if written else {}
        try:
            document = self._do(request.method, path, dict(request.query), body)
        except Refused as refused:
            return _json({"error": refused.error}, refused.status)
        await self.tell_orders()
        if kind == "after":
            assert request.transport is not None
            request.transport.abort()
        return _json(document)

    def _fault(self, path: str) -> str:
        for end, kinds in self.faults.items():
            if path.endswith(end) and kinds:
                return kinds.pop(0)
        return ""

    def _do(self, method: str, path: str, query: dict[str, str], body: Json) -> Any:
        """Answer one request.

        Raises:
            Refused: With the broker's words.
        """
        parts = path.split("/")
        if path == "tickle":
            self.tickles += 1
            return {"session": "fake-session", "iserver": {"authStatus": self._auth()}}
        if path == "iserver/auth/status":
            return self._auth()
        if path.startswith("trsrv/stocks"):
            return {s: self._stocks(s) for s in query.get("symbols", "").split(",")}
        if not self.is_authenticated:
            raise Refused(401, "not authenticated")
        if path == "iserver/auth/ssodh/init":
            return self._auth()
        if path == "iserver/secdef/search":
            return self._search(query.get("symbol", ""))
        if path == "iserver/accounts":
            self._has_accounts = True
            return {
                "accounts": [self.book.account],
                "selectedAccount": self.book.account,
            }
        if path == "portfolio/accounts":
            self._has_portfolio = True
            return [{"id": self.book.account, "accountId": self.book.account}]
        if parts[0] == "portfolio":
            return self._portfolio(method, parts)
        if not self._has_accounts:
            raise Refused(500, "Please query /accounts first")
        if path == "iserver/marketdata/snapshot":
            return self._snapshot(query)
        if path == "iserver/account/trades":
            return self.book.executions
        if path == "iserver/account/orders":
            return self._orders()
        if parts[:2] == ["iserver", "reply"]:
            return self._reply(parts[2], body)
        if parts[:2] == ["iserver", "account"] and parts[2] == self.book.account:
            return self._account(method, parts[3:], body)
        raise Refused(404, "Resource not found")

    def _auth(self) -> Json:
        return {
            "authenticated": self.is_authenticated,
            "competing": False,
            "connected": True,
            "message": "",
        }

    def _stocks(self, symbol: str) -> list[Json]:
        return [
            {
                "name": contract.name,
                "assetClass": "STK",
                "contracts": [
                    {
                        "conid": contract.conid,
                        "exchange": contract.exchange,
                        "isUS": contract.is_us,
                    }
                ],
            }
            for contract in self.book.contracts.values()
            if contract.symbol == symbol
        ]

    def _search(self, symbol: str) -> list[Json]:
        return [
            {"conid": str(c.conid), "symbol": c.symbol, "companyName": c.name}
            for c in self.book.contracts.values()
            if c.symbol == symbol
        ]

    def _portfolio(self, method: str, parts: list[str]) -> Any:
        if not self._has_portfolio:
            raise Refused(400, "Please query /portfolio/accounts first")
        if parts[1] != self.book.account or len(parts) < 4 or parts[2] != "positions":
            raise Refused(400, "Bad Request: no such account")
        if method == "POST" and parts[3] == "invalidate":
            return {"message": "success"}
        page = int(parts[3])
        rows = [self.book.position_row(conid) for conid in self.book.positions]
        return rows[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]

    def _snapshot(self, query: dict[str, str]) -> list[Json]:
        rows = []
        for text in query.get("conids", "").split(","):
            contract = self.book.contract(int(text))
            row: Json = {"conid": contract.conid, "conidEx": text}
            # The first question only opens the subscription.
            if contract.conid in self._snapshots:
                row |= self.prices(contract, query.get("fields", "").split(","))
            self._snapshots.add(contract.conid)
            rows.append(row)
        return rows

    def _orders(self) -> Json:
        # The first question of a session is answered with nothing.
        rows = [self.book.order_row(o) for o in self.book.orders.values()]
        is_primed, self._has_orders = self._has_orders, True
        return {"orders": rows if is_primed else [], "snapshot": is_primed}

    def _account(self, method: str, parts: list[str], body: Json) -> Any:
        if method == "DELETE" and parts[0] == "order":
            order = self.book.cancel(int(parts[1]))
            return {"msg": "Request was submitted", "order_id": order.id}
        if method == "POST" and parts == ["orders"]:
            self.bodies.append(body)
            written = body["orders"]
            for one in written:
                self.book.check(one)
            return self._ask_or_take(written, list(self.questions))
        raise Refused(404, "Resource not found")

    def _ask_or_take(self, written: list[Json], questions: list[str]) -> list[Json]:
        if questions:
            reply_id = str(uuid.uuid4())
            self._pending[reply_id] = (written, questions)
            return [
                {
                    "id": reply_id,
                    "message": [QUESTIONS.get(questions[0], "Are you sure?")],
                    "isSuppressed": False,
                    "messageIds": [questions[0]],
                }
            ]
        parents: dict[str, int] = {}
        taken = [self.book.take(one, parents) for one in written]
        rows: list[Json] = []
        for order in taken:
            row = {
                "order_id": str(order.id),
                "order_status": order.status,
                "encrypt_message": "1",
            }
            if order.ref:
                row["local_order_id"] = order.ref
            rows.append(row)
        return rows

    def _reply(self, reply_id: str, body: Json) -> Any:
        if reply_id not in self._pending:
            raise Refused(400, "reply id not found")
        written, questions = self._pending.pop(reply_id)
        if body.get("confirmed") is not True:
            self.declined.append(questions[0])
            return {"error": "Order was declined"}
        self.confirmed.append(questions[0])
        return self._ask_or_take(written, questions[1:])


def _json(document: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=text_of(document), content_type="application/json"
    )


Control = Callable[[web.Request], Awaitable[web.Response]]


def _control(gateway: Gateway) -> Control:
    """A hand on the world, for a program of its own: `POST /fake/{what}`."""

    async def control(request: web.Request) -> web.Response:
        told = await request.json()
        match request.match_info["what"]:
            case "hold":
                gateway.book.hold(told["conid"], Decimal(told["net"]), Decimal(140))
            case "price":
                await gateway.move(told.pop("symbol"), **told)
            case "questions":
                gateway.questions = told["ids"]
            case "fault":
                gateway.fault(told["path"], *told["kinds"])
            case _:
                return _json({"error": "no such control"}, 404)
        return _json({"confirmed": gateway.confirmed, "declined": gateway.declined})

    return control


@asynccontextmanager
async def serving(
    gateway: Gateway, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Gateway]:
    """Serve a gateway on this machine; `gateway.url` is its `/v1/api`."""
    app = web.Application()
    app.router.add_get("/v1/api/ws", gateway.stream)
    app.router.add_post("/fake/{what}", _control(gateway))
    app.router.add_route("*", "/v1/api/{path:.*}", gateway.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    bound = runner.addresses[0][1]
    gateway.url = f"{'https' if tls else 'http'}://127.0.0.1:{bound}/v1/api"
    try:
        yield gateway
    finally:
        await gateway.drop_sockets()
        await runner.cleanup()
