"""What was crossed while nobody watched, as candles show it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.trailing_world import amend, armed
from core.unwatched import MINUTE, candles, down, fill, restarted
from core.worlds import LAST, MARK, D, S, World, stop, target
from exitd.core.condition import Confirmation, Missed
from exitd.core.events import FactKind
from exitd.core.hole_inputs import (
    HoleUnknown,
    SourcesSeen,
)
from exitd.core.holes import unseen_since
from exitd.core.inputs import Pause, Resume
from exitd.core.market import PriceKind, PriceSource, Quorum, Spread
from exitd.core.policy import Policies
from exitd.core.records import SeenRecord
from exitd.core.state import Accepted

FIRE = Policies(missed=Missed.FIRE)


def test_b116_given_a_crossing_in_downtime_when_alert_then_told_and_still_armed():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    world.mark("97")

    fill(world, candles(since_ns, ("97", "100"), ("94", "98"), ("93", "97")))

    assert world.sent == []
    assert world.state("sl") == "armed"
    (told,) = world.told(FactKind.TRIGGER_MISSED)
    assert told.fields == {
        "level": D(95),
        "candle_ts_ns": since_ns + MINUTE,
        "low": D(94),
        "high": D(98),
        "fires": False,
        "alert": True,
    }


def test_b116_given_a_crossing_in_downtime_when_fire_then_it_fires_and_says_why():
    world = restarted(stop("sl", "95"), policies=FIRE)
    since_ns = down(world)
    world.mark("97")

    fill(world, candles(since_ns, ("94", "98")))

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == "missed"
    assert world.told(FactKind.TRIGGER_MISSED)[0].fields["fires"] is True


@pytest.mark.parametrize("own", [Missed.FIRE, Missed.ALERT])
def test_b116_given_its_own_word_then_that_wins_over_the_policy(own: Missed):
    other = Policies(missed=Missed.ALERT if own is Missed.FIRE else Missed.FIRE)
    world = restarted(replace(stop("sl", "95"), missed=own), policies=other)
    since_ns = down(world)

    fill(world, candles(since_ns, ("94", "98")))

    assert world.who() == (["sl"] if own is Missed.FIRE else [])


def test_b116_given_a_guard_when_crossed_unseen_then_told_only():
    guarded = Policies(missed=Missed.FIRE, guard_percent=D(5))
    world = restarted(stop("sl", "95"), policies=guarded)
    since_ns = down(world)

    fill(world, candles(since_ns, ("94", "98")))

    assert world.sent == []
    assert len(world.told(FactKind.TRIGGER_MISSED)) == 1


def test_b018_given_stop_and_target_in_one_candle_then_the_stop_and_one_order():
    world = restarted(target("tp", "110"), stop("sl", "95"), policies=FIRE)
    since_ns = down(world)
    world.mark("100")

    fill(world, candles(since_ns, ("94", "111")))

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed", "it lets the stop go first"


def test_b120_given_an_expiry_that_passed_in_downtime_then_a_crossing_fires_nothing():
    world = World()
    world.arm(replace(stop("sl", "95"), expires_ns=world.now_ns + MINUTE))
    since_ns = down(world)

    fill(world, candles(since_ns, ("94", "98")))

    assert world.told(FactKind.TRIGGER_MISSED) == []


def test_given_two_holes_in_one_candle_then_it_is_told_once():
    world = restarted(stop("sl", "95"))
    since_ns = down(world, 10 * S)
    told = candles(since_ns, ("94", "98"))
    fill(world, told)
    world.restart()
    down(world, 10 * S)

    fill(world, told)

    assert len(world.told(FactKind.TRIGGER_MISSED)) == 1


def test_given_a_crash_before_candles_came_then_the_hole_is_still_there():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    world.mark("97")
    world.do(SourcesSeen(((MARK, world.now_ns),), world.later()))

    world.restart()

    assert unseen_since(world.engine.state, "main") == [(MARK, since_ns)]


def test_given_a_filled_hole_then_the_next_one_begins_after_it():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    end_ns = world.now_ns
    fill(world, candles(since_ns, ("97", "98")))

    world.restart()

    assert unseen_since(world.engine.state, "main") == [(MARK, end_ns)]
    assert world.store.of(SeenRecord) == [SeenRecord(MARK, end_ns)]


def test_given_prices_that_were_seen_then_noted_for_what_is_watched_only():
    world = restarted(stop("sl", "95"))
    now_ns = world.later(S)

    world.do(SourcesSeen(((MARK, now_ns), (LAST, now_ns)), now_ns))
    decision = world.do(SourcesSeen(((MARK, now_ns),), now_ns))

    assert decision.is_quiet
    assert world.store.of(SeenRecord) == [SeenRecord(MARK, now_ns)]


def test_given_a_source_that_nobody_watches_any_more_when_restored_then_no_book():
    world = restarted(stop("sl", "95"))
    world.store.take(world.do(SourcesSeen((), world.later())))
    world.store.rows["seen", LAST] = SeenRecord(LAST, world.now_ns)

    world.restart()

    assert LAST not in world.engine.state.books


def test_given_no_candles_then_flagged_once_and_over_a_restart():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    unknown = HoleUnknown(MARK, "the venue gave none", world.later(), is_final=False)
    world.do(unknown)
    world.do(unknown)

    world.restart()

    record = world.trigger("sl")
    assert (record.unseen, record.unseen_ns) == ("the venue gave none", since_ns)
    assert len(world.told(FactKind.TRIGGER_UNCERTAIN)) == 1
    assert unseen_since(world.engine.state, "main") == [(MARK, since_ns)]


def test_given_candles_after_all_then_trusted_again():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    world.do(HoleUnknown(MARK, "no answer", world.later(), is_final=False))

    fill(world, candles(since_ns, ("97", "98")))

    assert world.trigger("sl").unseen == ""


def test_given_a_hole_that_nobody_can_fill_then_a_later_one_does_not_clear_it():
    world = restarted(stop("sl", "95"))
    down(world)
    world.do(HoleUnknown(MARK, "never", world.later()))
    world.mark("97")
    since_ns = down(world)

    fill(world, candles(since_ns, ("97", "98")))

    assert world.trigger("sl").unseen == "never"


@pytest.mark.parametrize("how", ["resumed", "amended"])
def test_given_a_flag_when_somebody_looked_then_it_is_gone(how: str):
    world = restarted(stop("sl", "95"))
    down(world)
    world.do(HoleUnknown(MARK, "never", world.later()))
    world.mark("97")

    if how == "resumed":
        world.do(Pause(trigger_id="sl", by="test", now_ns=world.later()))
        world.do(Resume(trigger_id="sl", by="test", now_ns=world.later()))
    else:
        amend(world, stop("sl", "94"))

    assert world.trigger("sl").unseen == ""


def test_given_an_arming_after_the_hole_then_it_is_not_judged_by_it():
    world = restarted(stop("sl", "95"))
    since_ns = down(world)
    world.mark("97")
    world.arm(stop("new", "96"))

    fill(world, candles(since_ns, ("94", "98")))
    assert world.trigger("new").missed_ns == 0
    down(world)
    world.mark("97")
    assert isinstance(world.arm(stop("newer", "95.5")), Accepted)
    world.do(HoleUnknown(MARK, "never", world.later()))

    assert world.trigger("new").unseen == "never"
    assert world.trigger("newer").unseen == ""


def test_given_the_candle_in_which_it_was_armed_then_nobody_knows():
    world = World()
    opens_ns = world.now_ns
    world.later(10 * S)
    world.arm(stop("sl", "95"))
    down(world)

    fill(world, candles(opens_ns, ("94", "98"), ("96", "98")))

    assert "last been changed" in world.trigger("sl").unseen
    assert world.told(FactKind.TRIGGER_MISSED) == []


def test_given_a_candle_that_was_over_when_it_was_armed_then_it_says_nothing():
    world = World()
    opens_ns = world.now_ns - 2 * MINUTE
    world.arm(stop("sl", "95"))
    down(world)

    fill(world, candles(opens_ns, ("94", "98")))

    assert world.trigger("sl").unseen == ""


HOLDS = Confirmation(for_ns=2 * MINUTE, emergency=D(90))


@pytest.mark.parametrize(
    ("confirmation", "prices", "missed_at", "unseen"),
    [
        (HOLDS, [("93", "94"), ("93", "94"), ("93", "97")], 1, ""),
        (HOLDS, [("93", "94"), ("96", "97"), ("93", "94")], None, ""),
        (HOLDS, [("93", "94"), ("93", "97"), ("96", "97")], None, "for how long"),
        (HOLDS, [("93", "97"), ("96", "97"), ("96", "97")], None, ""),
        (HOLDS, [("93", "97"), ("89", "94"), ("96", "97")], 1, ""),
        (Confirmation(for_ns=MINUTE), [("94", "94")], 0, ""),
        (Confirmation(prices=2), [("93", "94")], None, "do not count"),
        (Confirmation(prices=2), [("96", "99")], None, ""),
        (Confirmation(emergency=D(90)), [("94", "99")], 0, ""),
    ],
)
def test_b131_given_a_level_that_is_confirmed_then_candles_say_how_long(
    confirmation: Confirmation,
    prices: list[tuple[str, str]],
    missed_at: int | None,
    unseen: str,
):
    world = restarted(replace(stop("sl", "95"), confirmation=confirmation))
    since_ns = down(world)

    fill(world, candles(since_ns, *prices))

    record = world.trigger("sl")
    expected_ns = 0 if missed_at is None else since_ns + missed_at * MINUTE
    assert record.missed_ns == expected_ns
    assert unseen in record.unseen
    assert bool(unseen) is bool(record.unseen)


def test_b134_given_a_confirmation_under_way_then_the_first_price_decides():
    world = armed(replace(stop("sl", "95"), confirmation=HOLDS))
    world.mark("94")
    since_ns = down(world)

    fill(world, candles(since_ns, ("93", "94"), ("93", "94"), ("93", "94")))

    assert world.trigger("sl").missed_ns == 0
    assert world.trigger("sl").unseen == ""


def test_b133_given_an_emergency_on_another_price_then_that_is_looked_at_too():
    closes = PriceSource("main", "SOL_USDC_PERP", PriceKind.LAST_CLOSE, "15m", True)
    confirmation = Confirmation(emergency=D(90), emergency_source=LAST)
    sl = stop("sl", "95", source=closes)
    world = World()
    world.tick(closes, "100")
    world.last("100")
    world.arm(replace(sl, confirmation=confirmation))
    since_ns = down(world, source=LAST)

    fill(world, candles(since_ns, ("94", "99"), ("89", "92")), LAST)

    assert world.told(FactKind.TRIGGER_MISSED)[0].fields["level"] == D(90)


def test_given_another_price_without_an_emergency_then_it_says_nothing():
    world = restarted(stop("sl", "95"))
    world.engine.state.book(LAST).counting["sl"] = 1
    since_ns = down(world, source=LAST)
    fill(world, candles(since_ns, ("94", "99")), LAST)

    assert world.trigger("sl").missed_ns == 0


def test_given_prices_made_of_several_then_unseen_where_one_is_missing():
    other = PriceSource("other", "SOL", PriceKind.MARK)
    spread = replace(MARK, combined=Spread(other))
    quorum = replace(MARK, combined=Quorum((other,), 2, True))
    own = replace(MARK, combined=Quorum((LAST,), 2, True))
    world = World()
    for name, source in (("s", spread), ("q", quorum), ("o", own)):
        world.tick(other, "90")
        world.last("100")
        world.mark("100")
        world.arm(stop(name, "5", source=source))

    of_main = dict(unseen_since(world.engine.state, "main"))
    of_other = dict(unseen_since(world.engine.state, "other"))

    assert {spread, own} <= of_main.keys()
    assert quorum not in of_main
    assert set(of_other) == {spread}


def test_given_an_emergency_elsewhere_when_resumed_then_no_hole_of_it_counts():
    confirmation = Confirmation(for_ns=MINUTE, emergency=D(90), emergency_source=LAST)
    world = World()
    world.last("100")
    world.arm(replace(stop("sl", "95"), confirmation=confirmation))
    since_ns = down(world, source=LAST)
    world.mark("100")
    world.do(Pause(trigger_id="sl", by="test", now_ns=world.later()))
    world.do(Resume(trigger_id="sl", by="test", now_ns=world.later()))

    fill(world, candles(since_ns, ("89", "99")), LAST)

    assert world.told(FactKind.TRIGGER_MISSED) == []
