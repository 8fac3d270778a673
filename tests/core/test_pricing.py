"""What a close will bring once its trigger is hit, asked before it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import D, S, World, stop, trail
from exitd.core.condition import MaxHold, Move
from exitd.core.market import PriceKind, PriceSource
from exitd.core.pricing import price_at_hit
from exitd.core.trigger import TriggerDefinition

BITCOIN = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
MOVED = replace(stop("t", "90"), moves=(Move(at=D(100), to=D(95)),))


@pytest.mark.parametrize(
    ("definition", "price"),
    [
        (stop("t", "90"), 90),
        (trail("t", "10"), 91),
        (MOVED, 95),
        (replace(stop("t", "60000"), source=BITCOIN), 101),
        (replace(stop("t", "1"), condition=MaxHold(60 * S)), 101),
    ],
)
def test_given_a_trigger_then_its_level_or_the_last_price_of_its_own_market(
    definition: TriggerDefinition, price: int
):
    world = World()
    world.arm(definition)
    world.mark("101")

    assert price_at_hit(world.engine.state, world.trigger("t")) == price


def test_given_another_market_and_no_price_of_the_own_one_then_nobody_knows():
    world = World(mark=None)
    world.arm(replace(stop("t", "60000"), source=BITCOIN))

    assert price_at_hit(world.engine.state, world.trigger("t")) is None
