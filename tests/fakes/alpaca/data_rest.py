"""Alpaca's REST interface for prices, of shares and of crypto."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.alpaca.exchange import Exchange
from fakes.alpaca.market_data import MarketData
from fakes.alpaca.rest import Answer, guarded, read_instant

CRYPTO = "/v1beta3/crypto/us"


class DataRest:
    def __init__(self, exchange: Exchange, market: MarketData) -> None:
        self.exchange = exchange
        self.market = market

    def routes(self) -> list[Route]:
        market = self.market
        answers: list[tuple[str, Callable[[Request], Any]]] = [
            ("/v2/stocks/trades/latest", self._latest("trades", market.trades)),
            ("/v2/stocks/quotes/latest", self._latest("quotes", market.quotes)),
            ("/v2/stocks/bars", self.bars),
            (f"{CRYPTO}/latest/trades", self._latest("trades", market.trades)),
            (f"{CRYPTO}/latest/quotes", self._latest("quotes", market.quotes)),
            (f"{CRYPTO}/bars", self.bars),
        ]
        return [Route(path, self._guarded(answer)) for path, answer in answers]

    def _guarded(self, answer: Callable[[Request], Any]) -> Answer:
        async def endpoint(request: Request) -> Response:
            return await guarded(self.exchange, request, answer)

        return endpoint

    def _latest(
        self, name: str, known: dict[str, dict[str, Any]]
    ) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            found = {s: shown(known[s]) for s in symbols_of(request) if s in known}
            return JSONResponse({name: found})

        return answer

    def bars(self, request: Request) -> dict[str, Any]:
        query = request.query_params
        start, end = (_moment(query.get(name, "")) for name in ("start", "end"))
        timeframe = query.get("timeframe", "1Min")
        rows = {
            symbol: [shown(bar) for bar in found]
            for symbol in symbols_of(request)
            if (found := self.market.bars_of(symbol, timeframe, start, end))
        }
        return {"bars": rows, "next_page_token": None}


def symbols_of(request: Request) -> list[str]:
    return [s for s in request.query_params.get("symbols", "").split(",") if s]


def shown(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message as REST has it: without its kind, with its instant as a text."""
    return {
        key: f"{value:%Y-%m-%dT%H:%M:%S.%f}Z" if isinstance(value, datetime) else value
        for key, value in message.items()
        if key not in ("T", "S")
    }


def _moment(text: str) -> datetime:
    seconds = read_instant(text) // 1_000_000_000 if text else 0
    return datetime.fromtimestamp(seconds, UTC)
