"""Entries at Alpaca: every type, what is attached, and what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from adapters.alpaca_desk import AlpacaDesk, desk
from exitd.adapters.alpaca.tickets import entry_body
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    PositionIntent,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Refusal


def entry(**more) -> EntryOrder:
    terms = {
        "symbol": "AAPL",
        "asset_class": AssetClass.EQUITY,
        "side": OrderSide.BUY,
        "order": TicketType.MARKET,
        "client_order_id": "alert-1",
        **more,
    }
    if "notional" not in terms:
        terms.setdefault("quantity", Decimal(10))
    return EntryOrder(id="route-1", account="alpaca", ticket=Ticket(**terms))


@pytest.fixture
async def at() -> AsyncIterator[AlpacaDesk]:
    async with desk() as at_it:
        yield at_it


async def send(at: AlpacaDesk, order: EntryOrder) -> OrderReport | Refusal:
    return await at.venue.send_entry(order, at.venue.prepare_entry(order))


@pytest.mark.parametrize(
    ("terms", "body"),
    [
        ({}, {"type": "market", "qty": "10", "time_in_force": "day"}),
        (
            {"notional": Decimal("100.50")},
            {"type": "market", "notional": "100.5", "time_in_force": "day"},
        ),
        (
            {"order": TicketType.LIMIT, "limit_price": Decimal("139.50")},
            {"type": "limit", "limit_price": "139.5"},
        ),
        (
            {"order": TicketType.STOP, "stop_price": Decimal(150)},
            {"type": "stop", "stop_price": "150"},
        ),
        (
            {
                "order": TicketType.STOP_LIMIT,
                "stop_price": Decimal(105),
                "limit_price": Decimal(106),
                "time_in_force": TicketTime.GTC,
            },
            {
                "type": "stop_limit",
                "stop_price": "105",
                "limit_price": "106",
                "time_in_force": "gtc",
            },
        ),
        (
            {"order": TicketType.TRAILING_STOP, "trail_percent": Decimal("2.50")},
            {"type": "trailing_stop", "trail_percent": "2.5"},
        ),
        ({"intent": PositionIntent.BUY_TO_OPEN}, {"position_intent": "buy_to_open"}),
        (
            {
                "order": TicketType.LIMIT,
                "limit_price": Decimal(139),
                "extended_hours": True,
            },
            {"extended_hours": True},
        ),
        (
            {"attached": AttachedExits(take_profit_price=Decimal(160))},
            {"order_class": "oto", "take_profit": {"limit_price": "160"}},
        ),
        (
            {
                "attached": AttachedExits(
                    take_profit_price=Decimal(160),
                    stop_price=Decimal(130),
                    stop_limit_price=Decimal("129.5"),
                )
            },
            {
                "order_class": "bracket",
                "take_profit": {"limit_price": "160"},
                "stop_loss": {"stop_price": "130", "limit_price": "129.5"},
            },
        ),
    ],
)
async def test_given_a_ticket_when_sent_then_in_alpacas_words_and_taken(
    at, terms, body
):
    order = entry(**terms)
    written = entry_body(order.ticket)

    report = await send(at, order)

    assert body.items() <= written.items()
    assert isinstance(report, OrderReport), report
    assert report.reference == "alert-1"
    assert report.client_order_id is None


def test_given_an_exit_that_is_touched_first_when_attached_then_a_bug():
    touched = AttachedExits(take_profit_price=Decimal(160), touch_price=Decimal(161))

    with pytest.raises(AssertionError):
        entry_body(entry(attached=touched).ticket)


async def test_given_too_little_money_when_sent_then_refused_as_such(at):
    answer = await send(at, entry(quantity=Decimal(1_000_000)))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.MARGIN


async def test_b088_given_a_lost_reply_when_sent_again_then_one_entry(at):
    order = entry()
    prepared = at.venue.prepare_entry(order)
    at.there.faults.add("lost_reply", "/v2/orders", "POST")
    with pytest.raises(OutcomeUnknown):
        await at.venue.send_entry(order, prepared)

    again = await at.venue.send_entry(order, prepared)

    assert isinstance(again, OrderReport)
    assert again.status is OrderStatus.FILLED
    assert at.there.exchange.book.held("AAPL") == 10


async def test_b088_given_an_entry_of_the_same_id_when_it_differs_then_refused(at):
    await send(at, entry())

    answer = await send(at, entry(quantity=Decimal(5)))

    assert isinstance(answer, Refusal)
    assert "another order has the client id alert-1" in answer.message
    assert at.there.exchange.book.held("AAPL") == 10


async def test_given_an_entry_when_asked_for_then_by_either_id(at):
    order = entry(order=TicketType.LIMIT, limit_price=Decimal(130))
    sent = await send(at, order)
    assert isinstance(sent, OrderReport)

    by_client = await at.venue.find_entry(order)
    by_venue = await at.venue.find_entry(order, sent.venue_order_id)

    assert by_client is not None
    assert by_venue is not None
    assert by_client.venue_order_id == by_venue.venue_order_id
    assert await at.venue.find_entry(entry(client_order_id="alert-2")) is None
    at.there.faults.add("unavailable", count=1)
    with pytest.raises(VenueUnavailable):
        await at.venue.find_entry(order)


async def test_given_an_entry_that_was_replaced_when_asked_for_then_its_successor(at):
    order = entry(order=TicketType.LIMIT, limit_price=Decimal(130))
    sent = await send(at, order)
    assert isinstance(sent, OrderReport)
    old = at.there.exchange.order(sent.venue_order_id)
    fresh = at.there.replace(old, {"limit_price": "131"})

    found = await at.venue.find_entry(order, sent.venue_order_id)

    assert found is not None
    assert (found.venue_order_id, found.price) == (fresh.id, 131)


async def test_given_an_entry_that_works_when_taken_back_then_cancelled(at):
    order = entry(order=TicketType.LIMIT, limit_price=Decimal(130))
    sent = await send(at, order)
    assert isinstance(sent, OrderReport)

    answer = await at.venue.cancel_entry(order, sent.venue_order_id)

    assert isinstance(answer, OrderReport)
    assert answer.status is OrderStatus.CANCELLED
    again = await at.venue.cancel_entry(order, "")
    assert isinstance(again, Refusal)


async def test_given_an_entry_in_pieces_when_cancelled_then_what_filled_is_told(at):
    at.there.exchange.matching.room["AAPL"] = Decimal(4)
    order = entry()
    sent = await send(at, order)
    assert isinstance(sent, OrderReport)

    answer = await at.venue.cancel_entry(order, sent.venue_order_id)

    assert sent.status is OrderStatus.PARTIALLY_FILLED
    assert isinstance(answer, OrderReport)
    assert (answer.status, answer.filled) == (OrderStatus.CANCELLED, 4)
    assert answer.filled_quote == 4 * 140
