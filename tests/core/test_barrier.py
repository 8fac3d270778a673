"""After a stop that was not clean: what may have left, and what waits for it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.builders import close
from core.overlapped import (
    SLACK_NS,
    counter,
    fall,
    pass_barrier,
    running,
    search,
    sends,
    tell_time,
    written,
)
from core.worlds import ACCOUNT, LONG, TAG, WINDOW_NS, D, S, World, stop, target
from exitd.core.attempt import Capabilities, TimeInForce
from exitd.core.barrier import BARRED, is_barred
from exitd.core.barrier_inputs import FirstIdsWanted, RunEnded
from exitd.core.client_ids import next_client_id
from exitd.core.engine import Engine
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.position import OrderSide, other_side
from exitd.core.state import Accepted
from exitd.core.takeover import TakeOver
from exitd.core.trigger import DoneReason, OrderType
from exitd.core.trigger import TriggerState as T
from exitd.core.turn import Turn


def test_b111_given_a_stop_before_the_commit_then_the_next_close_waits():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)

    world.mark("93")

    assert len(world.sent) == 1
    assert world.firing("sl").held_by == BARRED
    assert world.told(FactKind.TRIGGER_HELD)[-1].fields["alert"] is True


def test_b111_given_nothing_is_found_late_enough_then_it_goes_by_another_id():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    world.mark("93")

    pass_barrier(world)

    assert world.told(FactKind.ACCOUNT_UNBARRED)[0].fields["triggers"] == 1
    first, second = world.sent
    assert second.attempt == first.attempt
    assert second.client_order_id != first.client_order_id
    assert sends(world)[-1].seq == 0


@pytest.mark.parametrize(
    ("resting_ns", "history_ns"),
    [
        (WINDOW_NS, WINDOW_NS + SLACK_NS + 1),
        (WINDOW_NS + 1, WINDOW_NS + 1 + SLACK_NS),
    ],
    ids=["orders read too early", "history read too early"],
)
def test_b111_given_reads_that_are_too_early_then_it_waits_on(resting_ns, history_ns):
    world = running()
    world.arm(stop("sl", "95"))
    fall(world, written(world))
    world.mark("93")
    since_ns = world.engine.state.barriers[ACCOUNT].since_venue_ns

    search(world, since_ns + resting_ns, since_ns + history_ns)

    assert world.sent == []
    assert not world.engine.state.barriers[ACCOUNT].is_passed


def test_given_no_time_of_the_venue_then_no_read_is_late_enough():
    world = running()
    world.arm(stop("sl", "95"))
    world.restart()

    search(world, 10_000 * S, 20_000 * S)

    assert not world.engine.state.barriers[ACCOUNT].is_passed


def test_given_a_close_with_a_longer_window_then_that_is_waited_for():
    world = running()
    world.arm(stop("sl", "95", action=replace(close(), window_ns=30 * S)))

    fall(world, written(world))

    assert world.engine.state.barriers[ACCOUNT].window_ns == 30 * S


def test_given_searches_where_nothing_is_barred_then_nothing_changes():
    world = running()

    search(world, 1, 2)

    assert world.engine.state.barriers == {}


def test_b119_given_the_close_is_found_then_it_is_that_of_its_trigger():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)

    world.report(0)

    assert world.firing("sl").filled == D(10)
    assert world.firing("sl").cause == "found"
    assert world.told(FactKind.ORDER_RESOLVED)[0].fields["found"] is True
    world.position("0")
    assert world.state("sl") == "done: filled"
    assert len(world.sent) == 1


def test_given_a_hit_that_was_written_and_its_close_found_then_it_goes_on():
    world = running(slots=False)
    world.arm(stop("sl", "95"))
    world.mark("94")
    rows = written(world)
    world.open_slots()
    fall(world, rows)
    world.open_slots()

    world.report(0, OrderStatus.CANCELLED, filled="4")

    assert world.firing("sl").attempts == 1
    assert world.firing("sl").filled == D(4)


def test_given_a_part_is_found_then_no_more_than_the_part_is_closed():
    world = running()
    world.arm(stop("sl", "95", size="50%"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    world.position("5")

    world.report(0)

    assert world.fire_rows("sl")[-1].target == D(5)
    assert len(world.sent) == 1


def test_given_a_part_is_found_in_an_unknown_market_then_it_is_counted():
    world = running()
    world.arm(stop("sl", "95", size="50%"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    world.engine.state.instruments.clear()

    world.report(0, OrderStatus.PARTIALLY_FILLED, filled="1")

    assert world.firing("sl").filled == D(1)


def test_given_it_rests_at_the_venue_then_it_is_minded_as_any_that_rests():
    world = running()
    world.arm(target("tp", "105", action=close(limit="0")))
    rows = written(world)
    world.mark("106")
    fall(world, rows)

    world.report(0, OrderStatus.WORKING, order=OrderType.LIMIT, quantity=None)

    attempt = world.attempt(0)
    assert attempt.order.time_in_force is TimeInForce.GTC
    assert attempt.unresolved == D(10)


@pytest.mark.parametrize(
    "changed",
    [{"side": OrderSide.BUY}, {"symbol": "BTC"}, {"client_order_id": None}],
    ids=["the other side", "another market", "no id"],
)
def test_given_another_order_then_it_is_not_taken_for_the_close(changed):
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)

    world.report(0, **changed)

    assert world.trigger("sl").state is T.ARMED


def test_given_the_trigger_is_over_when_it_is_found_then_its_firing_ended():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    world.position("0")

    world.report(0, ts_created_venue_ns=world.now_ns)

    assert world.state("sl") == "done: retired"
    (fired,) = world.fire_rows("sl")
    assert (fired.open, fired.filled) == (False, D(10))
    assert fired.reason is DoneReason.RETIRED
    assert not world.told(FactKind.TRIGGER_HIT)[1:]


def test_given_it_ended_before_its_first_close_was_found_then_that_is_its():
    world = running(slots=False)
    world.arm(stop("sl", "95"))
    world.mark("94")
    rows = written(world)
    world.open_slots()
    fall(world, rows)
    world.slots = True
    world.open_slots()
    world.cancel("sl", abandon=True)

    world.report(0)

    (fired,) = world.fire_rows("sl")
    assert (fired.reason, fired.attempts, fired.filled) == (
        DoneReason.ABANDONED,
        1,
        D(10),
    )


def test_given_it_has_gone_by_another_id_when_the_first_is_seen_then_it_is_foreign():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    world.mark("93")
    pass_barrier(world)

    world.report(0)

    assert world.firing("sl").filled == D(0)
    world.fill(1)
    assert world.firing("sl").filled == D(10)
    world.report(0, filled="10")
    assert world.firing("sl").filled == D(10)


def test_given_the_hit_was_written_then_it_waits_and_goes_by_another_id():
    world = running(slots=False)
    world.arm(stop("sl", "95"))
    world.mark("94")
    fall(world, written(world))
    world.open_slots()
    assert world.firing("sl").held_by == BARRED

    pass_barrier(world)
    world.open_slots()

    assert world.sent[0].client_order_id == TAG << 24 | 2
    world.do(FirstIdsWanted(ACCOUNT, world.later()))
    assert world.trigger("sl").first_id == 0


def test_given_spent_ids_then_they_are_replaced_and_the_barrier_comes_down():
    world = running()
    world.arm(stop("sl", "95"), stop("low", "90", size="50%"))
    spent = world.trigger("low").first_id
    fall(world, written(world))
    pass_barrier(world)
    world.do(RunEnded(world.later()))
    assert counter(world).ahead_window_ns == WINDOW_NS

    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    assert world.trigger("low").first_id not in (0, spent)
    assert world.engine.state.barriers == {}
    assert counter(world).ahead_window_ns == WINDOW_NS
    world.mark("89")
    assert sends(world)[-1].seq > 0


def test_given_strict_from_now_on_then_what_was_ahead_is_searched_and_no_more():
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.is_overlapped = False
    fall(world, rows)
    pass_barrier(world)

    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    assert world.trigger("sl").first_id == 0
    assert counter(world).ahead_window_ns == 0


def test_given_a_second_unclean_stop_behind_the_barrier_then_it_is_up_again():
    world = running()
    world.arm(stop("sl", "95"))
    fall(world, written(world))

    fall(world, written(world))

    world.mark("94")
    assert world.sent == []
    pass_barrier(world)
    assert world.who() == ["sl"]


def test_given_a_position_without_such_triggers_then_it_does_not_wait():
    world = running()
    world.arm(stop("sl", "95"))

    fall(world, written(world))

    state = world.engine.state
    assert is_barred(state, LONG)
    assert not is_barred(state, other_side(LONG))


# Two daemons


def take_over(world: World) -> None:
    command = TakeOver(account=ACCOUNT, by="cli:root", now_ns=world.later())
    assert isinstance(world.do(command).reply, Accepted)


def test_given_a_takeover_then_no_id_of_before_is_used_any_more():
    world = running()
    world.arm(stop("sl", "95"), stop("low", "90", size="50%"))
    before = {world.trigger("sl").first_id, world.trigger("low").first_id}
    world.engine.state.standing_by.add(ACCOUNT)
    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    take_over(world)
    world.mark("94")
    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    assert world.sent[0].client_order_id not in before
    assert world.trigger("low").first_id not in before
    assert world.engine.state.barriers == {}


def test_given_a_takeover_behind_the_barrier_then_all_ids_are_replaced_after_it():
    world = running()
    world.arm(stop("sl", "95"))
    fall(world, written(world))
    world.arm(stop("low", "90", size="50%"))
    before = {world.trigger("sl").first_id, world.trigger("low").first_id}
    take_over(world)

    pass_barrier(world)
    world.do(FirstIdsWanted(ACCOUNT, world.later()))

    after = {world.trigger("sl").first_id, world.trigger("low").first_id}
    assert not before & after


def test_given_an_id_of_before_is_used_now_then_no_other_daemon_is_suspected():
    world = running()
    world.arm(stop("sl", "95"))
    world.do(RunEnded(world.later()))
    world.restart()
    tell_time(world)
    world.mark("94")
    world.fill()
    world.position("0")
    world.wait(3_600 * S)
    assert not world.engine.state.attempts

    world.wait(120 * S)
    world.report(0, ts_created_venue_ns=world.now_ns)

    assert ACCOUNT not in world.engine.state.standing_by


def test_given_no_window_then_an_account_cannot_be_overlapped():
    with pytest.raises(AssertionError):
        Engine().add_account(ACCOUNT, TAG, Capabilities(), is_overlapped=True)


def test_given_an_id_is_taken_then_what_may_be_ahead_stays_written():
    world = running()

    next_client_id(Turn(world.engine.state, world.now_ns), ACCOUNT)

    assert world.engine.state.counters[ACCOUNT].ahead_window_ns == WINDOW_NS
