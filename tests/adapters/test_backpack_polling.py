"""Asking for prices by REST: exact, dated, and never from a cache."""

import time
from decimal import Decimal

import pytest

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from fakes.answers import Answer, Answers, json
from fakes.clocks import ManualClock

SOL = "SOL_USDC_PERP"
NOW_NS = 1_700_000_010 * NS_PER_S
PATHS = {
    PriceKind.MARK: "/api/v1/markPrices",
    PriceKind.INDEX: "/api/v1/markPrices",
    PriceKind.LAST: "/api/v1/trades",
    PriceKind.LAST_CLOSE: "/api/v1/klines",
    PriceKind.BID: "/api/v1/depth",
    PriceKind.ASK: "/api/v1/depth",
}


def stamp(ns: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ns // NS_PER_S))


def row(end_s: int, close: str | None) -> dict[str, str | None]:
    end_ns = 1_700_000_000 * NS_PER_S + end_s * NS_PER_S
    return {
        "start": stamp(end_ns - 60 * NS_PER_S),
        "end": stamp(end_ns),
    } | dict.fromkeys(("open", "high", "low", "close"), close)


BODIES = {
    "/api/v1/markPrices": [
        {"symbol": "ETH_USDC_PERP", "markPrice": "1", "indexPrice": "1"},
        {"symbol": SOL, "markPrice": "4307.57627888", "indexPrice": "4308.7"},
    ],
    "/api/v1/trades": [
        {"id": 7558558, "price": "1626.15", "timestamp": 1781067801978},
        {"id": 7558557, "price": "1626.10", "timestamp": 1781067801970},
    ],
    "/api/v1/klines": [row(-20, "9"), row(0, "10"), row(60, "11")],
    "/api/v1/depth": {
        "asks": [["101.5", "1"], ["101.6", "1"]],
        "bids": [["101.3", "1"], ["101.4", "1"]],
        "lastUpdateId": "5",
        "timestamp": 1781067801978123,
    },
}


def feed(answers: dict[str, Answer]) -> BackpackFeed:
    return BackpackFeed(
        "bp", clock=ManualClock(now_ns=NOW_NS), transport=Answers(answers)
    )


@pytest.mark.parametrize(
    ("kind", "closed", "price", "ts_venue_ns", "seq"),
    [
        (PriceKind.MARK, False, "4307.57627888", NOW_NS, 0),
        (PriceKind.INDEX, False, "4308.7", NOW_NS, 0),
        (PriceKind.LAST, False, "1626.15", 1781067801978000000, 7558558),
        (PriceKind.LAST_CLOSE, False, "11", NOW_NS, 0),
        (PriceKind.LAST_CLOSE, True, "10", 1_700_000_000 * NS_PER_S, 0),
        (PriceKind.BID, False, "101.4", 1781067801978123000, 0),
        (PriceKind.ASK, False, "101.5", 1781067801978123000, 0),
    ],
)
async def test_given_a_source_when_polled_then_exact_and_dated(
    kind, closed, price, ts_venue_ns, seq
):
    source = PriceSource("bp", SOL, kind, "1m" if "close" in kind else "", closed)
    polled = feed({PATHS[kind]: json(BODIES[PATHS[kind]])})

    tick = await polled.poll(source)

    assert tick is not None
    assert tick.price == Decimal(price)
    assert (tick.ts_venue_ns, tick.seq) == (ts_venue_ns, seq)
    assert tick.source is source


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    "headers", [{"Age": "16"}, {"Age": "?"}, {"X-Cache": "Hit from cloudfront"}]
)
async def test_given_a_cached_answer_when_polled_then_none(kind, headers):
    path = PATHS[kind]
    source = PriceSource("bp", SOL, kind, "1m")

    assert await feed({path: json(BODIES[path], **headers)}).poll(source) is None


async def test_given_a_fresh_answer_through_a_cache_when_polled_then_taken():
    path = "/api/v1/markPrices"
    headers = {"Cache-Control": "public, s-maxage=20", "X-Cache": "Miss", "Age": "0"}
    polled = feed({path: json(BODIES[path], **headers)})

    assert await polled.poll(PriceSource("bp", SOL, PriceKind.MARK)) is not None


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", None])
async def test_b013_given_no_price_when_polled_then_none(price):
    body = [{"symbol": SOL, "markPrice": price}]
    polled = feed({"/api/v1/markPrices": json(body)})

    assert await polled.poll(PriceSource("bp", SOL, PriceKind.MARK)) is None


@pytest.mark.parametrize("body", ["{", "<html>", '{"a":1}', '[{"symbol":"SOL"'])
async def test_given_an_unreadable_answer_when_polled_then_unavailable(body):
    answers = {"/api/v1/markPrices": json(body)}

    with pytest.raises(VenueUnavailable, match="cannot be read"):
        await feed(answers).poll(PriceSource("bp", SOL, PriceKind.MARK))


async def test_given_no_trades_and_an_empty_book_when_polled_then_none():
    empty = {"asks": [], "bids": [], "timestamp": 1}
    polled = feed({"/api/v1/trades": json([]), "/api/v1/depth": json(empty)})

    assert await polled.poll(PriceSource("bp", SOL, PriceKind.LAST)) is None
    assert await polled.poll(PriceSource("bp", SOL, PriceKind.BID)) is None
