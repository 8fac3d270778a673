"""Trails over a time when nobody watched, as candles show it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.trailing_world import amend, seen
from core.unwatched import MINUTE, candles, down, fill, restarted
from core.worlds import D, S, World, stop, trail
from exitd.core.condition import Confirmation, Move
from exitd.core.events import FactKind
from exitd.core.market import PriceKind, PriceSource


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


def test_b056_given_a_trail_that_began_in_a_hole_then_it_has_seen_what_came_after():
    world = restarted(trail("t", "5", after="110"), trail("far", "5", after="150"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "109"), ("108", "113"), ("109", "120")))

    assert seen(world, "t") == ("120", "115")
    assert "before its best price" in world.trigger("t").unseen
    assert world.told(FactKind.TRIGGER_MISSED) == []
    assert world.trigger("far").trail_seq == 0
    assert world.trigger("far").unseen == ""
    world.restart()
    assert seen(world, "t") == ("120", "115")


def test_b056_given_a_trail_that_the_first_price_began_then_candles_raise_it():
    world = restarted(trail("t", "5", after="110"))
    since_ns = down(world)
    world.mark("111")

    fill(world, candles(since_ns, ("108", "112"), ("111", "114"), ("110", "113")))

    assert seen(world, "t") == ("114", "109")
    assert world.trigger("t").unseen == ""


@pytest.mark.parametrize(
    ("close", "missed"), [("104", True), ("105", True), ("106", False)]
)
def test_b056_given_a_candle_that_closes_beyond_the_stop_it_made_then_crossed(
    close: str, missed: bool
):
    world = restarted(trail("t", "5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "110", close)))

    assert bool(world.told(FactKind.TRIGGER_MISSED)) is missed
    assert bool(world.trigger("t").unseen) is not missed


def test_b053_given_a_trail_in_steps_then_it_went_at_least_so_far():
    world = restarted(trail("t", "5", step="10"), trail("u", "12", step="5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("98", "106"), ("95", "99")))

    assert world.told(FactKind.TRIGGER_MISSED)[0].trigger_id == "t"
    assert world.trigger("u").watermark == D(105), "a step of 5 %, or more"
    assert "by steps" in world.trigger("u").unseen


def test_b053_given_a_step_that_a_candle_just_reached_then_it_is_known():
    world = restarted(trail("u", "9", step="5"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "105"), ("97", "104")))

    assert world.trigger("u").watermark == D(105)
    assert world.trigger("u").unseen == ""


def test_b053_given_many_steps_in_one_candle_then_the_last_may_be_a_step_behind():
    world = restarted(trail("u", "9", step="5", after="101"))
    since_ns = down(world)

    fill(world, candles(since_ns, ("118", "126"), ("122", "130")))

    # 126 / 1.05; it may have stood at 124.99 and not have stepped again.
    assert world.trigger("u").watermark == D("123.8")
    assert "by steps" in world.trigger("u").unseen


def test_b052_given_a_trail_that_narrows_in_a_hole_then_it_is_narrow():
    world = restarted(trail("t", "20", tighten=("110", "2")))
    since_ns = down(world)

    fill(world, candles(since_ns, ("108", "109"), ("109.5", "111", "110")))

    assert seen(world, "t") == ("111", "109")
    assert world.trigger("t").unseen == ""
    (told,) = world.told(FactKind.TRIGGER_TIGHTENED)
    assert told.fields["why"] == "candles"


def test_b069_given_a_stop_that_moves_in_a_hole_then_it_has_moved():
    moving = replace(
        stop("sl", "90"), moves=(Move(at=D(110), to=D(100)), Move(after="tp", to=D(1)))
    )
    world = restarted(moving)
    since_ns = down(world)

    fill(world, candles(since_ns, ("101", "111"), ("99", "104"), ("98", "103")))

    assert world.trigger("sl").trigger_price == D(100)
    assert world.trigger("sl").is_moved
    (told,) = world.told(FactKind.TRIGGER_MISSED)
    assert told.fields["level"] == D(100)
    assert told.fields["candle_ts_ns"] == since_ns + MINUTE


def test_b069_given_a_move_and_its_stop_in_one_candle_then_nobody_knows():
    world = restarted(replace(stop("sl", "90"), moves=(Move(at=D(110), to=D(100)),)))
    since_ns = down(world)

    fill(world, candles(since_ns, ("99", "111")))

    assert world.trigger("sl").trigger_price == D(100)
    assert "before its best price" in world.trigger("sl").unseen
    assert world.told(FactKind.TRIGGER_MISSED) == []


def test_b068_given_a_move_to_the_entry_then_it_moves_and_a_crossing_is_doubted():
    world = restarted(replace(stop("sl", "90"), moves=(Move(at=D(110)),)))
    since_ns = down(world)

    fill(world, candles(since_ns, ("101", "111"), ("99", "104")))

    assert world.trigger("sl").trigger_price == D(100)
    assert "if its position was then" in world.trigger("sl").unseen


def test_b069_given_a_move_in_the_candle_in_which_it_was_armed_then_nobody_knows():
    world = World()
    opens_ns = world.now_ns
    world.later(10 * S)
    world.arm(replace(stop("sl", "90"), moves=(Move(at=D(110), to=D(100)),)))
    down(world)

    fill(world, candles(opens_ns, ("101", "111"), ("101", "104")))

    assert world.trigger("sl").trigger_price == D(90)
    assert "last been changed" in world.trigger("sl").unseen


def test_b131_given_a_confirmed_stop_that_moved_then_whether_it_held_is_not_known():
    moving = replace(
        stop("sl", "90"),
        moves=(Move(at=D(110), to=D(100)),),
        confirmation=Confirmation(for_ns=3 * MINUTE),
    )
    world = restarted(moving)
    since_ns = down(world)

    fill(world, candles(since_ns, ("101", "111"), ("99", "104"), ("101", "103")))

    assert world.trigger("sl").trigger_price == D(100)
    assert "for how long" in world.trigger("sl").unseen


def test_given_a_stop_that_somebody_amended_since_then_the_hole_is_nothing_to_it():
    world = restarted(trail("t", "5"))
    since_ns = down(world)
    world.mark("98")
    amend(world, trail("t", "3"))

    fill(world, candles(since_ns, ("99", "110"), ("96", "104")))

    assert seen(world, "t") == ("100", "97")
    assert world.trigger("t").unseen == ""
    assert world.told(FactKind.TRIGGER_MISSED) == []


def test_b053_given_the_candle_in_which_a_trail_in_steps_began_then_doubt():
    world = World()
    opens_ns = world.now_ns
    world.later(10 * S)
    world.mark("100")
    world.arm(trail("t", "5", step="10"))
    down(world)

    fill(world, candles(opens_ns, ("99", "112"), ("98", "101")))

    assert world.trigger("t").watermark == D(100)
    assert "nobody" not in world.trigger("t").unseen
    assert world.trigger("t").unseen


def test_b053_given_steps_on_a_price_without_a_step_then_not_rounded():
    elsewhere = PriceSource("binance", "SOLUSDT", PriceKind.MARK)
    world = World()
    world.arm(trail("t", "50", step="50", source=elsewhere))
    world.tick(elsewhere, "100")
    since_ns = down(world, source=elsewhere)

    fill(world, candles(since_ns, ("100", "270")), elsewhere)

    assert world.trigger("t").watermark == D(180)


def test_b131_given_a_confirmed_stop_that_did_not_move_then_it_is_judged_as_ever():
    moving = replace(
        stop("sl", "90"),
        moves=(Move(at=D(110), to=D(100)),),
        confirmation=Confirmation(for_ns=3 * MINUTE),
    )
    world = restarted(moving)
    since_ns = down(world)

    fill(world, candles(since_ns, ("91", "99"), ("89", "95"), ("91", "99")))

    assert world.trigger("sl").unseen == ""
    assert world.told(FactKind.TRIGGER_MISSED) == []
