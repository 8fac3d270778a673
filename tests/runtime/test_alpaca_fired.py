"""The whole runtime at Alpaca: an exit is hit, and what becomes of it there."""

from __future__ import annotations

from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.position import Side
from exitd.core.trigger import DoneReason
from runtime.alpaca_desk import SYMBOL, AlpacaRun, at_alpaca, held

STOP, TARGET = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT


def ours(there) -> list:
    ids = [order.client_order_id for order in there.exchange.orders]
    return [one for one in ids if one.startswith("exitd-")]


async def test_b001_given_shares_when_their_stop_is_hit_then_closed_once():
    async with held() as (there, run):
        await run.arm(at_alpaca("sl", STOP, "130"))

        await run.price("131")
        await run.price("129.5")

        assert await run.done() is DoneReason.FILLED
        assert there.exchange.book.held(SYMBOL) == 0
        (order,) = (
            o for o in there.exchange.orders if o.client_order_id in ours(there)
        )
        assert order.position_intent == "sell_to_close"
        assert order.qty == 10


async def test_b003_given_a_short_when_its_stop_is_hit_then_bought_to_close():
    async with held("-4") as (there, run):
        await run.arm(at_alpaca("sl", STOP, "150", side=Side.SHORT))

        await run.price("151")

        assert await run.done() is DoneReason.FILLED
        assert there.exchange.book.held(SYMBOL) == 0


async def test_b088_given_a_lost_reply_when_hit_then_found_and_closed_once():
    async with held() as (there, run):
        await run.arm(at_alpaca("sl", STOP, "130", size="40%"))
        there.faults.add("lost_reply", "/v2/orders", "POST")

        await run.price("129.5")

        assert await run.done() is DoneReason.FILLED
        assert there.exchange.book.held(SYMBOL) == 6
        assert len(ours(there)) == 1


async def test_b089_given_a_lost_request_when_hit_then_the_same_bytes_again():
    async with held() as (there, run):
        await run.arm(at_alpaca("sl", STOP, "130", size="40%"))
        there.faults.add("lost_request", "/v2/orders", "POST")

        await run.price("129.5")

        assert await run.done() is DoneReason.FILLED
        assert FactKind.ORDER_IN_DOUBT in run.kinds()
        assert there.exchange.book.held(SYMBOL) == 6
        assert len(ours(there)) == 1


async def test_b111_given_a_crash_after_sending_then_one_close_after_the_restart():
    async with held() as (there, run):
        await run.arm(at_alpaca("sl", STOP, "130", size="40%"))
        there.faults.add("lost_reply", "/v2/orders", "POST")
        there.updates.mutes = True
        there.faults.add("unavailable", "/v2/orders", "GET", count=1_000)
        there.faults.add("unavailable", "/v2/orders", "POST", count=1_000)
        await run.price("129.5")
        await run.until(lambda: FactKind.ORDER_IN_DOUBT in run.kinds())
        await run.kill()
        there.faults.all.clear()
        there.updates.mutes = False

        again = await AlpacaRun(there, run.store.disk).start()
        try:
            assert await again.done() is DoneReason.FILLED
        finally:
            await again.kill()

        assert there.exchange.book.held(SYMBOL) == 6
        assert len(ours(there)) == 1


async def test_given_a_closed_market_when_hit_then_it_waits_for_the_opening_there():
    async with held() as (there, run):
        await run.arm(at_alpaca("sl", STOP, "130"))
        there.exchange.open_market(False)
        await run.price("129.5")
        await run.until(lambda: FactKind.ORDER_ACKED in run.kinds())
        assert there.exchange.book.held(SYMBOL) == 10

        there.exchange.open_market(True)

        assert await run.done() is DoneReason.FILLED
        assert there.exchange.book.held(SYMBOL) == 0
