"""Alpaca's REST interface: the account, its clock, its assets, what it has done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakes.alpaca.assets import ASSETS
from fakes.alpaca.checks import asset_of
from fakes.alpaca.exchange import Exchange
from fakes.alpaca.orders import instant, written
from fakes.alpaca.refused import Refused, missing
from fakes.alpaca.rest import Answer, guarded, read_instant

ACCOUNT_ID = "11111111-2222-3333-4444-555555555555"


class AccountRest:
    """What is there, apart from orders and positions."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def routes(self) -> list[Route]:
        answers: list[tuple[str, Callable[[Request], Any]]] = [
            ("/v2/account", self.account),
            ("/v2/clock", self.clock),
            ("/v2/calendar", self.calendar),
            ("/v2/assets", self.assets),
            ("/v2/assets/{symbol:path}", self.asset),
            ("/v2/account/activities/{kind}", self.activities),
        ]
        return [Route(path, self._guarded(answer)) for path, answer in answers]

    def _guarded(self, answer: Callable[[Request], Any]) -> Answer:
        async def endpoint(request: Request) -> Response:
            return await guarded(self.exchange, request, answer)

        return endpoint

    def account(self, request: Request) -> dict[str, Any]:
        money = written(self.exchange.book.buying_power)
        return {
            "id": ACCOUNT_ID,
            "account_number": "PA1234567890",
            "status": "ACTIVE",
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "cash": money,
            "buying_power": money,
            "equity": money,
            "portfolio_value": money,
            "multiplier": "2",
            "pattern_day_trader": False,
            "trading_blocked": False,
            "transfers_blocked": False,
            "account_blocked": False,
            "trade_suspended_by_user": False,
            "shorting_enabled": True,
            "created_at": "2024-01-02T03:04:05.678Z",
        }

    def clock(self, request: Request) -> dict[str, Any]:
        now = self.exchange.now_ns()
        return {
            "timestamp": instant(now),
            "is_open": self.exchange.is_open,
            "next_open": instant(now + 3_600_000_000_000),
            "next_close": instant(now + 7_200_000_000_000),
        }

    def calendar(self, request: Request) -> list[dict[str, Any]]:
        days = ("2026-11-27", "2026-11-30")
        return [{"date": day, "open": "09:30", "close": "16:00"} for day in days]

    def assets(self, request: Request) -> list[dict[str, Any]]:
        wanted = request.query_params.get("asset_class", "us_equity")
        return [a.as_json() for a in ASSETS.values() if a.asset_class == wanted]

    def asset(self, request: Request) -> dict[str, Any]:
        symbol = request.path_params["symbol"]
        try:
            return asset_of(symbol).as_json()
        except Refused as exc:
            raise missing(f"asset not found for {symbol}") from exc

    def activities(self, request: Request) -> list[dict[str, Any]]:
        if request.path_params["kind"] != "FILL":
            return []
        query = request.query_params
        rows = list(self.exchange.activities)
        if "after" in query:
            rows = [row for row in rows if row["ts_ns"] > read_instant(query["after"])]
        if query.get("direction", "desc") != "asc":
            rows.reverse()
        token = query.get("page_token")
        ids = [row["id"] for row in rows]
        if token in ids:
            rows = rows[ids.index(token) + 1 :]
        size = int(query.get("page_size", "100"))
        return [{k: v for k, v in row.items() if k != "ts_ns"} for row in rows[:size]]
