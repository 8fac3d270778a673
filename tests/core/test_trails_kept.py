"""What trails have seen: over crashes, pauses and times when nobody watched."""

from __future__ import annotations

from core.trailing_world import amend, armed, seen
from core.unwatched import fill
from core.worlds import MARK, MS, D, S, World, stop, trail
from exitd.core.condition import Direction
from exitd.core.events import FactKind
from exitd.core.hole_inputs import HoleFound, HoleUnknown, SeenCandle
from exitd.core.holes import unseen_since
from exitd.core.inputs import (
    Pause,
    Resume,
)
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import Side
from exitd.core.records import WatermarksRecord
from exitd.core.state import Accepted

INDEX = PriceSource("main", "SOL_USDC_PERP", PriceKind.INDEX)


def test_b052_given_tighten_when_in_profit_then_narrower_and_never_looser():
    world = armed(trail("t", "10%", tighten=("+3%", "2%")))

    world.mark("102.99")
    assert seen(world, "t") == ("102.99", "92.691")
    world.mark("103.5")
    assert seen(world, "t") == ("103.5", "101.43")
    world.mark("102")
    world.wait(2 * S)
    world.restart()
    world.mark("102")

    assert seen(world, "t") == ("103.5", "101.43")
    assert world.trigger("t").is_tightened


def test_b052_given_steps_when_it_tightens_then_its_stop_is_nearer_at_once():
    world = armed(trail("t", "10", step="5", tighten=("103", "2")))

    world.mark("103", "98.01")
    assert world.sent == []
    world.mark("98")

    assert world.who() == ["t"]
    assert world.firing("t").level == D(98)


def test_b052_given_in_profit_before_it_begins_then_it_begins_narrow():
    world = armed(trail("t", "10", after="110", tighten=("105", "2")))
    world.mark("105", "100")
    assert world.sent == []
    assert world.engine.state.book(MARK).trailed("t") is None

    world.mark("110")

    assert seen(world, "t") == ("110", "108")


def test_b054_given_a_crash_after_the_activation_then_it_goes_on_where_it_was():
    world = armed(trail("t", "5", after="105"))
    world.mark("106", "120")
    world.wait(2 * S)

    world.restart()
    world.mark("116")
    assert world.sent == []
    assert seen(world, "t") == ("120", "115")
    world.mark("115")

    assert world.who() == ["t"]


def test_b055_given_a_crash_when_the_first_price_is_beyond_then_it_fires_at_once():
    world = armed(trail("t", "5", after="105"))
    world.mark("106", "120")
    world.wait(2 * S)

    world.restart()
    world.mark("114")

    assert world.who() == ["t"]


def test_b054_given_many_highs_in_a_second_then_one_row_and_at_most_a_second_old():
    world = armed(trail("t", "5"))

    for cents in range(1, 200):
        world.mark(str(100 + D(cents) / 100))
    assert len(world.store.of(WatermarksRecord)) == 1
    world.wait(S)

    (row,) = world.store.of(WatermarksRecord)
    assert (row.source, row.way) == (MARK, Direction.FALLING)
    assert row.marks[-1][1] == D("101.99")


def test_b056_given_candles_of_the_hole_then_the_high_in_them_counts():
    world = armed(trail("t", "5"))
    world.mark("120")
    world.wait(60 * S)
    world.restart()
    candle = SeenCandle(world.now_ns, world.now_ns + 60 * S, high=D(130), low=D(110))

    world.do(HoleFound(MARK, world.now_ns, world.later()))
    fill(world, (candle,))
    world.mark("126")

    assert seen(world, "t") == ("130", "125")
    world.restart()
    world.mark("126")
    assert seen(world, "t") == ("130", "125")


def test_b056_given_a_candle_that_began_before_the_trail_then_it_does_not_count():
    world = World()
    before = SeenCandle(world.now_ns, world.now_ns + 60 * S, high=D(130), low=D(90))
    world.later(S)
    world.arm(trail("t", "5"))

    world.do(HoleFound(MARK, world.now_ns, world.later()))
    fill(world, (before,))

    assert seen(world, "t") == ("100", "95")


def test_b056_given_a_short_and_candles_then_the_low_counts():
    world = armed(trail("t", "5", side=Side.SHORT), side=Side.SHORT)
    candle = SeenCandle(world.later(), world.now_ns + 60 * S, high=D(130), low=D(80))

    world.do(HoleFound(MARK, world.now_ns, world.later()))
    fill(world, (candle,))

    assert seen(world, "t") == ("80", "85")


def test_b056_given_no_candles_then_the_high_stays_and_it_is_uncertain():
    world = armed(trail("t", "5"))
    world.mark("120")

    world.do(HoleFound(MARK, world.now_ns, world.later()))
    world.do(HoleUnknown(MARK, "the venue gave no candles", world.later()))

    assert seen(world, "t") == ("120", "115")
    assert world.trigger("t").unseen == "the venue gave no candles"
    (told,) = world.told(FactKind.TRIGGER_UNCERTAIN)
    assert told.fields["alert"] is True


def test_b056_given_trails_then_their_hole_began_with_the_last_price_that_was_kept():
    world = armed(trail("t", "5"), stop("sl", "50", source=INDEX))
    world.tick(INDEX, "100")
    world.mark("120")
    last_ns = world.now_ns
    unseen = unseen_since(world.engine.state, "main")
    assert dict(unseen) == {MARK: last_ns, INDEX: last_ns - MS}
    assert unseen_since(world.engine.state, "binance") == []
    world.mark("121")
    world.wait(S)
    saved_ns = last_ns + S

    world.restart()

    assert dict(unseen_since(world.engine.state, "main"))[MARK] == saved_ns


def test_b056_given_a_trail_when_it_began_after_the_last_save_then_since_it_began():
    world = armed(trail("t", "5"))
    began_ns = world.now_ns

    world.restart()

    assert unseen_since(world.engine.state, "main") == [(MARK, began_ns)]


def test_b057_given_an_older_price_after_a_reconnect_then_the_high_stays():
    world = armed(trail("t", "5"))
    world.mark("120")

    world.do(Tick(MARK, D(90), world.now_ns - 1, world.now_ns))
    world.mark("119")

    assert seen(world, "t") == ("120", "115")
    assert world.sent == []


def test_given_a_pause_then_the_high_before_it_still_counts_after():
    world = armed(trail("t", "5"))
    world.mark("110")
    world.do(Pause(trigger_id="t", by="test", now_ns=world.later()))
    world.mark("104")
    assert world.sent == []
    world.mark("108")

    world.do(Resume(trigger_id="t", by="test", now_ns=world.later()))
    assert seen(world, "t") == ("110", "105")
    world.restart()
    world.mark("108", "105")

    assert world.who() == ["t"]


def test_b058_given_marks_of_trails_that_are_gone_then_a_new_one_never_takes_them():
    world = armed(trail("t", "30"))
    for cents in range(1, 11):
        world.mark(str(100 + cents))
        assert isinstance(amend(world, trail("t", str(30 + cents))), Accepted)
    world.mark("111")
    world.wait(2 * S)
    amend(world, stop("t", "50"))
    world.restart()
    world.mark("104")
    world.arm(trail("u", "5"))
    world.wait(2 * S)

    world.restart()
    world.mark("103.9")

    assert seen(world, "u") == ("104", "99")
    assert world.sent == []
