"""A close on the chain from its signature to its end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chain.closing import held, orders, working
from chain.deployed import VERSIONS
from chain.world import world
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.ports.venue import Refusal


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_quote_when_closed_and_filled_then_told_all_of_it(version):
    async with world(version) as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        first = await w.look()
        order = w.order(symbol)

        report = await w.send(order)
        assert isinstance(report, OrderReport), report
        assert report.status is OrderStatus.WORKING
        assert report.client_order_id == order.client_order_id
        assert w.chain.status(quote_id) == 5
        w.chain.fill(quote_id, "100", "1.95")
        events = await w.look()

        assert held(first) == [100]
        (fill,) = [e for e in events if isinstance(e, FillReport)]
        done = orders(events)[-1]
        assert fill.client_order_id == order.client_order_id
        assert (fill.quantity, fill.price) == (100, Decimal("1.95"))
        assert done.status is OrderStatus.FILLED
        assert done.client_order_id == order.client_order_id
        assert done.filled_quote == 195
        assert done.venue_order_id == report.venue_order_id
        assert held(events) == [0]
        assert await w.look() == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_limit_close_when_filled_in_parts_then_each_told_once(version):
    async with world(version) as w:
        quote_id, order, report = await working(w, "50", rests=True)
        seen = []
        for quantity, price in (("20", "1.95"), ("30", "2.05")):
            w.chain.fill(quote_id, quantity, price)
            seen.append(await w.look())

        (first,), (last,) = (orders(events) for events in seen)
        assert (first.status, first.filled) == (OrderStatus.PARTIALLY_FILLED, 20)
        assert (last.status, last.filled) == (OrderStatus.FILLED, 50)
        assert last.filled_quote == Decimal("100.5")
        assert [held(events) for events in seen] == [[80], [50]]
        assert w.chain.status(quote_id) == 4
        assert {first.client_order_id, last.client_order_id} == {order.client_order_id}
        assert report.venue_order_id == last.venue_order_id


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_an_expired_close_when_watched_then_freed_and_asked_again(version):
    async with world(version) as w:
        quote_id, order, _ = await working(w)
        w.pass_time(181)

        await w.look()
        events = await w.look()
        again = await w.send(w.order(order.symbol))

        (expired,) = orders(events)
        assert expired.status is OrderStatus.EXPIRED
        assert expired.client_order_id == order.client_order_id
        assert isinstance(again, OrderReport)
        assert again.status is OrderStatus.WORKING
        assert w.chain.status(quote_id) == 5


async def test_given_an_expired_close_of_the_owner_when_watched_then_freed_too():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        await w.look()
        w.chain.ask_close(quote_id, "100", "3", seconds=60)

        refused = await w.send(w.order(symbol))
        w.pass_time(61)
        await w.look()

        assert isinstance(refused, Refusal)
        assert refused.kind is RefusalKind.OWN_ORDERS
        assert w.chain.status(quote_id) == 4


async def test_given_an_expired_close_when_seen_twice_then_freed_by_one_transaction():
    async with world() as w:
        await working(w)
        w.pool.is_mining = False
        w.pass_time(181)
        before = len(w.pool.waiting)

        await w.look()
        await w.look()
        await w.look()

        assert len(w.pool.waiting) - before == 1


async def test_given_a_liquidation_when_watched_then_the_position_is_gone():
    async with world() as w:
        quote_id = w.chain.open()
        await w.ready(quote_id)
        await w.look()

        w.chain.do(w.chain.trading.functions.liquidate(quote_id))
        events = await w.look()

        assert held(events) == [0]


async def test_given_a_close_when_liquidated_then_it_is_over_with_nothing_filled():
    async with world() as w:
        quote_id, order, _ = await working(w)

        w.chain.do(w.chain.trading.functions.liquidate(quote_id))
        events = await w.look()

        (over,) = orders(events)
        assert (over.status, over.filled) == (OrderStatus.CANCELLED, 0)
        assert over.client_order_id == order.client_order_id


async def test_given_a_quote_that_has_ended_for_long_then_it_is_not_read_any_more():
    async with world(reorg_blocks=3) as w:
        quote_id, order, _ = await working(w)
        w.chain.fill(quote_id, "100", "1.95")
        await w.look()
        w.chain.mine(4)
        await w.look()
        asked = len(w.nodes[0].asked)

        await w.look()
        calls = w.nodes[0].asked[asked:].count("eth_call")
        report, _ = await w.venue.positions(order.symbol)

        assert calls == 0
        assert report.quantity == 0


async def test_given_a_quote_that_has_ended_for_long_then_nothing_of_it_is_kept():
    async with world(reorg_blocks=3) as w:
        ended_id, order, _ = await working(w)
        w.chain.fill(ended_id, "100", "1.95")
        other_id = w.chain.open()
        await w.ready(other_id)
        await w.look()
        session = w.venue._session
        before = session.history.ledger.of(ended_id)

        w.chain.mine(4)
        await w.look()
        kept = set(session.history.ledger.bases)
        reports = await w.venue.orders_since(0, order.symbol)

        assert before[1]
        assert kept == {other_id}
        assert [r.status for r in reports] == [OrderStatus.FILLED]
        assert [r.client_order_id for r in reports] == [order.client_order_id]


async def test_given_quotes_that_ended_one_after_the_other_then_instants_go_too():
    async with world(reorg_blocks=3) as w:
        history = None
        sizes = []
        for _ in range(4):
            quote_id, _, _ = await working(w)
            w.chain.fill(quote_id, "100", "1.95")
            await w.look()
            w.chain.mine(4)
            await w.look()
            history = w.venue._session.history
            sizes.append(len(history.instants.by_block))

        assert history is not None
        assert sizes[1:] == sizes[1:2] * 3
        assert not history.ledger.authors
