"""Asking Binance by REST: exact, dated, never from a cache, and within the limits."""

import httpx
import pytest

from exitd.adapters.binance.feed import BinanceFeed
from exitd.adapters.binance.weight import PER_MINUTE
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import NoSuchMarket, VenueUnavailable
from fakes.answers import Answer, Answers, json, plain
from fakes.clocks import ManualClock

BTC = "BTCUSDT"
NOW_MS = 1_700_000_010_000
NOW_NS = NOW_MS * NS_PER_MS
MARK = PriceSource("binance", BTC, PriceKind.MARK)
LAST = PriceSource("binance", BTC, PriceKind.LAST)
PREMIUM, PRICE = "/fapi/v1/premiumIndex", "/fapi/v2/ticker/price"
BOOK, KLINES = "/fapi/v1/ticker/bookTicker", "/fapi/v1/klines"
#: What we take of the limit.
SHARE = PER_MINUTE * 3 // 4
PATHS = {
    PriceKind.MARK: PREMIUM,
    PriceKind.INDEX: PREMIUM,
    PriceKind.LAST: PRICE,
    PriceKind.LAST_CLOSE: KLINES,
    PriceKind.BID: BOOK,
    PriceKind.ASK: BOOK,
}


def row(open_s: int, close: str) -> list[object]:
    """A minute's bar; seconds count from a whole minute before now."""
    open_ms = 1_699_999_980_000 + open_s * 1000
    prices = ["65100.00", "65200.00", "64900.00", close]
    tail = ["2434.19", 308, "1756.87", "28.46", "0"]
    return [open_ms, *prices, "148976.11", open_ms + 59_999, *tail]


BODIES = {
    PREMIUM: {
        "symbol": BTC,
        "markPrice": "11793.63104562",
        "indexPrice": "11781.80495970",
        "estimatedSettlePrice": "11781.16138815",
        "lastFundingRate": "0.00038246",
        "interestRate": "0.00010000",
        "nextFundingTime": 1597392000000,
        "time": NOW_MS - 500,
    },
    PRICE: {"symbol": BTC, "price": "6000.01", "time": NOW_MS - 86_400_000},
    BOOK: {
        "lastUpdateId": 1027024,
        "symbol": BTC,
        "bidPrice": "4.00000000",
        "bidQty": "431.00000000",
        "askPrice": "4.00000200",
        "askQty": "9.00000000",
        "time": NOW_MS - 7,
    },
    KLINES: [row(-120, "9"), row(-60, "10"), row(0, "11")],
}


def feed(answers: dict[str, Answer | list[Answer]]) -> BinanceFeed:
    return BinanceFeed(
        "binance", clock=ManualClock(now_ns=NOW_NS), transport=Answers(answers)
    )


@pytest.mark.parametrize(
    ("kind", "closed", "price", "ts_venue_ms", "seq"),
    [
        (PriceKind.MARK, False, "11793.63104562", NOW_MS - 500, 0),
        (PriceKind.INDEX, False, "11781.80495970", NOW_MS - 500, 0),
        (PriceKind.LAST, False, "6000.01", NOW_MS - 86_400_000, 0),
        (PriceKind.LAST_CLOSE, False, "11", NOW_MS, 0),
        (PriceKind.LAST_CLOSE, True, "10", 1_699_999_980_000, 0),
        (PriceKind.BID, False, "4.00000000", NOW_MS - 7, 1027024),
        (PriceKind.ASK, False, "4.00000200", NOW_MS - 7, 1027024),
    ],
)
async def test_given_a_source_when_polled_then_exact_and_dated(
    kind, closed, price, ts_venue_ms, seq
):
    source = PriceSource("binance", BTC, kind, "1m" if "close" in kind else "", closed)
    polled = feed({PATHS[kind]: json(BODIES[PATHS[kind]])})

    tick = await polled.poll(source)

    assert tick is not None
    assert str(tick.price) == price
    assert (tick.ts_venue_ns, tick.seq) == (ts_venue_ms * NS_PER_MS, seq)
    assert tick.source is source


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("headers", [{"Age": "3"}, {"X-Cache": "Hit from cloudfront"}])
async def test_given_a_cached_answer_when_polled_then_none(kind, headers):
    path = PATHS[kind]
    source = PriceSource("binance", BTC, kind, "1m")

    assert await feed({path: json(BODIES[path], **headers)}).poll(source) is None


async def test_given_a_mark_that_stands_still_when_polled_then_none():
    body = {**BODIES[PREMIUM], "time": NOW_MS - 60_000}

    assert await feed({PREMIUM: json(body)}).poll(MARK) is None


async def test_given_another_symbols_answer_when_polled_then_none():
    body = {**BODIES[PREMIUM], "symbol": "ETHUSDT"}

    assert await feed({PREMIUM: json(body)}).poll(MARK) is None


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", None])
async def test_b013_given_no_price_when_polled_then_none(price):
    body = {**BODIES[PREMIUM], "markPrice": price}

    assert await feed({PREMIUM: json(body)}).poll(MARK) is None


@pytest.mark.parametrize("body", ["{", "<html>", "[]", '{"symbol":"BTCUSDT"}'])
async def test_given_an_unreadable_answer_when_polled_then_unavailable(body):
    with pytest.raises(VenueUnavailable, match="cannot be read"):
        await feed({PREMIUM: plain(body)}).poll(MARK)


async def test_given_an_empty_book_and_no_bars_when_polled_then_none():
    empty = {**BODIES[BOOK], "bidPrice": "0.00000000"}
    polled = feed({BOOK: json(empty), KLINES: json([])})
    close = PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1m")

    assert await polled.poll(PriceSource("binance", BTC, PriceKind.BID)) is None
    assert await polled.poll(close) is None


async def test_given_what_binance_does_not_have_when_asked_then_said_at_once():
    source = PriceSource("binance", BTC, PriceKind.LAST_CLOSE, "1s")

    with pytest.raises(VenueUnavailable, match="no candles of 1s"):
        await feed({}).poll(source)
    with pytest.raises(VenueUnavailable, match="no candles of 1s"):
        await feed({}).candles(source, 0, NOW_NS)


async def test_given_an_unknown_symbol_when_polled_then_binances_own_code():
    refusal = json({"code": -1121, "msg": "Invalid symbol."}, 400)

    with pytest.raises(NoSuchMarket, match="Invalid symbol") as caught:
        await feed({PREMIUM: refusal}).poll(MARK)

    assert (caught.value.code, caught.value.status) == ("-1121", 400)


@pytest.mark.parametrize(
    ("status", "headers", "pause_s"),
    [
        (429, {"Retry-After": "17"}, 17),
        (429, {}, 60),
        (429, {"Retry-After": "soon"}, 60),
        (418, {"Retry-After": "259200"}, 259_200),
        (418, {}, 120),
        (403, {}, 300),
    ],
)
async def test_given_a_limit_when_met_then_nothing_is_asked_until_it_has_passed(
    status, headers, pause_s
):
    clock = ManualClock(now_ns=NOW_NS)
    limited = json({"code": -1003, "msg": "Too many requests"}, status, **headers)
    answers = Answers({PRICE: [limited, json(BODIES[PRICE])]})
    asked = BinanceFeed("binance", clock=clock, transport=answers)
    with pytest.raises(VenueUnavailable, match="refused to give the last price"):
        await asked.poll(LAST)

    clock.advance((pause_s - 1) * NS_PER_S)
    with pytest.raises(VenueUnavailable, match="asked nothing for 1 s more") as caught:
        await asked.poll(LAST)
    assert caught.value.retry_after_s == 1
    assert len(answers.asked) == 1

    clock.advance(NS_PER_S)
    assert await asked.poll(LAST) is not None


async def test_given_a_forbidden_region_when_asked_then_said_in_words():
    with pytest.raises(VenueUnavailable, match="does not serve this region"):
        await feed({PRICE: plain("<html>", 451)}).poll(LAST)


async def test_given_others_spend_the_weight_when_asked_then_we_wait_for_the_minute():
    clock = ManualClock(now_ns=NOW_NS)
    used = {"X-MBX-USED-WEIGHT-1M": str(SHARE)}
    answers = Answers({PRICE: json(BODIES[PRICE], **used)})
    asked = BinanceFeed("binance", clock=clock, transport=answers)
    assert await asked.poll(LAST) is not None

    with pytest.raises(VenueUnavailable, match="spent for 30 s more"):
        await asked.poll(LAST)
    assert len(answers.asked) == 1

    clock.advance(30 * NS_PER_S)
    assert await asked.poll(LAST) is not None


async def test_given_the_books_header_when_read_then_not_believed():
    used = {"X-MBX-USED-WEIGHT-1M": "2399"}
    asked = feed({BOOK: json(BODIES[BOOK], **used)})

    for _ in range(3):
        assert await asked.poll(PriceSource("binance", BTC, PriceKind.ASK)) is not None


async def test_given_no_header_when_asked_often_then_our_own_count_holds():
    asked = feed({BOOK: json(BODIES[BOOK])})
    for _ in range(SHARE // 2):
        await asked.poll(PriceSource("binance", BTC, PriceKind.ASK))

    with pytest.raises(VenueUnavailable, match="spent"):
        await asked.poll(PriceSource("binance", BTC, PriceKind.ASK))


def minutes(request: httpx.Request) -> httpx.Response:
    """Give one-minute bars as Binance pages them: from the start, up to the limit."""
    asked = {name: int(request.url.params[name]) for name in ("startTime", "endTime")}
    first_ms = -(-asked["startTime"] // 60_000) * 60_000
    every = range(first_ms, asked["endTime"] + 1, 60_000)
    rows = [
        [at_ms, "5", "7", "3", "6", "1", at_ms + 59_999, "1", 1, "0", "0", "0"]
        for at_ms in every
    ]
    return httpx.Response(200, json=rows[: int(request.url.params["limit"])])


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        (PriceKind.MARK, "/fapi/v1/markPriceKlines", "symbol"),
        (PriceKind.INDEX, "/fapi/v1/indexPriceKlines", "pair"),
        (PriceKind.LAST, KLINES, "symbol"),
        (PriceKind.BID, KLINES, "symbol"),
    ],
)
async def test_given_a_hole_when_its_candles_are_read_then_of_the_same_price(
    kind, path, name
):
    answers = Answers({path: minutes})
    asked = BinanceFeed("binance", clock=ManualClock(now_ns=NOW_NS), transport=answers)
    from_ns, to_ns = NOW_NS - 180 * NS_PER_S, NOW_NS

    bars = await asked.candles(PriceSource("binance", BTC, kind), from_ns, to_ns)

    (query,) = answers.queries(path)
    assert (query[name], query["interval"]) == (BTC, "1m")
    assert [bar.ts_open_ns for bar in bars] == [
        (1_699_999_860 + 60 * n) * NS_PER_S for n in range(3)
    ]
    assert bars[0].ts_close_ns == bars[1].ts_open_ns
    assert (str(bars[0].high), str(bars[0].low), str(bars[0].close)) == ("7", "3", "6")


async def test_given_a_long_hole_when_its_candles_are_read_then_every_page():
    answers = Answers({KLINES: minutes})
    asked = BinanceFeed("binance", clock=ManualClock(now_ns=NOW_NS), transport=answers)

    bars = await asked.candles(LAST, NOW_NS - 3_200 * 60 * NS_PER_S, NOW_NS)

    assert len(bars) == 3_200
    assert len({bar.ts_open_ns for bar in bars}) == 3_200
    assert [query["limit"] for query in answers.queries(KLINES)] == [
        "1500",
        "1500",
        "201",
    ]


async def test_b013_given_a_candle_of_no_prices_when_read_then_without_them():
    bad = row(0, "NaN")
    bad[2] = "1e400"
    asked = feed({KLINES: json([bad])})

    (bar,) = await asked.candles(LAST, NOW_NS - NS_PER_S, NOW_NS)

    assert (bar.high, bar.close) == (None, None)
    assert str(bar.low) == "64900.00"


@pytest.mark.parametrize("body", ["{", "[1]", "[[1,2]]", '[["a"]]'])
async def test_given_unreadable_candles_when_read_then_unavailable(body):
    with pytest.raises(VenueUnavailable, match="cannot be read"):
        await feed({KLINES: plain(body)}).candles(LAST, 0, NOW_NS)
