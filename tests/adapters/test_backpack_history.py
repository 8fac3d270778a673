"""Orders and fills back to an instant: every page, or an error."""

from decimal import Decimal

import pytest

from exitd.adapters.backpack.history import PAGE_ROWS
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.inputs import OrderStatus
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.secret import Secret
from fakes.answers import Answer, Answers, json
from fakes.backpack_reading import (
    FILLS,
    HISTORY,
    KEY,
    SEED,
    SOL,
    START_NS,
    fill,
    order,
    paged,
    venue,
)
from fakes.clocks import ManualClock


async def test_given_naive_iso_instants_when_read_then_utc_to_the_millisecond():
    row = order(1, createdAt="2025-09-11T20:10:40.699")

    (report,) = await venue({HISTORY: json([row])}).orders_since(0)

    assert report.ts_created_venue_ns == 1757621440699 * NS_PER_MS


async def test_n23_given_many_pages_when_read_then_all_back_to_the_instant():
    rows = [order(n) for n in reversed(range(3_500))]
    answers = Answers({HISTORY: paged(lambda: rows)})
    reading = BackpackVenue(
        "bp", key=KEY, secret=Secret(SEED), clock=ManualClock(), transport=answers
    )

    reports = await reading.orders_since(START_NS + 1_200 * NS_PER_S, SOL)

    assert [r.client_order_id for r in reports] == list(range(3_499, 1_199, -1))
    queries = answers.queries(HISTORY)
    assert [q["offset"] for q in queries] == ["0", "1000", "2000"]
    assert {(q["limit"], q["sortDirection"], q["symbol"]) for q in queries} == {
        ("1000", "Desc", SOL)
    }


@pytest.mark.parametrize("total", [True, False])
async def test_n23_given_new_orders_while_reading_when_paged_then_none_is_missed(total):
    orders = list(range(2_500))

    def grown() -> list[dict[str, object]]:
        orders.extend(range(len(orders), len(orders) + 7))
        return [order(n) for n in reversed(orders)]

    reports = await venue({HISTORY: paged(grown, total)}).orders_since(0)

    ids = [report.client_order_id for report in reports]
    assert len(ids) == len(set(ids))
    assert set(range(2_500)) <= set(ids)


async def test_n23_given_a_page_that_fails_when_read_then_an_error():
    rows = [order(n) for n in reversed(range(PAGE_ROWS))]
    answers: list[Answer] = [json(rows), json({"code": "TIMEOUT", "message": ""}, 500)]

    with pytest.raises(VenueUnavailable):
        await venue({HISTORY: answers}).orders_since(0)


async def test_n23_given_a_page_shorter_than_counted_when_read_then_an_error():
    rows = [order(n) for n in range(5)]

    with pytest.raises(VenueUnavailable, match=r"5 rows .* counts 6"):
        await venue({HISTORY: json(rows, **{"X-TOTAL": "6"})}).orders_since(0)


@pytest.mark.parametrize("bad", [{"createdAt": "soon"}, {"side": "Up"}, {"id": None}])
async def test_given_an_unreadable_row_when_read_then_an_error_not_a_gap(bad):
    with pytest.raises(VenueUnavailable, match="cannot be read"):
        await venue({HISTORY: json([order(2), order(1, **bad)])}).orders_since(0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("New", OrderStatus.WORKING),
        ("PartiallyFilled", OrderStatus.PARTIALLY_FILLED),
        ("Filled", OrderStatus.FILLED),
        ("Cancelled", OrderStatus.CANCELLED),
        ("Expired", OrderStatus.EXPIRED),
        ("TriggerPending", OrderStatus.WORKING),
        ("TriggerFailed", OrderStatus.EXPIRED),
        ("BrandNew", OrderStatus.WORKING),
    ],
)
async def test_given_a_status_when_read_then_ours(status, expected):
    row = order(1, status=status, quantity=None, triggerQuantity="80%")

    (report,) = await venue({HISTORY: json([row])}).orders_since(0)

    assert report.status is expected
    assert report.reduce_only is None


async def test_given_fills_when_read_then_oldest_first_and_client_ids_as_numbers():
    rows = [fill(n) for n in range(2_300)]
    answers = Answers({FILLS: paged(lambda: rows)})
    reading = BackpackVenue(
        "bp", key=KEY, secret=Secret(SEED), clock=ManualClock(), transport=answers
    )

    fills = await reading.fills_since(START_NS)

    assert [f.client_order_id for f in fills] == list(range(2_300))
    assert fills[1].ts_venue_ns == START_NS + NS_PER_S + 197 * NS_PER_MS
    assert fills[0].fee == Decimal("0.000001")
    assert {q["from"] for q in answers.queries(FILLS)} == {str(START_NS // NS_PER_MS)}
    assert all("to" not in q for q in answers.queries(FILLS))


async def test_given_a_trade_with_oneself_when_read_then_both_fills():
    rows = [fill(1), fill(1, orderId="other", side="Bid"), fill(1)]

    fills = await venue({FILLS: json(rows)}).fills_since(0)

    assert [f.venue_order_id for f in fills] == ["o1", "other"]


async def test_given_the_instant_of_an_order_when_read_since_then_it_is_there():
    asked_ns = START_NS + NS_PER_S + 699 * NS_PER_MS + 999_999

    orders = await venue({HISTORY: json([order(1)])}).orders_since(asked_ns)
    fills = await venue({FILLS: json([fill(1)])}).fills_since(
        START_NS + NS_PER_S + 197 * NS_PER_MS + 999_999
    )

    assert len(orders) == 1
    assert len(fills) == 1
