"""Cancels of closes on the chain: a race that the solver may win."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chain.closing import held, orders, working
from chain.deployed import VERSIONS
from chain.world import world
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.ports.venue import Refusal


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_working_close_when_cancelled_and_granted_then_told(version):
    async with world(version) as w:
        quote_id, order, report = await working(w)

        answer = await w.venue.cancel_order(
            order.symbol, venue_order_id=report.venue_order_id
        )
        asked = await w.look()
        w.chain.accept_cancel(quote_id)
        events = await w.look()

        assert answer is None
        (still,) = orders(asked)
        assert still.status is OrderStatus.WORKING
        assert "cancel" in still.reason
        (cancelled,) = orders(events)
        assert cancelled.status is OrderStatus.CANCELLED
        assert cancelled.filled == 0
        assert cancelled.client_order_id == order.client_order_id


async def test_given_a_cancel_when_the_solver_fills_first_then_filled():
    async with world() as w:
        quote_id, order, _ = await working(w)
        await w.venue.cancel_order(order.symbol, client_order_id=order.client_order_id)

        w.chain.fill(quote_id, "100", "1.95")
        events = await w.look()

        assert orders(events)[-1].status is OrderStatus.FILLED
        assert held(events) == [0]


async def test_given_a_cancel_when_filled_in_part_then_cancelled_with_that_part():
    async with world() as w:
        quote_id, order, _ = await working(w, rests=True)
        await w.venue.cancel_order(order.symbol, client_order_id=order.client_order_id)

        w.chain.fill(quote_id, "40", "1.95")
        events = await w.look()

        last = orders(events)[-1]
        assert (last.status, last.filled) == (OrderStatus.CANCELLED, 40)
        assert held(events) == [60]
        assert w.chain.status(quote_id) == 4


async def test_given_a_cancel_under_way_when_asked_again_then_not_sent_again():
    async with world() as w:
        _, order, _ = await working(w)
        w.pool.is_mining = False

        answers = [
            await w.venue.cancel_order(
                order.symbol, client_order_id=order.client_order_id
            )
            for _ in range(3)
        ]

        assert answers == [None] * 3
        assert len(w.pool.waiting) == 1


async def test_given_another_order_when_cancelled_then_refused_and_nothing_sent():
    async with world() as w:
        quote_id, order, _ = await working(w)
        sent = len(w.pool.seen)

        answer = await w.venue.cancel_order(order.symbol, client_order_id=1)

        assert isinstance(answer, Refusal)
        assert len(w.pool.seen) == sent
        assert w.chain.status(quote_id) == 5


async def test_given_another_close_is_signed_when_one_is_cancelled_then_not_yet():
    async with world() as w:
        quote_id, order, _ = await working(w, "50")
        other = w.order(order.symbol, "50")
        signed = w.venue.prepare(other)

        early = await w.venue.cancel_order(
            order.symbol, client_order_id=order.client_order_id
        )
        refused = await w.venue.send(other, signed)
        answer = await w.venue.cancel_order(
            order.symbol, client_order_id=order.client_order_id
        )

        assert isinstance(early, Refusal)
        assert early.kind is RefusalKind.BUSY
        assert isinstance(refused, Refusal)
        assert refused.kind is RefusalKind.OWN_ORDERS
        assert answer is None
        assert w.chain.status(quote_id) == 6


async def test_given_what_is_read_is_older_when_cancelled_then_the_newer_is_spared():
    """The contract cancels what is pending by then, whatever was meant."""
    async with world() as w:
        quote_id, order, _ = await working(w, "50")
        session = w.venue._session
        session.settings = replace(session.settings, confirmations=3)
        w.chain.mine(3)
        w.chain.fill(quote_id, "50", "1.95")
        newer = w.order(order.symbol, "50")
        with w.impatient():
            # It is in the newest block, and what is read is older.
            await w.send(newer)
        assert w.chain.quote(quote_id)[4] == 1

        early = await w.venue.cancel_order(
            order.symbol, client_order_id=order.client_order_id
        )
        w.chain.mine(3)
        late = await w.venue.cancel_order(
            order.symbol, client_order_id=order.client_order_id
        )

        assert isinstance(early, Refusal)
        assert early.kind is RefusalKind.BUSY
        assert isinstance(late, Refusal)
        assert late.code == "none_pending"
        assert w.chain.status(quote_id) == 5


async def test_given_an_expired_close_when_cancelled_then_freed_at_once():
    async with world() as w:
        quote_id, order, _ = await working(w)
        w.pass_time(181)

        answer = await w.venue.cancel_order(
            order.symbol, client_order_id=order.client_order_id
        )

        assert isinstance(answer, OrderReport)
        assert answer.status is OrderStatus.EXPIRED
        assert w.chain.status(quote_id) == 4
