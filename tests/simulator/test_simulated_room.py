"""Whether what rests takes room from a reduce-only order, as the switch says."""

from __future__ import annotations

import pytest

from simulator.rig import running


@pytest.mark.parametrize(("mode", "status"), [("ignored", 200), ("counted", 400)])
async def test_given_reduce_only_rests_when_another_comes_then_quirk_decides(
    mode: str, status: int
):
    limit = {"side": "Ask", "quantity": "1", "price": "150", "orderType": "Limit"}
    async with running(quirks={"resting_reduce_only": mode}) as rig:
        trader = rig.trader()
        await rig.sim(
            "positions", api_key=trader.key, symbol="SOL_USDC_PERP", net_quantity="1"
        )
        first = await trader.placed(**limit, reduceOnly=True)
        second = await trader.place(**limit, reduceOnly=True)
        await trader.cancel(orderId=first["id"])
        if second.status_code == 200:
            await trader.cancel(orderId=second.json()["id"])
        third = await trader.place(**limit, reduceOnly=True)

    assert (second.status_code, third.status_code) == (status, 200)
