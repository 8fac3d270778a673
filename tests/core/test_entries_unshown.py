"""Fills of entries that position reports are slow to show, and what guards them."""

from __future__ import annotations

from core.entering import BROKER, ENTRY, NATIVE, EnteringWorld
from core.worlds import LONG, SHORT, D, S
from exitd.core.events import FactKind
from exitd.core.exits import fires_when_crossed
from exitd.core.inputs import IfCrossed, OrderStatus
from exitd.core.intents import ProvePosition
from exitd.core.policy import Policies
from exitd.core.position import OrderSide
from exitd.core.state import Refused

SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"


def late(**changed: object) -> EnteringWorld:
    """A fill that is told after a flat report which was too early to show it."""
    world = EnteringWorld(capabilities=BROKER, **changed)
    world.position("5")
    world.position("0")
    world.enter()
    filled_ns = world.now_ns
    world.position("0")
    world.fills("10", ts_ns=filled_ns)
    return world


def long_ago(**changed: object) -> EnteringWorld:
    """A fill that a flat report, late enough to show it, does not show."""
    world = EnteringWorld(capabilities=BROKER, **changed)
    world.position("5")
    world.position("0")
    world.enter()
    filled_ns = world.now_ns
    world.later(20 * S)
    world.position("0")
    world.fills("10", ts_ns=filled_ns)
    return world


def test_given_a_flat_report_newer_than_the_fill_then_the_exits_are_armed():
    world = late()

    assert world.engine.state.position(LONG).live == D(10)
    assert not world.engine.state.position(LONG).proven
    assert world.exits_cover() == ("10", "10")
    assert (world.state(SL), world.state(TP)) == ("armed", "armed")


def test_given_a_fill_that_is_not_shown_yet_then_no_other_entry_reverses_it():
    world = late()

    reply = world.enter("desk-2", side=OrderSide.SELL)

    assert isinstance(reply, Refused)
    assert reply.code == "reverses"


def test_given_a_fill_that_is_not_shown_then_asked_until_it_is_shown_or_not_there():
    world = late()
    world.wait(60 * S)
    assert len(world.wants(ProvePosition)) > 2
    world.position("0")
    world.intents.clear()

    world.wait(60 * S)

    assert world.wants(ProvePosition) == []
    assert world.exits_cover() == ("-", "-")


def test_given_a_fill_that_is_not_shown_when_the_stop_is_hit_then_nothing_leaves_yet():
    world = late()
    world.mark("95")
    assert world.sent == []
    assert "not shown" in world.firing(SL).held_by

    world.position("10")
    world.wait(S)

    assert world.sizes() == ["10"]


def test_given_a_flat_report_long_after_the_fill_then_it_is_asked_for_once():
    world = long_ago()
    assert world.state(SL) == "waiting: position"

    world.wait(60 * S)

    assert len(world.wants(ProvePosition)) == 1


def test_given_exits_wait_for_their_position_when_it_comes_beyond_then_the_stop_fires():
    world = long_ago()
    world.mark("94")

    world.position("10")

    assert world.sizes() == ["10"]
    assert world.who() == [SL]


def test_given_exits_wait_for_their_position_when_no_price_is_known_then_the_next():
    world = long_ago()
    world.wait(120 * S)
    world.position("10")
    assert world.state(SL) == "armed"

    world.mark("94")

    assert world.who() == [SL]


def test_given_crossed_exits_are_refused_when_the_position_comes_then_it_waits():
    world = long_ago(policies=Policies(crossed_exits=IfCrossed.REFUSE))
    world.mark("94")

    world.position("10")

    assert world.state(SL) == "waiting: already crossed"
    assert world.told(FactKind.TRIGGER_WAITING)


def test_given_the_broker_held_the_exits_then_only_a_stop_fires_when_crossed():
    world = EnteringWorld(capabilities=BROKER)
    world.enter(attached=NATIVE)
    world.fills("10")
    world.leg("leg-tp", OrderStatus.EXPIRED)
    state = world.engine.state

    assert fires_when_crossed(state, world.trigger(SL))
    assert not fires_when_crossed(state, world.trigger(TP))


def test_b020_given_the_other_side_was_held_when_it_filled_then_exits_go_by_policy():
    world = EnteringWorld(capabilities=BROKER)
    world.enter()
    # Somebody has sold by hand since: nobody knows what the fill leaves of that.
    world.position("4", key=SHORT)
    world.fills("10")
    assert world.state(SL) == "waiting: position"
    world.mark("94")

    world.position("6")

    assert world.who() == [SL]
    assert world.sizes() == ["6"]
