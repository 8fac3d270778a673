"""A trail whose offset is changed once it has begun: what it has seen stays (b051)."""

from __future__ import annotations

from core.trailing_world import amend, armed, seen
from core.worlds import LAST, D, S, World, stop, trail
from exitd.core.events import FactKind
from exitd.core.inputs import IfCrossed, Pause, Rearm, Resume
from exitd.core.narrowing import stop_beside
from exitd.core.position import Side
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import TriggerState, WaitingFor

WAIT = IfCrossed.WAIT


def at_110_then_106(*, mark: str = "106", **terms: object) -> World:
    """A trail 5 behind that has seen 110, so its stop is 105; the mark is 106."""
    world = armed(trail("t", "5", **terms))
    world.mark("110", mark)
    return world


def test_b051_given_a_stop_that_is_crossed_when_it_waits_then_a_price_before_it_arms():
    world = at_110_then_106()

    assert isinstance(amend(world, trail("t", "3"), WAIT), Accepted)

    assert world.state("t") == "waiting: already crossed"
    (fact,) = world.told(FactKind.TRIGGER_WAITING)
    assert (fact.fields["level"], fact.fields["alert"]) == (D(107), True)
    world.mark("104", "107")
    assert world.state("t") == "waiting: already crossed"
    world.mark("107.01")
    assert seen(world, "t") == ("110", "107")
    assert world.sent == []
    world.mark("107")
    assert world.who() == ["t"]
    assert world.firing("t").level == D(107)


def test_b051_given_it_waits_before_its_stop_when_restarted_then_it_waits_on():
    world = at_110_then_106()
    amend(world, trail("t", "3"), WAIT)

    world.restart()
    world.mark("106")
    assert world.state("t") == "waiting: already crossed"
    world.mark("108")

    assert seen(world, "t") == ("110", "107")
    world.restart()
    assert seen(world, "t") == ("110", "107")


def test_b051_given_a_leap_over_the_high_then_that_is_the_high():
    world = at_110_then_106()
    amend(world, trail("t", "3"), WAIT)

    world.mark("112")

    assert seen(world, "t") == ("112", "109")


def test_b051_given_steps_when_it_comes_back_then_the_last_step_holds():
    world = at_110_then_106(step="1")
    amend(world, trail("t", "3", step="1"), WAIT)
    assert world.state("t") == "waiting: already crossed"

    world.mark("110.5")

    assert world.trigger("t").watermark == D(110)
    world.mark("107")
    assert world.firing("t").level == D(107)


def test_b051_given_no_fresh_price_when_narrowed_then_the_first_one_decides():
    for price, state in (("106", "waiting: already crossed"), ("108", "armed")):
        world = at_110_then_106()
        world.wait(60 * S)
        amend(world, trail("t", "3"), WAIT)
        assert world.state("t") == "waiting: first price"

        world.mark(price)

        assert world.state("t") == state
        assert world.trigger("t").watermark == D(110)


def test_b051_given_it_waits_when_widened_again_then_it_follows_at_once():
    world = at_110_then_106()
    amend(world, trail("t", "3"), WAIT)

    assert isinstance(amend(world, trail("t", "5")), Accepted)

    assert seen(world, "t") == ("110", "105")


def test_b051_given_it_waits_when_amended_to_what_is_crossed_still_then_by_policy():
    world = at_110_then_106()
    amend(world, trail("t", "3"), WAIT)

    refused = amend(world, trail("t", "2"))
    assert isinstance(refused, Refused)
    assert refused.code == "already_crossed"
    assert isinstance(amend(world, trail("t", "2"), IfCrossed.FIRE), Accepted)

    assert world.who() == ["t"]
    assert world.firing("t").level == D(108)


def test_b051_given_a_short_when_narrowed_then_mirrored():
    world = World(side=Side.SHORT)
    world.arm(trail("t", "5", side=Side.SHORT))
    world.mark("90", "94")

    assert isinstance(amend(world, trail("t", "4", side=Side.SHORT)), Refused)
    amend(world, trail("t", "4", side=Side.SHORT), WAIT)
    world.mark("93.99")

    assert seen(world, "t") == ("90", "94")


def test_b051_given_a_tightening_that_is_reached_when_added_then_it_counts_at_once():
    narrow = trail("t", "5", tighten=("103", "1"))
    world = at_110_then_106()

    refused = amend(world, narrow)
    assert isinstance(refused, Refused)
    assert "109" in refused.sentence
    amend(world, narrow, WAIT)
    assert world.state("t") == "waiting: already crossed"
    world.mark("109.5")
    assert seen(world, "t") == ("110", "109")

    elsewhere = at_110_then_106()
    later = trail("t", "5", tighten=("107", "1"))
    assert isinstance(amend(elsewhere, later), Accepted)
    assert seen(elsewhere, "t") == ("110", "105")


def test_b058_given_it_waited_before_its_stop_when_a_lifetime_begins_then_anew():
    rule = {"template": True, "owner": "file:a.yaml:1"}
    world = armed(trail("t", "5", **rule))
    world.mark("110", "106")
    amend(world, trail("t", "3", **rule), WAIT)
    world.position("0")

    world.position("10")

    assert seen(world, "t") == ("106", "103")


def test_b058_given_no_price_in_a_new_lifetime_when_restarted_then_it_begins_at_one():
    world = armed(trail("t", "5", template=True, owner="file:a.yaml:1"))
    world.mark("110")
    world.position("0")
    world.wait(60 * S)
    world.position("10")
    assert world.state("t") == "waiting: first price"

    world.restart()
    world.mark("60")

    assert seen(world, "t") == ("60", "55")


def test_given_another_side_or_price_then_no_stop_of_this_trail_is_meant():
    world = at_110_then_106()
    state = world.engine.state

    assert stop_beside(state, trail("t", "3"), D(106)) == D(107)
    assert stop_beside(state, trail("t", "3", side=Side.SHORT), D(106)) is None
    assert stop_beside(state, trail("t", "3", source=LAST), D(106)) is None
    assert stop_beside(state, trail("other", "3"), D(106)) is None
    assert stop_beside(state, stop("t", "107"), D(106)) is None


def test_given_a_paused_trail_when_narrowed_beyond_the_price_then_it_stays_paused():
    world = at_110_then_106()
    world.do(Pause(trigger_id="t", by="test", now_ns=world.later()))

    amend(world, trail("t", "3"), IfCrossed.FIRE)

    record = world.trigger("t")
    assert record.paused
    assert record.state is TriggerState.ARMED
    assert world.sent == []


def test_b020_given_a_paused_trail_that_is_crossed_when_resumed_then_refused():
    world = at_110_then_106()
    world.do(Pause(trigger_id="t", by="test", now_ns=world.later()))
    amend(world, trail("t", "3"), IfCrossed.FIRE)

    reply = world.do(Resume(trigger_id="t", by="test", now_ns=world.later())).reply
    assert isinstance(reply, Refused)
    assert "107 is already crossed" in reply.sentence
    world.mark("107.5")
    world.do(Resume(trigger_id="t", by="test", now_ns=world.later()))

    assert seen(world, "t") == ("110", "107")


def test_given_a_trail_that_has_closed_when_rearmed_then_it_begins_anew():
    world = armed(trail("t", "5", "50%"))
    world.mark("110", "105")
    world.fill()
    world.position("5")

    reply = world.do(Rearm(trigger_id="t", by="test", now_ns=world.later())).reply

    assert isinstance(reply, Accepted)
    assert seen(world, "t") == ("105", "100")


def test_given_a_level_that_waits_beside_it_then_it_is_armed_without_a_trail():
    world = armed(trail("t", "5"))
    world.mark("110", "106")
    world.arm(stop("s", "107"), if_crossed=WAIT)
    assert world.trigger("s").waiting_for is WaitingFor.RIGHT_SIDE

    world.mark("108")

    assert world.state("s") == "armed"
    assert world.trigger("s").trail_seq == 0
