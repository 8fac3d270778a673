"""The stream of order updates: what it tells, and what it is told by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.alpaca_desk import AlpacaDesk, desk
from contract.venue_rig import close, is_held, lost, sent
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import Side
from exitd.core.trigger import OrderType
from exitd.errors import FeedError
from exitd.ports.venue import PrivateEvent, StreamUp
from fakes.observed import Observed

BRACKET = {
    "symbol": "AAPL",
    "side": "buy",
    "type": "market",
    "time_in_force": "gtc",
    "qty": "10",
    "client_order_id": "alert-1",
    "order_class": "bracket",
    "take_profit": {"limit_price": "150"},
    "stop_loss": {"stop_price": "130"},
}


class Told(Observed[PrivateEvent]):
    async def order(self, **fields: Any) -> OrderReport:
        """Wait for a report of an order with these fields."""
        found = await self.until(
            lambda e: (
                isinstance(e, OrderReport)
                and all(getattr(e, name) == value for name, value in fields.items())
            )
        )
        assert isinstance(found, OrderReport)
        return found

    async def position(self, quantity: str) -> PositionReport:
        found = await self.until(is_held(quantity))
        assert isinstance(found, PositionReport)
        return found


@asynccontextmanager
async def streaming(at: AlpacaDesk) -> AsyncIterator[Told]:
    told = Told()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lost(at.venue.run_stream(told)))
        await told.until(lambda e: isinstance(e, StreamUp))
        try:
            yield told
        finally:
            at.venue.abort_stream()
            await task


@pytest.fixture
async def at() -> AsyncIterator[AlpacaDesk]:
    async with desk(is_prompt=False) as at_it:
        yield at_it


async def test_given_a_close_when_it_fills_in_pieces_then_each_is_told_once(at):
    await at.hold("10")
    at.there.exchange.matching.room["AAPL"] = Decimal(4)
    async with streaming(at) as told:
        await told.position("10")
        one = close(at, "10")

        await sent(at, one)
        part = await told.order(status=OrderStatus.PARTIALLY_FILLED)
        await told.position("6")
        at.there.exchange.matching.room.clear()
        at.there.exchange.matching.run("AAPL")
        await told.order(status=OrderStatus.FILLED)

    assert part.client_order_id == one.client_order_id
    assert (part.filled, part.reduce_only) == (4, True)
    fills = [e for e in told.all if isinstance(e, FillReport)]
    assert [fill.quantity for fill in fills] == [4, 6]
    since_ns = fills[0].ts_venue_ns - 1
    again = await at.venue.fills_since(since_ns, "AAPL")
    assert [fill.trade_id for fill in again] == [fill.trade_id for fill in fills]
    assert {fill.client_order_id for fill in again} == {one.client_order_id}


async def test_given_a_fill_when_told_then_the_position_has_its_instant(at):
    await at.hold("10")
    async with streaming(at) as told:
        await told.position("10")

        await sent(at, close(at, "4"))

        done = await told.order(status=OrderStatus.FILLED)
        after = await told.position("6")

    # An earlier position would seem not to show the fill, and be taken less of it.
    assert after.ts_venue_ns >= done.ts_venue_ns


async def test_given_an_entry_when_it_fills_then_its_entry_price_follows(at):
    async with streaming(at) as told:
        at.there.exchange.submit(
            {**BRACKET, "order_class": "", "take_profit": None, "stop_loss": None}
        )
        at.there.exchange.matching.run("AAPL")

        entry = await told.until(
            lambda e: isinstance(e, PositionReport) and e.entry_price is not None
        )

    assert isinstance(entry, PositionReport)
    assert (entry.key.side, entry.quantity, entry.entry_price) == (Side.LONG, 10, 140)


async def test_given_a_bracket_when_it_fills_then_its_exits_name_their_parent(at):
    async with streaming(at) as told:
        parent = at.there.exchange.submit(BRACKET)
        at.there.exchange.matching.run("AAPL")

        exit_ = await told.order(parent=parent.id)

    assert exit_.reference == parent.legs[0].client_order_id
    assert exit_.client_order_id is None
    entry = next(e for e in told.all if isinstance(e, OrderReport))
    assert (entry.reference, entry.parent) == ("alert-1", "")
    resting = await at.venue.open_orders("AAPL")
    assert {report.parent for report in resting} == {parent.id}
    assert {report.is_trigger for report in resting} == {True, False}


@pytest.mark.parametrize(
    ("price", "is_stop", "level"), [("129", True, "130"), ("151", False, "150")]
)
async def test_given_an_exit_at_the_broker_when_it_fills_then_what_tells_it_is_there(
    at, price, is_stop, level
):
    async with streaming(at) as told:
        parent = at.there.exchange.submit(BRACKET)
        at.there.exchange.matching.run("AAPL")

        at.there.exchange.set_price("AAPL", Decimal(price))

        exit_ = await told.order(parent=parent.id, status=OrderStatus.FILLED)

    assert exit_.is_trigger is is_stop
    found = exit_.trigger_price if is_stop else exit_.price
    assert found == Decimal(level)
    assert exit_.order is (OrderType.MARKET if is_stop else OrderType.LIMIT)
    assert exit_.filled == 10
    assert exit_.filled_quote > 0


async def test_given_an_exit_that_is_replaced_when_told_then_it_goes_on(at):
    async with streaming(at) as told:
        parent = at.there.exchange.submit(BRACKET)
        at.there.exchange.matching.run("AAPL")
        take = parent.legs[0]

        fresh = at.there.replace(take, {"limit_price": "155"})

        new = await told.order(price=Decimal(155))
        at.there.exchange.cancel(fresh)
        gone = await told.order(venue_order_id=take.id, status=OrderStatus.CANCELLED)

    # Alpaca replaces exits by itself; one that goes on has not ended.
    assert (new.venue_order_id, new.parent) == (take.id, parent.id)
    assert new.status is OrderStatus.WORKING
    assert (gone.reference, gone.price) == (take.client_order_id, 155)


async def test_given_a_position_that_went_while_down_when_up_then_told_as_flat(at):
    await at.hold("10")
    async with streaming(at) as told:
        await told.position("10")
    at.there.exchange.book.apply("AAPL", Decimal(-10), Decimal(140))

    async with streaming(at) as again:
        flat = await again.until(
            lambda e: isinstance(e, PositionReport) and e.key.side is Side.LONG
        )

    assert isinstance(flat, PositionReport)
    assert flat.quantity == 0


async def test_given_positions_that_cannot_be_read_when_up_then_lost_not_flat(at):
    await at.hold("10")
    at.there.faults.add("unavailable", "/v2/positions", count=5)
    told = Told()

    with pytest.raises(FeedError, match="positions could not be read"):
        await at.venue.run_stream(told)

    assert not [e for e in told.all if isinstance(e, PositionReport)]


async def test_given_a_wrong_key_when_connecting_then_lost_and_said_why(at):
    at.there.exchange.keys = ("another", "pair")

    with pytest.raises(FeedError, match="check the key") as caught:
        await at.venue.run_stream(Told())

    assert "secret-of-the-tests" not in str(caught.value)


async def test_given_a_stream_that_breaks_when_run_again_then_it_tells_on(at):
    await at.hold("10")
    told = Told()
    running = asyncio.ensure_future(at.venue.run_stream(told))
    await told.position("10")

    at.there.updates.drop()

    with pytest.raises(FeedError):
        await running
    async with streaming(at) as again:
        await again.position("10")


@pytest.mark.parametrize(
    "frame",
    [b"not json", b'{"stream":"trade_updates","data":{"event":"fill"}}'],
)
async def test_given_an_update_that_cannot_be_read_then_dropped_and_read_by_rest(
    at, frame
):
    stream = at.venue._stream
    told = Told()
    running = asyncio.ensure_future(at.venue.run_stream(told))
    await told.until(lambda e: isinstance(e, StreamUp))

    stream._on_frame(frame)

    with pytest.raises(FeedError, match="cannot be read"):
        await running
    assert stream.garbage == 1
