"""An exit of an entry is armed by prices since its fill, whatever the policy says."""

from __future__ import annotations

import pytest

from core.bracket_world import bracketed
from core.entering import ENTRY, EnteringWorld
from core.worlds import MARK, D, S, trail
from exitd.core.events import FactKind
from exitd.core.inputs import IfCrossed, OrderStatus
from exitd.core.market import Tick
from exitd.core.policy import Policies

SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"
TRAIL = f"{ENTRY}/trail"


def filled(policy: IfCrossed, mark: str, filled: str = "10") -> EnteringWorld:
    """An entry has filled, a second after a price of *mark*; its stop is at 95."""
    world = EnteringWorld(policies=Policies(crossed_exits=policy))
    world.enter()
    world.mark(mark)
    world.now_ns += S
    world.fills(filled)
    return world


def late(world: EnteringWorld, price: str) -> None:
    """A price of before the fill comes now."""
    filled_ns = world.entry().ts_filled_venue_ns
    world.do(Tick(MARK, D(price), filled_ns - 1, world.later()))


@pytest.mark.parametrize("policy", [IfCrossed.WAIT, IfCrossed.REFUSE])
@pytest.mark.parametrize("before", ["94", "111"])
def test_b014_given_a_price_from_before_the_fill_then_it_decides_nothing(
    policy, before
):
    world = filled(policy, before)

    assert world.state(SL) == world.state(TP) == "waiting: first price"
    late(world, "94")
    late(world, "111")
    assert world.state(SL) == world.state(TP) == "waiting: first price"
    world.mark("100")

    assert world.state(SL) == world.state(TP) == "armed"
    assert world.sent == []


def test_given_crossed_and_told_to_wait_then_it_waits_for_the_right_side():
    world = filled(IfCrossed.WAIT, "100")

    world.mark("94")

    assert world.state(SL) == "waiting: already crossed"
    assert world.state(TP) == "armed"
    assert world.sent == []


def test_b014_given_it_waits_for_the_right_side_then_no_late_price_arms_it():
    world = filled(IfCrossed.WAIT, "100")
    world.mark("94")

    late(world, "97")
    assert world.state(SL) == "waiting: already crossed"
    world.mark("97")

    assert world.state(SL) == "armed"


def test_given_crossed_and_told_to_refuse_then_not_armed_and_told():
    world = filled(IfCrossed.REFUSE, "100")

    world.mark("94")

    assert world.exits_cover() == ("-", "10")
    assert world.state(SL) == "done: retired"
    (told,) = world.told(FactKind.EXITS_REFUSED)
    assert told.fields["exit"] == SL
    assert "crossed_at_arm_by_webhook" in str(told.fields["why"])
    assert world.entry().is_guarded


def test_given_crossed_by_the_very_price_of_the_fill_then_refused_at_once():
    world = EnteringWorld(policies=Policies(crossed_exits=IfCrossed.REFUSE))
    world.enter()
    world.mark("94")

    world.fills("10", ts_venue_ns=world.now_ns - S)

    assert world.exits_cover() == ("-", "10")
    assert [told.fields["exit"] for told in world.told(FactKind.EXITS_REFUSED)] == [SL]


def test_given_it_was_refused_when_more_fills_then_the_next_price_decides_anew():
    world = filled(IfCrossed.REFUSE, "100", "4")
    world.mark("94")
    world.now_ns += S
    world.fills("10")

    world.mark("100")

    assert world.exits_cover() == ("10", "10")
    assert world.state(SL) == "armed"


def test_given_the_brokers_own_may_have_filled_then_ours_waits_and_is_not_refused():
    world = bracketed(policies=Policies(crossed_exits=IfCrossed.REFUSE))
    world.leg("leg-tp", OrderStatus.CANCELLED)
    assert world.state(TP) == "waiting: first price"

    world.mark("111")

    assert world.state(TP) == "waiting: already crossed"
    assert world.told(FactKind.EXITS_REFUSED) == []


def test_b044_given_a_trail_when_its_entry_fills_then_it_begins_at_a_price_since_then():
    world = EnteringWorld()
    world.enter(exits=(trail(TRAIL, "5"),))
    world.mark("112")
    world.now_ns += S
    world.fills("10")
    late(world, "113")

    world.mark("100")
    assert world.who() == []
    world.mark("95")

    assert world.who() == [TRAIL]
