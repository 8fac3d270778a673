"""Closes that leave while they are written down, by ids reserved with armings."""

from __future__ import annotations

from msgspec.structs import replace

from core.builders import close
from core.overlapped import (
    counter,
    fall,
    pass_barrier,
    running,
    sends,
    written,
)
from core.worlds import ACCOUNT, TAG, WINDOW_NS, S, World, stop, target
from exitd.core import first_ids
from exitd.core.attempt import AttemptState
from exitd.core.barrier_inputs import FirstIdsWanted, RunEnded
from exitd.core.trigger import Twap


def test_b087_given_overlapped_when_armed_then_its_id_is_a_row_before_it_is_hit():
    world = running()
    world.arm(stop("sl", "95"))
    reserved = world.store.rows["trigger", "sl"].first_id

    world.mark("94")

    assert reserved == TAG << 24 | 1
    assert world.sent[0].client_order_id == reserved
    assert sends(world)[0].seq == world.trigger("sl").seq > 0


def test_given_strict_when_armed_then_no_id_is_reserved():
    world = World()
    world.take(world.engine.resume(world.later()))
    world.arm(stop("sl", "95"))

    world.mark("94")

    assert world.store.rows["trigger", "sl"].first_id == 0
    assert sends(world)[0].seq == 0
    assert counter(world).ahead_window_ns == 0


def test_given_the_first_close_is_over_then_the_next_is_strict_and_by_another_id():
    world = running()
    world.arm(stop("sl", "95"))
    world.mark("94")

    world.end(filled="4")

    assert [send.seq > 0 for send in sends(world)] == [True, False]
    assert len({order.client_order_id for order in world.sent}) == 2


def test_given_a_take_profit_back_on_watch_then_it_has_an_id_of_its_own():
    world = running()
    world.arm(target("tp", "105", action=close(limit="0")))
    first = world.trigger("tp").first_id
    world.mark("106")

    world.end()
    world.mark("104")
    world.wait(60 * S)

    assert world.trigger("tp").arming == 2
    assert world.trigger("tp").first_id not in (0, first)


def test_given_slices_or_no_close_then_they_are_strict():
    world = running()
    sliced = replace(close(), twap=Twap(slices=4, every_ns=S))
    world.arm(stop("slices", "95", action=sliced))

    assert world.trigger("slices").first_id == 0


def test_given_a_run_begins_then_it_is_written_that_closes_may_be_ahead():
    world = running()

    assert counter(world).ahead_window_ns == WINDOW_NS


def test_given_a_clean_stop_then_nothing_is_barred_at_the_next_start():
    world = running()
    world.arm(stop("sl", "95"))
    world.do(RunEnded(world.later()))
    assert counter(world).ahead_window_ns == 0

    world.restart()
    world.mark("94")

    assert not world.engine.state.barriers
    assert world.who() == ["sl"]
    assert sends(world)[0].seq > 0


def test_given_armed_while_strict_then_ids_are_reserved_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(first_ids, "AT_ONCE", 2)
    world = World()
    world.arm(*[stop(f"sl-{n}", str(90 + n)) for n in range(3)])
    world.cancel("sl-0")
    world.is_overlapped = True
    world.restart()
    state = world.engine.state
    state.unreserved[ACCOUNT].append("gone")

    world.do(FirstIdsWanted(ACCOUNT, world.later()))
    assert [world.trigger(f"sl-{n}").first_id > 0 for n in range(3)].count(True) == 2
    assert state.unreserved[ACCOUNT] == ["gone"]
    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    assert state.unreserved[ACCOUNT] == []


def test_given_another_account_then_its_armings_are_left_alone():
    world = World(is_overlapped=True)
    world.arm(stop("sl", "95"))
    world.engine.state.overlapped.clear()

    world.take(world.engine.resume(world.later()))

    assert world.engine.state.unreserved == {}


def test_given_an_unclean_stop_with_nothing_armed_then_nothing_is_barred():
    world = running()

    fall(world, written(world))
    world.arm(stop("sl", "95"))
    world.mark("94")

    assert world.engine.state.barriers == {}
    assert world.who() == ["sl"]


def test_given_a_close_in_doubt_when_the_barrier_is_passed_then_it_stays_in_doubt():
    world = running()
    world.arm(stop("sl", "95", "50%"), stop("low", "90"))
    world.mark("94")
    fall(world, written(world))

    pass_barrier(world)

    assert world.who() == ["sl"]
    assert world.attempt(0).state is AttemptState.IN_DOUBT
