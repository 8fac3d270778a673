"""Levels on what several sources make together: a spread, or what they agree on."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from msgspec.structs import replace

from core.worlds import LAST, MARK, D, S, World, rule, stop, target, trail
from exitd.core.combining import combined_price, is_unjudged
from exitd.core.condition import ConditionKind, Confirmation
from exitd.core.engine import Engine
from exitd.core.inputs import IfCrossed, SourceJudged
from exitd.core.market import PriceKind, PriceSource, Quorum, Spread
from exitd.core.policy import Policies
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Notify, TriggerState, WaitingFor

BINANCE = PriceSource("binance", "SOLUSDT", PriceKind.MARK)
BYBIT = PriceSource("bybit", "SOLUSDT", PriceKind.MARK)
SPREAD = replace(MARK, combined=Spread(BINANCE))


def agreed(*others: PriceSource, agree: int = 2, is_falling: bool = True):
    return replace(MARK, combined=Quorum(others, agree, is_falling))


BOTH = agreed(BINANCE)


class Seeing(World):
    """A world that takes in the prices of three venues from the start."""

    def _engine(self) -> Engine:
        engine = super()._engine()
        for source in (BINANCE, BYBIT, LAST):
            engine.state.book(source)
        return engine


def judge(world: World, source: PriceSource, *, is_stale: bool) -> None:
    world.do(SourceJudged(source, is_stale, world.later()))


def spread_above(level: str):
    return rule("wide", ConditionKind.ABOVE, level, Notify(), source=SPREAD)


# Spreads


@pytest.mark.parametrize("level", ["1.5", "0", "-2"])
def test_given_a_spread_when_the_difference_reaches_the_level_then_it_fires(level):
    world = Seeing()
    world.tick(BINANCE, "105")
    world.arm(spread_above(level))

    touching = 105 + D(level)
    world.mark(str(touching - D("0.01")))
    assert world.fire_rows("wide") == []
    world.mark(str(touching))

    (fired,) = world.fire_rows("wide")
    assert (fired.level, fired.observed) == (D(level), D(level))


def test_given_a_spread_when_the_other_price_moves_then_it_is_judged_as_well():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(spread_above("2"))

    world.tick(BINANCE, "98.01")
    assert world.fire_rows("wide") == []
    world.tick(BINANCE, "98")

    assert len(world.fire_rows("wide")) == 1


def test_given_a_spread_when_one_price_is_not_known_yet_then_nothing_is_judged():
    world = Seeing()
    world.arm(spread_above("-1000"))

    world.mark("100")
    assert world.fire_rows("wide") == []
    world.tick(BINANCE, "100")

    assert len(world.fire_rows("wide")) == 1


def test_b124_given_a_spread_when_one_of_its_prices_is_stale_then_nothing_is_judged():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(spread_above("2"))
    judge(world, BINANCE, is_stale=True)

    world.mark("150")
    assert world.fire_rows("wide") == []
    judge(world, BINANCE, is_stale=False)

    assert len(world.fire_rows("wide")) == 1


def test_given_a_spread_when_armed_at_a_crossed_level_then_refused_by_both_prices():
    world = Seeing()
    world.tick(BINANCE, "90")

    reply = world.arm(spread_above("10"))

    assert isinstance(reply, Refused)
    assert reply.code == "already_crossed"


def test_given_a_minimum_distance_then_a_spread_has_none():
    world = Seeing(policies=Policies(min_distance_percent=D(5)))
    world.tick(BINANCE, "100")

    reply = world.arm(
        rule("narrow", ConditionKind.BELOW, "-0.01", source=SPREAD),
    )

    assert isinstance(reply, Accepted)


# Quorums


@pytest.mark.parametrize("first", [MARK, BINANCE])
def test_b128_given_two_that_must_agree_when_one_dips_alone_then_nothing(first):
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", source=BOTH))
    second = BINANCE if first is MARK else MARK

    world.tick(first, "90")
    world.tick(first, "99")
    world.tick(second, "94")
    assert world.sent == []
    world.tick(first, "95")

    assert world.who() == ["sl"]
    (fired,) = world.fire_rows("sl")
    assert fired.observed == 95


def test_given_two_that_must_agree_then_a_target_waits_for_both():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(target("tp", "110", source=agreed(BINANCE, is_falling=False)))

    world.mark("120")
    assert world.sent == []
    world.tick(BINANCE, "110")

    assert world.who() == ["tp"]


def test_given_two_of_three_then_any_two_of_them_fire_it():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.tick(BYBIT, "100")
    world.arm(stop("sl", "95", source=agreed(BINANCE, BYBIT)))

    world.tick(BINANCE, "90")
    assert world.sent == []
    world.tick(BYBIT, "94")

    assert world.who() == ["sl"]


def test_given_no_first_price_of_one_then_the_other_does_not_fire_it_alone():
    world = Seeing()
    world.arm(stop("sl", "95", source=BOTH))

    world.mark("90")
    assert world.sent == []
    world.tick(BINANCE, "94.9")

    assert world.who() == ["sl"]


def test_b124_given_a_stale_source_then_it_cannot_hold_a_stop_back():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", source=BOTH))
    world.mark("94")
    assert world.sent == []

    judge(world, BINANCE, is_stale=True)

    assert world.who() == ["sl"]


def test_b130_given_a_source_that_is_fresh_again_then_it_has_its_voice_back():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", source=BOTH))
    judge(world, BINANCE, is_stale=True)
    judge(world, BINANCE, is_stale=False)

    world.mark("94")

    assert world.sent == []


def test_given_every_source_stale_then_nothing_is_judged():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", source=BOTH))
    judge(world, BINANCE, is_stale=True)
    judge(world, MARK, is_stale=True)

    world.mark("90")

    assert world.sent == []


def test_given_the_own_market_among_them_then_levels_follow_the_entry_and_its_step():
    world = Seeing()
    world.tick(BINANCE, "100")

    reply = world.arm(stop("sl", "95.003", source=BOTH))

    assert isinstance(reply, Refused)
    assert reply.code == "off_step"


def test_b131_given_a_confirmation_when_one_source_is_back_then_it_starts_again():
    world = Seeing()
    world.tick(BINANCE, "100")
    slow = replace(stop("sl", "95", source=BOTH), confirmation=Confirmation(60 * S))
    world.arm(slow)
    world.mark("94")
    world.tick(BINANCE, "94")

    world.wait(30 * S)
    world.tick(BINANCE, "96")
    world.wait(60 * S)

    assert world.sent == []


def test_given_a_level_that_was_crossed_when_armed_then_it_waits_for_the_right_side():
    world = Seeing()
    world.tick(BINANCE, "94")
    world.mark("94")
    world.arm(stop("sl", "95", source=BOTH), if_crossed=IfCrossed.WAIT)
    assert world.trigger("sl").waiting_for is WaitingFor.RIGHT_SIDE

    world.mark("96")

    assert world.trigger("sl").state is TriggerState.ARMED


def test_b010_given_a_hit_then_the_parts_of_a_source_fire_nothing_else():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("both", "95", "4", source=BOTH), stop("own", "90", "4"))

    world.tick(BINANCE, "94")
    world.mark("94")

    assert world.who() == ["both"]


def test_given_a_trail_on_several_prices_when_armed_then_refused():
    world = Seeing()

    reply = world.arm(trail("runner", "5", source=BOTH))

    assert isinstance(reply, Refused)
    assert "follows one price" in reply.sentence


# What the feeds and a restart see of it


def test_given_a_combined_source_then_its_streams_are_watched_and_not_itself():
    world = World()

    world.arm(stop("sl", "95", source=BOTH))

    assert world.engine.sources() == {MARK, BINANCE}
    assert world.engine.watched() == {MARK, BINANCE}


def test_given_a_restart_then_both_must_agree_as_before():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", source=BOTH))

    world.restart()
    world.mark("94")
    assert world.sent == []
    world.tick(BINANCE, "94")

    assert world.who() == ["sl"]


def test_given_sources_then_each_writes_itself_in_one_way():
    assert str(SPREAD) == f"{MARK} - {BINANCE}"
    assert str(agreed(BINANCE, BYBIT)) == f"2 of {MARK}, {BINANCE}, {BYBIT}"


@pytest.mark.parametrize(
    ("source", "stale", "is_kept"),
    [
        (MARK, set(), False),
        (MARK, {MARK}, True),
        (SPREAD, {BINANCE}, True),
        (SPREAD, {LAST}, False),
        (BOTH, {BINANCE}, False),
        (BOTH, {MARK, BINANCE}, True),
    ],
)
def test_b124_given_stale_sources_then_they_keep_some_prices_from_being_judged(
    source, stale, is_kept
):
    assert is_unjudged(source, stale.__contains__) is is_kept


def test_given_one_source_then_its_own_price_is_all_there_is():
    prices = {MARK: D(100)}

    assert combined_price(MARK, prices.get, set().__contains__) == 100


@pytest.mark.parametrize("seed", range(20))
def test_given_any_prices_then_a_quorum_is_what_counting_the_sources_says(seed):
    random = Random(seed)
    sources = (MARK, BINANCE, BYBIT, LAST)[: random.randint(2, 4)]
    agree = random.randint(2, len(sources))
    is_falling = random.random() < 0.5
    combined = agreed(*sources[1:], agree=agree, is_falling=is_falling)
    world = Seeing(mark=None)
    definition = (stop if is_falling else target)("x", "100", source=combined)
    world.arm(definition)
    seen: dict[PriceSource, Decimal] = {}
    stale: set[PriceSource] = set()

    for _ in range(200):
        source = random.choice(sources)
        if random.random() < 0.1:
            judge(world, source, is_stale=source not in stale)
            stale ^= {source}
        else:
            price = D(random.randint(95, 105))
            seen[source] = price
            world.tick(source, str(price))
        voices = [seen.get(s) for s in sources if s not in stale]
        counted = [
            price is not None and (price <= 100 if is_falling else price >= 100)
            for price in voices
        ]
        is_hit = (
            bool(voices)
            and None not in voices
            and sum(counted) >= min(agree, len(voices))
        )
        assert (world.who() == ["x"]) is is_hit
        if is_hit:
            break


def test_given_many_highs_of_a_part_then_its_own_trails_still_see_them():
    world = Seeing()
    world.tick(BINANCE, "100")
    world.arm(stop("sl", "95", "4", source=BOTH), trail("runner", "5", "4"))

    for one, other in pairwise(["101", "104", "103", "106"]):
        world.mark(one, other)
    world.mark("101")

    assert world.who() == ["runner"]
