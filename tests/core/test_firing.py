"""From a hit to an attempt: sizes, prices, retries (behaviours 66, 76, 81 to 101)."""

from __future__ import annotations

from core.worlds import TAG, D, World, stop, target
from exitd.core.attempt import AttemptState
from exitd.core.events import FactKind
from exitd.core.policy import Policies


def test_b081_given_a_rest_below_the_minimum_then_it_is_closed_too():
    world = World("5.005")
    world.arm(target("tp", "110", "5"))

    world.mark("110")

    assert world.sizes() == ["5.005"]


def test_b081_given_the_policy_keeps_remainders_then_only_what_was_asked():
    world = World("5.005", policies=Policies(remainder_close_all=False))
    world.arm(target("tp", "110", "5"))

    world.mark("110")

    assert world.sizes() == ["5"]


def test_b081_given_a_position_below_the_minimum_then_all_there_is():
    world = World("0.005")
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sizes() == ["0.005"]


def test_b081_given_a_share_below_the_minimum_then_the_minimum():
    world = World("1")
    world.arm(target("tp", "110", "0.5%"))

    world.mark("110")

    assert world.sizes() == ["0.01"]


def test_b081_given_a_partly_filled_close_whose_rest_is_dust_then_it_is_done():
    world = World()
    world.arm(target("tp", "110", "3"))
    world.mark("110")

    world.end(filled="2.995")
    world.position("7.005")

    assert world.sizes() == ["3"]
    assert world.state("tp") == "done: filled"


def test_b082_given_a_close_worth_less_than_the_minimum_then_all_is_closed():
    world = World("0.6", min_notional=D(50))
    world.arm(stop("sl", "95", "0.3"))

    world.mark("95")

    assert world.sizes() == ["0.6"]


def test_b082_given_a_rest_worth_less_than_the_minimum_then_all_is_closed():
    world = World("2", min_notional=D(50))
    world.arm(stop("sl", "95", "1.6"))

    world.mark("95")

    assert world.sizes() == ["2"]


def test_given_a_position_above_the_maximum_then_closed_in_parts_without_dust():
    world = World("20.005", max_quantity=D(10))
    world.arm(stop("sl", "95"))

    world.mark("95")
    for _ in range(3):
        world.fill()

    assert world.sizes() == ["10", "9.99", "0.015"]


def test_given_a_share_that_is_off_the_step_then_floored_once_and_done():
    world = World("9.999")
    world.arm(target("tp", "110", "50%"))

    world.mark("110")
    world.fill()
    world.position("5")

    assert world.sizes() == ["4.999"]
    assert world.state("tp") == "done: filled"


def test_b087_given_a_hit_then_the_attempt_is_written_before_it_is_sent():
    world = World()
    world.arm(stop("sl", "95"))

    world.mark("95")

    kinds = [fact.kind for fact in world.facts[-3:]]
    assert kinds == [FactKind.TRIGGER_HIT, FactKind.ORDER_SIGNED, FactKind.ORDER_SENT]
    assert world.attempt().signed == b"signed"
    assert world.attempt().state is AttemptState.SENT


def test_given_attempts_then_client_ids_carry_the_tag_and_count_up():
    world = World()
    world.arm(stop("a", "95", "2"), stop("b", "94", "2"))

    world.mark("94")

    ids = [order.client_order_id for order in world.sent]
    assert ids == [TAG << 24 | 1, TAG << 24 | 2]
    assert world.engine.state.counters["main"].counter == 2


def test_given_the_last_counter_then_the_next_is_one_and_never_zero():
    world = World()
    counter = world.engine.state.counters["main"]
    world.engine.state.counters["main"] = type(counter)("main", TAG, (1 << 24) - 1)
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sent[0].client_order_id == TAG << 24 | 1
