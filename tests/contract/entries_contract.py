"""What every venue does that takes entries, real, simulated in process or faked.

`EntriesContract` is for all of them; the other classes are for those that know what
they are named for. Venues without client order ids leave `NamedEntriesContract` out.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from contract.entries_rig import (
    BUY,
    SELL,
    EntriesRig,
    FaultyEntriesRig,
    average,
    entry,
    filled,
    found,
    is_filled,
    is_over,
    net,
    send,
    sent,
    stays,
)
from contract.venue_rig import PRICE, is_held, lost
from exitd.core.inputs import FillReport, OrderReport
from exitd.core.position import Side
from exitd.core.ticket import TicketTime, TicketType
from exitd.core.units import ZERO
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import PrivateEvent, Refusal
from fakes.observed import Observed

LIMIT, STOP = TicketType.LIMIT, TicketType.STOP
STOP_LIMIT, TRAILING = TicketType.STOP_LIMIT, TicketType.TRAILING_STOP


class MarketEntriesContract:
    """The part that needs no market which moves."""

    @pytest.mark.parametrize(("side", "held"), [(BUY, "2"), (SELL, "-2")])
    async def test_given_flat_when_a_market_entry_is_sent_then_it_opens_that_side(
        self, rig: EntriesRig, side, held
    ):
        order = entry(rig, side)

        report = await filled(rig, order)

        assert report.account == rig.venue.account
        assert report.symbol == rig.symbol
        assert report.venue_order_id
        assert report.side is side
        assert report.filled == 2
        assert abs(average(report) - PRICE) < 2
        assert await net(rig) == Decimal(held)
        assert await rig.count(order) == 1

    async def test_given_an_entry_when_reported_then_it_passes_for_no_close(
        self, rig: EntriesRig
    ):
        report = await filled(rig, entry(rig))

        assert report.client_order_id is None
        assert report.reduce_only is not True
        assert report.is_trigger is False
        for fill in await rig.venue.fills_since(0, rig.symbol):
            assert fill.client_order_id is None

    async def test_given_a_position_when_an_entry_adds_then_larger(
        self, rig: EntriesRig
    ):
        await rig.hold("3")

        await filled(rig, entry(rig))

        assert await net(rig) == 5

    async def test_given_an_entry_when_only_prepared_then_nothing_was_sent(
        self, rig: EntriesRig
    ):
        order = entry(rig)

        prepared = rig.entries.prepare_entry(order)

        assert prepared.body
        assert await rig.count(order) == 0
        assert await net(rig) == ZERO

    async def test_given_a_filled_entry_when_cancelled_then_its_fill_stands(
        self, rig: EntriesRig
    ):
        order = entry(rig)
        report = await filled(rig, order)

        answer = await rig.entries.cancel_entry(order, report.venue_order_id)

        assert isinstance(answer, Refusal) or (answer is not None and is_filled(answer))
        assert await net(rig) == 2

    async def test_given_an_entry_that_was_never_sent_when_asked_for_then_none(
        self, rig: EntriesRig
    ):
        assert await rig.entries.find_entry(entry(rig)) is None

    async def test_given_the_stream_when_an_entry_fills_then_it_tells_all_of_it(
        self, rig: EntriesRig
    ):
        await rig.hold("3")
        events: Observed[PrivateEvent] = Observed()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lost(rig.venue.run_stream(events)))
            await events.until(is_held("3"))

            report = await filled(rig, entry(rig))

            fill = await events.until(lambda e: isinstance(e, FillReport))
            done = await events.until(
                lambda e: isinstance(e, OrderReport) and is_filled(e)
            )
            held = await events.until(is_held("5"))
            rig.venue.abort_stream()
            await task

        assert isinstance(fill, FillReport)
        assert isinstance(done, OrderReport)
        assert fill.quantity == 2
        assert fill.client_order_id is None
        assert fill.venue_order_id == done.venue_order_id == report.venue_order_id
        assert held.key.side is Side.LONG

    async def test_given_a_filled_entry_when_history_is_read_then_it_is_there(
        self, rig: EntriesRig
    ):
        since_ns = rig.venue.venue_now_ns() - 10**9

        report = await filled(rig, entry(rig))

        orders = await rig.venue.orders_since(since_ns, rig.symbol)
        fills = await rig.venue.fills_since(since_ns, rig.symbol)
        assert [o.venue_order_id for o in orders if is_filled(o)] == [
            report.venue_order_id
        ]
        assert {f.venue_order_id for f in fills} == {report.venue_order_id}
        assert sum(f.quantity for f in fills) == 2


class EntriesContract(MarketEntriesContract):
    @pytest.mark.parametrize(("side", "limit"), [(BUY, "150"), (SELL, "130")])
    async def test_given_a_limit_through_the_market_when_sent_then_filled_at_the_market(
        self, rig: EntriesRig, side, limit
    ):
        report = await filled(rig, entry(rig, side, order=LIMIT, limit_price=limit))

        assert abs(average(report) - PRICE) < 2

    @pytest.mark.parametrize(
        ("side", "limit", "still_away"), [(BUY, "130", "132"), (SELL, "150", "148")]
    )
    async def test_given_a_limit_away_when_the_price_comes_then_filled_no_worse(
        self, rig: EntriesRig, side, limit, still_away
    ):
        order = entry(rig, side, order=LIMIT, limit_price=limit)
        report = await sent(rig, order)
        await rig.price(still_away)
        await stays(rig, order, report.venue_order_id)

        await rig.price("120" if side is BUY else "160")

        done = await found(rig, order, report.venue_order_id, is_filled)
        paid = average(done)
        assert paid <= Decimal(limit) if side is BUY else paid >= Decimal(limit)
        assert await net(rig) == (2 if side is BUY else -2)

    @pytest.mark.parametrize(
        ("side", "stop", "still_away", "there"),
        [(BUY, "145", "143", "147"), (SELL, "135", "137", "133")],
    )
    async def test_given_a_stop_when_the_price_reaches_it_then_filled_at_the_market(
        self, rig: EntriesRig, side, stop, still_away, there
    ):
        order = entry(rig, side, order=STOP, stop_price=stop)
        report = await sent(rig, order)
        await rig.price(still_away)
        await stays(rig, order, report.venue_order_id)

        await rig.price(there)

        done = await found(rig, order, report.venue_order_id, is_filled)
        assert abs(average(done) - Decimal(there)) < 2
        assert await net(rig) == (2 if side is BUY else -2)

    @pytest.mark.parametrize(
        ("side", "stop", "limit", "beyond", "within"),
        [(BUY, "145", "147", "155", "145"), (SELL, "135", "133", "125", "135")],
    )
    async def test_given_a_stop_limit_when_leapt_over_then_filled_once_within_its_limit(
        self, rig: EntriesRig, side, stop, limit, beyond, within
    ):
        order = entry(rig, side, order=STOP_LIMIT, stop_price=stop, limit_price=limit)
        report = await sent(rig, order)
        await rig.price(beyond)
        await stays(rig, order, report.venue_order_id)

        await rig.price(within)

        done = await found(rig, order, report.venue_order_id, is_filled)
        paid = average(done)
        assert paid <= Decimal(limit) if side is BUY else paid >= Decimal(limit)

    async def test_given_a_resting_entry_when_listed_then_among_the_open_orders(
        self, rig: EntriesRig
    ):
        report = await sent(rig, entry(rig, order=LIMIT, limit_price="130"))

        (listed,) = await rig.venue.open_orders(rig.symbol)

        assert listed.venue_order_id == report.venue_order_id
        assert listed.client_order_id is None
        assert listed.reduce_only is not True
        assert listed.price == 130

    async def test_given_a_resting_entry_when_cancelled_then_nothing_comes_of_it(
        self, rig: EntriesRig
    ):
        order = entry(rig, order=LIMIT, limit_price="130")
        report = await sent(rig, order)

        answer = await rig.entries.cancel_entry(order, report.venue_order_id)

        assert not isinstance(answer, Refusal)
        ended = await found(rig, order, report.venue_order_id, is_over)
        await rig.price("120")
        assert ended.filled == ZERO
        assert await rig.venue.open_orders(rig.symbol) == ()
        assert await net(rig) == ZERO


class NamedEntriesContract:
    """Of venues that know an order by the client order id of its ticket."""

    async def test_given_an_entry_when_reported_then_its_reference_is_our_id(
        self, rig: EntriesRig
    ):
        order = entry(rig, client_order_id="swing-1")

        report = await filled(rig, order)

        (fill,) = await rig.venue.fills_since(0, rig.symbol)
        assert report.reference == "swing-1"
        assert fill.reference in ("", "swing-1")

    async def test_given_an_entry_when_asked_for_by_our_id_alone_then_found(
        self, rig: EntriesRig
    ):
        order = entry(rig)
        report = await filled(rig, order)

        found_ = await rig.entries.find_entry(order)

        assert found_ is not None
        assert found_.venue_order_id == report.venue_order_id

    async def test_given_a_sent_entry_when_sent_again_then_reported_and_not_doubled(
        self, rig: EntriesRig
    ):
        order = entry(rig)
        first = await filled(rig, order)

        again = await sent(rig, order)

        assert again.venue_order_id == first.venue_order_id
        assert await rig.count(order) == 1
        assert await net(rig) == 2

    async def test_given_an_id_that_another_order_has_when_sent_then_refused(
        self, rig: EntriesRig
    ):
        order = entry(rig)
        await filled(rig, order)
        other = entry(rig, quantity="1", client_order_id=order.ticket.client_order_id)

        answer = await send(rig, other)

        assert isinstance(answer, Refusal)
        assert await net(rig) == 2


class TrailingEntriesContract:
    @pytest.mark.parametrize("trail", [{"trail_price": "7"}, {"trail_percent": "5"}])
    async def test_given_a_trailing_sell_when_the_price_falls_from_its_best_then_filled(
        self, rig: EntriesRig, trail
    ):
        order = entry(rig, SELL, order=TRAILING, **trail)
        report = await sent(rig, order)
        for price in ("150", "146"):
            await rig.price(price)
            await stays(rig, order, report.venue_order_id)

        await rig.price("140")

        done = await found(rig, order, report.venue_order_id, is_filled)
        assert abs(average(done) - 140) < 2

    @pytest.mark.parametrize("trail", [{"trail_price": "7"}, {"trail_percent": "5"}])
    async def test_given_a_trailing_buy_when_the_price_rises_from_its_best_then_filled(
        self, rig: EntriesRig, trail
    ):
        order = entry(rig, BUY, order=TRAILING, **trail)
        report = await sent(rig, order)
        for price in ("130", "134"):
            await rig.price(price)
            await stays(rig, order, report.venue_order_id)

        await rig.price("139")

        done = await found(rig, order, report.venue_order_id, is_filled)
        assert abs(average(done) - 139) < 2


class NotionalEntriesContract:
    async def test_given_an_amount_of_money_when_sent_then_that_much_is_bought(
        self, rig: EntriesRig
    ):
        report = await filled(rig, entry(rig, quantity=None, notional="280"))

        assert abs(report.filled_quote - 280) < 1
        assert await net(rig) == report.filled


class ImmediateEntriesContract:
    """Of venues that know `ioc` and `fok`."""

    @pytest.mark.parametrize("time", [TicketTime.IOC, TicketTime.FOK])
    async def test_given_no_taker_at_once_when_sent_then_over_and_nothing_held(
        self, rig: EntriesRig, time
    ):
        order = entry(rig, order=LIMIT, limit_price="130", time_in_force=time)
        report = await sent(rig, order)

        ended = await found(rig, order, report.venue_order_id, is_over)

        assert ended.filled == ZERO
        assert await rig.venue.open_orders(rig.symbol) == ()
        assert await net(rig) == ZERO

    @pytest.mark.parametrize("time", [TicketTime.IOC, TicketTime.FOK])
    async def test_given_the_market_within_the_limit_when_sent_then_filled(
        self, rig: EntriesRig, time
    ):
        order = entry(rig, order=LIMIT, limit_price="150", time_in_force=time)

        await filled(rig, order)

        assert await net(rig) == 2


class FaultyEntriesContract:
    """What venues do that can lose a request or an answer."""

    async def test_b088_given_a_lost_reply_when_an_entry_is_sent_then_found_once(
        self, rig: FaultyEntriesRig
    ):
        order = entry(rig)
        await rig.lose_reply()

        with pytest.raises(OutcomeUnknown):
            await send(rig, order)

        report = await found(rig, order, "", is_filled)
        assert report.filled == 2
        assert await rig.count(order) == 1
        assert await net(rig) == 2

    async def test_b089_given_a_lost_request_when_an_entry_is_sent_then_none_is_found(
        self, rig: FaultyEntriesRig
    ):
        order = entry(rig)
        await rig.lose_request()

        with pytest.raises(OutcomeUnknown):
            await send(rig, order)

        assert await rig.entries.find_entry(order) is None
        assert await rig.count(order) == 0
        assert await net(rig) == ZERO

    async def test_given_a_venue_that_is_down_when_asked_then_unavailable_not_none(
        self, rig: FaultyEntriesRig
    ):
        order = entry(rig, order=LIMIT, limit_price="130")
        report = await sent(rig, order)
        await rig.take_down()

        with pytest.raises(VenueUnavailable):
            await rig.entries.find_entry(order, report.venue_order_id)
