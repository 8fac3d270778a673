"""What is written to Interactive Brokers: references, closes, tickets, brackets."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exitd.adapters.interactive_brokers.orders import (
    STORED,
    close_body,
    stored,
    ticket_orders,
)
from exitd.adapters.interactive_brokers.references import (
    client_order_id_of,
    reference_of,
)
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.position import OrderSide
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.core.trigger import OrderType

ACCOUNT, CONID = "DU1234567", 265598

CLOSE = CloseOrder(
    attempt=AttemptKey("aapl/sl", 1, 1),
    account="ib",
    symbol="AAPL",
    side=OrderSide.SELL,
    quantity=Decimal("10"),
    order=OrderType.MARKET,
    price=None,
    time_in_force=TimeInForce.IOC,
    client_order_id=16_777_217,
)
TICKET = Ticket(
    symbol="AAPL",
    asset_class=AssetClass.EQUITY,
    side=OrderSide.BUY,
    quantity=Decimal("100"),
    order=TicketType.MARKET,
    client_order_id="sig-1",
)


@given(st.integers(0, 2**32 - 1))
def test_given_a_number_when_written_and_read_then_the_same(number):
    assert client_order_id_of(reference_of(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "exitd-",
        "exitd-01",
        "exitd--1",
        "exitd-+1",
        "exitd- 1",
        "exitd-1 ",
        "exitd-4294967296",
        "exitd-99999999999999999999",
        "exitd-\u0661",
        "EXITD-1",
        "xexitd-1",
        "sig-1",
    ],
)
def test_given_another_text_when_read_then_it_is_none_of_our_closes(text):
    assert client_order_id_of(text) is None


def test_given_a_close_when_written_then_numbers_are_exact_and_it_says_who():
    body = close_body(ACCOUNT, CONID, CLOSE)

    assert body == {
        "acctId": ACCOUNT,
        "conid": CONID,
        "cOID": "exitd-16777217",
        "orderType": "MKT",
        "side": "SELL",
        "quantity": Decimal(10),
        "tif": "DAY",
        "outsideRTH": False,
    }


@pytest.mark.parametrize(
    ("tif", "written"), [(TimeInForce.IOC, "IOC"), (TimeInForce.GTC, "GTC")]
)
def test_given_a_limit_close_when_stored_then_its_price_digit_for_digit(tif, written):
    order = replace(
        CLOSE,
        order=OrderType.LIMIT,
        price=Decimal("151.10"),
        quantity=Decimal("1E+2"),
        time_in_force=tif,
    )

    raw = STORED.decode(stored("orders", [close_body(ACCOUNT, CONID, order)])).body

    assert '"price":151.1}' in raw
    assert '"quantity":100,' in raw
    assert json.loads(raw)["orders"][0]["tif"] == written


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"orderType": "MKT"}),
        (
            {"order": TicketType.LIMIT, "limit_price": Decimal("151.00")},
            {"orderType": "LMT", "price": Decimal(151)},
        ),
        (
            {"order": TicketType.STOP, "stop_price": Decimal("150.50")},
            {"orderType": "STP", "price": Decimal("150.5")},
        ),
        (
            {
                "order": TicketType.STOP_LIMIT,
                "stop_price": Decimal("150.50"),
                "limit_price": Decimal("151.00"),
            },
            {
                "orderType": "STOP_LIMIT",
                "price": Decimal(151),
                "auxPrice": Decimal("150.5"),
            },
        ),
        (
            {"order": TicketType.TRAILING_STOP, "trail_percent": Decimal("2.5")},
            {
                "orderType": "TRAIL",
                "trailingAmt": Decimal("2.5"),
                "trailingType": "%",
            },
        ),
        (
            {"order": TicketType.TRAILING_STOP, "trail_price": Decimal(6)},
            {"orderType": "TRAIL", "trailingAmt": Decimal(6), "trailingType": "amt"},
        ),
        ({"time_in_force": TicketTime.CLS}, {"orderType": "MOC", "tif": "DAY"}),
        ({"time_in_force": TicketTime.OPG}, {"tif": "OPG"}),
        (
            {
                "extended_hours": True,
                "order": TicketType.LIMIT,
                "limit_price": Decimal(151),
            },
            {"outsideRTH": True},
        ),
        (
            {"quantity": None, "notional": Decimal(10000)},
            {"cashQty": Decimal(10000)},
        ),
    ],
)
def test_given_a_ticket_when_written_then_the_fields_of_the_web_api(changes, wanted):
    (order,) = ticket_orders(ACCOUNT, CONID, replace(TICKET, **changes))

    assert order | wanted == order
    assert order["cOID"] == "sig-1"
    assert ("quantity" in order) is ("cashQty" not in order)


def test_given_exits_when_written_then_children_of_one_array_without_ids():
    exits = AttachedExits(
        take_profit_price=Decimal(160),
        stop_price=Decimal(145),
        stop_limit_price=Decimal("144.5"),
    )

    parent, target, stop = ticket_orders(
        ACCOUNT, CONID, replace(TICKET, attached=exits)
    )

    assert parent["cOID"] == target["parentId"] == stop["parentId"] == "sig-1"
    assert "cOID" not in target
    assert (target["side"], target["orderType"], target["price"]) == (
        "SELL",
        "LMT",
        160,
    )
    assert (stop["orderType"], stop["price"]) == ("STOP_LIMIT", Decimal("144.5"))
    assert stop["auxPrice"] == 145
    assert target["tif"] == stop["tif"] == "GTC"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client_order_id": "exitd-7"}, "for exitd's own closes"),
        ({"asset_class": AssetClass.CRYPTO}, "only stocks"),
        ({"time_in_force": TicketTime.FOK}, "'fok' not supported"),
        (
            {
                "time_in_force": TicketTime.CLS,
                "order": TicketType.STOP,
                "stop_price": Decimal(1),
            },
            "'cls' not supported for stop orders",
        ),
        (
            {
                "attached": AttachedExits(
                    take_profit_price=Decimal(9), touch_price=Decimal(10)
                )
            },
            "no order that waits to be touched",
        ),
        (
            {
                "quantity": None,
                "notional": Decimal(1),
                "attached": AttachedExits(stop_price=Decimal(1)),
            },
            "no fixed child quantity",
        ),
    ],
)
def test_given_a_ticket_that_cannot_be_taken_when_written_then_a_sentence(changes, why):
    with pytest.raises(ValueError, match=why):
        ticket_orders(ACCOUNT, CONID, replace(TICKET, **changes))
