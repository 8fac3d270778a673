"""Row C5 of the failure model: a receipt says yes, and nothing has come of it."""

from __future__ import annotations

from chain.world import world
from exitd.core.inputs import OrderReport, OrderStatus


async def test_c5_given_a_receipt_that_says_yes_and_no_event_then_not_taken_for_done():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        order = w.order(symbol)
        w.pool.is_mining = False
        with w.impatient():
            await w.send(order)
        # The owner was quicker: ours goes into a block and does nothing there.
        w.chain.ask_close(quote_id, "100", "1", seconds=300)
        for node in w.nodes:
            node.lies["eth_getTransactionReceipt"] = lambda receipt: (
                receipt and {**receipt, "status": "0x1", "logs": []}
            )
        w.pool.is_mining = True
        w.pool.mine()
        w.chain.mine(3)

        events = [*await w.look(), *await w.look()]

        ours = [
            event
            for event in events
            if isinstance(event, OrderReport)
            and event.client_order_id == order.client_order_id
        ]
        good = (OrderStatus.WORKING, OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED)
        assert [report for report in ours if report.status in good] == []
        assert len(w.pool.seen) == 1
