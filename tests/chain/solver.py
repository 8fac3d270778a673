"""A solver's listing of its symbols, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

#: As Rasa lists a symbol.
ROW: dict[str, Any] = {
    "price_precision": 4,
    "quantity_precision": 1,
    "name": "XRPUSDT",
    "symbol": "XRP",
    "asset": "USDT",
    "symbol_id": 340,
    "is_valid": True,
    "min_acceptable_quote_value": 5,
    "max_leverage": 60,
    "max_quantity": 250000.5,
    "lot_size": "0.2",
}
LISTED = {"count": 1, "symbols": [ROW]}


class Solver:
    """`says` is what it answers, a text as it is; `asked` counts questions."""

    def __init__(self) -> None:
        self.url = ""
        self.says: object = LISTED
        self.status = 200
        self.asked = 0

    async def handle(self, request: web.Request) -> web.Response:
        assert request.path == "/contract-symbols"
        self.asked += 1
        said = self.says if isinstance(self.says, str) else json.dumps(self.says)
        return web.Response(status=self.status, text=said)


@asynccontextmanager
async def solving() -> AsyncIterator[Solver]:
    solver = Solver()
    app = web.Application()
    app.router.add_get("/{path:.*}", solver.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        solver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield solver
    finally:
        await runner.cleanup()
