"""Closes that are to end at once, at a venue where nothing ends at once (b094)."""

from __future__ import annotations

from core.exchanges import WHOLE_LIMIT, closes
from core.worlds import World, close, stop
from exitd.core.attempt import Capabilities, TimeInForce
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelOrder
from exitd.core.lingering import LINGER_NS

IOC = TimeInForce.IOC
WITHOUT = Capabilities(has_ioc=False)


def fired(capabilities: Capabilities = WITHOUT) -> World:
    """A stop within 1 % of its level, whose close the venue has taken in."""
    world = World(capabilities=capabilities)
    world.arm(stop("sl", "95", action=WHOLE_LIMIT))
    world.mark("94.5")
    assert closes(world) == [("sl", "10", "94.05", IOC)]
    world.works()
    return world


def test_b094_given_a_close_that_lingers_when_its_moment_is_over_then_taken_back():
    world = fired()
    world.wait(LINGER_NS - 1)
    assert world.wants(CancelOrder) == []

    world.wait(1)

    (asked,) = world.wants(CancelOrder)
    assert asked.attempt == world.sent[0].attempt


def test_b094_given_part_of_it_filled_when_gone_then_the_rest_goes_wider():
    world = fired()
    world.fill(filled="6")
    world.wait(LINGER_NS)

    world.end(filled="6")

    assert closes(world)[1:] == [("sl", "4", "92.15", IOC)]
    assert world.sent[1].attempt.n == 2


def test_b095_given_it_is_not_gone_when_taken_back_then_asked_again_until_it_is():
    world = fired()

    world.wait(3 * LINGER_NS)

    assert len(world.wants(CancelOrder)) == 3
    world.end()
    world.wait(3 * LINGER_NS)
    assert len(world.wants(CancelOrder)) == 3
    assert len(world.sent) == 2


def test_given_it_fills_in_time_then_nothing_is_taken_back():
    world = fired()

    world.fill()
    world.wait(10 * LINGER_NS)

    assert world.wants(CancelOrder) == []


def test_b111_given_a_restart_while_it_lingers_then_taken_back_after_it():
    world = fired()
    world.restart()
    assert world.wants(CancelOrder) == []

    world.wait(LINGER_NS)

    assert len(world.wants(CancelOrder)) == 1


def test_given_a_market_close_that_works_then_it_waits_for_the_venue():
    world = World(capabilities=WITHOUT)
    world.arm(stop("sl", "95", action=close()))
    world.mark("94.5")
    world.report(status=OrderStatus.WORKING)

    world.wait(10 * LINGER_NS)

    assert world.wants(CancelOrder) == []


def test_given_a_venue_that_ends_them_then_nothing_is_taken_back():
    world = fired(Capabilities())

    world.wait(10 * LINGER_NS)

    assert world.wants(CancelOrder) == []
