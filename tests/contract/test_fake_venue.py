"""The script of FakeVenue does what its users read in it."""

import asyncio
from decimal import Decimal

import pytest

from contract.test_venue_contract_fake import FakeRig
from contract.venue_rig import close, held, lost, send, sent
from exitd.core.attempt import Capabilities, Dedupe, RefusalKind, TimeInForce
from exitd.core.inputs import FillReport, OrderStatus
from exitd.core.position import Side
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import PrivateEvent, Refusal
from fakes.exchange import SOL
from fakes.observed import Observed
from fakes.outcomes import Delay, Fill, Hold, LoseReply, Refuse, Rest


@pytest.fixture
async def rig() -> FakeRig:
    rig = FakeRig()
    await rig.hold("10")
    return rig


async def test_given_a_partial_fill_when_sent_then_the_rest_expires(rig):
    rig.venue.script(Fill(Decimal(6)))

    report = await sent(rig, close(rig, "10"))

    assert (report.status, report.filled) == (OrderStatus.EXPIRED, 6)
    assert (await held(rig))[Side.LONG] == 4


async def test_given_a_partial_fill_of_a_resting_order_when_sent_then_it_works_on(rig):
    rig.venue.script(Fill(Decimal(6), price=Decimal(150)))
    order = close(rig, "10", price="150", tif=TimeInForce.GTC)

    report = await sent(rig, order)
    rig.venue.set_price(SOL, "151")

    assert report.status is OrderStatus.PARTIALLY_FILLED
    assert rig.venue.ledger[0].status is OrderStatus.FILLED
    assert (await held(rig))[Side.LONG] == 0


async def test_given_a_script_when_used_up_then_it_fills(rig):
    rig.venue.script(Refuse(RefusalKind.MARGIN, retry_after_ns=5))

    refused = await send(rig, close(rig, "1"))
    filled = await sent(rig, close(rig, "1"))

    assert isinstance(refused, Refusal)
    assert (refused.kind, refused.retry_after_ns) == (RefusalKind.MARGIN, 5)
    assert filled.status is OrderStatus.FILLED
    assert len(rig.venue.sent) == 2
    assert len(rig.venue.ledger) == 1


async def test_given_a_delay_when_time_passes_then_executed_at_its_instant(rig):
    rig.venue.script(Delay(3 * NS_PER_S))
    with pytest.raises(OutcomeUnknown):
        await send(rig, close(rig, "4"))
    assert rig.venue.ledger == []

    rig.clock.advance(4 * NS_PER_S)
    rig.venue.settle()

    (order,) = rig.venue.ledger
    assert order.ts_created_ns == rig.clock.now_ns() - NS_PER_S
    assert order.status is OrderStatus.FILLED


@pytest.mark.parametrize(("checks_window", "orders"), [(True, 0), (False, 1)])
async def test_given_a_delay_past_the_window_when_arriving_then_as_the_venue_checks(
    rig, checks_window, orders
):
    rig.venue.script(Delay(9 * NS_PER_S, checks_window=checks_window))
    with pytest.raises(OutcomeUnknown):
        await send(rig, close(rig, "4"))

    rig.clock.advance(20 * NS_PER_S)
    rig.venue.settle()

    assert len(rig.venue.ledger) == orders
    assert rig.venue.next_due_ns is None


async def test_given_a_held_send_when_released_then_it_answers(rig):
    rig.venue.script(Hold())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(send(rig, close(rig, "4")))
        rig.venue.release()

    assert task.result().status is OrderStatus.FILLED


async def test_given_twice_when_filled_then_the_stream_says_everything_twice(rig):
    events: Observed[PrivateEvent] = Observed()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lost(rig.venue.run_stream(events)))
        await rig.venue.connected.wait()
        rig.venue.script(Fill(twice=True))
        await sent(rig, close(rig, "4"))
        rig.venue.abort_stream()
        await task

    fills = [e for e in events.all if isinstance(e, FillReport)]
    assert len(fills) == 2
    assert fills[0] == fills[1]
    assert (await held(rig))[Side.LONG] == 6


async def test_given_a_history_lag_when_read_then_shown_later(rig):
    rig.venue.history_lag_ns = 2 * NS_PER_S
    rig.venue.script(LoseReply())
    with pytest.raises(OutcomeUnknown):
        await send(rig, close(rig, "4"))

    early = await rig.venue.orders_since(0), await rig.venue.fills_since(0)
    rig.clock.advance(2 * NS_PER_S)
    late = await rig.venue.orders_since(0), await rig.venue.fills_since(0)

    assert [len(rows) for rows in early] == [0, 0]
    assert [len(rows) for rows in late] == [1, 1]


async def test_given_a_position_lag_when_read_then_the_older_size(rig):
    rig.venue.position_lag_ns = NS_PER_S
    rig.clock.advance(2 * NS_PER_S)

    await sent(rig, close(rig, "4"))

    assert (await held(rig))[Side.LONG] == 10
    rig.clock.advance(NS_PER_S)
    assert (await held(rig))[Side.LONG] == 6


async def test_given_reads_that_fail_when_reading_then_that_many(rig):
    rig.venue.fail_reads(1)

    with pytest.raises(VenueUnavailable):
        await rig.venue.positions()

    assert await rig.venue.positions()


async def test_given_a_venue_that_dedupes_when_sent_again_then_refused_once_taken(rig):
    rig.venue.capabilities = Capabilities(dedupe=Dedupe.ALWAYS)
    order = close(rig, "4")
    prepared = rig.venue.prepare(order)

    await rig.venue.send(order, prepared)
    again = await rig.venue.send(order, prepared)

    assert isinstance(again, Refusal)
    assert len(rig.venue.ledger) == 1


async def test_given_a_skewed_venue_when_synced_then_its_time_is_known(rig):
    rig.venue.skew_ns = 700

    assert await rig.venue.sync_clock() == 700
    assert rig.venue.venue_now_ns() == rig.clock.now_ns() + 700


async def test_given_rest_when_sent_then_it_works_until_cancelled(rig):
    rig.venue.script(Rest())

    report = await sent(rig, close(rig, "4"))

    assert report.status is OrderStatus.WORKING
    (resting,) = await rig.venue.open_orders(SOL)
    assert resting.venue_order_id == report.venue_order_id
