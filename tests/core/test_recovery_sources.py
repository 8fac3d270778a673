"""Which prices are watched after a start."""

from __future__ import annotations

from core.worlds import MARK, S, World, target
from exitd.core.engine import Engine


def test_b097_given_a_firing_target_after_a_start_then_its_price_is_watched():
    world = World(slots=False)
    world.arm(target("tp", "110"))
    world.mark("110")
    assert world.state("tp") == "firing"
    engine = Engine()
    engine.add_account("main", 7, world.capabilities)

    engine.restore(world.store.snapshot())

    assert engine.sources() == {MARK}
    assert engine.next_deadline_ns() is not None
    assert world.now_ns < 2_000 * S
