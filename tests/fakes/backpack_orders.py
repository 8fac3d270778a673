"""Closes, recorded answers to them, and a Backpack venue at a scripted server."""

import asyncio
import json as stdlib_json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_MS
from exitd.ports.venue import Refusal
from exitd.secret import Secret
from fakes.clocks import ManualClock
from fakes.raw_http import RawServer, Script, raw_server

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
SOL = "SOL_USDC_PERP"
NOW_NS = 1750793021519 * NS_PER_MS


def close(quantity: str = "1.5", **changes) -> CloseOrder:
    fields = {
        "attempt": AttemptKey("sol/sl", 1, 1),
        "account": "bp",
        "symbol": SOL,
        "side": OrderSide.SELL,
        "quantity": Decimal(quantity),
        "order": OrderType.MARKET,
        "price": None,
        "time_in_force": TimeInForce.IOC,
        "client_order_id": 4242,
    }
    return CloseOrder(**(fields | changes))


def order(**changes) -> bytes:
    """The answer to `close()`, as recorded from the venue."""
    document = {
        "clientId": 4242,
        "createdAt": 1757675111334,
        "executedQuantity": "1.5",
        "executedQuoteQuantity": "209.985",
        "id": "8338878740",
        "orderType": "Market",
        "quantity": "1.5",
        "quoteQuantity": "209.985",
        "reduceOnly": True,
        "relatedOrderId": None,
        "selfTradePrevention": "RejectTaker",
        "side": "Ask",
        "status": "Filled",
        "symbol": SOL,
        "timeInForce": "GTC",
        "triggerPrice": None,
    }
    return stdlib_json.dumps(document | changes).encode()


def venue_at(url: str, deadline_s: float = 2.0) -> BackpackVenue:
    return BackpackVenue(
        "bp",
        key=KEY,
        secret=Secret(SEED),
        clock=ManualClock(now_ns=NOW_NS),
        url=url,
        deadline_s=deadline_s,
    )


@asynccontextmanager
async def answering(
    script: Script | bytes, deadline_s: float = 2.0
) -> AsyncIterator[tuple[BackpackVenue, RawServer]]:
    async def same(request: bytes, writer: asyncio.StreamWriter) -> None:
        assert isinstance(script, bytes)
        writer.write(script)

    async with raw_server(same if isinstance(script, bytes) else script) as server:
        venue = venue_at(server.url, deadline_s)
        try:
            yield venue, server
        finally:
            await venue.close()


async def answer_to(script: Script | bytes, **options) -> OrderReport | Refusal:
    async with answering(script, **options) as (venue, _):
        return await venue.send(close(), venue.prepare(close()))
