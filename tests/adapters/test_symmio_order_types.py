"""What a close is called on the contract: only what rests is its limit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from eth_tester.exceptions import TransactionFailed

from chain.closing import orders
from chain.deployed import VERSIONS, wei
from chain.desk import held
from chain.world import world
from exitd.adapters.symmio import calls
from exitd.adapters.symmio.wallet import read_transaction
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.trigger import WHOLE, Close, DoneReason, OrderType

#: Words of the contract's quote: the kind, price and deadline of its close request.
KIND, PRICE, DEADLINE = 4, 18, 24
BOUNDED = Close(quantity=WHOLE, bound=Decimal("1.85"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("price", "rests", "kind", "bound"),
    [
        ("1.8501", False, calls.MARKET, "1.8501"),
        (None, False, calls.MARKET, "1.8"),
        ("2.0501", True, calls.LIMIT, "2.0501"),
    ],
)
async def test_given_a_close_when_sent_then_its_kind_price_and_deadline_on_the_contract(
    version, price, rests, kind, bound
):
    async with world(version) as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        order = w.order(symbol, price=price, rests=rests, window_s=240)
        prepared = w.venue.prepare(order)

        report = await w.venue.send(order, prepared)

        quote = w.chain.quote(quote_id)
        assert isinstance(report, OrderReport), report
        assert (quote[KIND], quote[PRICE]) == (kind, wei(bound))
        assert quote[DEADLINE] == prepared.expires_venue_ns // 10**9
        lives_ns = prepared.expires_venue_ns - prepared.ts_signed_venue_ns
        assert lives_ns == 240 * 10**9


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_market_within_a_bound_then_filled_in_one_piece_never_worse(
    version,
):
    async with world(version) as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        order = w.order(symbol, price="1.85")
        await w.send(order)
        await w.look()

        with pytest.raises(TransactionFailed, match="Closed price isn't valid"):
            w.chain.try_fill(quote_id, "100", "1.8499")
        with pytest.raises(TransactionFailed, match="Invalid filledAmount"):
            w.chain.try_fill(quote_id, "99", "1.85")
        w.chain.fill(quote_id, "100", "1.85")
        events = await w.look()

        done = orders(events)[-1]
        assert (done.status, done.filled) == (OrderStatus.FILLED, 100)
        assert done.client_order_id == order.client_order_id
        assert done.order is OrderType.LIMIT


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_2_then_the_contract_refuses_it_and_nothing_of_ours_sends_it(
    version,
):
    async with world(version) as w:
        quotes = [w.chain.open() for _ in range(3)]
        await w.ready(*quotes)
        terms = ((None, False), ("1.9", False), ("1.9", True))
        for quote_id, (price, rests) in zip(quotes, terms, strict=True):
            order = w.order(f"XRPUSDT#{quote_id}", price=price, rests=rests)
            prepared = w.venue.prepare(order)
            _, inner = calls.first_call_in(read_transaction(prepared.body).data)
            kind = int.from_bytes(inner[4 + 3 * 32 : 4 + 4 * 32], "big")
            assert kind in (calls.LIMIT, calls.MARKET)

        w.chain.ask_close(quotes[0], "100", "1.9", order_type=2)
        assert w.chain.status(quotes[0]) == 4


@pytest.mark.parametrize("version", VERSIONS)
async def test_b096_given_a_bounded_stop_when_hit_then_the_contracts_market_at_it(
    version,
):
    async with held(version, action=BOUNDED) as (w, desk, quote_id):
        desk.price("1.9")
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        quote = w.chain.quote(quote_id)
        w.chain.fill(quote_id, "100", "1.85")

        assert await desk.done() is DoneReason.FILLED
        assert (quote[KIND], quote[PRICE]) == (calls.MARKET, wei("1.85"))
        assert quote[DEADLINE] > w.chain.now_s


@pytest.mark.parametrize("version", VERSIONS)
async def test_b096_given_a_bounded_limit_when_hit_then_the_contracts_limit_that_rests(
    version,
):
    resting = Close(quantity=WHOLE, order=OrderType.LIMIT, bound=Decimal("1.85"))
    async with held(version, action=resting) as (w, desk, quote_id):
        desk.price("1.9")
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        quote = w.chain.quote(quote_id)
        w.chain.fill(quote_id, "40", "1.87")
        still = w.chain.status(quote_id)
        w.chain.fill(quote_id, "60", "1.86")

        assert await desk.done() is DoneReason.FILLED
        assert (quote[KIND], quote[PRICE]) == (calls.LIMIT, wei("1.85"))
        assert still == 5
