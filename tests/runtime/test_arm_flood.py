"""Arms without end, and prices in between: the prices do not wait."""

from __future__ import annotations

import asyncio
import time

from runtime.desk import Desk, in_virtual_time, stop

TICKS = 1_500


def p99_ns(took_ns: list[int]) -> int:
    return sorted(took_ns)[len(took_ns) * 99 // 100]


async def ticks(desk: Desk, price: str = "100") -> list[int]:
    """Push prices, one for each turn of the loop, and measure each."""
    took_ns = []
    for _ in range(TICKS):
        started_ns = time.perf_counter_ns()
        desk.mark(price)
        took_ns.append(time.perf_counter_ns() - started_ns)
        await asyncio.wait({asyncio.ensure_future(_turn())})
    return took_ns


async def _turn() -> None:
    """One turn of the loop."""


@in_virtual_time
async def test_b150_given_a_flood_of_arms_then_a_price_is_judged_as_quickly():
    desk = await Desk(net="100000").start()
    await desk.arm(*(stop(f"base{n}", f"{10 + n / 100:.2f}", "1") for n in range(500)))
    quiet_ns = p99_ns(await ticks(desk))

    async def flood() -> None:
        for n in range(TICKS):
            await desk.arm(stop(f"more{n}", f"{20 + n / 100:.2f}", "1"))

    desk.spawn(flood(), "arms")
    flooded_ns = p99_ns(await ticks(desk))
    await desk.settle(1)

    assert len(desk.loop.engine.state.triggers) == 500 + TICKS
    # Twenty times, on a machine that others use too; a scan of all would be hundreds.
    assert flooded_ns < max(20 * quiet_ns, 2_000_000)
