"""Triggers that are done leave memory, once nothing needs them any more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core import entering, overlapped
from core.test_files import apply, from_file
from core.worlds import ACCOUNT, D, S, World, rule, stop, target
from exitd.core import forgetting
from exitd.core.condition import ConditionKind, Confirmation, Move
from exitd.core.inputs import Rearm
from exitd.core.market import PriceKind, PriceSource
from exitd.core.past_inputs import ForgetDone
from exitd.core.policy import Policies
from exitd.core.state import TimerKind
from exitd.core.trigger import Notify

HOUR = 3_600 * S
KEPT = Policies().done_kept_ns


def forget(world: World):
    return world.do(ForgetDone(world.later()))


def long_after(world: World) -> None:
    """Let all that is done be long done, and take time to forget."""
    world.wait(KEPT)
    forget(world)


def cancelled(world: World, *ids: str) -> None:
    for number, id in enumerate(ids):
        world.arm(stop(id, f"{50 + number}"))
        world.cancel(id)


def known(world: World) -> list[str]:
    return list(world.engine.state.triggers)


# What is forgotten


def test_given_triggers_long_done_when_there_is_time_then_only_the_last_stays():
    world = World()
    cancelled(world, "one", "two")

    long_after(world)

    assert known(world) == ["two"]
    assert list(world.store.past) == ["one"]


def test_given_a_trigger_just_done_then_it_stays_for_its_time():
    world = World()
    cancelled(world, "one", "two")

    world.wait(KEPT - S)
    decision = forget(world)

    assert decision.is_quiet
    assert known(world) == ["one", "two"]


def test_given_a_forgotten_trigger_then_nothing_of_it_is_left_in_memory():
    world = World()
    moves, expires_ns = (Move(at=D(120), to=D(60)),), world.now_ns + 100 * HOUR
    world.arm(replace(stop("one", "50"), moves=moves, expires_ns=expires_ns))
    world.cancel("one")
    world.arm(rule("all", ConditionKind.ABOVE, "200", Notify(), side=None))
    world.cancel("all")

    long_after(world)

    state = world.engine.state
    assert known(world) == ["all"]
    assert "one" not in state.roles
    assert "one" not in state.done
    assert world.key not in state.by_position
    assert world.key not in state.followers
    assert world.key not in state.neighbours


def test_given_others_of_its_position_then_they_stay_where_they_are():
    world = World()
    cancelled(world, "one", "two")
    world.arm(stop("sl", "90"))

    long_after(world)

    assert [r.id for r in world.engine.state.triggers_on(world.key)] == ["two", "sl"]
    world.mark("90")
    assert world.who() == ["sl"]


def test_given_one_without_a_position_when_long_done_then_it_is_forgotten():
    world = World()
    world.arm(rule("all", ConditionKind.ABOVE, "200", Notify(), side=None))
    world.cancel("all")
    cancelled(world, "last")

    long_after(world)

    assert known(world) == ["last"]


def test_given_an_emergency_level_then_it_leaves_that_book_too():
    world = World()
    last = PriceSource(ACCOUNT, "SOL_USDC_PERP", PriceKind.LAST)
    confirmed = Confirmation(for_ns=S, emergency=D(40), emergency_source=last)
    world.arm(replace(stop("one", "50"), confirmation=confirmed))
    world.cancel("one")
    cancelled(world, "last")

    long_after(world)

    assert known(world) == ["last"]
    world.last("39")
    world.mark("39")


def test_given_very_many_then_so_many_are_forgotten_at_once(monkeypatch):
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    world = World()
    cancelled(world, "one", "two", "three", "four")
    world.wait(KEPT)

    assert len(forget(world).records) == 2
    assert known(world) == ["three", "four"]
    assert len(forget(world).records) == 1
    assert known(world) == ["four"]


def test_given_a_restart_when_there_is_time_then_the_oldest_go_first():
    world = World()
    cancelled(world, "one", "two", "three")
    world.do(Rearm(trigger_id="one", by="me", now_ns=world.later()))
    world.cancel("one")

    world.restart()

    assert list(world.engine.state.done) == ["two", "three", "one"]
    long_after(world)
    assert known(world) == ["one"]


def test_given_a_forgotten_trigger_when_restarted_then_it_is_not_loaded():
    world = World()
    cancelled(world, "one", "two")
    world.arm(stop("sl", "90"))
    long_after(world)
    seq = world.engine.state.seq

    world.restart()

    assert known(world) == ["two", "sl"]
    assert world.engine.state.seq == seq


def test_given_timers_far_ahead_of_forgotten_triggers_then_they_go_with_them(
    monkeypatch,
):
    monkeypatch.setattr(forgetting, "IDLE_TIMERS", 1)
    world = World()
    for number in range(4):
        expires_ns = world.now_ns + 100 * HOUR
        world.arm(replace(stop(f"t{number}", f"{50 + number}"), expires_ns=expires_ns))
        world.cancel(f"t{number}")
    world.arm(replace(stop("sl", "90"), expires_ns=world.now_ns + 100 * HOUR))

    long_after(world)

    timers = [entry[2] for entry in world.engine.state.timers]
    expiries = [t.trigger_id for t in timers if t.kind is TimerKind.EXPIRE]
    assert sorted(expiries) == ["sl", "t3"]
    world.wait(101 * HOUR)
    assert world.state("sl") == "done: expired"


# What is not


def test_given_what_watches_or_waits_or_fires_however_old_then_it_stays():
    world = World()
    world.arm(stop("sl", "90"), target("tp", "120"))
    world.arm(replace(stop("waits", "80"), template=True, once=True))
    world.mark("90")
    world.lose()
    cancelled(world, "last")

    long_after(world)

    assert known(world) == ["sl", "tp", "waits", "last"]
    assert world.state("sl") == "firing"


def test_given_an_armed_trigger_among_the_done_then_the_rule_itself_says_no():
    world = World()
    world.arm(stop("sl", "90"))
    cancelled(world, "last")
    # Whatever went wrong with the queue, what is armed is not in question.
    world.engine.state.done["sl"] = 0

    long_after(world)

    assert world.state("sl") == "armed"


def test_given_an_order_in_doubt_of_a_trigger_given_up_then_it_stays():
    world = World(policies=Policies(attempts_kept_ns=S))
    world.arm(stop("sl", "90"))
    world.mark("90")
    world.works()
    world.cancel("sl", abandon=True)
    cancelled(world, "last")

    long_after(world)
    assert known(world) == ["sl", "last"]

    world.end()
    world.wait(2 * S)
    long_after(world)
    assert known(world) == ["last"]


def test_given_an_open_order_that_a_start_has_loaded_then_its_trigger_stays():
    world = World()
    world.arm(stop("sl", "90"))
    world.mark("90")
    world.works()
    world.cancel("sl", abandon=True)
    cancelled(world, "last")

    world.restart()
    long_after(world)

    assert known(world) == ["sl", "last"]


@pytest.mark.parametrize("arming", [1, 2])
def test_given_a_firing_that_is_remembered_then_its_trigger_stays(arming):
    world = World(policies=Policies(attempts_kept_ns=2 * KEPT))
    world.arm(target("tp", "110", "1"))
    world.mark("110")
    world.fill()
    world.position("9")
    world.mark("100")
    if arming == 2:
        world.do(Rearm(trigger_id="tp", by="me", now_ns=world.later()))
        world.cancel("tp")
    cancelled(world, "last")

    long_after(world)
    assert known(world) == ["tp", "last"]

    world.wait(KEPT)
    long_after(world)
    assert known(world) == ["last"]


def test_given_an_unclean_stop_then_nothing_of_its_account_is_forgotten():
    world = overlapped.running()
    cancelled(world, "one", "two")
    world.arm(stop("sl", "90"))
    overlapped.fall(world, overlapped.written(world))

    long_after(world)
    assert known(world) == ["one", "two", "sl"]


def test_given_an_entry_that_may_still_fill_then_its_exits_stay():
    world = entering.EnteringWorld()
    world.enter()
    world.fills("4")
    world.position("4")
    world.cancel("desk-1/tp")
    cancelled(world, "last")

    long_after(world)

    assert "desk-1/tp" in known(world)


def test_given_a_stop_that_moves_by_it_then_it_stays():
    world = World()
    world.arm(target("tp1", "110", "1"), target("tp2", "120", "1"))
    moves = (Move(after="tp2", to_level_of="tp1"),)
    world.arm(replace(stop("sl", "90"), moves=moves))
    world.mark("110")
    world.fill()
    world.position("9")
    cancelled(world, "last")

    long_after(world)
    assert "tp1" in known(world)

    world.mark("120")
    world.fill()
    world.position("8")
    assert world.trigger("sl").trigger_price == 110


def test_given_a_file_that_names_it_when_long_done_then_it_is_not_armed_anew():
    world = World()
    files = (from_file(stop, "sl", "95", "1"), from_file(target, "tp", "110"))
    apply(world, *files)
    world.mark("95")
    world.fill()
    world.position("9")
    cancelled(world, "last")

    long_after(world)
    world.restart()
    apply(world, *files)
    world.mark("100")
    apply(world, *files)

    assert world.state("sl") == "done: filled"
    assert world.state("tp") == "armed"


def test_given_a_default_stop_that_somebody_took_off_then_it_stays():
    world = World()
    world.arm(stop("default/main", "90", owner="default:exitd.yaml"))
    world.cancel("default/main")
    cancelled(world, "last")

    long_after(world)

    assert known(world) == ["default/main", "last"]
