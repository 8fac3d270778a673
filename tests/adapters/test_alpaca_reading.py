"""What is read from Alpaca: ids, instants, steps, positions, and history in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.alpaca_desk import AlpacaDesk, desk
from contract.venue_rig import close, held, sent
from exitd.adapters.alpaca import history
from exitd.adapters.alpaca.ids import CLIENT_ID_MAX, close_id, read_id
from exitd.adapters.alpaca.known import KnownOrders
from exitd.adapters.alpaca.reports import status_of
from exitd.adapters.alpaca.wire import ORDER, in_query, instant_ns
from exitd.core.inputs import OrderStatus
from exitd.core.market import BookState, InstrumentKind
from exitd.core.position import Side
from exitd.errors import VenueUnavailable


@pytest.fixture
async def at() -> AsyncIterator[AlpacaDesk]:
    async with desk() as at_it:
        yield at_it


@given(st.integers(1, CLIENT_ID_MAX))
def test_given_a_close_when_named_then_read_back(number):
    assert read_id(close_id(number)) == (number, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alert-1",
        "exitd-",
        "exitd-0",
        "exitd-007",
        "exitd-4294967296",
        "exitd--1",
        "exitd-1.0",
        "exitd-\N{ARABIC-INDIC DIGIT ONE}",
        "EXITD-1",
        " exitd-1",
        "exitd-99999999999999999999",
    ],
)
def test_given_any_other_id_when_read_then_a_reference(text):
    assert read_id(text) == (None, text)


@pytest.mark.parametrize(
    ("text", "ts_ns"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:00.5Z", 5 * 10**8),
        ("1969-12-31T19:00:01.25-05:00", 1_250_000_000),
        ("2022-02-02T20:55:09.981204123Z", 1_643_835_309_981_204_123),
    ],
)
def test_given_an_instant_when_read_then_to_the_nanosecond(text, ts_ns):
    assert instant_ns(text) == ts_ns
    assert instant_ns(in_query(ts_ns)) == ts_ns


@pytest.mark.parametrize("text", ["", "yesterday", "2022-02-02", "2022-02-02T00:00:00"])
def test_given_no_instant_when_read_then_an_error(text):
    with pytest.raises(ValueError):
        instant_ns(text)


@pytest.mark.parametrize(
    ("status", "filled", "meaning"),
    [
        ("held", "0", OrderStatus.WORKING),
        ("pending_cancel", "3", OrderStatus.PARTIALLY_FILLED),
        ("done_for_day", "0", OrderStatus.WORKING),
        ("replaced", "0", OrderStatus.WORKING),
        ("rejected", "0", OrderStatus.EXPIRED),
        ("nobody_has_described_this", "0", OrderStatus.WORKING),
    ],
)
def test_given_a_status_when_read_then_over_only_where_it_says_so(
    status, filled, meaning
):
    order = {
        "id": "1",
        "client_order_id": "x",
        "created_at": "2026-01-02T03:04:05Z",
        "symbol": "AAPL",
        "side": "buy",
        "status": status,
        "filled_qty": filled,
    }

    assert status_of(ORDER.decode(msgspec.json.encode(order))) is meaning


def test_given_many_orders_when_noted_then_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr("exitd.adapters.alpaca.known.ORDERS_MAX", 2)
    known = KnownOrders()
    for number in range(3):
        order = {
            "id": f"{number}",
            "client_order_id": f"c{number}",
            "created_at": "",
            "symbol": "AAPL",
            "side": "buy",
            "status": "new",
        }
        known.note(ORDER.decode(msgspec.json.encode(order)))

    assert [known.client_id_of(f"{n}") for n in range(3)] == [None, "c1", "c2"]


async def test_given_assets_when_listed_then_with_their_steps(at):
    at.there.exchange.book.apply("PENY", Decimal(100), Decimal("0.5"))

    found = {i.symbol: i for i in await at.venue.instruments()}

    apple, penny, coin = found["AAPL"], found["PENY"], found["BTC/USD"]
    assert {i.kind for i in found.values()} == {InstrumentKind.ASSET}
    assert (apple.price_step, apple.quantity_step) == (
        Decimal("0.01"),
        Decimal("0.000000001"),
    )
    assert (penny.price_step, penny.quantity_step) == (Decimal("0.0001"), 1)
    assert (coin.base, coin.quote) == ("BTC", "USD")
    assert coin.min_quantity == Decimal("0.00001")
    assert found["HALT"].book_state is BookState.CLOSED
    # Outside its hours Alpaca queues for the opening: that protects, waiting does not.
    at.there.exchange.open_market(False)
    closed = {i.symbol: i for i in await at.venue.instruments()}
    assert closed["AAPL"].book_state is BookState.OPEN


async def test_given_a_coin_when_held_then_under_the_name_of_its_market(at):
    at.there.exchange.book.apply("BTC/USD", Decimal("0.5"), Decimal(60000))
    await at.venue.instruments()

    (listed,) = await at.venue.positions()
    asked = {r.key.side: r.quantity for r in await at.venue.positions("BTC/USD")}

    assert (listed.key.symbol, listed.quantity) == ("BTC/USD", Decimal("0.5"))
    assert asked[Side.LONG] == Decimal("0.5")


async def test_given_a_404_of_somebody_else_when_asked_then_unavailable_not_flat(at):
    await at.hold("10")
    at.there.faults.add("not_found", "/v2/positions/", count=1)

    with pytest.raises(VenueUnavailable):
        await at.venue.positions("AAPL")

    assert (await held(at))[Side.LONG] == 10


async def test_given_history_of_many_pages_when_read_then_whole(at, monkeypatch):
    monkeypatch.setattr(history, "ORDERS_PAGE", 3)
    monkeypatch.setattr(history, "FILLS_PAGE", 2)
    await at.hold("20")
    since_ns = at.venue.venue_now_ns() - 10**9
    closes = [close(at, "1") for _ in range(7)]
    for one in closes:
        await sent(at, one)

    orders = await at.venue.orders_since(since_ns, "AAPL")
    fills = await at.venue.fills_since(since_ns, "AAPL")

    ids = [one.client_order_id for one in closes]
    assert [report.client_order_id for report in orders] == ids
    assert [fill.client_order_id for fill in fills] == ids


async def test_given_a_fill_of_an_unknown_order_when_read_then_its_id_is_asked(at):
    await at.hold("10")
    since_ns = at.venue.venue_now_ns() - 10**9
    one = close(at, "1")
    await sent(at, one)
    at.venue._session.known = KnownOrders()

    (fill,) = await at.venue.fills_since(since_ns)

    assert fill.client_order_id == one.client_order_id


async def test_given_many_fills_of_unknown_orders_when_read_then_few_questions(at):
    await at.hold("10")
    since_ns = at.venue.venue_now_ns() - 10**9
    closes = [close(at, "1") for _ in range(5)]
    for one in closes:
        await sent(at, one)
    at.venue._session.known = KnownOrders()
    at.there.faults.requests.clear()

    fills = await at.venue.fills_since(since_ns)

    ids = [one.client_order_id for one in closes]
    assert [fill.client_order_id for fill in fills] == ids
    assert len(at.there.faults.requests) == 2


async def test_given_assets_that_were_listed_when_asked_again_then_only_what_is_held(
    at,
):
    await at.hold("10")
    first = await at.venue.instruments()
    at.there.faults.requests.clear()

    again = await at.venue.instruments()

    paths = [path for _, path in at.there.faults.requests]
    assert [path.rpartition("/")[0] for path in paths] == ["/v2", "/v2/assets"]
    assert again == first


async def test_given_a_last_trade_when_asked_for_the_mark_then_that(at):
    at.there.market.trade("AAPL", Decimal("141.25"))

    assert await at.venue.mark_price("AAPL") == Decimal("141.25")
    assert await at.venue.mark_price("MSFT") is None


async def test_given_too_many_reads_when_limited_then_the_pause_is_said(at):
    at.there.faults.add("rate_limited", "/v2/positions")

    with pytest.raises(VenueUnavailable) as caught:
        await at.venue.positions()

    assert caught.value.status == 429
    assert caught.value.retry_after_s in (1, 2)
