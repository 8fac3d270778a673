"""What the simulation has found, each as short as it can be told."""

from __future__ import annotations

from msgspec.structs import replace

from core.worlds import MARK, D, S, World, close, quantity, stop, target
from exitd.core.condition import Basis, Confirmation, Relative
from exitd.core.inputs import FireNow
from exitd.core.intents import ProvePosition
from exitd.core.market import Tick
from exitd.core.trigger import Close, TriggerDefinition, Twap


def confirmed_target() -> TriggerDefinition:
    action = close("2")
    confirmation = Confirmation(for_ns=10 * S)
    return replace(target("tp", "105"), action=action, confirmation=confirmation)


def world_where_a_stop_fires_at_106() -> World:
    world = World("10")
    world.arm(replace(stop("sl", "95"), action=close("3")))
    world.arm(confirmed_target())
    world.mark("106")
    world.wait(5 * S)
    world.do(FireNow(trigger_id="sl", by="test", now_ns=world.later()))
    return world


def test_b065_given_a_target_confirmed_while_a_stop_fires_then_it_fires_after_it():
    world = world_where_a_stop_fires_at_106()
    world.wait(6 * S)
    assert world.state("tp") == "armed"

    world.fill()
    world.position("7")
    world.wait(1)

    assert world.state("tp") == "firing"


def test_b131_given_a_price_that_comes_back_while_a_stop_fires_then_no_target_fires():
    world = world_where_a_stop_fires_at_106()
    world.wait(6 * S)
    world.mark("104")
    world.fill()
    world.position("7")
    world.mark("106")
    world.wait(9 * S)
    assert world.state("tp") == "armed"

    world.wait(S)

    assert world.state("tp") == "firing"


def test_b123_given_a_clock_put_back_while_down_then_no_confirmation_begins_twice():
    world = World("10")
    world.arm(replace(stop("sl", "95"), confirmation=Confirmation(for_ns=10 * S)))
    world.mark("94")
    ts_venue_ns = world.now_ns
    world.now_ns -= 3_600 * S
    world.restart()
    world.do(Tick(MARK, D(94), ts_venue_ns + S, world.later()))

    world.wait(10 * S)

    assert world.state("sl") == "firing"


def test_b132_given_a_position_that_changes_before_the_first_price_then_it_fires():
    world = World("10")
    emergency = Relative(Basis.ENTRY, D(-20))
    confirmation = Confirmation(for_ns=10 * S, emergency=emergency)
    world.arm(replace(stop("sl", "95"), confirmation=confirmation))
    world.mark("94")
    world.restart()
    world.wait(11 * S)
    world.position("8")

    world.mark("94")

    assert world.state("sl") == "firing"


def test_b132_given_a_first_price_beyond_then_the_rest_of_the_time_still_counts():
    world = World("10")
    world.arm(replace(stop("sl", "95"), confirmation=Confirmation(for_ns=10 * S)))
    world.mark("94")
    world.restart()
    world.mark("94")
    assert world.state("sl") == "armed"

    world.wait(10 * S)

    assert world.state("sl") == "firing"


def test_b123_given_a_clock_put_back_and_an_attempt_in_doubt_then_slices_go_on():
    world = World("10")
    slices = Close(quantity=quantity("4"), twap=Twap(4, 10 * S))
    world.arm(replace(stop("sl", "95"), action=slices))
    world.mark("94")
    world.now_ns -= 3_600 * S
    world.restart()
    world.mark("94")
    world.wait(20 * S)
    world.nothing_found()
    world.fill()
    world.position("9")

    world.wait(10 * S)

    assert world.sizes()[-2:] == ["1", "1"]


def test_given_a_restart_between_slices_then_the_next_still_comes():
    world = World("10")
    slices = Close(quantity=quantity("4"), twap=Twap(2, 10 * S))
    world.arm(replace(stop("sl", "95"), action=slices))
    world.mark("94")
    world.fill()
    world.position("8")
    world.restart()

    world.wait(10 * S)

    assert world.sizes() == ["2", "2"]


def test_b091_given_closes_that_end_unfilled_then_the_position_is_read_each_time():
    world = World("10")
    world.arm(replace(stop("sl", "95"), action=close("3")))
    world.mark("94")

    world.end()
    world.wait(S)
    world.end()

    asked = world.wants(ProvePosition)
    assert [intent.symbol for intent in asked] == [world.key.symbol] * 2
