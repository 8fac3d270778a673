"""Positions, orders and markets as they are read; failures are never 'none'."""

from decimal import Decimal
from email.utils import formatdate

import pytest

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.core.market import BookState, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from fakes.answers import Answers, json, plain
from fakes.backpack_reading import POSITION, SOL, START_NS, order, venue
from fakes.clocks import ManualClock


def position(symbol: str, net: str, exposure: str = "999") -> dict[str, object]:
    return {
        "symbol": symbol,
        "netQuantity": net,
        "netExposureQuantity": exposure,
        "entryPrice": "4447.065",
        "positionId": "5479295502",
        "subaccountId": None,
        "userId": 1813870,
    }


async def test_given_exposure_and_net_when_read_then_only_net_counts():
    long, short = position("A", "0.002", "5"), position("B", "-3.5", "0")

    reports = await venue({POSITION: json([long, short])}).positions()

    assert [(r.key.symbol, r.key.side, r.quantity) for r in reports] == [
        ("A", Side.LONG, Decimal("0.002")),
        ("B", Side.SHORT, Decimal("3.5")),
    ]
    assert reports[0].entry_price == Decimal("4447.065")
    assert reports[0].position_id == "5479295502"
    assert reports[0].ts_venue_ns == START_NS


@pytest.mark.parametrize(
    "flat",
    [
        json([]),
        json({"code": "RESOURCE_NOT_FOUND", "message": "Position not found"}, 404),
        json([position(SOL, "0")]),
    ],
)
async def test_given_flat_in_any_form_when_read_then_both_sides_zero(flat):
    reports = await venue({POSITION: flat}).positions(SOL)

    assert {(r.key.side, r.quantity) for r in reports} == {
        (Side.LONG, Decimal(0)),
        (Side.SHORT, Decimal(0)),
    }
    assert {r.entry_price for r in reports} == {None}


@pytest.mark.parametrize(
    "answer",
    [
        plain("<html>no such page</html>", 404),
        json({"code": "UNAUTHORIZED", "message": "no"}, 401),
        json({"code": "INVALID_CLIENT_REQUEST", "message": "Invalid signature"}, 400),
        json({"code": "SERVER_ERROR", "message": "no"}, 500),
        plain("[", 200),
        plain("", 200),
        plain("null", 200),
        plain("{}", 200),
        plain("[]", 202),
        json([{"symbol": SOL}]),
        json([position(SOL, "NaN")]),
        json([position(SOL, "much")]),
        json([position("ETH_USDC_PERP", "1")]),
    ],
)
async def test_b083_given_no_usable_answer_when_read_then_unavailable_not_flat(answer):
    with pytest.raises(VenueUnavailable):
        await venue({POSITION: answer}).positions(SOL)


async def test_given_429_when_read_then_the_pause_is_passed_on():
    busy = json(
        {"code": "TOO_MANY_REQUESTS", "message": "x"}, 429, **{"Retry-After": "7"}
    )

    with pytest.raises(VenueUnavailable) as caught:
        await venue({POSITION: busy}).positions()

    assert caught.value.code == "TOO_MANY_REQUESTS"
    assert caught.value.retry_after_s == 7


# Orders, markets, candles, clock.


async def test_given_open_orders_when_read_then_trigger_orders_too():
    resting = order(1, status="New", createdAt=1757621440699, price="150")
    pending = order(
        2,
        status="TriggerPending",
        createdAt=1757621440699,
        quantity="0",
        triggerPrice="4100",
        triggerQuantity="0.001",
    )
    whole = pending | {"id": "o3", "triggerQuantity": "100%"}

    reports = await venue(
        {"/api/v1/orders": json([resting, pending, whole])}
    ).open_orders()

    assert [r.is_trigger for r in reports] == [False, True, True]
    assert [r.quantity for r in reports] == [1, Decimal("0.001"), None]
    assert reports[0].ts_created_venue_ns == 1757621440699 * NS_PER_MS
    assert reports[0].ts_venue_ns == START_NS


def market(**changes: object) -> dict[str, object]:
    return {
        "symbol": SOL,
        "baseSymbol": "SOL",
        "quoteSymbol": "USDC",
        "marketType": "PERP",
        "orderBookState": "Open",
        "filters": {
            "price": {"tickSize": "0.01", "maxPrice": None},
            "quantity": {
                "stepSize": "0.001",
                "minQuantity": "0.01",
                "maxQuantity": None,
            },
        },
    } | changes


async def test_given_markets_when_read_then_steps_minimums_and_state():
    rows = [
        market(),
        market(symbol="B", marketType="SPOT", orderBookState="LimitOnly"),
        market(symbol="C", marketType="PREDICTION", orderBookState="Auction"),
        market(symbol="D", filters={}),
        {"symbol": "E"},
    ]

    instruments = await venue({"/api/v1/markets": json(rows)}).instruments()

    assert [i.symbol for i in instruments] == [SOL, "B", "C"]
    assert instruments[0].price_step == Decimal("0.01")
    assert instruments[0].quantity_step == Decimal("0.001")
    assert instruments[0].min_quantity == Decimal("0.01")
    assert [i.kind for i in instruments] == [
        InstrumentKind.PERPETUAL,
        InstrumentKind.SPOT,
        InstrumentKind.OTHER,
    ]
    assert [i.book_state for i in instruments] == [
        BookState.OPEN,
        BookState.LIMIT_ONLY,
        BookState.OPEN,
    ]


@pytest.mark.parametrize(
    ("kind", "price_type"),
    [
        (PriceKind.MARK, "Mark"),
        (PriceKind.INDEX, "Index"),
        (PriceKind.LAST, "Last"),
        (PriceKind.LAST_CLOSE, "Last"),
    ],
)
async def test_given_a_source_when_candles_are_read_then_of_its_price(kind, price_type):
    rows = [
        {
            "start": "2025-09-11 15:33:00",
            "end": "2025-09-11 15:34:00",
            "high": "4422.75",
            "low": "4422.62",
            "open": None,
            "close": None,
        }
    ]
    answers = Answers({"/api/v1/klines": json(rows)})
    feed = BackpackFeed("bp", clock=ManualClock(), transport=answers)
    source = PriceSource("bp", SOL, kind, "5m")

    (candle,) = await feed.candles(source, START_NS + 1, START_NS + 1)

    assert candle.ts_close_ns - candle.ts_open_ns == 60 * NS_PER_S
    assert (candle.high, candle.close) == (Decimal("4422.75"), None)
    (query,) = answers.queries("/api/v1/klines")
    assert query["priceType"] == price_type
    assert query["interval"] == "5m"
    seconds = START_NS // NS_PER_S
    assert (query["startTime"], query["endTime"]) == (str(seconds), str(seconds + 1))


async def test_given_a_mark_from_a_cache_when_asked_then_none():
    rows = [{"symbol": SOL, "markPrice": "140.5"}]
    fresh, cached = json(rows), json(rows, Age="3")
    reading = venue({"/api/v1/markPrices": [fresh, cached]})

    assert await reading.mark_price(SOL) == Decimal("140.5")
    assert await reading.mark_price(SOL) is None


@pytest.mark.parametrize(
    "answer",
    [plain("soon"), plain("", 500), plain("1788285151083", Age="5"), plain("-5")],
)
async def test_t5_given_no_usable_time_when_synced_then_unavailable_and_kept(answer):
    reading = venue({"/api/v1/time": answer})

    with pytest.raises(VenueUnavailable):
        await reading.sync_clock()

    assert reading.venue_now_ns() == START_NS


async def test_t5_given_the_venue_time_when_synced_then_signed_with_it():
    ahead_ms = START_NS // NS_PER_MS + 700
    reading = venue({"/api/v1/time": plain(str(ahead_ms))})

    offset_ns = await reading.sync_clock()

    assert abs(offset_ns - 700 * NS_PER_MS) <= NS_PER_MS
    assert abs(reading.venue_now_ns() - START_NS - offset_ns) <= NS_PER_MS


async def test_b123_given_a_time_that_the_date_of_its_answer_contradicts_then_refused():
    dated = formatdate(START_NS // NS_PER_S, usegmt=True)
    lie_ms = START_NS // NS_PER_MS + 3_600_000
    reading = venue({"/api/v1/time": plain(str(lie_ms), Date=dated)})

    for _ in range(2):
        with pytest.raises(VenueUnavailable, match="the date of the answer"):
            await reading.sync_clock()

    assert reading.venue_now_ns() == START_NS


async def test_given_a_clock_known_to_a_millisecond_when_read_then_dated_before_it():
    # Dated later than the venue's own stream, a read would hide what that says next.
    answers = {
        "/api/v1/time": plain(str(START_NS // NS_PER_MS)),
        POSITION: json([position(SOL, "10")]),
    }
    reading = venue(answers)
    await reading.sync_clock()

    (read,) = await reading.positions()

    assert reading.venue_now_ns() - read.ts_venue_ns == NS_PER_MS
    assert read.ts_venue_ns < START_NS


@pytest.mark.parametrize(
    ("written", "expected"),
    [("3900.5", Decimal("3900.5")), ("0", None), ("-1", None), (None, None)],
)
async def test_given_a_liquidation_price_when_read_then_only_a_real_one(
    written, expected
):
    row = position(SOL, "10") | {"estLiquidationPrice": written}

    reports = await venue({POSITION: json([row])}).positions(SOL)

    assert {r.key.side: r.liquidation_price for r in reports} == {
        Side.LONG: expected,
        Side.SHORT: None,
    }
