"""Closes that rest beyond what is held would open the other side on some venues."""

from __future__ import annotations

from msgspec.structs import replace

from core.worlds import S, World, close, stop, target
from exitd.core.attempt import Capabilities
from exitd.core.intents import CancelOrder
from exitd.core.trigger import TriggerDefinition

BARE = Capabilities(reduce_only=False)
LIMIT = close("100%", "0.5")
TARGET = target("x", "110", action=LIMIT)
PATIENT = stop("x", "95", action=replace(LIMIT, patience_ns=(60 * S, 60 * S)))
AT_MARKET = stop("x", "95")


def working(
    definition: TriggerDefinition = TARGET, capabilities: Capabilities = BARE
) -> World:
    """A close of all 10 that the venue has taken in."""
    world = World(capabilities=capabilities)
    world.arm(definition)
    world.mark("110" if definition is TARGET else "95")
    world.works()
    return world


def taken_back(world: World) -> int:
    return len(world.wants(CancelOrder))


def test_given_a_close_rests_when_its_position_is_gone_then_it_is_taken_back():
    world = working()

    world.position("0")

    assert taken_back(world) == 1
    world.end()
    assert world.state("x") == "done: retired"


def test_given_a_target_rests_when_the_position_is_smaller_then_the_rest_anew():
    world = working()
    world.position("12")
    assert taken_back(world) == 0

    world.position("4")
    world.position("3")
    assert taken_back(world) == 1
    world.end()
    world.mark("109", "110")

    assert world.sizes() == ["10", "3"]


def test_given_a_stop_rests_when_the_position_is_smaller_then_the_rest_at_once():
    world = working(PATIENT)

    world.position("4")
    world.end()

    assert (taken_back(world), world.sizes()) == (1, ["10", "4"])


def test_given_a_close_at_market_works_then_taken_back_only_when_nothing_is_held():
    world = working(AT_MARKET)
    world.position("4")
    assert taken_back(world) == 0

    world.position("0")

    assert taken_back(world) == 1


def test_given_a_close_in_doubt_turns_out_to_rest_for_nothing_then_it_is_taken_back():
    world = World(capabilities=BARE)
    world.arm(TARGET)
    world.mark("110")
    world.lose()
    world.position("0")
    assert taken_back(world) == 0

    world.works()

    assert taken_back(world) == 1


def test_given_the_close_was_given_up_when_nothing_is_held_then_it_is_taken_back():
    world = working()
    world.cancel("x", abandon=True)
    before = taken_back(world)

    world.position("0")

    assert taken_back(world) == before + 1


def test_given_the_venue_itself_only_reduces_then_it_is_left_alone():
    world = working(capabilities=Capabilities())

    world.position("4")
    world.position("0")

    assert taken_back(world) == 0
