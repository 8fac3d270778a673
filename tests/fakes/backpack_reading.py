"""A Backpack venue that reads prepared answers, and rows of its histories."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.units import NS_PER_S
from exitd.secret import Secret
from fakes.answers import Answer, Answers
from fakes.clocks import ManualClock

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
SOL = "SOL_USDC_PERP"
START = datetime(2025, 9, 11, 20, 0, tzinfo=UTC)
START_NS = int(START.timestamp()) * NS_PER_S
POSITION = "/api/v1/position"
HISTORY = "/wapi/v1/history/orders"
FILLS = "/wapi/v1/history/fills"


def venue(answers: dict[str, Answer | list[Answer]]) -> BackpackVenue:
    return BackpackVenue(
        "bp",
        key=KEY,
        secret=Secret(SEED),
        clock=ManualClock(now_ns=START_NS),
        transport=Answers(answers),
    )


def order(n: int, **changes: object) -> dict[str, object]:
    """The n-th order of an hour that began at START, a second apart."""
    moment = START + timedelta(seconds=n, milliseconds=699)
    return {
        "clientId": n,
        "createdAt": moment.replace(tzinfo=None).isoformat(timespec="milliseconds"),
        "executedQuantity": "1",
        "executedQuoteQuantity": "140",
        "expiryReason": None,
        "id": f"o{n}",
        "orderType": "Market",
        "quantity": "1",
        "side": "Ask",
        "status": "Filled",
        "symbol": SOL,
        "systemOrderType": None,
    } | changes


def fill(n: int, **changes: object) -> dict[str, object]:
    moment = START + timedelta(seconds=n, milliseconds=197)
    return {
        "clientId": str(n),
        "fee": "0.000001",
        "feeSymbol": "USDC",
        "isMaker": False,
        "orderId": f"o{n}",
        "price": "140",
        "quantity": "1",
        "side": "Ask",
        "symbol": SOL,
        "systemOrderType": None,
        "timestamp": moment.replace(tzinfo=None).isoformat(timespec="milliseconds"),
        "tradeId": n,
    } | changes


def paged(rows: Callable[[], list[dict[str, object]]], total: bool = True) -> Answer:
    """Serve rows by limit and offset, as they are at the time of each request."""

    def answer(request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params["limit"])
        offset = int(request.url.params["offset"])
        now = rows()
        headers = {"X-TOTAL": str(len(now))} if total else {}
        return httpx.Response(200, json=now[offset : offset + limit], headers=headers)

    return answer
