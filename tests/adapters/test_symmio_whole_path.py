"""A close on the chain from its signature to its end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chain.deployed import CLOSER, VERSIONS
from chain.world import World, world
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import Side
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount
from exitd.ports.venue import PrivateEvent, Refusal


def orders(events: list[PrivateEvent]) -> list[OrderReport]:
    return [e for e in events if isinstance(e, OrderReport)]


def held(events: list[PrivateEvent]) -> list[Decimal]:
    return [e.quantity for e in events if isinstance(e, PositionReport)]


async def working(w: World, quantity: str = "100", **how: object) -> tuple:
    """A quote with a close of ours pending on the chain, told already."""
    quote_id = w.chain.open()
    symbol = await w.ready(quote_id)
    order = w.order(symbol, quantity, **how)
    report = await w.send(order)
    assert isinstance(report, OrderReport), report
    await w.look()
    return quote_id, order, report


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


async def test_given_access_taken_away_in_flight_then_refused_as_unauthorized():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        sub = SubAccount(w.chain.sub, w.chain.multi.address)
        before = await w.venue.chain.missing_access(sub)
        w.pool.is_mining = False
        order = w.order(symbol)
        prepared = w.venue.prepare(order)
        # Tried while it was still allowed, mined when it is not.
        with w.impatient():
            await w.venue.send(order, prepared)
        w.chain.revoke()
        w.pool.mine()

        events = await w.look()

        (failed,) = orders(events)
        assert failed.refusal is RefusalKind.UNAUTHORIZED
        assert failed.client_order_id == order.client_order_id
        assert before == ()
        assert await w.venue.chain.missing_access(sub) == ("requestToClosePosition",)
        assert w.chain.status(quote_id) == 4


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_given_a_revocation_is_proposed_then_somebody_is_told(version):
    async with world(version) as w:
        await w.ready(w.chain.open())
        functions = [bytes.fromhex("501e891f")]
        propose = w.chain.multi.functions.proposeToRevokeAccesses

        w.chain.do(propose(w.chain.sub, CLOSER, functions), w.chain.owner)
        w.chain.do(propose(w.chain.sub, w.chain.stranger, functions), w.chain.owner)
        await w.look()
        await w.look()

        assert len(w.notices) == 1
        assert "revoke" in w.notices[0]


async def test_given_a_restart_when_recalled_then_closes_found_by_their_ids():
    async with world() as w:
        quote_id, order, report = await working(w, rests=True)
        w.chain.fill(quote_id, "40", "1.95")
        since_ns = w.venue.venue_now_ns() - 120 * 10**9
        await w.venue.close()
        w.start()
        await w.ready(quote_id)

        (found,) = await w.venue.orders_since(since_ns, order.symbol)
        (resting,) = await w.venue.open_orders()
        (fill,) = await w.venue.fills_since(since_ns)

        assert found.client_order_id == order.client_order_id
        assert found.venue_order_id == report.venue_order_id
        assert (found.status, found.filled) == (OrderStatus.PARTIALLY_FILLED, 40)
        assert resting.client_order_id == order.client_order_id
        assert fill.quantity == 40


async def test_given_no_recall_when_positions_are_listed_then_an_error_not_none():
    async with world() as w:
        w.chain.open()
        await w.venue.sync_clock()

        with pytest.raises(VenueUnavailable, match="recalled"):
            await w.venue.positions()


async def test_given_a_short_when_asked_then_its_side_size_and_number():
    async with world() as w:
        quote_id = w.chain.open("7.2", "2.1870", short=True)
        symbol = await w.ready(quote_id)

        report, other = await w.venue.positions(symbol)

        assert (report.key.side, report.quantity) == (Side.SHORT, Decimal("7.2"))
        assert report.entry_price == Decimal("2.187")
        assert report.position_id == str(quote_id)
        assert (other.key.side, other.quantity) == (Side.LONG, 0)


async def test_given_the_chain_when_asked_by_the_api_then_owner_quote_and_market():
    async with world() as w:
        quote_id = w.chain.open()
        chain = w.venue.chain
        await w.venue.sync_clock()
        await chain.recall(())
        sub = SubAccount(w.chain.sub, w.chain.multi.address)

        quote = await chain.quote(quote_id)
        assert quote is not None
        instrument = await chain.instrument(quote)
        chain.follow(sub, quote)

        assert instrument is not None
        assert instrument.symbol == f"XRPUSDT#{quote_id}"
        assert (instrument.base, instrument.quote) == ("XRP", "USDT")
        assert await chain.owner_of(sub) == w.chain.owner
        nobody = SubAccount(w.chain.stranger, w.chain.multi.address)
        assert await chain.owner_of(nobody) is None
        assert await chain.quote(10**9) is None
        assert await chain.is_contract(w.chain.sub)
        assert not await chain.is_contract(w.chain.owner)
        assert [p.quantity for p in await w.venue.positions()] == [100]


async def test_given_a_foreign_multi_account_then_not_believed():
    async with world() as w:
        sub = SubAccount(w.chain.sub, w.chain.stranger)

        with pytest.raises(VenueUnavailable, match="multi_accounts"):
            await w.venue.chain.owner_of(sub)


async def test_given_a_smart_wallet_when_asked_then_it_says_what_it_signed():
    async with world() as w:
        wallet, digest = w.chain.wallet, b"\7" * 32
        w.chain.do(wallet.functions.accept(digest))
        accepts = w.venue.chain.accepts_signature

        assert await accepts(wallet.address, digest, b"\1" * 65)
        assert not await accepts(wallet.address, b"\6" * 32, b"\1" * 65)
        assert not await accepts(wallet.address, digest, b"")
        assert not await accepts(w.chain.trading.address, digest, b"\1" * 65)
        assert not await accepts(w.chain.owner, digest, b"\1" * 65)


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
