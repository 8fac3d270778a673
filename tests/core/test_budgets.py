"""A take-profit whose time budget is spent, where that ends it (behaviour 101)."""

from __future__ import annotations

from core.worlds import S, World, close, target
from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.policy import Policies

RETIRES = Policies(take_profit_retires=True)


def test_b101_given_a_policy_when_a_target_is_over_its_budget_then_done_and_told():
    world = World(policies=RETIRES)
    world.arm(target("tp", "110", template=True, owner="file:a.yaml:3"))
    world.mark("110")
    world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=50 * S)

    world.wait(61 * S)
    world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=50 * S)
    world.wait(60 * S)

    assert world.state("tp") == "done: retired"
    held = world.told(FactKind.TRIGGER_HELD)[-1]
    assert held.fields["alert"] is True
    assert "take_profit_budget_spent" in held.fields["why"]
    world.mark("100")
    world.position("0")
    world.position("4")
    assert world.state("tp") == "armed"


def test_b101_given_a_policy_when_a_resting_target_is_over_its_budget_then_done():
    world = World(policies=RETIRES)
    world.arm(target("tp", "110", action=close("5", "0.5")))
    world.mark("110")
    world.works()

    world.wait(60 * S)
    assert world.state("tp") == "firing"
    world.end(filled="2")

    assert world.state("tp") == "done: retired"
    assert world.fire_rows("tp")[-1].filled == 2


def test_b101_given_a_policy_when_others_cancel_a_target_then_it_is_armed_again():
    world = World(policies=RETIRES)
    world.arm(target("tp", "110", action=close("5", "0.5")))
    world.mark("110")
    world.works()

    world.end()

    assert world.state("tp") == "armed"
