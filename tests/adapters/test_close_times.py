"""A close with a time in force of its own, as each broker writes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.alpaca_desk import desk
from exitd.adapters.alpaca.closes import close_body as alpaca
from exitd.adapters.backpack.closes import close_body as backpack
from exitd.adapters.interactive_brokers.orders import close_body as at_brokers
from exitd.adapters.schwab.bodies import close_body as schwab
from exitd.core.asked_time import AskedTime
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import TicketTime
from exitd.core.trigger import OrderType

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC
DAY, FOR_GOOD = TicketTime.DAY, TicketTime.GTC
AT_ONCE, WHOLE = TicketTime.IOC, TicketTime.FOK


def limit(
    time: TicketTime | None = None,
    *,
    extended: bool = False,
    rests: TimeInForce = GTC,
    symbol: str = "AAPL",
    quantity: str = "5",
) -> CloseOrder:
    return CloseOrder(
        attempt=AttemptKey("aapl/tp", 1, 1),
        account="broker",
        symbol=symbol,
        side=OrderSide.SELL,
        quantity=Decimal(quantity),
        order=OrderType.LIMIT,
        price=Decimal("150.25"),
        time_in_force=rests,
        client_order_id=7,
        asked=AskedTime(time, extended),
    )


def unasked(order: CloseOrder) -> CloseOrder:
    return replace(order, asked=None)


@pytest.mark.parametrize(
    ("order", "written"),
    [
        (limit(DAY), "day"),
        (limit(FOR_GOOD), "gtc"),
        (limit(FOR_GOOD, quantity="5.5"), "day"),
        (limit(AT_ONCE), "day"),
        (limit(None, extended=True), "gtc"),
        (limit(DAY, symbol="BTC/USD"), "gtc"),
        (limit(AT_ONCE, symbol="BTC/USD"), "ioc"),
    ],
)
def test_given_a_time_at_alpaca_then_the_nearest_that_it_has(order, written):
    assert alpaca(order)["time_in_force"] == written


@pytest.mark.parametrize("extended", [False, True])
def test_given_extended_hours_then_each_broker_says_so_in_its_own_words(extended):
    order = limit(DAY, extended=extended)

    assert ("extended_hours" in alpaca(order)) is extended
    assert at_brokers("DU1", 265598, order)["outsideRTH"] is extended
    assert schwab(order)["session"] == ("SEAMLESS" if extended else "NORMAL")


@pytest.mark.parametrize(
    ("time", "rests", "words"),
    [
        (DAY, GTC, ("DAY", "DAY")),
        (FOR_GOOD, GTC, ("GOOD_TILL_CANCEL", "GTC")),
        (AT_ONCE, IOC, ("IMMEDIATE_OR_CANCEL", "IOC")),
        (WHOLE, IOC, ("FILL_OR_KILL", "IOC")),
    ],
)
def test_given_a_time_then_its_word_at_schwab_and_interactive_brokers(
    time, rests, words
):
    order = limit(time, rests=rests)

    written = schwab(order)["duration"], at_brokers("DU1", 265598, order)["tif"]
    assert written == words


@pytest.mark.parametrize(
    ("time", "rests", "word"),
    [
        (DAY, GTC, "GTC"),
        (FOR_GOOD, GTC, "GTC"),
        (AT_ONCE, IOC, "IOC"),
        (WHOLE, IOC, "FOK"),
    ],
)
def test_given_a_time_at_backpack_then_its_word(time, rests, word):
    assert backpack(limit(time, rests=rests))["timeInForce"] == word


@pytest.mark.parametrize("rests", [GTC, IOC])
def test_given_nobody_asked_then_every_close_is_what_it_was(rests):
    order = limit(FOR_GOOD, rests=rests)
    bodies: list[Any] = [alpaca, schwab, backpack]

    if rests is GTC:
        assert [b(order) for b in bodies] == [b(unasked(order)) for b in bodies]
    plain = at_brokers("DU1", 1, unasked(order))
    assert at_brokers("DU1", 1, order) == plain
    assert plain["outsideRTH"] is False


async def test_given_extended_hours_at_alpaca_when_it_is_closed_then_it_fills():
    async with desk() as at:
        await at.hold("10")
        at.there.exchange.is_open = False
        order = replace(limit(DAY, extended=True), price=Decimal(1))

        report = await at.venue.send(order, at.venue.prepare(order))

        assert isinstance(report, OrderReport)
        assert report.status is OrderStatus.FILLED
