"""Sending to Schwab: instructions, numbers, and orders that nobody answered for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.schwab_desk import ORDERS, close, desk, entry
from exitd.adapters.schwab.recognising import AFTER_NS
from exitd.core.attempt import AttemptRecord, AttemptState, RefusalKind
from exitd.core.entry import EntryRecord, EntryState
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.ticket import AttachedExits, PositionIntent, TicketTime, TicketType
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.notices import NoticeKind
from exitd.ports.venue import NativeStop, Refusal


def leg_of(body):
    (leg,) = body["orderLegCollection"]
    return leg


@pytest.mark.parametrize(
    ("net", "side", "instruction"),
    [("10", OrderSide.SELL, "SELL"), ("-10", OrderSide.BUY, "BUY_TO_COVER")],
)
async def test_given_a_close_when_sent_then_its_instruction_cannot_open(
    tmp_path, net, side, instruction
):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", net)
        order = close(side=side)

        report = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(report, OrderReport)
        assert leg_of(here.broker.bodies[0])["instruction"] == instruction
        assert here.broker.book.positions["AAPL"][0] == 0


@pytest.mark.parametrize("net", ["9", "0", "-10"])
async def test_given_a_close_larger_than_the_position_when_sent_then_nothing_leaves(
    tmp_path, net
):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", net)
        order = close("10")

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.NOT_REDUCED
        assert here.broker.bodies == []


async def test_given_a_position_gone_meanwhile_when_closed_then_nothing_is_opened(
    tmp_path,
):
    async with desk(tmp_path) as here:
        order = close()
        prepared = here.venue.prepare(order)
        name = here.venue.ours.name_of("")

        answer = await here.venue.placing.place(
            prepared.body, name, "AAPL", OrderSide.SELL
        )

        assert isinstance(answer, OrderReport)
        assert answer.status is OrderStatus.EXPIRED
        assert answer.refusal is RefusalKind.NOT_REDUCED
        assert "AAPL" not in here.broker.book.positions


async def test_given_a_resting_stop_when_placed_then_it_cannot_open_either(tmp_path):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        stop = NativeStop(
            symbol="AAPL",
            side=OrderSide.SELL,
            trigger_price=Decimal("100.005"),
            trigger_kind="last",
            quantity=Decimal(50),
            client_order_id=9,
            limit_price=Decimal("99.991"),
        )

        report = await here.venue.place_native_stop(stop)

        assert isinstance(report, OrderReport)
        body = here.broker.bodies[0]
        assert leg_of(body) | {"instruction": "SELL", "quantity": 10} == leg_of(body)
        assert (body["stopPrice"], body["price"]) == ("100.01", "100.00")
        assert report.is_trigger


async def test_given_a_lost_answer_when_looked_for_then_told_by_its_terms(tmp_path):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close("4")
        here.broker.fault(ORDERS, "after")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, here.venue.prepare(order))

        (found,) = await here.venue.orders_since(0, "AAPL")

        assert found.client_order_id == 7
        (fill,) = await here.venue.fills_since(0)
        assert fill.client_order_id == 7
        assert fill.fee == Decimal("0.02")


async def test_given_no_number_in_the_answer_when_sent_then_told_by_its_terms(tmp_path):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close("4")
        here.broker.fault(ORDERS, "mute")

        with pytest.raises(OutcomeUnknown, match="did not say its number"):
            await here.venue.send(order, here.venue.prepare(order))

        (found,) = await here.venue.orders_since(0, "AAPL")
        assert found.client_order_id == 7


async def test_given_an_order_by_hand_of_the_same_terms_then_it_stays_in_doubt(
    tmp_path,
):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close("4")
        here.broker.fault(ORDERS, "after")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, here.venue.prepare(order))
        here.broker.book.place(here.broker.bodies[0])

        with pytest.raises(VenueUnavailable, match="may be any of"):
            await here.venue.orders_since(0, "AAPL")
        with pytest.raises(VenueUnavailable):
            await here.venue.open_orders("AAPL")

        (notice,) = here.notices
        assert notice.kind is NoticeKind.ORDER_AMBIGUOUS
        # The others of the account are not held up.
        assert len(await here.venue.orders_since(0)) == 2
        assert await here.venue.orders_since(0, "MSFT") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"duration": "GOOD_TILL_CANCEL"},
        {"orderType": "LIMIT", "price": "100.00"},
        {"quantity": 5},
        {"instruction": "BUY"},
        {"symbol": "MSFT"},
    ],
)
async def test_given_an_order_of_other_terms_when_looked_for_then_it_is_not_ours(
    tmp_path, change
):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        here.broker.book.hold("MSFT", "10")
        order = close("4")
        here.broker.fault(ORDERS, "drop")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(order, here.venue.prepare(order))
        body = {
            "session": "NORMAL",
            "duration": "DAY",
            "orderType": "MARKET",
            "orderStrategyType": "SINGLE",
            "orderLegCollection": [
                {
                    "instruction": "SELL",
                    "instrument": {"symbol": "AAPL", "assetType": "EQUITY"},
                    "quantity": 4,
                }
            ],
        }
        leg = body["orderLegCollection"][0]
        for name, value in change.items():
            if name == "symbol":
                leg["instrument"]["symbol"] = value
            elif name in leg:
                leg[name] = value
            else:
                body[name] = value

        here.broker.book.place(body)

        (found,) = await here.venue.orders_since(0)
        assert found.client_order_id is None


async def test_given_an_order_entered_much_later_when_looked_for_then_it_is_not_ours(
    tmp_path,
):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close("4")
        prepared = here.venue.prepare(order)
        record = AttemptRecord(
            order=order,
            key=PositionKey("schwab", "AAPL", Side.LONG),
            lifetime=1,
            state=AttemptState.IN_DOUBT,
            signed=prepared.body,
            ts_signed_venue_ns=prepared.ts_signed_venue_ns - 2 * AFTER_NS,
        )
        here.venue.ours.recall([record])
        await here.venue.placing.place(
            prepared.body, here.venue.ours.name_of("none"), "AAPL", OrderSide.SELL
        )

        (found,) = await here.venue.orders_since(0, "AAPL")

        assert found.client_order_id is None


async def test_given_a_start_when_orders_are_read_then_ours_are_known_again(tmp_path):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        answered, lost = close("4", number=7), close("3", number=8)
        first = await here.venue.send(answered, here.venue.prepare(answered))
        assert isinstance(first, OrderReport)
        prepared = here.venue.prepare(lost)
        here.broker.fault(ORDERS, "after")
        with pytest.raises(OutcomeUnknown):
            await here.venue.send(lost, prepared)
        entered = entry()
        bought = await here.venue.send_entry(entered, here.venue.prepare_entry(entered))
        assert isinstance(bought, OrderReport)
        again = here.made()
        record = AttemptRecord(
            order=answered,
            key=PositionKey("schwab", "AAPL", Side.LONG),
            lifetime=1,
            state=AttemptState.FILLED,
            venue_order_id=first.venue_order_id,
        )
        doubted = replace(
            record,
            order=lost,
            state=AttemptState.IN_DOUBT,
            venue_order_id="",
            signed=prepared.body,
            ts_signed_venue_ns=prepared.ts_signed_venue_ns,
        )
        bought_before = EntryRecord(
            order=entered,
            state=EntryState.FILLED,
            venue_order_id=bought.venue_order_id,
        )

        again.ours.recall([record, doubted], [bought_before])

        orders = await again.orders_since(0, "AAPL")
        assert [o.client_order_id for o in orders] == [None, 8, 7]
        assert [o.reference for o in orders] == ["sig-1", "", ""]
        await again.close()


async def test_given_exits_when_entered_then_trigger_and_oco_with_their_parent(
    tmp_path,
):
    async with desk(tmp_path) as here:
        exits = AttachedExits(take_profit_price=Decimal(160), stop_price=Decimal(130))
        order = entry(attached=exits)

        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(placed, OrderReport)
        assert placed.status is OrderStatus.FILLED
        assert placed.reference == "sig-1"
        target, stop = await here.venue.open_orders("AAPL")
        assert target.parent == stop.parent == placed.venue_order_id
        here.broker.book.move("AAPL", last="161")
        assert await here.venue.open_orders("AAPL") == ()


async def test_given_a_resting_entry_when_taken_back_then_cancelled_and_found(tmp_path):
    async with desk(tmp_path) as here:
        order = entry(order=TicketType.LIMIT, limit_price=Decimal(100))
        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))
        assert isinstance(placed, OrderReport)

        cancelled = await here.venue.cancel_entry(order, placed.venue_order_id)

        assert isinstance(cancelled, OrderReport)
        found = await here.venue.find_entry(order)
        assert found is not None
        assert found.status is OrderStatus.CANCELLED
        assert await here.venue.find_entry(entry(client_order_id="sig-2")) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quantity": Decimal("1.5")}, "Fractional quantity not supported"),
        ({"quantity": None, "notional": Decimal(100)}, "Notional not supported"),
        ({"extended_hours": True}, "Extended hours for market orders not supported"),
        ({"time_in_force": TicketTime.OPG}, "Time in force 'opg' not supported"),
    ],
)
async def test_given_a_ticket_that_cannot_be_taken_when_sent_then_a_sentence(
    tmp_path, changes, why
):
    async with desk(tmp_path) as here:
        order = entry(**changes)

        answer = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.INVALID
        assert why in answer.message
        assert here.broker.bodies == []


async def test_given_an_intent_when_entered_then_its_instruction(tmp_path):
    async with desk(tmp_path) as here:
        order = entry(side=OrderSide.SELL, intent=PositionIntent.SELL_TO_OPEN)

        await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert leg_of(here.broker.bodies[0])["instruction"] == "SELL_SHORT"
        assert here.broker.book.positions["AAPL"][0] == -5


@pytest.mark.parametrize(
    ("fault", "kind"), [("429", RefusalKind.RATE_LIMITED), ("500", None)]
)
async def test_given_an_error_when_sent_then_judged(tmp_path, fault, kind):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close()
        prepared = here.venue.prepare(order)
        here.broker.fault(ORDERS, fault)

        if kind is None:
            with pytest.raises(OutcomeUnknown):
                await here.venue.send(order, prepared)
        else:
            answer = await here.venue.send(order, prepared)
            assert isinstance(answer, Refusal)
            assert answer.kind is kind


async def test_given_a_body_with_errors_when_sent_then_the_words_are_kept(tmp_path):
    async with desk(tmp_path) as here:
        order = entry(symbol="NOPE")

        answer = await here.venue.send_entry(order, here.venue.prepare_entry(order))

        assert isinstance(answer, Refusal)
        assert "symbol is not valid" in answer.message


async def test_b072_given_an_entry_that_the_broker_forgot_then_none_and_not_a_failure(
    tmp_path,
):
    async with desk(tmp_path) as here:
        order = entry(order=TicketType.LIMIT, limit_price=Decimal(100))
        placed = await here.venue.send_entry(order, here.venue.prepare_entry(order))
        assert isinstance(placed, OrderReport)
        here.broker.book.orders.clear()
        here.broker.book.roots.clear()

        assert await here.venue.find_entry(order, placed.venue_order_id) is None
        here.broker.fault(f"/orders/{placed.venue_order_id}", "503", "503", "503")
        with pytest.raises(VenueUnavailable):
            await here.venue.find_entry(order, placed.venue_order_id)
