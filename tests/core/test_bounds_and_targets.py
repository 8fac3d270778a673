"""A stop whose absolute bound cannot be met now holds up no take-profit (b064)."""

from __future__ import annotations

import pytest

from core.test_bounds import bounded
from core.worlds import S, World, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FireNow
from exitd.core.intents import RequestSlot
from exitd.core.position import Side


@pytest.mark.parametrize(
    ("price", "who"), [("85", ["tp"]), ("96", ["tp"]), ("94", ["sl"])]
)
def test_b064_given_a_bounded_stop_when_it_cannot_go_out_then_it_holds_up_no_target(
    price: str, who: list[str]
):
    world = World()
    world.arm(
        stop("sl", "95", "4", action=bounded("90", "4")), target("tp", "110", "4")
    )
    world.mark("85")
    assert world.sent == []

    world.mark(price)
    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))

    assert world.who() == who


def test_b064_given_a_target_waits_when_a_bounded_stop_leaves_its_reach_then_it_goes():
    world = World()
    world.arm(
        stop("sl", "95", "4", action=bounded("90", "4")), target("tp", "110", "4")
    )
    world.mark("94")
    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    assert world.who() == ["sl"]

    world.refuse(RefusalKind.LIQUIDITY)
    world.mark("85")
    world.wait(5 * S)

    assert world.who() == ["sl", "tp"]


@pytest.mark.parametrize(
    ("side", "level", "bound", "prices"),
    [
        (Side.LONG, "95", "90", ("85", "86", "84")),
        (Side.SHORT, "105", "110", ("115", "114", "116")),
    ],
)
def test_b096_given_a_bound_that_cannot_be_met_then_no_price_but_it_asks_for_a_slot(
    side: Side, level: str, bound: str, prices: tuple[str, ...]
):
    world = World(side=side)
    world.arm(stop("sl", level, action=bounded(bound), side=side))
    world.mark(prices[0])
    asked = len(world.wants(RequestSlot))

    world.mark(*prices[1:])
    assert len(world.wants(RequestSlot)) == asked
    world.mark(bound)

    assert world.who() == ["sl"]
