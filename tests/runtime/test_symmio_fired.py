"""The whole runtime on a chain: a stop is hit, and what becomes of it there."""

from __future__ import annotations

from chain.desk import ChainDesk, held
from exitd.core.events import FactKind
from exitd.core.trigger import DoneReason


async def test_b001_given_a_quote_when_its_stop_is_hit_then_closed_on_the_chain():
    async with held() as (w, desk, quote_id):
        desk.price("1.9")
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert w.chain.status(quote_id) == 7
        assert len(w.pool.seen) == 1


async def test_b111_given_a_crash_after_signing_then_the_same_bytes_and_one_close():
    async with held(inclusion_s=0.02) as (w, desk, quote_id):
        w.pool.is_mining = False
        desk.price("1.9")
        await desk.until(lambda: FactKind.ORDER_IN_DOUBT in desk.kinds())
        before = set(w.pool.seen)
        await desk.kill()
        await w.venue.close()
        w.start(inclusion_s=10.0)
        await w.venue.sync_clock()
        w.pool.waiting.clear()
        w.pool.is_mining = True

        again = ChainDesk(w, quote_id, desk.store.disk)
        await again.start()
        await again.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        reason = await again.done()
        await again.kill()

        assert reason is DoneReason.FILLED
        assert set(w.pool.seen) == before


async def test_b099_given_a_close_that_expires_unfilled_then_asked_for_again():
    async with held(window_ns=30 * 10**9) as (w, desk, quote_id):
        desk.price("1.9")
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        first = w.chain.quote(quote_id)[24]

        # Within what a block may be ahead of our clock.
        w.chain.pass_time(first - w.chain.now_s + 1)
        await desk.until(lambda: w.chain.quote(quote_id)[24] > first)
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
