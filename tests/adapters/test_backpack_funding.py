"""Funding payments: read back to an instant, every page, or an error."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from exitd.adapters.backpack.history import PAGE_ROWS
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from fakes.answers import Answer, json
from fakes.backpack_reading import SOL, START, START_NS, paged, venue
from fakes.simulated import account, simulator

FUNDING = "/wapi/v1/history/funding"
HOUR_NS = 3_600 * NS_PER_S


def payment(n: int, **changes: object) -> dict[str, object]:
    """What was paid n hours after START."""
    moment = START + timedelta(hours=n)
    return {
        "fundingRate": "0.0000125",
        "intervalEndTimestamp": moment.replace(tzinfo=None).isoformat(),
        "quantity": "-0.0175",
        "subaccountId": None,
        "symbol": SOL,
        "userId": 7,
    } | changes


async def test_given_a_payment_when_read_then_exact_and_in_utc():
    (report,) = await venue({FUNDING: json([payment(2)])}).funding_since(0)

    assert report.account == "bp"
    assert report.symbol == SOL
    assert report.amount == Decimal("-0.0175")
    assert report.rate == Decimal("0.0000125")
    assert report.ts_venue_ns == START_NS + 2 * HOUR_NS


async def test_given_many_pages_when_read_then_all_back_to_the_instant_oldest_first():
    rows = [payment(n) for n in reversed(range(2 * PAGE_ROWS + 300))]

    reports = await venue({FUNDING: paged(lambda: rows)}).funding_since(
        START_NS + 700 * HOUR_NS + 1, SOL
    )

    assert [(r.ts_venue_ns - START_NS) // HOUR_NS for r in reports] == list(
        range(700, 2 * PAGE_ROWS + 300)
    )


@pytest.mark.parametrize(
    "row",
    [payment(1, quantity="NaN"), payment(1, intervalEndTimestamp="yesterday")],
)
async def test_given_a_row_that_cannot_be_read_then_an_error_not_a_gap(row):
    with pytest.raises(VenueUnavailable, match="funding"):
        await venue({FUNDING: json([row])}).funding_since(0)


async def test_given_a_page_that_fails_when_read_then_an_error():
    rows = [payment(n) for n in reversed(range(PAGE_ROWS))]
    answers: list[Answer] = [json(rows), json({"code": "TIMEOUT", "message": ""}, 500)]

    with pytest.raises(VenueUnavailable):
        await venue({FUNDING: answers}).funding_since(0)


async def test_given_the_simulated_exchange_when_funding_is_paid_then_read():
    with simulator("--paused") as url:
        trader = account(url)
        reading = BackpackVenue(
            "bp",
            key=trader.key,
            secret=trader.secret,
            clock=SystemClock(),
            url=trader.url,
            ws_url=trader.ws_url,
        )
        try:
            await reading.sync_clock()
            await trader.price(SOL, "140")
            await trader.hold(SOL, "10")
            before_ns = reading.venue_now_ns()
            await trader.post("funding", symbol=SOL, rate="0.001")

            (report,) = await reading.funding_since(before_ns - NS_PER_S, SOL)

            assert (report.amount, report.rate) == (Decimal("-1.4"), Decimal("0.001"))
            assert abs(report.ts_venue_ns - before_ns) < 5 * NS_PER_S
            assert await reading.funding_since(before_ns + HOUR_NS) == ()
        finally:
            await reading.close()
            await trader.http.aclose()
