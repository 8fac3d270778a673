"""How often all triggers are counted, by how long that takes."""

from __future__ import annotations

from collections import Counter

import pytest

from exitd.core.units import NS_PER_MS
from exitd.runtime.control.census import Census, Counted
from fakes.clocks import ManualClock


@pytest.mark.parametrize(
    ("took_ms", "later_ms", "walks"),
    [(1, 0, 2), (20, 0, 2), (400, 7_900, 1), (400, 8_000, 2)],
)
async def test_given_a_walk_when_asked_again_then_a_long_one_is_not_taken_again_soon(
    took_ms: int, later_ms: int, walks: int
):
    clock = ManualClock()
    counted: list[Counted] = []

    async def count() -> Counted:
        clock.advance(took_ms * NS_PER_MS)
        counted.append(Counted(Counter(), Counter(), (str(len(counted)),)))
        return counted[-1]

    latest = Census(count, clock.monotonic_ns)
    await latest.latest()
    clock.advance(later_ms * NS_PER_MS)

    again = await latest.latest()

    assert (len(counted), again) == (walks, counted[-1])
