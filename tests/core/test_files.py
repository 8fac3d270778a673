"""What files say against what is armed (behaviours 39, 109 and the swap of levels)."""

from __future__ import annotations

from core.worlds import S, World, rule, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles
from exitd.core.position import Side
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Notify


def from_file(make, id, level, size="100%", *, line=1, **changed):
    owner = f"file:sol.yaml:{line}"
    return make(id, level, size, owner=owner, template=True, **changed)


def apply(world, *definitions, may_fire=False):
    command = ApplyFiles(
        definitions=definitions, may_fire=may_fire, now_ns=world.later()
    )
    return world.do(command)


def test_b039_given_an_identical_file_then_nothing_is_written():
    world = World()
    files = (from_file(stop, "sl", "95"), from_file(target, "tp", "110"))
    apply(world, *files)
    apply(world, files[0])

    for _ in range(2):
        decision = apply(world, files[0])
        assert decision.reply == Accepted()
        assert decision.is_quiet


def test_b039_given_an_entry_is_removed_then_cancelled_and_api_triggers_stay():
    world = World()
    world.arm(stop("api", "94"))
    apply(world, from_file(stop, "sl", "95"), from_file(target, "tp", "110"))

    apply(world, from_file(target, "tp", "110"))

    assert world.state("sl") == "done: cancelled"
    assert world.state("tp") == world.state("api") == "armed"
    fact = world.told(FactKind.TRIGGER_CANCELLED)[0]
    assert fact.fields["by"] == "its file"


def test_b039_given_a_removed_entry_when_the_position_reopens_then_it_stays_away():
    world = World()
    apply(world, from_file(stop, "sl", "95"))
    apply(world)

    world.position("0")
    world.position("4")

    assert world.state("sl") == "done: cancelled"


def test_given_a_removed_entry_comes_back_then_its_arming_number_goes_on():
    world = World()
    apply(world, from_file(stop, "sl", "95"))
    apply(world)

    apply(world, from_file(stop, "sl", "95"))

    assert world.state("sl") == "armed"
    assert world.trigger("sl").arming == 2


def test_b038_given_one_entry_is_refused_then_the_whole_set_stays():
    world = World()
    apply(world, from_file(stop, "sl", "95"))

    decision = apply(
        world, from_file(stop, "sl", "94"), from_file(target, "tp", "110.001")
    )

    assert isinstance(decision.reply, Refused)
    assert decision.records == ()
    assert world.trigger("sl").definition.level == 95
    assert isinstance(world.arm(stop("twin", "95")), Refused)


def test_b038_given_a_removed_entry_was_done_when_refused_then_it_takes_no_place():
    world = World()
    apply(world, from_file(stop, "old", "95"))
    apply(world)

    apply(world, from_file(stop, "sl", "94.001"))

    assert isinstance(world.arm(stop("new", "95", template=True)), Accepted)


def test_given_a_name_that_an_api_trigger_has_then_refused():
    world = World()
    world.arm(stop("sl", "95"))

    reply = apply(world, from_file(stop, "sl", "94")).reply

    assert reply.code == "owner"
    assert "api:test" in reply.sentence


def test_given_a_name_whose_api_trigger_is_done_then_the_file_s_is_armed():
    world = World()
    world.arm(stop("sl", "95", "1"))
    world.mark("95")
    world.fill()
    world.position("9")
    world.mark("100")
    assert world.state("sl") == "done: filled"

    apply(world, from_file(stop, "sl", "94", "1"))

    assert world.state("sl") == "armed"
    assert world.trigger("sl").arming == 2
    world.mark("94")
    assert world.sizes() == ["1", "1"]


def test_given_stop_and_target_move_past_each_other_then_compared_with_the_new_set():
    world = World(mark="103")
    apply(world, from_file(stop, "sl", "95"), from_file(target, "tp", "104"))
    world.mark("103")

    reply = apply(
        world,
        from_file(stop, "sl", "105"),
        from_file(target, "tp", "110"),
    ).reply

    assert reply == Accepted(("sl", "tp"))
    assert world.state("sl") == "waiting: already crossed"
    assert world.state("tp") == "armed"


def test_given_a_target_is_removed_with_the_change_then_it_is_not_in_the_way():
    world = World(mark="103")
    apply(world, from_file(stop, "sl", "95"), from_file(target, "tp", "104"))

    assert isinstance(apply(world, from_file(stop, "sl", "105")).reply, Accepted)


def test_given_two_entries_swap_their_levels_then_accepted():
    world = World()
    apply(world, from_file(stop, "a", "95", "4"), from_file(stop, "b", "94", "4"))

    reply = apply(
        world, from_file(stop, "a", "94", "4"), from_file(stop, "b", "95", "4")
    )

    assert reply.reply == Accepted(("a", "b"))
    world.mark("95")
    assert world.who() == ["b"]


def test_given_a_level_is_changed_then_the_same_arming_watches_the_new_one():
    world = World()
    apply(world, from_file(stop, "sl", "95"))

    apply(world, from_file(stop, "sl", "96"))
    world.mark("96")

    assert world.sent[0].attempt.arming == 1


def test_given_a_changed_level_is_crossed_then_it_waits_or_may_fire():
    world = World()
    apply(world, from_file(stop, "sl", "95"))

    apply(world, from_file(stop, "sl", "101"))
    assert world.state("sl") == "waiting: already crossed"
    apply(world, from_file(stop, "sl", "102"), may_fire=True)

    assert world.sizes() == ["10"]


def test_given_an_entry_moves_to_the_other_side_then_the_old_level_is_not_watched():
    world = World()
    apply(world, from_file(stop, "sl", "95"))

    apply(world, from_file(stop, "sl", "105", side=Side.SHORT))
    world.mark("94")

    assert world.sent == []
    assert world.state("sl") == "waiting: position"


def test_given_an_entry_moves_to_another_line_then_it_points_there():
    world = World()
    apply(world, from_file(stop, "sl", "95", line=1), from_file(stop, "b", "94"))

    decision = apply(
        world, from_file(stop, "sl", "95", line=9), from_file(stop, "b", "94")
    )

    assert decision.facts == ()
    assert world.trigger("sl").definition.owner == "file:sol.yaml:9"


def test_given_a_notice_becomes_an_exit_then_it_belongs_to_the_position():
    world = World()
    notice = rule("n", ConditionKind.BELOW, "95", Notify(), side=None, owner="file:a:1")
    apply(world, notice)
    wrong = from_file(stop, "x", "95.001")
    assert apply(world, from_file(stop, "n", "95"), wrong).reply.code == "off_step"
    assert world.trigger("n").definition == notice

    apply(world, from_file(stop, "n", "95"))
    world.mark("95")

    assert world.sizes() == ["10"]


def test_given_a_notice_is_removed_then_cancelled():
    world = World()
    apply(
        world,
        rule("n", ConditionKind.BELOW, "95", Notify(), side=None, owner="file:a:1"),
    )

    apply(world)

    assert world.state("n") == "done: cancelled"


def test_b109_given_a_reload_during_a_fire_then_the_fire_is_unaffected():
    world = World()
    apply(world, from_file(stop, "sl", "95", "4"))
    world.mark("95")

    apply(world, from_file(stop, "sl", "96", "2", line=5))
    assert world.firing("sl").level == 95
    assert apply(world, from_file(stop, "sl", "96", "2", line=5)).is_quiet
    world.end(filled="1")
    assert world.sizes() == ["4", "3"]
    world.fill()
    world.position("6")

    assert world.state("sl") == "done: filled"
    assert world.trigger("sl").definition.level == 96


def test_b109_given_removed_during_a_fire_then_gone_once_it_is_done():
    world = World()
    apply(world, from_file(stop, "sl", "95"))
    world.mark("95")

    apply(world)
    assert world.state("sl") == "firing"
    world.fill()
    world.position("0")
    world.position("4")

    assert world.state("sl") == "done: filled"


def test_b109_given_the_new_rule_no_longer_fits_then_the_old_one_stays():
    world = World()
    apply(world, from_file(stop, "sl", "95", "4"))
    world.mark("95")
    apply(world, from_file(stop, "sl", "90", "4", expires_ns=world.now_ns + S))
    world.now_ns += 2 * S

    world.fill()
    world.position("6")

    assert world.trigger("sl").definition.level == 95


def test_given_a_fired_entry_is_changed_then_it_stays_done_for_this_position():
    world = World()
    apply(world, from_file(target, "tp", "110", "4"))
    world.mark("110")
    world.fill()
    world.position("6")
    world.mark("100")

    apply(world, from_file(target, "tp", "111", "4", expires_ns=world.now_ns + 5 * S))
    assert world.state("tp") == "done: filled"
    world.mark("112", "100")
    assert world.sizes() == ["4"]
    world.position("0")
    world.position("8")

    assert world.state("tp") == "armed"
    assert world.trigger("tp").definition.level == 111
    world.wait(6 * S)
    assert world.state("tp") == "done: expired"


def test_b109_given_a_target_back_on_watch_then_it_takes_its_new_level():
    world = World(slots=False)
    apply(world, from_file(target, "tp", "110"))
    world.mark("110")
    apply(world, from_file(target, "tp", "120"))
    world.mark("105")

    world.open_slots()

    assert world.state("tp") == "armed"
    assert world.trigger("tp").definition.level == 120
    world.mark("119", "120")
    world.open_slots()
    assert len(world.sent) == 1


def test_b109_given_refused_during_the_reload_then_the_retry_is_unaffected():
    world = World()
    apply(world, from_file(stop, "sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    apply(world, from_file(stop, "sl", "90"))
    world.wait(S)

    assert world.sizes() == ["10", "10"]
