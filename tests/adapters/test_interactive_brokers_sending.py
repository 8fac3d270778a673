"""Sending to Interactive Brokers: questions, duplicates, doubts, positions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.interactive_brokers_desk import ORDERS, close, desk, entry
from exitd.adapters.interactive_brokers.venue import AGAIN_NS
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import AttachedExits, TicketTime, TicketType
from exitd.errors import OutcomeUnknown
from exitd.ports.notices import NoticeKind
from exitd.ports.venue import Refusal


async def test_given_questions_on_the_list_when_sent_then_confirmed_one_by_one():
    async with desk() as here:
        here.hold("10")
        here.gateway.questions = ["o354", "o403"]
        order = close()

        report = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(report, OrderReport)
        assert report.status is OrderStatus.FILLED
        assert here.gateway.confirmed == ["o354", "o403"]
        assert here.notices == []


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (["o163"], RefusalKind.PRICE_BOUND),
        (["o383"], RefusalKind.INVALID),
        (["o354", "o163"], RefusalKind.PRICE_BOUND),
        (["o99999"], RefusalKind.INVALID),
    ],
)
async def test_given_a_question_off_the_list_when_sent_then_declined_and_told(
    asked, kind
):
    async with desk() as here:
        here.hold("10")
        here.gateway.questions = asked
        order = close()

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is kind
        assert here.gateway.book.orders == {}
        assert here.gateway.declined == asked[-1:]
        assert asked[-1] not in here.gateway.confirmed
        (notice,) = here.notices
        assert notice.kind is NoticeKind.QUESTION_DECLINED
        assert asked[-1] in notice


async def test_given_another_list_when_asked_then_it_decides():
    async with desk(confirmed=["o163"]) as here:
        here.hold("10")
        here.gateway.questions = ["o163"]
        order = close()

        report = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(report, OrderReport)
        assert here.gateway.confirmed == ["o163"]


async def test_given_questions_without_end_when_sent_then_it_stops_after_twenty():
    async with desk() as here:
        here.hold("10")
        here.gateway.questions = ["o354"] * 40
        order = close()

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert len(here.gateway.confirmed) == 20
        assert here.gateway.book.orders == {}


async def test_given_an_answer_that_is_lost_when_confirming_then_in_doubt():
    async with desk() as here:
        here.hold("10")
        here.gateway.questions = ["o354"]
        order = close()
        prepared = here.venue.prepare(order)
        await here.venue.positions()
        here.gateway.fault("", "", "", "", "drop")

        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, prepared)


async def test_given_a_close_in_doubt_when_sent_again_then_it_is_there_once():
    async with desk() as here:
        here.hold("10")
        order = close()
        prepared = here.venue.prepare(order)
        here.gateway.fault(ORDERS, "after")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, prepared)

        again = await here.venue.send(order, prepared)

        assert isinstance(again, OrderReport)
        assert again.status is OrderStatus.FILLED
        assert again.client_order_id == 7
        assert len(here.gateway.book.orders) == 1


async def test_given_a_request_that_was_lost_when_sent_again_then_it_goes_out():
    async with desk() as here:
        here.hold("10")
        order = close()
        prepared = here.venue.prepare(order)
        here.gateway.fault(ORDERS, "drop")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, prepared)

        again = await here.venue.send(order, prepared)

        assert isinstance(again, OrderReport)
        assert len(here.gateway.book.orders) == 1


async def test_given_bytes_of_before_a_start_when_sent_then_looked_for_first():
    async with desk() as here:
        here.hold("10")
        order = close()
        prepared = here.venue.prepare(order)
        await here.venue.send(order, prepared)
        here.venue._sent.clear()
        here.hold("10")
        old = type(prepared)(
            prepared.body,
            prepared.ts_signed_venue_ns - 2 * AGAIN_NS,
            prepared.expires_venue_ns,
        )

        again = await here.venue.send(order, old)

        assert isinstance(again, OrderReport)
        assert len(here.gateway.book.orders) == 1


async def test_given_a_smaller_position_when_sent_again_then_still_in_doubt():
    async with desk() as here:
        here.hold("10")
        order = close()
        prepared = here.venue.prepare(order)
        here.gateway.fault(ORDERS, "drop")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, prepared)
        here.hold("4")

        with pytest.raises(OutcomeUnknown, match="not sent again"):
            await here.venue.send(order, prepared)

        assert here.gateway.book.orders == {}


@pytest.mark.parametrize("net", ["9", "0", "-10"])
async def test_given_a_close_larger_than_the_position_when_sent_then_nothing_leaves(
    net,
):
    async with desk() as here:
        here.hold(net)
        order = close("10")

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.NOT_REDUCED
        assert here.gateway.bodies == []


async def test_given_an_unknown_contract_when_sent_then_nothing_leaves():
    async with desk() as here:
        order = replace(close(), symbol="IBM")

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.BUSY
        assert here.gateway.bodies == []


async def test_given_an_entry_when_sent_twice_then_one_order_and_the_same_report():
    async with desk() as here:
        order = entry()
        prepared = here.venue.prepare_entry(order)

        first = await here.venue.send_entry(order, prepared)
        second = await here.venue.send_entry(order, prepared)

        assert isinstance(first, OrderReport)
        assert isinstance(second, OrderReport)
        assert first.reference == second.reference == "sig-1"
        assert first.client_order_id is None
        assert first.venue_order_id == second.venue_order_id
        assert len(here.gateway.book.orders) == 1


async def test_given_another_order_of_this_id_when_entered_then_in_doubt():
    async with desk() as here:
        first = entry()
        await here.venue.send_entry(first, here.venue.prepare_entry(first))
        other = entry(quantity=Decimal(9))

        with pytest.raises(OutcomeUnknown, match="another order sig-1"):
            await here.venue.send_entry(other, here.venue.prepare_entry(other))


async def test_given_exits_when_entered_then_the_broker_holds_them():
    async with desk() as here:
        exits = AttachedExits(take_profit_price=Decimal(160), stop_price=Decimal(130))
        order = entry(attached=exits)

        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(placed, OrderReport)
        assert placed.status is OrderStatus.FILLED
        target, stop = await here.venue.open_orders("AAPL")
        assert target.parent == stop.parent == placed.venue_order_id
        assert (target.price, stop.trigger_price) == (160, 130)
        assert target.side is stop.side is OrderSide.SELL


async def test_given_one_exit_filled_when_read_then_the_other_is_cancelled():
    async with desk() as here:
        exits = AttachedExits(take_profit_price=Decimal(160), stop_price=Decimal(130))
        order = entry(attached=exits)
        await here.venue.send_entry(order, here.venue.prepare_entry(order))

        await here.gateway.move("AAPL", last="129")

        statuses = {o.is_trigger: o.status for o in await here.venue.orders_since(0)}
        assert statuses[True] is OrderStatus.FILLED
        assert await here.venue.open_orders("AAPL") == ()


async def test_given_a_resting_entry_when_taken_back_then_cancelled_and_found():
    async with desk() as here:
        order = entry(
            order=TicketType.LIMIT,
            limit_price=Decimal(100),
            time_in_force=TicketTime.GTC,
        )
        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))
        assert isinstance(placed, OrderReport)

        cancelled = await here.venue.cancel_entry(order, placed.venue_order_id)

        assert isinstance(cancelled, OrderReport)
        assert cancelled.status is OrderStatus.CANCELLED
        found = await here.venue.find_entry(order)
        assert found is not None
        assert found.status is OrderStatus.CANCELLED
        assert await here.venue.find_entry(entry(client_order_id="sig-2")) is None


async def test_given_a_ticket_that_cannot_be_written_when_sent_then_refused():
    async with desk() as here:
        order = entry(time_in_force=TicketTime.FOK)

        answer = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(answer, Refusal)
        assert "fok" in answer.message
        assert here.gateway.bodies == []


async def test_given_a_symbol_that_is_not_listed_when_entered_then_it_says_where():
    async with desk() as here:
        order = entry(symbol="TSLA")

        answer = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(answer, Refusal)
        assert "write it under symbols" in answer.message


@pytest.mark.parametrize(
    ("fault", "kind"), [("429", RefusalKind.RATE_LIMITED), ("500", None)]
)
async def test_given_an_error_of_the_gateway_when_sent_then_judged(fault, kind):
    async with desk() as here:
        here.hold("10")
        order = close()
        prepared = here.venue.prepare(order)
        here.gateway.fault(ORDERS, fault)

        if kind is None:
            with pytest.raises(OutcomeUnknown):
                await here.venue.send(order, prepared)
        else:
            answer = await here.venue.send(order, prepared)
            assert isinstance(answer, Refusal)
            assert answer.kind is kind


async def test_b071_given_an_entry_of_another_day_then_none_and_executions_name_it():
    async with desk() as here:
        order = entry()
        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))
        assert isinstance(placed, OrderReport)
        here.gateway.book.orders.clear()

        assert await here.venue.find_entry(order, placed.venue_order_id) is None
        (fill,) = await here.venue.fills_since(0, "AAPL")
        assert fill.reference == order.ticket.client_order_id
        assert fill.quantity == order.ticket.quantity
