"""Gaps, doubts and old reports of positions (behaviours 83, 117, 118)."""

from __future__ import annotations

from core.worlds import (
    LONG,
    MS,
    SHORT,
    D,
    World,
    close,
    stop,
    target,
)
from exitd.core.events import FactKind
from exitd.core.inputs import PositionsDoubted
from exitd.core.position import Continuity, Side


def template(make, id, level, size="100%", **changed):
    return make(id, level, size, template=True, owner="file:a.yaml:3", **changed)


def test_given_another_lifetime_of_the_same_size_after_a_gap_then_it_is_a_new_one():
    world = World()
    world.arm(stop("api", "94"), template(stop, "file", "95"))

    world.position("10", continuity=Continuity.NEW)

    assert world.state("api") == "done: retired"
    assert world.state("file") == "armed"
    assert world.trigger("file").arming == 2
    assert world.engine.state.position(LONG).lifetime == 2


def test_given_the_same_lifetime_after_a_gap_then_nothing_changes():
    world = World()
    world.arm(template(stop, "file", "95"))

    decision = world.position("10", continuity=Continuity.SAME)

    assert decision.is_quiet
    assert world.trigger("file").arming == 1


def test_given_a_lifetime_that_cannot_be_proven_then_told_and_levels_watch_again():
    world = World()
    world.arm(
        stop("api", "94"),
        template(target, "tp", "110", "20%"),
        template(target, "half", "111", "50%"),
    )
    world.mark("110")
    world.fill()
    world.position("8")
    world.mark("100")
    assert world.state("tp") == "done: filled"

    world.position("8", continuity=Continuity.UNPROVEN)

    assert world.told(FactKind.POSITION_DOUBTED)[0].fields["alert"] is True
    assert world.state("api") == "armed"
    assert world.state("tp") == "armed"
    assert world.trigger("tp").arming == 2
    world.mark("111")
    assert world.sizes() == ["2", "1.6", "4"]


def test_b118_given_reduced_while_down_then_resized_before_any_evaluation():
    world = World()
    world.arm(stop("sl", "95"))

    world.restart()
    world.position("6", continuity=Continuity.SAME)
    world.mark("95")

    assert world.sizes() == ["6"]


def test_b117_given_closed_while_down_then_retired_before_any_evaluation():
    world = World()
    world.arm(stop("sl", "95"))

    world.restart()
    world.position("0")
    world.mark("90")

    assert world.state("sl") == "done: retired"
    assert world.sent == []


def test_given_an_older_report_then_ignored():
    world = World()

    world.position("3", ts_ns=world.now_ns - 10 * MS)

    assert world.engine.state.position(LONG).quantity == 10


def test_given_a_report_that_says_nothing_new_then_not_worth_a_write():
    world = World()

    assert world.position("10").is_quiet


def test_given_a_flat_report_of_a_position_never_seen_then_nothing():
    world = World("0")

    assert world.position("0").is_quiet
    assert world.engine.state.positions == {}


def test_given_an_account_nobody_added_then_sides_do_not_meet():
    world = World()
    world.engine.state.capabilities.clear()

    world.position("5", key=SHORT)

    assert world.engine.state.position(LONG).quantity == 10


def test_b083_given_positions_in_doubt_when_hit_then_the_last_size_and_flagged():
    world = World()
    world.arm(stop("sl", "95"))

    world.do(PositionsDoubted("main", world.later()))
    world.mark("95")

    assert world.sizes() == ["10"]
    assert world.attempt().is_flagged
    assert world.told(FactKind.ORDER_SIGNED)[0].fields["position_unproven"] is True


def test_given_doubt_about_another_account_then_this_one_stays_proven():
    world = World()

    world.do(PositionsDoubted("other", world.later()))

    assert world.engine.state.position(LONG).proven


def test_given_a_short_position_flips_then_long_templates_arm():
    world = World(side=Side.SHORT)
    world.arm(template(stop, "file", "95"), stop("sl", "105", side=Side.SHORT))
    assert world.state("file") == "waiting: position"

    world.position("2", key=LONG)

    assert world.state("file") == "armed"
    assert world.state("sl") == "done: retired"


def test_given_more_fills_than_are_kept_one_by_one_then_live_is_never_too_large():
    world = World()
    world.arm(*(stop(f"s{n}", "95", "0.1") for n in range(1)))
    world.arm(*(stop(f"t{n}", f"94.{n:02}", "0.1") for n in range(30)))
    world.mark("94")

    for n in range(31):
        world.fill(n)

    position = world.engine.state.position(LONG)
    assert len(position.unreflected) == 16
    assert position.live == D("6.9")
    world.position("6.9")
    assert world.engine.state.position(LONG).unreflected == ()


def test_given_a_fixed_close_of_all_that_grew_then_only_what_was_asked():
    world = World()
    world.arm(stop("sl", "95", action=close("10")))
    world.mark("95")

    world.position("25")
    world.fill()
    world.position("15")

    assert world.sizes() == ["10"]
    assert world.state("sl") == "done: filled"


def test_given_a_flat_position_in_doubt_when_shown_flat_then_it_is_proven_again():
    world = World()
    world.position("0")
    world.do(PositionsDoubted(world.key.account, world.later()))
    assert not world.engine.state.position(world.key).proven

    decision = world.position("0")

    assert world.engine.state.position(world.key).proven
    assert decision.is_quiet, "not worth a write"


def test_given_a_late_fill_of_a_flat_position_when_shown_flat_then_that_is_written():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("94")
    world.position("0")
    world.fill()
    assert world.engine.state.position(world.key).unreflected

    world.position("0")

    assert world.store.rows[world.key].unreflected == ()
    assert world.engine.state.position(world.key).unreflected == ()
