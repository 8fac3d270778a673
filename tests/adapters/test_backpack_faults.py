"""The adapter against the simulated exchange when things go wrong there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest

from contract.venue_rig import (
    close,
    eventually,
    held,
    is_held,
    lost,
    native_stop,
    send,
    sent,
)
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus, PositionReport
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import Side
from exitd.core.trigger import CancelScope
from exitd.core.units import NS_PER_S
from exitd.errors import FeedError, OutcomeUnknown, VenueUnavailable
from exitd.ports.feed import FeedNotice, FeedSignal
from exitd.ports.venue import PrivateEvent, Refusal, StreamUp
from fakes.observed import DEADLINE_S, Observed
from fakes.simulated import SimulatedAccount, account, simulator

ORDER = "/api/v1/order"
SOL = "SOL_USDC_PERP"
MARK = PriceSource("bp", SOL, PriceKind.MARK)
LAST = PriceSource("bp", SOL, PriceKind.LAST)


class Rig:
    symbol = SOL

    def __init__(self, trader: SimulatedAccount) -> None:
        self.trader = trader
        self.venue = BackpackVenue(
            "bp",
            key=trader.key,
            secret=trader.secret,
            clock=SystemClock(),
            url=trader.url,
            ws_url=trader.ws_url,
            deadline_s=1.0,
        )

    async def hold(self, net: str) -> None:
        await self.trader.hold(SOL, net)

    async def count(self, client_order_id: int) -> int:
        ids = [row["clientId"] for row in await self.trader.ledger()]
        return ids.count(client_order_id)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--paused", "--cadence-ms", "20") as address:
        yield address


@pytest.fixture
async def rig(url) -> AsyncIterator[Rig]:
    trader = account(url)
    rig = Rig(trader)
    before = (await trader.http.get("/sim/quirks")).json()
    try:
        await trader.price(SOL, "140")
        await rig.venue.sync_clock()
        await rig.hold("10")
        yield rig
    finally:
        await trader.http.delete("/sim/faults")
        await trader.post("quirks", **before)
        await trader.post("clock", skew_ms=0)
        await rig.venue.close()
        await trader.http.aclose()


async def test_n6_given_429_when_sent_then_rate_limited_and_not_taken_in(rig):
    order = close(rig)
    await rig.trader.fault("too_many_requests", ORDER, retry_after_s=2)

    answer = await send(rig, order)

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.RATE_LIMITED
    assert answer.retry_after_ns == 2 * NS_PER_S
    assert await rig.count(order.client_order_id) == 0


@pytest.mark.parametrize(("kind", "orders"), [("error_before", 0), ("error_after", 1)])
async def test_n8_given_500_before_or_after_when_sent_then_in_doubt_both_times(
    rig, kind, orders
):
    order = close(rig, "4")
    await rig.trader.fault(kind, ORDER)

    with pytest.raises(OutcomeUnknown):
        await send(rig, order)

    assert await rig.count(order.client_order_id) == orders


@pytest.mark.parametrize("body", ["service_unavailable", "text", "empty"])
async def test_n9_given_503_without_a_clear_code_when_sent_then_in_doubt(rig, body):
    await rig.trader.post("quirks", unavailable_body=body)
    await rig.trader.fault("unavailable", ORDER)

    with pytest.raises(OutcomeUnknown):
        await send(rig, close(rig))


async def test_n9_given_maintenance_when_sent_then_halted(rig):
    await rig.trader.post("quirks", unavailable_body="maintenance")
    await rig.trader.fault("unavailable", ORDER)

    answer = await send(rig, close(rig))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.HALTED


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("INSUFFICIENT_MARGIN", 400, RefusalKind.MARGIN),
        ("TRADING_PAUSED", 400, RefusalKind.HALTED),
        ("ACCOUNT_LIQUIDATING", 400, RefusalKind.HALTED),
        ("UNAUTHORIZED", 401, RefusalKind.UNAUTHORIZED),
        ("POSITION_LIMIT", 400, RefusalKind.MARGIN),
    ],
)
async def test_n10_given_a_refusal_by_code_when_sent_then_its_kind(
    rig, code, status, kind
):
    await rig.trader.fault("refuse", ORDER, code=code, status=status, message="no")

    answer = await send(rig, close(rig))

    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.code, answer.message) == (kind, code, "no")


async def test_n11_given_timeout_in_a_400_when_sent_then_in_doubt(rig):
    await rig.trader.fault("refuse", ORDER, code="TIMEOUT", status=400, message="slow")

    with pytest.raises(OutcomeUnknown):
        await send(rig, close(rig))


async def test_n3_given_a_request_delayed_past_its_window_when_sent_then_unseen(rig):
    order = close(rig, "4")
    prepared = rig.venue.prepare(order)
    await rig.trader.post("clock", skew_ms=5_500)

    answer = await rig.venue.send(order, prepared)

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.EXPIRED
    assert await rig.count(order.client_order_id) == 0


async def test_b099_given_a_skewed_venue_when_synced_then_accepted_again(rig):
    await rig.trader.post("clock", skew_ms=6_500)
    # Its answer bears a date of the same clock: no second answer is needed.
    offset_ns = await rig.venue.sync_clock()

    report = await sent(rig, close(rig))

    assert abs(offset_ns - 6_500 * 1_000_000) < NS_PER_S
    assert report.status is OrderStatus.FILLED


async def test_n2_given_a_late_execution_when_unanswered_then_found_in_the_history(
    rig,
):
    order = close(rig, "4")
    since_ns = rig.venue.venue_now_ns() - NS_PER_S
    await rig.trader.fault("slow_reply", ORDER, delay_ms=3_000)

    with pytest.raises(OutcomeUnknown, match="did not answer"):
        await send(rig, order)

    found = await eventually(rig, order.client_order_id, since_ns)
    assert found.filled == 4
    assert await rig.count(order.client_order_id) == 1


async def test_n22_given_a_lagging_history_when_read_then_shown_once_it_catches_up(
    rig,
):
    order = close(rig, "4")
    since_ns = rig.venue.venue_now_ns() - NS_PER_S
    await rig.trader.fault("history_lag", delay_ms=300)

    await sent(rig, order)

    early = await rig.venue.orders_since(since_ns)
    found = await eventually(rig, order.client_order_id, since_ns)
    assert order.client_order_id not in {o.client_order_id for o in early}
    assert found.status is OrderStatus.FILLED


async def test_n12_given_202_when_cancelling_then_pending_and_gone_in_the_end(rig):
    await sent(rig, close(rig, price="150", tif=TimeInForce.GTC))
    await rig.trader.fault("accepted_202", "/api/v1/orders", count=2)

    answer = await rig.venue.cancel_orders(SOL, CancelScope.ALL)

    assert answer is None
    async with asyncio.timeout(DEADLINE_S):
        while await rig.venue.open_orders(SOL):
            pass


async def test_n24_given_a_failing_read_when_reading_then_an_error_not_none(rig):
    await rig.trader.fault("lost_reply", "/api/v1/position")
    with pytest.raises(VenueUnavailable):
        await rig.venue.positions(SOL)

    await rig.trader.fault("error_before", "/wapi/v1/history/orders")
    with pytest.raises(VenueUnavailable):
        await rig.venue.orders_since(0)


QUIRKS = [
    {"oversize_reduce_only": "rejected"},
    {"reduce_only_refusal": "expired"},
    {"reduce_only_echo": "null"},
    {"duplicate_client_id": "refused"},
    {"encoded_signature": False},
    {"fill_client_id": "string"},
    {"flat_position": "not_found"},
    {"get_trigger_pending": "not_found"},
    {"cancel_unknown_status": 404},
    {"cancel_unknown_code": "INVALID_ORDER"},
    {"cancel_all_default": "resting"},
    {"position_snapshot": "array"},
    {"position_numbers": "numbers"},
    {"position_id": "symbol"},
    {"mark_drift": "adjusted"},
    {"expiry_reason_key": "er"},
    {"expiry_reason_case": "upper_snake"},
    {"related_order_type": "integer"},
    {"window_check": "execution"},
    {"quantity_with_trigger": "refused"},
]


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda q: str(next(iter(q.items()))))
async def test_given_any_answer_to_an_open_question_when_closing_then_it_works(
    rig, quirk
):
    await rig.trader.post("quirks", **quirk)
    since_ns = rig.venue.venue_now_ns() - NS_PER_S
    events: Observed[PrivateEvent] = Observed()
    order = close(rig, "4")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lost(rig.venue.run_stream(events)))
        await events.until(is_held("10"))

        expired = await sent(rig, close(rig, price="150"))
        stop = await rig.venue.place_native_stop(native_stop(rig))
        report = await sent(rig, order)
        await events.until(is_held("6"))
        told = await events.until(
            lambda e: isinstance(e, OrderReport) and e.status is OrderStatus.EXPIRED
        )
        cancelled = await rig.venue.cancel_orders(SOL, CancelScope.ALL)
        refused = await rig.venue.cancel_order(SOL, venue_order_id="1")
        rig.venue.abort_stream()
        await task

    assert report.status is OrderStatus.FILLED
    assert report.reduce_only is not False
    assert expired.status is OrderStatus.EXPIRED
    assert isinstance(told, OrderReport)
    assert told.refusal is RefusalKind.LIQUIDITY
    assert isinstance(stop, OrderReport)
    assert stop.is_trigger
    assert isinstance(cancelled, tuple)
    assert [o.venue_order_id for o in cancelled] == [stop.venue_order_id]
    assert isinstance(refused, Refusal)
    assert await rig.venue.open_orders(SOL) == ()
    found = await eventually(rig, order.client_order_id, since_ns)
    assert found.filled == 4
    fills = await rig.venue.fills_since(since_ns, SOL)
    assert {f.client_order_id for f in fills} == {order.client_order_id}
    assert await held(rig) == {Side.LONG: Decimal(6), Side.SHORT: Decimal(0)}
    await rig.hold("0")
    assert await held(rig) == {Side.LONG: Decimal(0), Side.SHORT: Decimal(0)}
    gone = await send(rig, close(rig))
    kind = gone.kind if isinstance(gone, Refusal) else gone.refusal
    assert kind in (RefusalKind.NOT_REDUCED, None)


@pytest.mark.parametrize("quirk", QUIRKS[:2], ids=["rejected", "expired"])
async def test_given_too_large_a_close_when_sent_then_never_a_short(rig, quirk):
    await rig.trader.post("quirks", **quirk)

    await send(rig, close(rig, "25"))

    assert (await held(rig))[Side.SHORT] == 0


# Streams.


async def test_w2_given_a_frozen_venue_when_streaming_then_noticed_within_5_s(rig):
    feed = BackpackFeed(
        "bp", clock=SystemClock(), url=rig.trader.url, ws_url=rig.trader.ws_url
    )
    feed.watch(frozenset({MARK}))
    ticks: Observed[Tick] = Observed()
    events: Observed[PrivateEvent] = Observed()
    async with asyncio.TaskGroup() as group:
        public = group.create_task(feed_lost(feed, ticks, lambda notice: None))
        private = group.create_task(lost(rig.venue.run_stream(events)))
        await ticks.until(lambda t: True)
        await events.until(lambda e: isinstance(e, StreamUp))

        await rig.trader.post("sockets", action="freeze")
        frozen = time.monotonic()
        async with asyncio.timeout(5.0):
            await asyncio.wait({public, private})

    assert time.monotonic() - frozen < 5.0
    await feed.close()


async def test_w7_given_garbage_duplicates_and_disorder_when_fed_then_prices_go_on(
    rig,
):
    feed = BackpackFeed(
        "bp", clock=SystemClock(), url=rig.trader.url, ws_url=rig.trader.ws_url
    )
    feed.watch(frozenset({MARK, LAST}))
    ticks: Observed[Tick] = Observed()
    notices: Observed[FeedNotice] = Observed()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(feed_lost(feed, ticks, notices))
        await ticks.until(lambda t: t.source == MARK)
        for kind in ("garbage", "duplicate", "out_of_order"):
            await rig.trader.post("faults", kind=kind, stream="markPrice", count=3)
        await rig.trader.post("sockets", action="garbage", stream="markPrice")
        await notices.until(lambda n: n.signal is FeedSignal.GARBAGE)

        await rig.trader.price(SOL, "133.33")
        tick = await ticks.until(lambda t: t.price == Decimal("133.33"))
        assert not task.done()
        feed.abort()
    await feed.close()

    assert tick.ts_venue_ns > 0
    assert feed.counters.garbage >= 1


async def test_b124_given_a_silent_stream_when_polled_then_the_price_comes_by_rest(
    rig,
):
    feed = BackpackFeed(
        "bp", clock=SystemClock(), url=rig.trader.url, ws_url=rig.trader.ws_url
    )
    await rig.trader.price(SOL, "131")

    tick = await feed.poll(MARK)

    assert tick is not None
    assert tick.price == 131
    await feed.close()


async def test_given_a_position_changed_by_hand_when_streaming_then_told(rig):
    events: Observed[PrivateEvent] = Observed()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lost(rig.venue.run_stream(events)))
        await events.until(is_held("10"))
        await rig.hold("7")
        report = await events.until(is_held("7"))
        rig.venue.abort_stream()
        await task

    assert isinstance(report, PositionReport)
    assert report.ts_venue_ns > 0


async def feed_lost(feed, ticks, notices) -> None:
    with pytest.raises(FeedError):
        await feed.run(ticks, notices)
