"""Nonces: stuck, outbid, left out, undone, and found again after a restart."""

from __future__ import annotations

from chain.deployed import CLOSER
from chain.world import World, world
from exitd.adapters.symmio.fees import FeePolicy
from exitd.adapters.symmio.outbox import RECEIPTS_LAG
from exitd.adapters.symmio.wallet import read_transaction
from exitd.core.attempt import CloseOrder, RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.ports.venue import Prepared, PrivateEvent, Refusal


def orders(events: list[PrivateEvent]) -> list[OrderReport]:
    return [e for e in events if isinstance(e, OrderReport)]


async def followed(w: World, quotes: int = 1) -> list[str]:
    numbers = [w.chain.open() for _ in range(quotes)]
    await w.ready(*numbers)
    await w.look()
    return [f"XRPUSDT#{number}" for number in numbers]


async def stuck(w: World, symbol: str) -> tuple[CloseOrder, Prepared]:
    """A close that no block takes for what it offers."""
    order = w.order(symbol)
    prepared = w.venue.prepare(order)
    with w.impatient():
        await w.venue.send(order, prepared)
    return order, prepared


async def test_given_a_stuck_close_when_blocks_pass_then_outbid_on_its_nonce():
    async with world(bump_after=3) as w:
        (symbol,) = await followed(w)
        w.pool.least_tip = 1_100_000_000
        order, prepared = await stuck(w, symbol)
        w.chain.mine(3)

        await w.look()
        events = await w.look()

        before = read_transaction(prepared.body)
        sent = w.chain.tester.get_block_by_number(w.chain.height)
        (mined,) = sent["transactions"]
        after = w.chain.tester.get_transaction_by_hash(mined)
        assert after["nonce"] == before.nonce
        assert after["max_fee_per_gas"] * 8 >= before.max_fee * 9
        assert after["max_priority_fee_per_gas"] * 8 >= before.priority_fee * 9
        (report,) = orders(events)
        assert report.status is OrderStatus.WORKING
        assert report.client_order_id == order.client_order_id


async def test_given_the_most_is_reached_when_stuck_then_it_waits_and_is_not_outbid():
    async with world(bump_after=1, fees=FeePolicy(most=1_000_000_000)) as w:
        (symbol,) = await followed(w)
        w.pool.least_tip = 2_000_000_000
        await stuck(w, symbol)
        for _ in range(4):
            w.chain.mine(2)
            await w.look()

        assert len({*w.pool.seen}) == 1


async def test_given_a_stuck_close_when_its_time_is_up_then_its_nonce_goes_to_nothing():
    async with world() as w:
        first, second = await followed(w, 2)
        w.pool.least_tip = 1_100_000_000
        order, _ = await stuck(w, first)
        w.pass_time(181)

        await w.look()
        events = await w.look()
        w.pool.least_tip = 0
        other = await w.send(w.order(second))

        (failed,) = orders(events)
        assert failed.client_order_id == order.client_order_id
        assert failed.refusal is RefusalKind.EXPIRED
        assert w.chain.status(int(first[-1:])) == 4
        assert isinstance(other, OrderReport)
        assert w.chain.tester.get_nonce(CLOSER) == 2


async def test_given_a_refused_close_then_its_nonce_is_used_by_the_next():
    async with world() as w:
        first, second = await followed(w, 2)
        order = w.order(first)
        prepared = w.venue.prepare(order)
        w.chain.ask_close(int(first[-1:]), "100", "1")

        refused = await w.venue.send(order, prepared)
        report = await w.send(w.order(second))

        assert isinstance(refused, Refusal)
        assert isinstance(report, OrderReport)
        assert report.venue_order_id == "nonce-0"


async def test_given_a_nonce_left_out_when_watched_then_filled_and_the_rest_goes_on():
    async with world() as w:
        first, second = await followed(w, 2)
        refused_order, order = w.order(first), w.order(second)
        refused, prepared = w.venue.prepare(refused_order), w.venue.prepare(order)
        w.chain.ask_close(int(first[-1:]), "100", "1")
        assert isinstance(await w.venue.send(refused_order, refused), Refusal)
        with w.impatient():
            # It has the second nonce, and nothing has the first.
            await w.venue.send(order, prepared)

        await w.look()
        events = await w.look()

        (report,) = [r for r in orders(events) if r.symbol == second]
        assert report.status is OrderStatus.WORKING
        assert w.chain.tester.get_nonce(CLOSER) == 2


async def test_given_signed_and_never_sent_then_its_nonce_is_used_after_its_time():
    async with world() as w:
        first, second = await followed(w, 2)
        w.venue.prepare(w.order(first))
        order = w.order(second)
        with w.impatient():
            await w.send(order)
        w.pass_time(100)
        await w.look()
        assert w.chain.tester.get_nonce(CLOSER) == 0
        w.pass_time(85)

        await w.look()
        await w.look()

        assert w.chain.tester.get_nonce(CLOSER) == 2


async def test_given_many_closes_at_once_then_each_its_nonce_and_all_are_mined():
    async with world() as w:
        symbols = await followed(w, 6)
        pairs = [(order := w.order(s), w.venue.prepare(order)) for s in symbols]

        reports = [await w.venue.send(*pair) for pair in pairs]

        assert {r.venue_order_id for r in reports} == {f"nonce-{n}" for n in range(6)}
        assert all(r.status is OrderStatus.WORKING for r in reports)


async def test_given_a_reorganisation_when_the_close_is_undone_then_sent_again():
    async with world() as w:
        (symbol,) = await followed(w)
        snapshot = w.chain.tester.take_snapshot()
        order = w.order(symbol)
        assert isinstance(await w.send(order), OrderReport)
        await w.look()
        w.chain.tester.revert_to_snapshot(snapshot)
        w.chain.pass_time(5)
        assert w.chain.status(int(symbol[-1:])) == 4

        await w.look()
        await w.look()

        assert w.chain.status(int(symbol[-1:])) == 5
        assert w.chain.tester.get_nonce(CLOSER) == 1
        (report,) = await w.venue.open_orders(symbol)
        assert report.client_order_id == order.client_order_id


async def test_given_a_reorganisation_when_a_fill_is_undone_then_the_quote_is_back():
    async with world() as w:
        (symbol,) = await followed(w)
        await w.send(w.order(symbol))
        await w.look()
        snapshot = w.chain.tester.take_snapshot()
        w.chain.fill(int(symbol[-1:]), "100", "1.95")
        await w.look()
        w.chain.tester.revert_to_snapshot(snapshot)
        w.chain.pass_time(5)

        events = await w.look()

        (position,) = [e for e in events if not isinstance(e, OrderReport)]
        assert position.quantity == 100
        assert orders(events)[-1].status is OrderStatus.WORKING
        assert await w.venue.fills_since(0, symbol) == ()


async def test_given_a_restart_when_the_stored_bytes_are_sent_again_then_once():
    async with world() as w:
        (symbol,) = await followed(w)
        w.pool.is_mining = False
        order, prepared = await stuck(w, symbol)
        await w.venue.close()
        w.start()
        await w.ready(int(symbol[-1:]))
        w.pool.is_mining = True
        w.pool.mine()

        report = await w.venue.send(order, prepared)
        again = await w.venue.send(order, prepared)

        assert isinstance(report, OrderReport)
        assert report.client_order_id == order.client_order_id
        assert again == report
        assert w.chain.tester.get_nonce(CLOSER) == 1


async def test_given_a_restart_when_an_outbid_one_was_mined_then_found_by_its_mark():
    async with world(bump_after=3) as w:
        (symbol,) = await followed(w)
        w.pool.least_tip = 1_100_000_000
        order, prepared = await stuck(w, symbol)
        w.chain.mine(3)
        await w.look()
        w.chain.mine(2)
        await w.venue.close()
        w.start()
        await w.ready(int(symbol[-1:]))

        report = await w.venue.send(order, prepared)

        assert isinstance(report, OrderReport)
        assert report.status is OrderStatus.WORKING
        assert report.client_order_id == order.client_order_id


async def test_given_a_restart_when_the_nonce_went_elsewhere_then_definitely_not():
    async with world() as w:
        first, second = await followed(w, 2)
        order = w.order(first)
        never_sent = w.venue.prepare(order)
        await w.venue.close()
        w.start()
        await w.ready(int(first[-1:]), int(second[-1:]))
        assert isinstance(await w.send(w.order(second)), OrderReport)
        w.chain.mine(2 + RECEIPTS_LAG)

        answer = await w.venue.send(order, never_sent)

        assert isinstance(answer, Refusal)
        assert answer.code == "nonce_used"
        assert w.chain.status(int(first[-1:])) == 4


async def test_given_no_money_for_gas_then_refused_and_its_nonce_kept():
    async with world() as w:
        first, second = await followed(w, 2)
        balance = w.chain.tester.get_balance(CLOSER)
        w.chain.tester.get_balance, kept = (lambda _: 0), w.chain.tester.get_balance

        answer = await w.send(w.order(first))
        w.chain.tester.get_balance = kept
        report = await w.send(w.order(second))

        assert balance > 0
        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.MARGIN
        assert isinstance(report, OrderReport)
        assert report.venue_order_id == "nonce-0"


async def test_given_nothing_known_yet_when_prepared_then_refused_and_not_a_crash():
    async with world() as w:
        quote_id = w.chain.open()
        order = w.order(f"XRPUSDT#{quote_id}")

        prepared = w.venue.prepare(order)
        answer = await w.venue.send(order, prepared)

        assert prepared.body == b""
        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.BUSY
        assert w.pool.seen == []


async def test_given_a_window_of_its_own_then_signed_for_it():
    async with world() as w:
        (symbol,) = await followed(w)
        order = w.order(symbol, window_s=60)

        prepared = w.venue.prepare(order)

        lives_ns = prepared.expires_venue_ns - prepared.ts_signed_venue_ns
        assert lives_ns == 60 * 10**9
        await w.venue.send(order, prepared)
        assert w.chain.quote(int(symbol[-1:]))[24] == prepared.expires_venue_ns // 10**9
