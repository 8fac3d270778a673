"""What is read on the chain: whose it is, who may close, what was before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chain.closing import orders, working
from chain.world import world
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderStatus
from exitd.core.position import Side
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount


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


async def test_given_a_close_older_than_the_history_then_it_rests_all_the_same():
    async with world(history_blocks=3) as w:
        quote_id = w.chain.open()
        w.chain.ask_close(quote_id, "60", "3", seconds=10_000)
        w.chain.mine(10)
        symbol = await w.ready(quote_id)

        (resting,) = await w.venue.open_orders(symbol)
        answer = await w.venue.cancel_order(
            symbol, venue_order_id=resting.venue_order_id
        )

        assert resting.client_order_id is None
        assert (resting.quantity, resting.price) == (60, 3)
        assert answer is None
        assert w.chain.status(quote_id) == 6


async def test_given_a_close_of_the_owner_when_listed_then_it_is_nobodys_of_ours():
    async with world() as w:
        quote_id = w.chain.open()
        w.chain.ask_close(quote_id, "60", "3", seconds=10_000)
        w.chain.mine(10)
        symbol = await w.ready(quote_id)

        (resting,) = await w.venue.open_orders(symbol)

        assert resting.client_order_id is None
        assert resting.venue_order_id.startswith("0x")
