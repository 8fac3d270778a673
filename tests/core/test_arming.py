"""Arm, amend, close now: behaviours 19 to 37 and what is refused in which words."""

from __future__ import annotations

import pytest

from core.worlds import (
    D,
    S,
    World,
    close,
    rule,
    stop,
    target,
)
from exitd.core.condition import ConditionKind
from exitd.core.inputs import Amend, IfCrossed
from exitd.core.policy import Policies
from exitd.core.position import Side
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Cancel, CancelAndClose, Notify


def code(reply):
    assert isinstance(reply, Refused), reply
    return reply.code


def amend(world, definition, if_crossed=IfCrossed.REFUSE):
    command = Amend(definition=definition, if_crossed=if_crossed, now_ns=world.later())
    return world.do(command).reply


@pytest.mark.parametrize(
    ("side", "sl", "tp"), [(Side.LONG, "98", "97"), (Side.SHORT, "102", "103")]
)
def test_b019_given_stop_beyond_the_take_profit_then_refused(side, sl, tp):
    for one, other in [(stop, target), (target, stop)]:
        world = World(side=side, mark=None)
        first, second = (sl, tp) if one is stop else (tp, sl)
        world.arm(one("one", first, side=side))

        reply = world.arm(other("two", second, side=side))

        assert code(reply) == "conflict"
        assert "two" not in world.engine.state.triggers


def test_b019_given_batch_with_stop_above_target_then_nothing_stored():
    world = World(mark=None)

    reply = world.arm(target("tp", "104"), stop("sl", "105"))

    assert code(reply) == "conflict"
    assert world.engine.state.triggers == {}


def test_b020_given_level_already_crossed_when_refuse_then_nothing_is_stored():
    world = World()

    reply = world.arm(stop("sl", "101"))

    assert code(reply) == "already_crossed"
    assert "101" in reply.sentence
    assert "100" in reply.sentence
    assert world.engine.state.triggers == {}


def test_b020_given_level_already_crossed_when_fire_then_fires_without_a_tick():
    world = World()

    world.arm(stop("sl", "101"), if_crossed=IfCrossed.FIRE)

    assert world.sizes() == ["10"]
    assert world.firing("sl").observed == 100


def test_b020_given_level_already_crossed_when_wait_then_fires_after_it_was_above():
    world = World()

    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)
    assert world.state("sl") == "waiting: already crossed"
    world.mark("100.5", "101")
    assert world.state("sl") == "waiting: already crossed"
    world.mark("101.01")
    assert world.state("sl") == "armed"
    assert world.sent == []
    world.mark("101")

    assert world.sizes() == ["10"]


def test_b021_given_the_known_price_is_old_when_fire_then_a_fresh_one_decides():
    world = World()
    world.later(6 * S)

    world.arm(stop("sl", "101"), if_crossed=IfCrossed.FIRE)
    assert world.sent == []
    world.mark("100.9")

    assert world.sizes() == ["10"]


def test_b021_given_the_known_price_is_old_when_wait_then_a_fresh_one_must_be_right():
    world = World()
    world.later(6 * S)

    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)
    world.mark("100.9")
    assert world.sent == []
    world.mark("101.5", "101")

    assert world.sizes() == ["10"]


def test_b022_given_same_key_and_body_twice_then_same_ids_and_one_trigger():
    world = World()
    first = world.arm(stop("sl", "95"), key="k", digest="d")

    again = world.arm(stop("sl", "95"), key="k", digest="d")
    other = world.arm(stop("sl2", "94"), key="k", digest="e")

    assert first.trigger_ids == again.trigger_ids == ("sl",)
    assert code(other) == "idempotency_conflict"
    assert list(world.engine.state.triggers) == ["sl"]


def test_b022_given_the_key_is_older_than_it_is_kept_then_it_is_new():
    world = World(policies=Policies(idempotency_kept_ns=10 * S))
    world.arm(stop("sl", "95"), key="k", digest="d")
    world.later(11 * S)

    reply = world.arm(stop("sl2", "94"), key="k", digest="e")

    assert reply == Accepted(("sl2",))


def test_b023_given_an_identical_arm_without_a_key_then_refused():
    world = World()
    world.arm(stop("sl", "95"))

    reply = world.arm(stop("again", "95"))

    assert code(reply) == "conflict"
    assert "sl does exactly the same" in reply.sentence


def test_b023_given_the_twin_is_done_then_accepted():
    world = World()
    world.arm(stop("sl", "95"))
    world.cancel("sl")

    assert world.arm(stop("again", "95")) == Accepted(("again",))


def test_b024_given_a_level_off_the_step_then_refused_with_the_two_nearest():
    reply = World().arm(stop("sl", "95.003"))

    assert code(reply) == "off_step"
    assert "95 and 95.01" in reply.sentence


def test_given_a_level_of_zero_then_refused():
    assert code(World().arm(stop("sl", "0"))) == "off_step"


def test_b025_given_a_quantity_off_the_step_then_floored_and_told():
    world = World()

    reply = world.arm(stop("sl", "95", "1.0004"))

    assert "floored to 1," in reply.notes[0]
    assert world.trigger("sl").definition.close.quantity.value == 1


def test_b025_given_cancel_and_close_off_the_step_then_floored_too():
    world = World()
    action = CancelAndClose(Cancel(), close("1.0004"))

    world.arm(rule("x", ConditionKind.STOP_LOSS, "95", action))

    assert world.trigger("x").definition.close.quantity.value == 1


@pytest.mark.parametrize("size", ["0.0099", "0.0004", "0", "-1"])
def test_b025_given_a_quantity_below_the_minimum_then_refused(size):
    assert code(World().arm(stop("sl", "95", size))) == "below_minimum"


def test_b026_given_quantity_above_the_position_then_a_note_and_at_most_the_position():
    world = World()

    reply = world.arm(stop("sl", "95", "12"))
    world.mark("95")

    assert "above the position of 10" in reply.notes[0]
    assert world.sizes() == ["10"]


def test_b026_given_a_policy_when_above_the_position_then_refused_and_a_share_is_not():
    world = World(policies=Policies(above_position_refused=True))

    reply = world.arm(stop("sl", "95", "12"))

    assert code(reply) == "above_position"
    assert "quantity 12 is above the position of 10; ask for less" in reply.sentence
    for size in ("10", "100%"):
        assert isinstance(world.arm(stop(f"sl{size}", "94", size)), Accepted)
    notice = rule("n", ConditionKind.BELOW, "95", Notify())
    assert isinstance(world.arm(notice), Accepted)


def test_b026_given_a_policy_when_there_is_no_position_yet_then_any_quantity_is_taken():
    policies = Policies(above_position_refused=True, no_position_refuse=False)
    world = World("0", policies=policies)

    assert isinstance(world.arm(stop("sl", "95", "12")), Accepted)


def test_b027_given_an_unknown_symbol_then_refused():
    assert code(World().arm(stop("sl", "95", symbol="X"))) == "unknown_symbol"


def test_b027_given_no_position_then_refused_or_waits_by_policy():
    assert code(World("0").arm(stop("sl", "95"))) == "no_position"

    world = World("0", policies=Policies(no_position_refuse=False))
    world.arm(stop("sl", "95", expires_ns=world.now_ns + 10 * S))
    assert world.state("sl") == "waiting: position"
    world.position("3")
    assert world.state("sl") == "armed"


def test_b027_given_waiting_for_a_position_when_its_time_is_over_then_expired():
    world = World("0", policies=Policies(no_position_refuse=False))
    world.arm(stop("sl", "95", expires_ns=world.now_ns + 10 * S))

    world.wait(10 * S)

    assert world.state("sl") == "done: expired"


def test_b028_given_a_level_nearer_than_the_minimum_distance_then_refused():
    world = World(policies=Policies(min_distance_percent=D(1)))

    assert code(world.arm(stop("sl", "99.5"))) == "too_near"
    assert isinstance(world.arm(stop("sl", "99")), Accepted)
    notice = rule("n", ConditionKind.BELOW, "99.5", Notify(), side=None)
    assert isinstance(world.arm(notice), Accepted)


@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_b028_given_stop_and_target_nearer_than_the_spread_then_refused(side):
    world = World(side=side, policies=Policies(min_spread_percent=D(2)))
    levels = ("99.5", "100.5") if side is Side.LONG else ("100.5", "99.5")
    world.arm(stop("sl", levels[0], side=side))

    assert code(world.arm(target("tp", levels[1], side=side))) == "conflict"


def test_b029_given_the_active_limit_then_refused_with_the_limit_named():
    world = World(policies=Policies(max_active=2))
    world.arm(stop("a", "95"))
    assert code(world.arm(stop("b", "94"), stop("c", "93"))) == "limit"
    world.arm(stop("b", "94"))

    reply = world.arm(stop("c", "93"))
    assert "policies.max_active" in reply.sentence
    world.cancel("a")

    assert isinstance(world.arm(stop("c", "93")), Accepted)


def test_b032_given_a_batch_with_an_invalid_second_then_none_is_armed():
    world = World()

    reply = world.arm(stop("a", "95"), stop("b", "0.001"), stop("c", "94"))

    assert reply.trigger_id == "b"
    assert world.engine.state.triggers == {}
    assert isinstance(world.arm(stop("c", "95")), Accepted)


def test_b032_given_a_notice_before_an_invalid_one_then_none_is_armed():
    world = World()
    notice = rule("n", ConditionKind.BELOW, "95", Notify(), side=None)

    assert code(world.arm(notice, stop("b", "95.001"))) == "off_step"

    assert world.engine.state.triggers == {}


def test_given_the_same_id_twice_in_a_batch_then_refused():
    assert code(World().arm(stop("a", "95"), stop("a", "94"))) == "exists"


def test_given_an_id_that_is_there_then_refused():
    world = World()
    world.arm(stop("a", "95"))

    assert code(world.arm(stop("a", "94"))) == "exists"


def test_given_a_stop_whose_refused_twin_was_withdrawn_then_neighbours_are_as_before():
    world = World()
    world.arm(stop("a", "95"))

    assert code(world.arm(target("tp", "110"), stop("b", "95"))) == "conflict"

    assert isinstance(world.arm(stop("sl", "98"), target("tp", "99")), Refused)
    assert isinstance(world.arm(target("tp", "110")), Accepted)
