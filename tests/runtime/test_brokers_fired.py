"""The whole runtime at brokers that know no reduce-only: what becomes of an exit."""

from __future__ import annotations

import pytest

from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.position import Side
from exitd.core.trigger import DoneReason
from runtime.broker_desk import BrokerRun, at_broker, held

STOP = ConditionKind.STOP_LOSS

pytestmark = pytest.mark.parametrize("kind", ["interactive_brokers", "schwab"])


async def test_b001_given_shares_when_their_stop_is_hit_then_closed_once(
    kind, tmp_path
):
    async with held(kind, tmp_path) as (there, run):
        await run.arm(at_broker(STOP, "130"))

        await there.price("131")
        await there.price("129.5")

        assert await run.done() is DoneReason.FILLED
        assert there.held == 0
        assert there.orders == 1


async def test_b003_given_a_short_when_its_stop_is_hit_then_bought_to_close(
    kind, tmp_path
):
    async with held(kind, tmp_path, "-4") as (there, run):
        await run.arm(at_broker(STOP, "150", side=Side.SHORT))

        await there.price("151")

        assert await run.done() is DoneReason.FILLED
        assert there.held == 0
        assert there.orders == 1


async def test_b088_given_a_lost_reply_when_hit_then_found_and_closed_once(
    kind, tmp_path
):
    async with held(kind, tmp_path) as (there, run):
        await run.arm(at_broker(STOP, "130", size="40%"))
        there.lose_replies(1)

        await there.price("129.5")

        assert await run.done() is DoneReason.FILLED
        assert FactKind.ORDER_IN_DOUBT in run.kinds()
        assert there.held == 6
        assert there.orders == 1


async def test_b111_given_a_crash_in_doubt_then_one_close_after_the_restart(
    kind, tmp_path
):
    async with held(kind, tmp_path) as (there, run):
        await run.arm(at_broker(STOP, "130", size="40%"))
        there.tell_exact_instants()
        there.lose_replies(1)
        there.hide(True)
        await there.price("129.5")
        await run.until(lambda: FactKind.ORDER_IN_DOUBT in run.kinds())
        await run.kill()
        there.hide(False)

        again = await BrokerRun(there, run.store.disk).start()
        try:
            assert await again.done() is DoneReason.FILLED
        finally:
            await again.kill()

        assert there.held == 6
        assert there.orders == 1
