"""A stop whose absolute bound cannot be met now holds up no take-profit (b064)."""

from __future__ import annotations

import pytest

from core.test_bounds import bounded
from core.worlds import S, World, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FireNow


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
