"""What every venue does, real, simulated in process or faked."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from contract.venue_rig import (
    PRICE,
    FaultyRig,
    VenueRig,
    close,
    eventually,
    held,
    is_held,
    lost,
    native_stop,
    send,
    sent,
)
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import CancelScope, OrderType
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import PrivateEvent, Refusal, StreamUp
from fakes.observed import Observed


class VenueContract:
    #: What is closed of 10; whole where the venue takes no fractions.
    part = Decimal("1.5")

    async def test_given_a_venue_when_asked_for_instruments_then_steps_above_zero(
        self, rig: VenueRig
    ):
        instruments = {i.symbol: i for i in await rig.venue.instruments()}

        instrument = instruments[rig.symbol]
        assert instrument.account == rig.venue.account
        assert instrument.price_step > ZERO
        assert instrument.quantity_step > ZERO

    async def test_given_flat_when_asked_then_both_sides_zero_and_none_listed(
        self, rig: VenueRig
    ):
        assert await held(rig) == {Side.LONG: ZERO, Side.SHORT: ZERO}
        assert await rig.venue.positions() == ()

    @pytest.mark.parametrize(("net", "side"), [("10", Side.LONG), ("-4", Side.SHORT)])
    async def test_given_a_position_when_asked_then_its_side_and_size(
        self, rig: VenueRig, net, side
    ):
        await rig.hold(net)
        before_ns = rig.venue.venue_now_ns() - NS_PER_S

        reports = await rig.venue.positions(rig.symbol)

        sizes = {report.key.side: report.quantity for report in reports}
        assert sizes.pop(side) == abs(Decimal(net))
        assert list(sizes.values()) == [ZERO]
        assert {r.key.account for r in reports} == {rig.venue.account}
        for report in reports:
            assert before_ns <= report.ts_venue_ns <= rig.venue.venue_now_ns()
        (listed,) = await rig.venue.positions()
        assert listed.key.side is side
        assert listed.entry_price == PRICE
        assert listed.position_id or not rig.venue.capabilities.reduce_only

    async def test_given_a_long_when_closed_in_part_then_filled_and_smaller(
        self, rig: VenueRig
    ):
        await rig.hold("10")
        order = close(rig, str(self.part))

        report = await sent(rig, order)

        assert report.status is OrderStatus.FILLED
        assert report.filled == self.part
        assert abs(report.filled_quote / report.filled - PRICE) < 2
        assert report.client_order_id == order.client_order_id
        assert report.side is OrderSide.SELL
        assert report.order is OrderType.MARKET
        assert report.reduce_only is not False
        assert report.reduce_only or not rig.venue.capabilities.reduce_only
        assert await held(rig) == {Side.LONG: 10 - self.part, Side.SHORT: ZERO}
        assert await rig.count(order.client_order_id) == 1

    async def test_given_nothing_paid_when_asked_for_funding_then_none(
        self, rig: VenueRig
    ):
        assert await rig.venue.funding_since(0) == ()
        assert await rig.venue.funding_since(0, rig.symbol) == ()

    async def test_b003_given_a_short_when_closed_then_bought(self, rig: VenueRig):
        await rig.hold("-2")

        report = await sent(rig, close(rig, "2", side=OrderSide.BUY))

        assert report.side is OrderSide.BUY
        assert report.status is OrderStatus.FILLED
        assert await held(rig) == {Side.LONG: ZERO, Side.SHORT: ZERO}

    async def test_given_too_large_a_close_when_sent_then_never_flipped(
        self, rig: VenueRig
    ):
        await rig.hold("2")

        await send(rig, close(rig, "5"))

        assert (await held(rig))[Side.SHORT] == ZERO

    async def test_b091_given_no_position_when_closed_then_not_reduced(
        self, rig: VenueRig
    ):
        answer = await send(rig, close(rig))

        kind = answer.kind if isinstance(answer, Refusal) else answer.refusal
        assert kind is RefusalKind.NOT_REDUCED

    async def test_given_an_ioc_limit_away_from_the_price_when_sent_then_expired(
        self, rig: VenueRig
    ):
        await rig.hold("2")

        report = await sent(rig, close(rig, price="150"))

        assert report.status is OrderStatus.EXPIRED
        assert report.filled == ZERO
        assert (await held(rig))[Side.LONG] == 2

    async def test_given_a_limit_within_the_price_when_sent_then_filled(
        self, rig: VenueRig
    ):
        await rig.hold("2")

        report = await sent(rig, close(rig, price="135"))

        assert report.status is OrderStatus.FILLED
        assert report.order is OrderType.LIMIT

    @pytest.mark.parametrize("by", ["venue id", "client id"])
    async def test_given_a_resting_limit_when_cancelled_then_nothing_rests(
        self, rig: VenueRig, by
    ):
        await rig.hold("2")
        order = close(rig, price="150", tif=TimeInForce.GTC)
        resting = await sent(rig, order)
        (listed,) = await rig.venue.open_orders(rig.symbol)

        if by == "venue id":
            answer = rig.venue.cancel_order(
                rig.symbol, venue_order_id=resting.venue_order_id
            )
        else:
            answer = rig.venue.cancel_order(
                rig.symbol, client_order_id=order.client_order_id
            )
        cancelled = await answer

        assert resting.status is OrderStatus.WORKING
        assert listed.client_order_id == order.client_order_id
        assert listed.price == 150
        assert isinstance(cancelled, OrderReport)
        assert cancelled.status is OrderStatus.CANCELLED
        assert await rig.venue.open_orders(rig.symbol) == ()

    async def test_given_nothing_when_cancelled_then_refused(self, rig: VenueRig):
        answer = await rig.venue.cancel_order(rig.symbol, client_order_id=1)

        assert isinstance(answer, Refusal)

    @pytest.mark.parametrize(
        ("scope", "left"),
        [
            (CancelScope.LIMIT, {True}),
            (CancelScope.TRIGGER, {False}),
            (CancelScope.ALL, set()),
        ],
    )
    async def test_given_limit_and_trigger_when_a_scope_is_cancelled_then_only_it(
        self, rig: VenueRig, scope, left
    ):
        await rig.hold("2")
        await sent(rig, close(rig, price="150", tif=TimeInForce.GTC))
        stop = await rig.venue.place_native_stop(native_stop(rig))

        cancelled = await rig.venue.cancel_orders(rig.symbol, scope)

        assert isinstance(stop, OrderReport)
        assert stop.is_trigger
        assert isinstance(cancelled, tuple)
        assert {o.status for o in cancelled} == {OrderStatus.CANCELLED}
        resting = await rig.venue.open_orders(rig.symbol)
        assert {order.is_trigger for order in resting} == left

    async def test_given_a_filled_close_when_history_is_read_then_order_and_fills(
        self, rig: VenueRig
    ):
        await rig.hold("3")
        since_ns = rig.venue.venue_now_ns() - 10**9
        first, second = close(rig, "1"), close(rig, "2")

        await sent(rig, first)
        await sent(rig, second)

        order = await eventually(rig, second.client_order_id, since_ns)
        assert order.status is OrderStatus.FILLED
        assert order.filled == 2
        assert order.symbol == rig.symbol
        fills = await rig.venue.fills_since(since_ns, rig.symbol)
        assert sum(fill.quantity for fill in fills) == 3
        assert [fill.ts_venue_ns for fill in fills] == sorted(
            fill.ts_venue_ns for fill in fills
        )
        assert len({fill.trade_id for fill in fills}) == len(fills)
        ids = {fill.client_order_id for fill in fills}
        assert ids == {first.client_order_id, second.client_order_id}
        assert await rig.venue.orders_since(rig.venue.venue_now_ns() + 10**10) == ()

    async def test_given_a_close_when_prepared_then_it_expires_after_signing(
        self, rig: VenueRig
    ):
        prepared = rig.venue.prepare(close(rig))

        assert prepared.body
        assert prepared.ts_signed_venue_ns < prepared.expires_venue_ns

    async def test_given_the_stream_when_closing_then_it_tells_all_of_it(
        self, rig: VenueRig
    ):
        await rig.hold("10")
        events: Observed[PrivateEvent] = Observed()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lost(rig.venue.run_stream(events)))
            await events.until(is_held("10"))
            order = close(rig, "4")

            await sent(rig, order)

            fill = await events.until(lambda e: isinstance(e, FillReport))
            done = await events.until(
                lambda e: isinstance(e, OrderReport) and e.status is OrderStatus.FILLED
            )
            await events.until(is_held("6"))
            rig.venue.abort_stream()
            await task

        assert isinstance(events.all[0], StreamUp)
        assert isinstance(fill, FillReport)
        assert isinstance(done, OrderReport)
        assert fill.quantity == 4
        assert fill.client_order_id == order.client_order_id
        assert done.client_order_id == order.client_order_id

    async def test_given_the_stream_when_flipped_then_the_old_side_ends_first(
        self, rig: VenueRig
    ):
        await rig.hold("10")
        events: Observed[PrivateEvent] = Observed()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lost(rig.venue.run_stream(events)))
            await events.until(is_held("10"))

            await rig.hold("-5")

            new = await events.until(is_held("5"))
            rig.venue.abort_stream()
            await task

        assert isinstance(new, PositionReport)
        assert new.key.side is Side.SHORT
        before = events.all[: events.all.index(new)]
        ended = [e for e in before if isinstance(e, PositionReport)][-1]
        assert (ended.key.side, ended.quantity) == (Side.LONG, ZERO)


class FaultyVenueContract:
    """What venues do that can lose a request or an answer."""

    async def test_b088_given_a_lost_reply_when_sent_then_unknown_and_found_once(
        self, rig: FaultyRig
    ):
        await rig.hold("10")
        since_ns = rig.venue.venue_now_ns() - 10**9
        order = close(rig, "4")
        await rig.lose_reply()

        with pytest.raises(OutcomeUnknown):
            await send(rig, order)

        found = await eventually(rig, order.client_order_id, since_ns)
        assert found.status is OrderStatus.FILLED
        assert found.filled == 4
        assert await rig.count(order.client_order_id) == 1
        assert (await held(rig))[Side.LONG] == 6

    async def test_b089_given_a_lost_request_when_sent_then_unknown_and_not_found(
        self, rig: FaultyRig
    ):
        await rig.hold("10")
        since_ns = rig.venue.venue_now_ns() - 10**9
        order = close(rig, "4")
        await rig.lose_request()

        with pytest.raises(OutcomeUnknown):
            await send(rig, order)

        ids = [o.client_order_id for o in await rig.venue.orders_since(since_ns)]
        assert order.client_order_id not in ids
        assert await rig.count(order.client_order_id) == 0
        assert (await held(rig))[Side.LONG] == 10

    async def test_b099_given_an_expired_request_when_sent_then_refused_as_such(
        self, rig: FaultyRig
    ):
        await rig.hold("10")
        order = close(rig)
        prepared = rig.venue.prepare(order)
        await rig.pass_window()

        answer = await rig.venue.send(order, prepared)

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.EXPIRED
        assert await rig.count(order.client_order_id) == 0

    async def test_given_a_venue_that_is_down_when_read_then_unavailable_not_flat(
        self, rig: FaultyRig
    ):
        await rig.take_down()

        with pytest.raises(VenueUnavailable):
            await rig.venue.positions(rig.symbol)
        with pytest.raises(VenueUnavailable):
            await rig.venue.open_orders()
        with pytest.raises(VenueUnavailable):
            await rig.venue.orders_since(0)
        with pytest.raises(VenueUnavailable):
            await rig.venue.fills_since(0)
        with pytest.raises(VenueUnavailable):
            await rig.venue.funding_since(0)
