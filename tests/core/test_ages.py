"""How long a position is held, whatever somebody does to the machine's clock."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import ACCOUNT, S, World, stop
from exitd.core.condition import MaxHold
from exitd.core.inputs import VenueTimeRead
from exitd.core.trigger import TriggerDefinition

HOUR = 3_600 * S


def late(**changed: object) -> TriggerDefinition:
    return replace(stop("late", "1", **changed), condition=MaxHold(4 * HOUR))


def measure(world: World, ahead_ns: int, account: str = ACCOUNT) -> None:
    """The venue says that its clock is so far ahead of ours."""
    now_ns = world.later()
    world.do(VenueTimeRead(account, now_ns + ahead_ns, now_ns))


def held_for(world: World, since_ns: int) -> int:
    """Wait until it fires; how long that was, in whole seconds of true time."""
    while not world.sent:
        world.wait(S)
        assert world.now_ns - since_ns < 20 * HOUR
    return (world.now_ns - since_ns) // S


@pytest.mark.parametrize("ahead_ns", [0, 7 * S, -HOUR])
@pytest.mark.parametrize("set_by_ns", [-HOUR, HOUR])
def test_b123_given_the_clock_set_while_down_then_a_time_limit_ends_as_it_would_have(
    ahead_ns: int, set_by_ns: int
):
    world = World("0")
    measure(world, ahead_ns)
    world.position("10")
    world.arm(late())
    opened_ns = world.now_ns
    world.wait(2 * HOUR)

    world.now_ns += set_by_ns
    world.restart()
    measure(world, ahead_ns - set_by_ns)

    assert held_for(world, opened_ns + set_by_ns) in range(4 * 3_600 - 1, 4 * 3_600 + 2)


def test_b138_given_it_is_over_by_the_venue_s_clock_at_a_start_then_it_fires_at_once():
    world = World("0")
    measure(world, 0)
    world.position("10")
    world.arm(late())
    world.wait(2 * HOUR)
    world.now_ns -= HOUR
    world.restart()

    measure(world, HOUR + 3 * HOUR)
    world.wait(1)

    assert world.who() == ["late"]


def test_b123_given_the_venue_told_its_time_after_the_position_opened_then_by_it_too():
    world = World()
    opened_ns = world.now_ns
    world.arm(late())
    measure(world, 0)
    world.wait(HOUR)

    world.now_ns -= HOUR
    world.restart()
    measure(world, HOUR)

    assert held_for(world, opened_ns - HOUR) in range(4 * 3_600 - 1, 4 * 3_600 + 2)


def test_b123_given_clocks_that_nobody_set_when_restarted_then_nothing_changes():
    world = World("0")
    measure(world, 0)
    world.position("10")
    opened = world.engine.state.position(world.key)
    world.restart()

    measure(world, 4 * S)

    again = world.engine.state.position(world.key)
    assert again.ts_opened_ns == opened.ts_opened_ns
    assert again.ts_opened_venue_ns == opened.ts_opened_venue_ns


def test_b123_given_a_venue_whose_clock_jumps_in_a_run_then_the_time_limit_stays():
    world = World("0")
    measure(world, 0)
    world.position("10")
    world.arm(late())
    opened_ns = world.now_ns

    measure(world, 3 * HOUR)

    assert held_for(world, opened_ns) in range(4 * 3_600 - 1, 4 * 3_600 + 2)


def test_given_another_account_or_no_position_then_nothing_is_compared():
    world = World("0")
    measure(world, 0)
    world.position("10")
    world.position("0")
    world.restart()

    before = world.engine.state.position(world.key)
    measure(world, HOUR, "other")
    measure(world, HOUR)

    assert world.engine.state.position(world.key) == before


def test_b123_given_a_limit_that_was_cancelled_when_the_clock_was_set_then_no_close():
    world = World("0")
    measure(world, 0)
    world.position("10")
    world.arm(late(), stop("sl", "95"))
    world.cancel("late")
    world.now_ns -= HOUR
    world.restart()

    measure(world, HOUR)
    world.wait(10 * HOUR)

    assert world.sent == []
