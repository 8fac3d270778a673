"""OCO: what a stop does to its siblings (behaviours 62 to 73, 84, 103, 104, 106)."""

from __future__ import annotations

import pytest

from core.worlds import LAST, LONG, MS, SHORT, D, S, World, close, rule, stop, target
from exitd.core.attempt import Capabilities, RefusalKind
from exitd.core.condition import ConditionKind


def test_b062_given_take_profit_fills_whole_then_the_stop_is_retired():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.mark("110")
    world.fill()
    world.position("0")

    assert world.state("tp") == "done: filled"
    assert world.state("sl") == "done: retired"


def test_b063_given_take_profit_fills_4_of_10_then_the_stop_covers_6():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", "4"))

    world.mark("110")
    world.fill()
    world.position("6")
    world.mark("95")

    assert world.sizes() == ["4", "6"]


def test_b064_given_the_stop_is_refused_then_it_retries_and_the_target_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.mark("95")
    decision = world.refuse(RefusalKind.MARGIN)

    assert decision.facts[0].fields["alert"] is True
    assert world.state("sl") == "firing"
    assert world.state("tp") == "armed"
    world.wait(S)
    assert len(world.sent) == 2
    assert world.sent[0].client_order_id != world.sent[1].client_order_id


def test_b065_given_stop_and_target_met_by_one_tick_then_one_order_and_it_is_the_stop():
    world = World(mark=None)
    world.arm(target("tp", "104"), rule("sl", ConditionKind.BELOW, "105", close()))

    world.mark("104.5")

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"


def test_b065_given_a_target_is_crossed_while_a_stop_fires_then_it_is_held():
    world = World()
    world.arm(stop("sl", "95", source=LAST), target("tp", "110"))

    world.last("100")
    world.last("94")
    world.mark("111")

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"
    assert "tp" in world.engine.state.held[LONG]


def test_b065_given_a_held_target_when_the_stop_is_done_then_it_is_judged_again():
    world = World()
    world.arm(stop("sl", "95", "5", source=LAST), target("tp", "110"))
    world.last("94")
    world.mark("111")

    world.fill()
    world.position("5")
    assert world.engine.state.held == {}
    world.mark("111.5")

    assert world.who() == ["sl", "tp"]
    assert world.sizes() == ["5", "5"]


def test_given_a_held_target_when_cancelled_then_it_stays_cancelled():
    world = World()
    world.arm(stop("sl", "95", "5", source=LAST), target("tp", "110"))
    world.last("94")
    world.mark("111")

    world.cancel("tp")
    world.fill()
    world.position("5")
    world.mark("111.5")

    assert world.who() == ["sl"]


def test_given_two_stops_fire_then_the_held_target_waits_for_both():
    world = World()
    world.arm(
        stop("a", "95", "2", source=LAST),
        stop("b", "94", "3", source=LAST),
        target("tp", "110"),
    )
    world.last("93")
    world.mark("111")

    world.fill(0)
    world.position("8")
    assert "tp" in world.engine.state.held[LONG]
    world.fill(1)
    world.position("5")
    world.mark("112")

    assert world.sizes() == ["2", "3", "5"]


def test_b066_given_a_ladder_then_the_stop_covers_what_is_left_and_the_last_all():
    world = World("10.001")
    world.arm(
        stop("sl", "95"),
        target("tp1", "110", "30%"),
        target("tp2", "120", "30%"),
        target("tp3", "130", "40%"),
    )

    world.mark("110")
    world.fill()
    world.position("7.001")
    world.mark("120")
    world.fill()
    world.position("4.001")
    world.mark("130")

    assert world.sizes() == ["3", "3", "4.001"]


@pytest.mark.parametrize("first", ["fill", "position"])
def test_b067_given_a_gap_over_two_targets_then_both_close_and_the_stop_covers_4(first):
    world = World(slots=False)
    world.arm(
        stop("sl", "95"), target("tp1", "110", "30%"), target("tp2", "112", "30%")
    )

    world.mark("115")
    world.open_slots(1)
    if first == "fill":
        world.fill(0)
        world.position("7")
    else:
        # The stream shows the reduction before the reply tells of the fill.
        world.position("7", ts_ns=world.now_ns + 2 * MS)
    world.open_slots()
    if first == "position":
        world.report(0, ts_ns=world.now_ns)
    world.fill(1)
    world.position("4")
    world.mark("95")
    world.open_slots()

    assert world.sizes() == ["3", "3", "4"]


def test_b070_given_the_target_is_cancelled_then_the_stop_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.cancel("tp")
    world.mark("95")

    assert world.who() == ["sl"]


def test_b073_given_one_leg_expires_then_the_other_stays():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", expires_ns=world.now_ns + S))

    world.wait(2 * S)

    assert world.state("tp") == "done: expired"
    assert world.state("sl") == "armed"


def test_b074_given_three_legs_of_thirds_then_they_sum_to_the_position():
    world = World()
    world.arm(
        target("a", "110", "33%"), target("b", "111", "33%"), target("c", "112", "34%")
    )

    left = D(10)
    for price in ("110", "111", "112"):
        world.mark(price)
        world.fill()
        left -= world.sent[-1].quantity
        world.position(str(left))

    assert world.sizes() == ["3.3", "3.3", "3.4"]
    assert left == 0


def test_b085_given_hedge_mode_then_a_long_trigger_never_touches_the_short():
    world = World(capabilities=Capabilities(hedge_mode=True))
    world.position("5", key=SHORT)
    world.arm(stop("sl", "95"))

    world.mark("95")
    world.fill()
    world.position("0")

    assert [str(order.side) for order in world.sent] == ["sell"]
    assert world.engine.state.position(SHORT).quantity == 5


def test_b103_given_cancel_before_the_tick_then_it_never_fires():
    world = World()
    world.arm(stop("sl", "95"))

    world.cancel("sl")
    world.mark("90")

    assert world.sent == []


def test_b104_given_cancel_after_the_hit_then_refused_and_no_half_state():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    reply = world.cancel("sl")

    assert reply.code == "firing"
    assert world.state("sl") == "firing"


def test_b106_given_closed_before_or_after_the_tick_then_at_most_one_order():
    before = World()
    before.arm(stop("sl", "95"))
    before.position("0")
    before.mark("95")
    assert before.sent == []

    after = World()
    after.arm(stop("sl", "95"))
    after.mark("95")
    after.position("0")
    after.refuse(RefusalKind.NOT_REDUCED)
    after.wait(60 * S)

    assert len(after.sent) == 1
    assert after.state("sl") == "done: retired"


def test_b110_given_a_fire_for_all_in_flight_when_another_hits_then_it_counts_it():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.arm(stop("new", "94"))
    world.mark("94")

    assert world.sizes() == ["10"]
    assert world.firing("new").held_by == "other closes of the position are unresolved"
    world.fill()
    world.position("0")
    assert world.state("new") == "done: retired"
