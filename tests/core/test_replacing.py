"""One set of triggers in the place of another: both or neither (behaviour 143)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.test_bounds import bounded
from core.worlds import MARK, World, stop, target
from exitd.core.inputs import IfCrossed, ReplaceTriggers
from exitd.core.policy import Policies
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import TriggerDefinition


def swap(
    world: World, old: tuple[str, ...], *new: TriggerDefinition
) -> Accepted | Refused:
    reply = world.do(
        ReplaceTriggers(replaces=old, definitions=new, by="me", now_ns=world.later())
    ).reply
    assert reply is not None
    return reply


def test_b143_given_a_stop_when_replaced_then_the_new_level_fires_and_the_old_not():
    world = World()
    world.arm(stop("old", "95"))

    reply = swap(world, ("old",), stop("new", "93"))
    world.mark("94")
    assert world.sent == []
    world.mark("93")

    assert reply == Accepted(("new",))
    assert world.state("old") == "done: cancelled"
    assert world.who() == ["new"]


def test_b143_given_the_same_again_then_it_is_no_twin_of_what_it_replaces():
    world = World()
    world.arm(stop("old", "95"))

    assert swap(world, ("old",), stop("new", "95")) == Accepted(("new",))


def test_b143_given_one_of_the_new_is_refused_then_nothing_changes():
    world = World()
    world.arm(stop("old", "95"), target("tp", "110"))

    reply = swap(world, ("old",), stop("a", "94"), stop("b", "101"))

    assert isinstance(reply, Refused)
    assert reply.code == "already_crossed"
    assert world.state("old") == "armed"
    assert "a" not in world.engine.state.triggers
    # The neighbours are as they were, too: a target below the old stop is refused.
    assert isinstance(swap(world, ("tp",), target("tp2", "94")), Refused)


def test_b143_given_nothing_new_then_the_old_ones_are_only_taken_away():
    world = World()
    world.arm(stop("a", "95"), stop("b", "94", "5"))

    assert swap(world, ("a", "b")) == Accepted()
    assert world.engine.state.book(MARK).is_watched is False


def test_b143_given_a_close_is_at_the_venue_then_it_cannot_be_replaced():
    world = World()
    world.arm(stop("old", "95"))
    world.mark("95")

    reply = swap(world, ("old",), stop("new", "93"))

    assert isinstance(reply, Refused)
    assert reply.code == "firing"
    assert world.state("old") == "firing"


def test_b143_given_one_waits_for_its_bound_then_it_is_given_up_for_the_new():
    world = World()
    world.arm(stop("old", "95", action=bounded("96")))
    world.mark("94")

    reply = swap(world, ("old",), stop("new", "93"))

    assert isinstance(reply, Accepted)
    assert world.state("old") == "done: abandoned"
    assert world.state("new") == "armed"


def test_b143_given_one_is_done_or_unknown_then_passed_over_or_refused():
    world = World()
    world.arm(stop("old", "95"))
    world.cancel("old")

    assert isinstance(swap(world, ("old",), stop("new", "93")), Accepted)
    unknown = swap(world, ("nobody",))
    assert isinstance(unknown, Refused)
    assert unknown.code == "unknown"


@pytest.mark.parametrize("most", [1, 2])
def test_b143_given_as_many_as_may_be_active_then_those_replaced_make_room(most):
    world = World(policies=replace(Policies(), max_active=most))
    world.arm(stop("a", "95"))

    assert isinstance(swap(world, ("a",), stop("b", "94")), Accepted)
    several = swap(world, ("b",), stop("c", "93", "1"), stop("d", "92", "1"))
    assert isinstance(several, Refused) is (most == 1)


def test_b143_given_a_crossed_level_that_may_fire_then_it_fires_at_once():
    world = World()
    world.arm(stop("old", "95"))

    world.do(
        ReplaceTriggers(
            replaces=("old",),
            definitions=(stop("new", "101"),),
            if_crossed=IfCrossed.FIRE,
            by="me",
            now_ns=world.later(),
        )
    )

    assert world.who() == ["new"]
