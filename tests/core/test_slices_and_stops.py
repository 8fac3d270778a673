"""A stop takes over from a close in slices at once (b064, b065, b104)."""

from __future__ import annotations

from msgspec.structs import replace

from core.exchanges import LIMIT, Exchange, sliced, slices_of
from core.overlapped import fall, pass_barrier, running, written
from core.worlds import D, S, World, stop, target
from exitd.core.barrier import BARRED
from exitd.core.condition import MaxHold
from exitd.core.intents import CancelOrder


def test_b064_given_a_stop_hits_between_slices_then_it_closes_all_that_is_left():
    world, exchange = slices_of(sliced(5, 10 * S))
    world.arm(stop("sl", "95"))
    exchange.wait(15 * S)
    assert world.sizes() == ["2", "2"]

    exchange.mark("95")
    exchange.wait(100 * S)

    assert world.sizes() == ["2", "2", "6"]
    assert world.who()[-1] == "sl"
    assert world.state("sl") == "done: filled"


def test_b064_given_a_resting_slice_when_a_stop_hits_then_it_is_taken_back():
    world, exchange = slices_of(sliced(5, 10 * S, **LIMIT), price="100")
    world.arm(stop("sl", "95"))

    exchange.mark("95")
    exchange.wait(100 * S)

    assert exchange.cancels == 1
    assert world.who() == ["tp", "sl", "sl"]
    assert world.sizes() == ["2", "8", "2"]
    assert exchange.size == 0


def test_b064_given_a_stop_for_a_part_then_the_slices_go_on_with_what_is_left():
    world, exchange = slices_of(sliced(5, 10 * S, "80%"))
    world.arm(stop("sl", "95", "50%"))
    assert world.sizes() == ["1.6"]

    exchange.liquidity = D(0)
    exchange.mark("95")
    exchange.wait(25 * S)
    assert "tp" not in world.who()[1:]
    exchange.liquidity = None
    exchange.wait(100 * S)

    closed = {"tp": D(0), "sl": D(0)}
    for n, order in enumerate(world.sent):
        closed[order.attempt.trigger_id] += world.attempt(n).filled
    # Half of what was there at the stop's hit and before; the slices have the rest.
    assert closed == {"tp": D(5), "sl": D(5)}
    assert world.state("tp") == "done: filled"


def test_b064_given_a_resting_slice_and_a_stop_for_a_part_then_it_rests_again_after():
    world, exchange = slices_of(sliced(2, 10 * S, "60%", **LIMIT), price="100")
    world.arm(stop("sl", "95", "4"))

    exchange.mark("95")
    exchange.wait(12 * S)

    assert world.who() == ["tp", "sl", "tp"]
    assert world.state("sl") == "done: filled"
    assert world.state("tp") == "firing"
    exchange.mark("110")
    assert exchange.size == 0
    assert world.sizes() == ["3", "4", "6"]


def test_b064_given_the_last_slice_rests_when_a_stop_takes_a_part_then_it_goes_on():
    world, exchange = slices_of(sliced(2, 10 * S, "60%", **LIMIT), price="110")
    world.arm(stop("sl", "95", "4"))
    exchange.price = D(100)
    exchange.wait(11 * S)
    assert world.sizes() == ["3", "3"]

    exchange.mark("95")
    exchange.wait(5 * S)
    exchange.mark("110")

    assert world.who() == ["tp", "tp", "sl", "tp"]
    assert exchange.size == 0
    assert world.state("tp") == "done: filled"


def test_b064_given_a_timed_slice_rests_when_a_stop_hits_then_it_is_taken_back():
    world = World()
    how = sliced(3, 60 * S, patience_ns=(50 * S, 0), **LIMIT)
    world.arm(stop("late", "99", action=how), stop("sl", "95", "4"))
    exchange = Exchange(world, "97")
    exchange.mark("97")
    assert list(exchange.resting) == [0]

    exchange.mark("95")
    assert exchange.cancels == 1
    assert world.sizes()[:2] == ["3.333", "4"]
    assert world.state("sl") == "done: filled"
    # The slices go on: what the first has not filled is still its turn.
    exchange.wait(200 * S)

    assert exchange.size == 0
    assert world.state("late") == "done: filled"


def test_b064_given_a_slice_rests_behind_the_barrier_when_a_stop_hits_then_taken_back():
    world = running()
    how = sliced(3, 60 * S, patience_ns=(50 * S, 0), **LIMIT)
    world.arm(stop("late", "99", action=how), stop("sl", "95", "4"))
    world.mark("97")
    world.works(0)
    fall(world, written(world))

    world.mark("97", "95")

    assert [i.attempt.trigger_id for i in world.wants(CancelOrder)] == ["late"]
    assert world.firing("sl").held_by == BARRED
    assert world.who() == ["late"]
    world.end(0)
    pass_barrier(world)
    assert world.who() == ["late", "sl"]


def test_b064_given_a_target_hit_behind_the_barrier_then_held_and_nothing_taken_back():
    world = running()
    world.arm(target("tp", "105"))
    fall(world, written(world))

    world.mark("105")

    assert world.wants(CancelOrder) == []
    assert world.firing("tp").held_by == BARRED


def test_b064_given_a_timed_slice_rests_after_a_stop_hit_then_it_is_taken_back_then():
    world = World()
    how = sliced(3, 60 * S, patience_ns=(50 * S, 0), **LIMIT)
    world.arm(stop("late", "99", action=how), stop("sl", "95", "4"))
    world.mark("97", "95")
    assert world.wants(CancelOrder) == []

    world.works(0)
    world.works(0)

    assert len(world.wants(CancelOrder)) == 1
    world.end(0)
    assert world.firing("late").held_by == "a stop of the position is firing"
    world.wait(300 * S)
    assert world.who() == ["late", "sl"]


def test_b064_given_a_stop_ends_without_a_fill_then_timed_slices_go_on():
    world = World()
    world.arm(
        stop("late", "99", action=sliced(2, 10 * S)), stop("sl", "95"), stop("b", "94")
    )
    exchange = Exchange(world, "98")
    exchange.mark("98")
    exchange.liquidity = D(0)
    exchange.mark("94")
    exchange.wait(20 * S)
    assert "late" not in world.who()[1:]

    world.cancel("sl", abandon=True)
    exchange.answer()
    exchange.wait(S)
    assert "late" not in world.who()[1:]
    exchange.liquidity = None
    world.cancel("b", abandon=True)
    exchange.answer()
    exchange.wait(S)

    assert world.who()[-1] == "late"
    assert world.state("late") == "done: filled"


def test_b065_given_timed_slices_then_a_target_waits_for_them():
    world = World()
    world.arm(stop("late", "99", action=sliced(2, 10 * S)), target("tp", "110", "4"))
    exchange = Exchange(world, "98")
    exchange.mark("98")

    exchange.mark("110")
    assert world.who() == ["late"]
    exchange.wait(11 * S)

    assert world.who() == ["late", "late"]


def test_b064_given_two_closes_in_slices_then_both_go_their_way():
    world = World()
    world.arm(
        stop("a", "99", action=sliced(2, 10 * S, "4")),
        stop("b", "98", action=sliced(3, 10 * S, "6")),
    )
    exchange = Exchange(world, "97")
    exchange.mark("97")

    exchange.wait(25 * S)

    assert exchange.size == 0
    assert sorted(world.sizes()) == ["2", "2", "2", "2", "2"]


def test_b104_given_a_timed_slice_of_an_abandoned_firing_rests_then_stops_pass_it_by():
    world = World()
    how = sliced(2, 60 * S, patience_ns=(50 * S, 0), **LIMIT)
    world.arm(stop("late", "99", action=how), stop("sl", "95"))
    exchange = Exchange(world, "97")
    exchange.mark("97")
    world.cancel("late", abandon=True)

    exchange.mark("95")

    assert world.sizes() == ["5", "5", "5"]
    assert exchange.size == 0


def test_b138_given_a_time_limit_in_slices_then_the_whole_position_in_its_time():
    world = World()
    limit = replace(
        stop("late", "90", action=sliced(4, 15 * S)), condition=MaxHold(60 * S)
    )
    world.arm(limit)
    exchange = Exchange(world, "100")

    exchange.wait(59 * S)
    assert world.sent == []
    exchange.wait(60 * S)

    assert world.sizes() == ["2.5"] * 4
    assert exchange.size == 0
    assert world.state("late") == "done: filled"
