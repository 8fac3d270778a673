"""Late messages of triggers that are forgotten, and their names when given again."""

from __future__ import annotations

from msgspec.structs import replace

from core import overlapped
from core.test_forgetting import HOUR, KEPT, cancelled, forget, known, long_after
from core.worlds import ACCOUNT, S, World, stop
from exitd.core.barrier_inputs import RunEnded
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus, Rearm
from exitd.core.past_inputs import Recall
from exitd.core.policy import Policies
from exitd.core.state import Accepted
from exitd.core.takeover import TakeOver

# Late messages


def test_given_a_late_fill_of_a_forgotten_close_then_nobody_is_taken_for_another():
    world = World()
    world.take(world.engine.resume(world.later()))
    overlapped.tell_time(world)
    world.arm(stop("sl", "90", "1"))
    world.mark("90")
    world.fill()
    world.position("9")
    cancelled(world, "last")
    long_after(world)
    assert known(world) == ["last"]
    sent, told = len(world.sent), len(world.facts)

    world.fill(0)
    world.trade(0, "t1", "1")
    world.report(0, OrderStatus.CANCELLED, "0.4")

    assert len(world.sent) == sent
    assert not world.engine.state.standing_by
    assert FactKind.ACCOUNT_SHARED not in {f.kind for f in world.facts[told:]}
    assert FactKind.ACCOUNT_CONTRADICTED not in {f.kind for f in world.facts[told:]}
    assert world.engine.state.position(world.key).held == 9


def test_given_a_late_report_of_an_id_reserved_before_the_run_then_it_is_ours():
    world = overlapped.running()
    world.arm(stop("sl", "90", "1"))
    world.do(RunEnded(world.later()))
    overlapped.fall(world, overlapped.written(world))
    world.mark("90")
    world.fill()
    world.position("9")
    cancelled(world, "last")
    long_after(world)
    assert known(world) == ["last"]

    world.report(0, ts_created_venue_ns=world.now_ns)

    assert not world.engine.state.standing_by


def test_given_a_take_over_then_what_is_forgotten_is_not_in_its_way():
    world = overlapped.running()
    cancelled(world, "one", "two")
    long_after(world)

    world.do(TakeOver(account=ACCOUNT, by="me", now_ns=world.later()))

    assert known(world) == ["two"]


# What is named again


def recall(world: World, *ids: str):
    past = tuple(world.store.past[id] for id in ids if id in world.store.past)
    return world.do(Recall(trigger_ids=ids, past=past, now_ns=world.later()))


def test_given_a_forgotten_trigger_when_it_is_named_then_its_numbers_go_on():
    world = World()
    world.arm(stop("sl", "90", "1"))
    world.mark("90")
    world.fill()
    world.position("9")
    world.mark("100")
    cancelled(world, "last")
    long_after(world)
    assert known(world) == ["last"]

    recall(world, "sl")
    assert world.arm(stop("sl", "91", "1")) == Accepted(("sl",))
    world.mark("91")

    assert world.trigger("sl").arming == 2
    assert [fire.arming for fire in world.fire_rows("sl")] == [1, 2]


def test_given_a_recalled_trigger_then_it_stays_as_if_it_were_just_done():
    world = World()
    expires_ns = world.now_ns + 10 * HOUR
    world.arm(replace(stop("one", "50"), expires_ns=expires_ns))
    world.cancel("one")
    cancelled(world, "two")
    long_after(world)

    recall(world, "one")
    world.wait(KEPT - S)
    forget(world)
    assert known(world) == ["two", "one"]

    world.do(Rearm(trigger_id="one", by="me", now_ns=world.later()))
    world.wait(9 * HOUR)
    assert world.state("one") == "done: expired"


def test_given_what_is_done_is_hardly_kept_when_one_is_named_then_for_a_minute():
    world = World(policies=Policies(done_kept_ns=1))
    cancelled(world, "one", "two")
    forget(world)

    recall(world, "one")
    world.wait(59 * S)
    forget(world)
    assert known(world) == ["two", "one"]

    world.wait(2 * S)
    forget(world)
    assert known(world) == ["two"]


def test_given_one_that_is_about_to_go_when_it_is_named_then_it_stays():
    world = World()
    cancelled(world, "one", "two")
    world.wait(KEPT)

    assert recall(world, "one", "unknown").is_quiet
    forget(world)

    assert known(world) == ["one", "two"]


def test_given_one_that_is_there_when_an_old_row_comes_then_it_is_left_alone():
    world = World()
    cancelled(world, "one")
    old = world.trigger("one")
    world.do(Rearm(trigger_id="one", by="me", now_ns=world.later()))

    decision = world.do(Recall(trigger_ids=("one",), past=(old,), now_ns=world.later()))

    assert decision.is_quiet
    assert world.state("one") == "armed"
