"""Trails over a time when nobody watched, as candles show it."""

from __future__ import annotations

from msgspec.structs import replace

from core.trailing_world import seen
from core.unwatched import MINUTE, candles, down, fill, restarted
from core.worlds import D, S, World, stop, trail
from exitd.core.condition import Move
from exitd.core.events import FactKind


def test_given_a_trail_when_a_later_candle_falls_to_its_stop_then_crossed_unseen():
    world = restarted(trail("t", "5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "110"), ("104", "108"), ("90", "120")))

    (told,) = world.told(FactKind.TRIGGER_MISSED)
    assert told.fields["level"] == D(105)
    assert told.fields["candle_ts_ns"] == since_ns + MINUTE
    assert seen(world, "t") == ("120", "115")


def test_given_a_trail_when_its_stop_is_reached_by_the_best_of_one_candle_then_doubt():
    world = restarted(trail("t", "5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "110")))

    assert "before its best price" in world.trigger("t").unseen
    assert world.told(FactKind.TRIGGER_MISSED) == []


def test_given_a_trail_when_the_candle_was_told_then_it_is_not_told_again():
    world = restarted(trail("t", "5"))
    since_ns = down(world)
    told = candles(since_ns, ("90", "100"))
    fill(world, told)
    down(world, 10 * S)

    fill(world, told)

    assert len(world.told(FactKind.TRIGGER_MISSED)) == 1


def test_b056_given_the_candle_in_which_a_trail_began_then_doubt():
    world = World()
    opens_ns = world.now_ns
    world.later(10 * S)
    world.mark("100")
    world.arm(trail("t", "5"))
    down(world)

    fill(world, candles(opens_ns - MINUTE, ("99", "140"), ("99", "130"), ("99", "101")))

    assert "it began in the candle" in world.trigger("t").unseen
    assert seen(world, "t") == ("101", "96")


def test_given_a_trail_that_has_not_begun_when_its_beginning_was_reached_then_doubt():
    world = restarted(trail("t", "5", after="110"), trail("far", "5", after="150"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "111")))

    assert "would have moved at 110" in world.trigger("t").unseen
    assert world.trigger("far").unseen == ""


def test_given_a_trail_in_steps_then_its_stop_and_its_next_step_are_looked_for():
    world = restarted(trail("t", "5", step="10"), trail("u", "9", step="5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("94", "106")))

    assert world.told(FactKind.TRIGGER_MISSED)[0].trigger_id == "t"
    assert "would have moved at 105" in world.trigger("u").unseen


def test_given_a_trail_in_steps_that_has_not_begun_then_its_beginning_is_looked_for():
    world = restarted(trail("t", "5", step="10", after="110"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("94", "111")))

    assert "would have moved at 110" in world.trigger("t").unseen


def test_given_a_trail_that_narrows_when_that_was_reached_then_doubt():
    world = restarted(trail("t", "20", tighten=("110", "2")))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "111")))

    assert seen(world, "t") == ("111", "91")
    assert "would have moved at 110" in world.trigger("t").unseen


def test_given_a_stop_that_moves_when_that_was_reached_then_doubt():
    moving = replace(stop("sl", "90"), moves=(Move(at=D(110)), Move(after="tp")))
    world = restarted(moving)
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "111")))

    assert "would have moved at 110" in world.trigger("sl").unseen
