"""The whole runtime where blocks are undone that had been read for long."""

from __future__ import annotations

from chain.deployed import CLOSER
from chain.desk import ChainDesk, held
from exitd.core.events import FactKind
from exitd.core.trigger import DoneReason


async def test_b089_given_a_restart_when_the_working_close_is_undone_then_sent_again():
    async with held(lag_slack_ns=0) as (w, desk, quote_id):
        snapshot = w.chain.tester.take_snapshot()
        desk.price("1.9")
        await desk.until(lambda: w.chain.status(quote_id) == 5)
        await desk.until(lambda: FactKind.ORDER_ACKED in desk.kinds())
        await desk.kill()
        await w.venue.close()
        w.start()
        await w.venue.sync_clock()
        again = ChainDesk(w, quote_id, desk.store.disk)
        await again.start()
        w.chain.tester.revert_to_snapshot(snapshot)
        w.chain.pass_time(5)

        await again.until(lambda: w.chain.status(quote_id) == 5)
        await again.until(lambda: FactKind.ORDER_RESOLVED in again.kinds())
        w.chain.fill(quote_id, "100", "1.89")
        reason = await again.done()
        await again.kill()

        assert reason is DoneReason.FILLED
        assert FactKind.ORDER_IN_DOUBT in again.kinds()
        assert len(set(w.pool.seen)) == 1
        assert w.chain.tester.get_nonce(CLOSER) == 1
