"""Trailing stops: what they follow, when they begin, and what a crash leaves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.trailing_world import amend, armed, seen
from core.worlds import MARK, MS, D, S, World, stop, trail
from exitd.core.condition import Confirmation
from exitd.core.events import FactKind
from exitd.core.inputs import (
    CancelTrigger,
    FireNow,
    IfCrossed,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import Side
from exitd.core.resting import level_now, watermark_now
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Notify

INDEX = PriceSource("main", "SOL_USDC_PERP", PriceKind.INDEX)


def test_b040_given_a_new_high_then_the_stop_follows_and_fires_at_it():
    world = armed(trail("t", "5"))
    world.mark("104", "99.01")
    assert world.sent == []

    world.mark("99.00")

    assert world.who() == ["t"]
    fired = world.firing("t")
    assert (fired.level, fired.observed, fired.cause) == (D(99), D("99.00"), "price")


def test_b041_given_percent_when_a_high_then_the_stop_is_exact():
    world = armed(trail("t", "2%"))

    world.mark("103.5", "101.4301")
    assert seen(world, "t") == ("103.5", "101.43")
    assert world.sent == []
    world.mark("101.43")

    assert world.who() == ["t"]


def test_b042_given_falls_and_rises_below_the_high_then_the_stop_stays():
    world = armed(trail("t", "5"))

    world.mark("104", "100.5", "103")

    assert seen(world, "t") == ("104", "99")


def test_b043_given_an_activation_then_nothing_before_it_and_a_trail_after():
    world = armed(trail("t", "5", after="105"))

    world.mark("104.99", "99")
    assert world.sent == []
    assert world.engine.state.book(MARK).trailed("t") is None
    world.mark("105", "100.01")
    assert world.sent == []
    world.mark("100")

    assert world.who() == ["t"]
    (began,) = world.told(FactKind.TRIGGER_TRAILING)
    assert began.fields["watermark"] == D(105)


def test_b044_given_a_gap_over_the_activation_then_the_trail_begins_there():
    world = armed(trail("t", "5", after="105"))

    world.mark("112")

    assert seen(world, "t") == ("112", "107")


def test_b045_given_a_trail_that_began_when_the_price_falls_then_it_stays_active():
    world = armed(trail("t", "5", after="105"))

    world.mark("105", "103")

    assert seen(world, "t") == ("105", "100")


def test_b046_given_one_price_then_it_cannot_raise_the_high_and_fire_on_it():
    world = armed(trail("t", "0.01"))

    for price in ("110", "120", "1000"):
        world.mark(price)
        assert world.sent == []
    world.mark("999.99")

    assert world.who() == ["t"]


def test_b047_given_a_short_then_the_trail_follows_the_low():
    world = armed(trail("t", "5", side=Side.SHORT), side=Side.SHORT)

    world.mark("90", "94.99")
    assert world.sent == []
    assert seen(world, "t") == ("90", "95")
    world.mark("95")

    assert world.who() == ["t"]
    assert world.sent[0].side.value == "buy"


def test_b047_given_a_short_in_percent_then_mirrored():
    world = armed(trail("t", "2%", side=Side.SHORT), side=Side.SHORT)

    world.mark("90")

    assert seen(world, "t") == ("90", "91.8")


def test_b048_given_two_trails_then_each_has_seen_only_what_came_after_it():
    world = armed(trail("first", "5"))
    world.mark("110", "104.99", "105.5")
    assert world.who() == ["first"]
    world = armed(trail("first", "20"))
    world.mark("110", "104")
    world.arm(trail("second", "10"))

    world.mark("108")

    assert seen(world, "first") == ("110", "90")
    assert seen(world, "second") == ("108", "98")


@pytest.mark.parametrize(
    ("behind", "why"),
    [("0", "above zero"), ("100%", "under 100 %"), ("0.009", "one price step")],
)
def test_b049_given_an_offset_that_makes_no_sense_when_armed_then_refused(behind, why):
    world = World()

    reply = world.arm(trail("t", behind))

    assert isinstance(reply, Refused)
    assert why in reply.sentence
    assert world.engine.state.triggers == {}


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (trail("t", "5", side=None, action=Notify()), "needs a side"),
        (replace(trail("t", "5"), confirmation=Confirmation(prices=2)), "confirmation"),
        (trail("t", "5", step="0"), "above 0 %"),
        (trail("t", "5", step="100"), "under 100 %"),
        (trail("t", "5", tighten=("110", "0")), "above zero"),
        (trail("t", "5%", tighten=("110", "100%")), "under 100 %"),
        (trail("t", "5", tighten=("110", "5")), "not narrower"),
        (trail("t", "2%", tighten=("110", "3%")), "not narrower"),
    ],
)
def test_b049_given_a_trail_that_makes_no_sense_when_armed_then_refused(
    definition, why
):
    world = World()

    reply = world.arm(definition)

    assert isinstance(reply, Refused)
    assert why in reply.sentence
    assert world.engine.state.triggers == {}


@pytest.mark.parametrize(
    ("prices", "who"),
    [
        (("97",), "floor"),
        (("101", "97"), "floor"),
        (("104", "99"), "t"),
        (("104", "102", "99"), "t"),
    ],
    ids=" ".join,
)
def test_b050_given_a_trail_and_a_floor_then_the_first_one_met_closes(prices, who):
    world = armed(stop("floor", "97"), trail("t", "5"))

    world.mark(*prices)

    assert world.who() == [who]


def test_b050_given_a_trail_when_the_price_only_falls_then_it_closes_at_its_stop():
    world = armed(trail("t", "5"))

    world.mark("95")

    assert world.who() == ["t"]


def test_b051_given_a_narrower_offset_when_crossed_then_by_policy_and_the_high_stays():
    world = armed(trail("t", "5"))
    world.mark("110", "106")

    refused = amend(world, trail("t", "3"))
    assert isinstance(refused, Refused)
    assert refused.code == "already_crossed"
    assert seen(world, "t") == ("110", "105")
    assert isinstance(amend(world, trail("t", "4.5")), Accepted)
    assert seen(world, "t") == ("110", "105.5")

    assert isinstance(amend(world, trail("t", "3"), IfCrossed.FIRE), Accepted)
    assert world.who() == ["t"]


def test_b053_given_steps_then_highs_in_between_do_not_move_the_stop():
    world = armed(trail("t", "5", step="1"))

    def stands() -> tuple[object, object]:
        return world.trigger("t").watermark, world.engine.state.book(MARK).falling_at

    world.mark("100.99")
    assert stands() == (D(100), D(95))
    world.mark("101")
    assert stands() == (D(101), D(96))
    world.mark("102", "101.5")
    assert stands() == (D(101), D(96))
    world.mark("104")
    assert stands() == (D(104), D(99))
    world.restart()
    world.mark("99.01")
    assert world.sent == []
    world.mark("99")

    assert world.who() == ["t"]
    assert world.firing("t").level == D(99)


def test_b058_given_a_new_lifetime_then_the_trail_begins_anew():
    world = World()
    definition = trail("t", "5", template=True, owner="file:a.yaml:1")
    world.arm(definition)
    world.mark("120")
    world.position("0")
    world.mark("60")

    world.position("10")

    assert seen(world, "t") == ("60", "55")
    assert world.trigger("t").arming == 2


def test_b059_given_a_spike_that_the_guard_holds_then_the_high_stays():
    world = armed(trail("t", "5"), policies=Policies(guard_percent=D(10)))
    assert world.engine.watched() == {MARK, INDEX}
    world.tick(INDEX, "100")

    world.mark("1000", "101")

    assert seen(world, "t") == ("101", "96")
    assert len(world.told(FactKind.PRICE_HELD)) == 1
    assert world.sent == []


@pytest.mark.parametrize("after", ["100", "+0.0000001%", "99"])
def test_b061_given_an_activation_at_the_price_then_active_at_once(after):
    world = World()
    if after.startswith("+"):
        world.mark("100.1")

    world.arm(trail("t", "5", after=after))

    assert world.engine.state.book(MARK).trailed("t") is not None


def test_given_no_price_yet_when_armed_then_the_first_one_begins_the_trail():
    world = World(mark=None)
    world.arm(trail("t", "5"))
    assert world.state("t") == "armed"

    world.mark("80", "74.99")

    assert world.who() == ["t"]
    assert world.firing("t").level == D(75)


def test_given_a_command_when_fired_then_the_trail_is_out_of_the_book():
    world = armed(trail("t", "5"), trail("other", "9", "4"))
    world.do(FireNow(trigger_id="t", by="test", now_ns=world.later()))
    world.do(CancelTrigger(trigger_id="other", by="test", now_ns=world.later()))

    assert world.who() == ["t"]
    assert len(world.engine.state.book(MARK)) == 0
    assert not world.engine.state.book(MARK).is_watched


@pytest.mark.parametrize(("after", "level"), [(None, D(105)), ("120", None)])
def test_b140_given_a_trail_when_fired_by_a_command_then_the_record_has_its_stop(
    after, level
):
    world = armed(trail("t", "5", after=after))
    world.mark("110", "108")

    world.do(FireNow(trigger_id="t", by="test", now_ns=world.later()))

    fired = world.firing("t")
    assert (fired.level, fired.observed) == (level, D(108))


def test_b139_given_the_stop_of_a_trail_when_met_as_it_expires_then_it_expires():
    world = armed(trail("t", "5", expires_ns=1_060 * S))
    world.mark("104")
    world.now_ns = 1_060 * S - MS

    world.mark("99")

    assert world.sent == []
    assert world.state("t") == "done: expired"


def test_given_several_trails_in_one_fall_then_the_nearest_goes_first():
    world = armed(
        trail("wide", "9", "3"), trail("near", "5", "3"), stop("sl", "93", "3")
    )

    world.mark("90")

    assert world.who() == ["near", "sl", "wide"]


def test_given_a_trail_that_was_hit_then_its_level_is_the_stop_that_hit_it():
    world = armed(trail("t", "5"))
    world.mark("104", "99")
    state = world.engine.state

    assert level_now(state, world.trigger("t")) == D(99)
    world.fill()
    world.position("0")
    assert world.state("t").startswith("done")
    assert level_now(state, world.trigger("t")) == D(99)
    assert watermark_now(state, world.trigger("t")) is None


def test_given_a_trail_when_its_position_is_gone_then_it_has_no_level_while_it_waits():
    world = armed(trail("t", "5", template=True, owner="file:a.yaml:3"))
    world.mark("104")

    world.position("0")

    assert world.state("t") == "waiting: position"
    assert level_now(world.engine.state, world.trigger("t")) is None
