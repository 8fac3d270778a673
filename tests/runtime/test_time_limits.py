"""Time limits, whatever somebody does to the machine's clock."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from exitd.core.condition import MaxHold
from runtime.desk import D, Desk, S, in_virtual_time, stop


@pytest.mark.parametrize("set_by_s", [-3_600, 0, 3_600])
@in_virtual_time
async def test_b138_given_the_clock_set_while_down_then_a_time_limit_ends_in_time(
    set_by_s: int,
):
    desk = await Desk().start()
    await desk.arm(replace(stop(), condition=MaxHold(600 * S)))
    await desk.settle(300)
    again = await desk.restarted()
    again.clock.step(set_by_s * S)

    await again.start()
    await again.settle(290)
    assert again.sent == []
    await again.settle(15)

    assert again.sent == [("sl", D(10))]
