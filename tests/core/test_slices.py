"""Closes in slices: they sum exactly, wait their turn, and give way to stops."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.exchanges import LIMIT, Exchange, sent_at, sliced, slices_of
from core.test_invariants import check_restored
from core.worlds import (
    LONG,
    MS,
    D,
    S,
    World,
    close,
    rule,
    stop,
    target,
)
from exitd.core.attempt import Capabilities, RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import CancelsConfirmed, FireNow
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    Quantity,
    QuantityKind,
)

HOUR = 3600 * S


# One after the other


def test_b074_given_a_share_in_slices_then_one_every_interval_and_they_sum_exactly():
    world, exchange = slices_of(sliced(3, 30 * S, "100%"))
    assert world.sizes() == ["3.333"]

    exchange.wait(29 * S)
    assert len(world.sent) == 1
    exchange.wait(32 * S)

    assert world.sizes() == ["3.333", "3.333", "3.334"]
    assert sent_at(world) == [0, 30, 60]
    assert world.state("tp") == "done: filled"
    assert exchange.size == 0


def test_given_slices_of_a_part_then_the_target_is_of_the_hit():
    world, exchange = slices_of(sliced(4, 10 * S, "50%"))

    exchange.wait(15 * S)
    exchange.size = D(20) - 2 * D("1.25")
    world.position("17.5")
    exchange.wait(60 * S)

    assert world.sizes() == ["1.25"] * 4
    assert world.state("tp") == "done: filled"


def test_given_an_amount_in_slices_then_its_price_is_that_of_the_hit():
    world = World()
    amount = Quantity(QuantityKind.QUOTE, D(440), "USDC")
    how = replace(sliced(2, 10 * S), quantity=amount)
    world.arm(target("tp", "110", action=how))
    exchange = Exchange(world, "110")
    exchange.mark("110")

    exchange.mark("220")
    exchange.wait(11 * S)

    assert world.sizes() == ["2", "2"]


def test_given_the_price_came_back_after_the_first_slice_then_the_others_go():
    world, exchange = slices_of(sliced(3, 10 * S))

    exchange.mark("100")
    exchange.wait(30 * S)

    assert world.state("tp") == "done: filled"
    assert len(world.sent) == 3


def test_b097_given_the_price_came_back_before_the_first_slice_then_none_goes():
    world = World(slots=False)
    world.arm(target("tp", "110", action=sliced(3, 10 * S)))
    world.mark("110", "105")

    world.open_slots()

    assert world.sent == []
    assert world.state("tp") == "armed"


def test_b089_given_a_slice_is_unanswered_then_the_next_waits_for_its_answer():
    world = World(capabilities=Capabilities(lag_slack_ns=S))
    world.arm(target("tp", "110", action=sliced(3, 10 * S)))
    world.mark("110")
    world.lose()

    world.wait(25 * S)
    assert len(world.sent) == 1
    world.fill()
    world.position("6.667")

    # Late slices are not caught up with: one now, the last an interval later.
    assert world.sizes() == ["3.333", "3.333"]
    world.fill()
    world.position("3.334")
    world.wait(9 * S)
    assert len(world.sent) == 2
    world.wait(S)
    assert world.sizes() == ["3.333", "3.333", "3.334"]


def test_b094_given_a_slice_fills_in_part_then_its_rest_follows_at_once():
    world = World()
    world.arm(target("tp", "110", action=sliced(2, 10 * S)))
    world.mark("110")

    world.end(filled="3")
    assert world.sizes() == ["5", "2"]
    world.fill()
    world.position("5")
    world.wait(10 * S)

    assert world.sizes() == ["5", "2", "5"]


def test_b081_given_less_than_the_minimum_is_left_of_a_slice_then_it_joins_the_next():
    world = World()
    world.arm(target("tp", "110", action=sliced(2, 10 * S)))
    world.mark("110")

    world.end(filled="4.995")
    world.position("5.005")
    assert len(world.sent) == 1
    world.wait(10 * S)
    world.fill()
    world.position("0")

    assert world.sizes() == ["5", "5.005"]
    assert world.state("tp") == "done: filled"


def test_b081_given_less_than_the_minimum_is_left_of_the_last_then_it_is_done():
    world = World("20")
    world.arm(target("tp", "110", action=sliced(2, 10 * S, "50%")))
    exchange = Exchange(world, "110")
    exchange.mark("110")
    world.wait(10 * S)

    world.end(filled="4.995")
    world.position("10.005")

    assert world.sizes() == ["5", "5"]
    assert world.state("tp") == "done: filled"


def test_b092_given_a_slice_is_refused_then_tried_again_until_the_next_takes_it_in():
    world = World()
    world.arm(target("tp", "110", action=sliced(3, 2 * S)))
    world.mark("110")

    world.refuse(RefusalKind.MARGIN)
    world.wait(S)
    assert world.sizes() == ["3.333", "3.333"]
    world.refuse(RefusalKind.MARGIN)
    world.wait(2 * S)

    # The first turn is over: what it could not close is shared by the other two.
    assert world.sizes() == ["3.333", "3.333", "5"]


def test_given_the_position_shrinks_meanwhile_then_so_does_what_is_left():
    world, exchange = slices_of(sliced(4, 10 * S))
    assert world.sizes() == ["2.5"]

    exchange.size = D(3)
    world.position("3")
    exchange.wait(40 * S)

    assert world.sizes() == ["2.5", "1", "1", "1"]
    assert exchange.size == 0


def test_given_the_position_grows_back_then_the_target_of_the_hit_is_reached():
    world, exchange = slices_of(sliced(2, 10 * S))
    exchange.size = D(2)
    world.position("2")
    world.wait(10 * S)
    assert world.sizes() == ["5", "2"]

    world.position("9")
    world.fill()
    world.position("7")

    assert world.sizes() == ["5", "2", "3"]


def test_b106_given_the_position_is_closed_by_hand_then_no_further_slice():
    world, exchange = slices_of(sliced(3, 10 * S))

    world.position("0")
    exchange.wait(60 * S)

    assert len(world.sent) == 1
    assert world.state("tp") == "done: filled"


def test_given_slices_above_the_maximum_of_the_venue_then_each_in_parts():
    world = World(max_quantity=D(2))
    world.arm(target("tp", "110", action=sliced(2, 10 * S)))
    exchange = Exchange(world, "110")
    exchange.mark("110")
    assert world.sizes() == ["2", "2", "1"]

    exchange.wait(11 * S)

    assert world.sizes() == ["2", "2", "1"] * 2


def test_b140_given_a_slice_is_signed_then_the_fact_says_which():
    world, exchange = slices_of(sliced(3, 10 * S))
    exchange.wait(21 * S)

    signed = world.told(FactKind.ORDER_SIGNED)

    assert [fact.fields["slice"] for fact in signed] == ["1/3", "2/3", "3/3"]


def test_given_cancel_and_close_in_slices_then_none_before_the_cancels():
    world = World()
    action = CancelAndClose(Cancel(), sliced(2, 10 * S))
    world.arm(rule("both", ConditionKind.TAKE_PROFIT, "110", action))
    exchange = Exchange(world, "110")
    exchange.mark("110")
    exchange.wait(15 * S)
    assert world.sent == []

    world.do(CancelsConfirmed("both", 1, 0, world.later()))
    exchange.answer()
    exchange.mark("110")
    exchange.wait(11 * S)

    assert world.sizes() == ["5", "5"]
    assert world.state("both") == "done: filled"


# After a restart


def test_b111_given_a_restart_between_slices_then_the_next_goes_at_its_time():
    world, exchange = slices_of(sliced(3, 300 * S))
    exchange.wait(100 * S)

    world.restart()
    exchange.answer()
    exchange.wait(190 * S)
    assert len(world.sent) == 1
    exchange.wait(12 * S)

    assert world.sizes() == ["3.333", "3.333"]
    exchange.wait(300 * S)
    assert world.state("tp") == "done: filled"


def test_b111_given_a_restart_long_after_its_time_then_one_slice_and_not_all():
    world = World()
    world.arm(stop("late", "99", action=sliced(5, 10 * S)))
    exchange = Exchange(world, "98")
    exchange.mark("98")

    world.now_ns += HOUR
    world.restart()
    exchange.answer()
    exchange.wait(5 * S)

    assert world.sizes() == ["2", "2"]


def test_b123_given_the_clock_was_set_back_while_down_then_the_next_slice_is_not_late():
    world, exchange = slices_of(sliced(3, 30 * S))

    world.now_ns -= 900 * S
    world.restart()
    exchange.answer()
    exchange.wait(31 * S)

    assert world.sizes() == ["3.333", "3.333"]


_steps = st.one_of(
    st.tuples(st.just("price"), st.sampled_from(["94", "97", "100", "110", "112"])),
    st.tuples(st.just("wait"), st.sampled_from([MS, 3 * S, 20 * S, 70 * S])),
    st.tuples(st.just("trade"), st.sampled_from(["-3", "-0.5", "0.5", "3"])),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("deaf"), st.booleans()),
    st.tuples(st.just("liquidity"), st.sampled_from([None, "0.7", "0"])),
)
_sizes = st.sampled_from(["100%", "60%", "5", "0.03"])
_limits = st.sampled_from([{}, LIMIT, {**LIMIT, "patience_ns": (2 * S, 2 * S)}])


@given(
    slices=st.integers(2, 7),
    size=_sizes,
    limit=_limits,
    with_stop=st.sampled_from([None, "100%", "4"]),
    steps=st.lists(_steps, max_size=25),
)
@settings(max_examples=200, deadline=None)
def test_b094_given_any_course_then_slices_never_take_more_than_target_or_position(
    slices, size, limit, with_stop, steps
):
    world = World()
    world.arm(
        target("tp", "110", action=sliced(slices, 10 * S, size, **limit)),
        stop("late", "97", action=sliced(slices, 10 * S, size, **limit)),
    )
    if with_stop is not None:
        world.arm(stop("sl", "94", with_stop))
    exchange = Exchange(world, "100")
    exchange.mark("100")
    for what, value in steps:
        if what == "price":
            exchange.mark(value)
        elif what == "wait":
            exchange.wait(value)
        elif what == "trade":
            exchange.size = max(exchange.size + D(value), D("0.1"))
            world.position(str(exchange.size))
            exchange.answer()
        elif what == "restart":
            world.restart()
            exchange.answer()
        elif what == "deaf":
            exchange.is_deaf = value
        else:
            exchange.liquidity = None if value is None else D(value)
        check_restored(world)
        for fire in world.engine.state.fires.values():
            assert fire.target is None or fire.filled <= fire.target

    # In the end everything that fires comes to its end, or rests within its bound.
    exchange.is_deaf, exchange.liquidity = False, None
    exchange.mark("105")
    exchange.wait(600 * S)
    assert all(r.state != "firing" for r in world.engine.state.triggers.values())


def test_b070_given_slices_fired_by_hand_then_as_if_the_price_had_crossed():
    world = World()
    world.arm(target("tp", "110", action=sliced(2, 10 * S)))
    exchange = Exchange(world, "100")

    world.do(FireNow(trigger_id="tp", by="me", now_ns=world.later()))
    exchange.answer()
    exchange.wait(11 * S)

    assert world.sizes() == ["5", "5"]
    assert world.engine.state.position(LONG).quantity == 0


def test_given_a_target_rests_and_takes_room_when_a_slice_is_due_then_it_waits():
    world = World()
    world.arm(
        target("tp", "110", action=sliced(2, 10 * S)),
        target("limit", "111", action=close("rest", "1")),
    )
    exchange = Exchange(world, "110")
    exchange.mark("110")
    exchange.price = D(100)
    world.mark("111")
    exchange.answer()
    assert world.who() == ["tp", "limit"]

    exchange.wait(11 * S)

    assert world.firing("tp").held_by == "other closes of the position are unresolved"
    assert world.engine.state.position(LONG).live == 5
