"""Trailing stops against brute force (behaviours 40 to 60; design section 5)."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.trails_model import Both, Walk, assert_sound, staircase
from exitd.core.condition import Offset
from exitd.core.meldable import Group
from exitd.core.trails import Trails, restored_watermark

D = Decimal
NONE_ABOVE, NONE_BELOW = D("Infinity"), D("-Infinity")
SEEDS = range(30)
STEPS = 2_000


def absolute(value: str) -> Offset:
    return Offset(D(value))


def percent(value: str) -> Offset:
    return Offset(D(value), is_percent=True)


@pytest.mark.parametrize("sells", [True, False], ids=["sells", "buys"])
@pytest.mark.parametrize("seed", SEEDS)
def test_b047_given_random_steps_then_trails_equal_brute_force(seed, sells):
    walk = Walk(seed, sells=sells)
    for number in range(STEPS):
        try:
            walk.step()
            if number % 50 == 0:
                walk.both.assert_all_equal()
        except AssertionError as wrong:
            wrong.add_note(f"seed {seed}, step {number}")
            raise
    walk.both.assert_all_equal()


_names = st.integers(0, 12).map(lambda n: f"t{n}")
_prices = st.one_of(
    st.integers(-12, 12).map(Decimal),
    st.decimals("-1e9", "1e9", allow_nan=False, places=12),
)
_offsets = st.one_of(
    st.integers(1, 9).map(lambda n: Offset(D(n))),
    st.decimals("1e-12", "1e9", allow_nan=False, places=12).map(Offset),
    st.decimals("0.0001", "99.9999", allow_nan=False, places=4).map(
        lambda value: Offset(value, is_percent=True)
    ),
)
_steps = st.one_of(
    st.tuples(st.just("add"), _names, _offsets, _prices),
    st.tuples(st.just("amend"), _names, _offsets),
    st.tuples(st.just("raise"), _names, _prices),
    st.tuples(st.sampled_from(["observe", "take"]), _prices),
    st.tuples(st.just("remove"), _names),
    st.tuples(st.just("restart")),
)


@given(st.lists(_steps, max_size=60))
@settings(max_examples=300, deadline=None)
def test_given_any_steps_and_prices_of_any_sign_then_trails_equal_brute_force(steps):
    both = Both()
    for step in steps:
        match step:
            case ("add", name, offset, price):
                both.add(name, offset, price)
            case ("amend", name, offset) if name in both.real:
                both.amend(name, offset)
            case ("raise", name, price) if name in both.real:
                both.raise_to(name, price)
            case ("observe", price):
                both.observe(price)
            case ("take", price):
                both.take(price)
            case ("remove", name):
                both.remove(name)
            case ("restart",):
                both.restart()
        both.assert_all_equal()


def test_given_no_trails_then_no_price_moves_or_fires_anything():
    trails = Trails()

    assert (trails.top, trails.stop) == (NONE_ABOVE, NONE_BELOW)
    assert not trails.observe(D(100))
    assert trails.take(D(100)) == []
    assert trails.marks() == []
    assert len(trails) == 0
    trails.remove("unknown")
    for ask in (trails.watermark, trails.stop_of):
        with pytest.raises(KeyError):
            ask("unknown")
    with pytest.raises(KeyError):
        trails.amend("unknown", absolute("1"))
    with pytest.raises(KeyError):
        trails.raise_to("unknown", D(1))


def test_b040_given_an_absolute_offset_then_the_stop_follows_each_high():
    trails = Trails()
    trails.add("x", absolute("5"), D(100), 1)
    trails.observe(D(104))

    assert trails.stop == trails.stop_of("x") == 99
    assert trails.take(D("99.01")) == []
    assert trails.take(D("99.00")) == ["x"]
    assert "x" not in trails


def test_b041_given_a_percentage_then_it_is_of_the_watermark():
    trails = Trails()
    trails.add("x", percent("2"), D(100), 1)
    trails.observe(D("103.5"))

    assert trails.stop == D("101.43")
    assert trails.take(D("101.44")) == []
    assert trails.take_hits(D("101.43")) == [(D("101.43"), 1, "x", D("103.5"))]


def test_b042_given_a_fall_and_a_rise_below_the_high_then_the_stop_stays():
    trails = Trails()
    trails.add("x", absolute("5"), D(100), 1)
    trails.observe(D(104))

    for price in ("100.5", "103", "104.00"):
        assert not trails.observe(D(price))
        assert (trails.stop, trails.watermark("x")) == (99, 104)


def test_b046_given_one_price_then_it_does_not_both_move_a_trail_and_fire_it():
    trails = Trails()
    trails.add("tight", absolute("0.00000001"), D(100), 1)
    trails.add("part", percent("0.00000001"), D(100), 2)

    for price in (D(101), D("101.00000001"), D(10) ** 18):
        assert trails.observe(price)
        assert trails.take(price) == []
        assert not trails.observe(price)


def test_b047_given_a_short_then_its_trail_follows_the_low():
    trails = Trails()
    trails.add("x", absolute("5"), D(-100), 1)
    trails.add("part", percent("10"), D(-100), 2)
    trails.observe(D(-90))

    assert trails.stop_of("x") == -95
    assert trails.stop_of("part") == -99
    assert trails.take(D("-94.99")) == []
    assert trails.take(D("-95")) == ["x"]
    assert trails.take(D("-99")) == ["part"]


def test_b048_given_two_trails_then_each_has_seen_what_came_after_it():
    trails = Trails()
    trails.add("old", absolute("5"), D(100), 1)
    trails.observe(D(110))
    trails.add("new", absolute("5"), D(104), 2)

    assert [trails.watermark(name) for name in ("old", "new")] == [110, 104]
    trails.observe(D(108))
    assert [trails.watermark(name) for name in ("old", "new")] == [110, 108]
    assert trails.marks() == [(1, D(110)), (2, D(108))]


def test_b051_given_an_amended_offset_then_the_watermark_stays():
    trails = Trails()
    trails.add("x", absolute("5"), D(100), 1)
    trails.observe(D(110))
    trails.amend("x", absolute("3"))

    assert trails.stop == 107
    assert trails.watermark("x") == 110
    trails.amend("x", percent("50"))
    assert trails.stop == 55
    assert trails.marks() == [(1, D(110))]


def test_b057_given_lower_prices_and_raises_then_no_watermark_is_lowered():
    trails = Trails()
    trails.add("x", absolute("5"), D(100), 1)
    trails.observe(D(120))
    trails.raise_to("x", D(90))
    trails.observe(D(80))
    assert trails.watermark("x") == 120

    trails.raise_to("x", D(130))
    assert trails.watermark("x") == 130
    assert trails.stop == 125


def test_given_a_trail_that_is_added_again_then_it_begins_anew():
    trails = Trails()
    trails.add("x", absolute("5"), D(100), 1)
    trails.observe(D(120))
    trails.add("x", absolute("1"), D(110), 2)

    assert len(trails) == 1
    assert trails.watermark("x") == 110
    assert trails.stop == 109


def test_given_stops_at_one_price_then_they_fire_in_the_order_they_began():
    trails = Trails()
    trails.add("first", absolute("5"), D(105), 1)
    trails.add("second", percent("20"), D(125), 2)
    trails.add("third", absolute("25"), D(125), 3)
    trails.add("higher", absolute("4"), D(105), 4)
    trails.add("fourth", percent("50"), D(200), 5)

    assert trails.take(D(1)) == ["higher", "first", "second", "third", "fourth"]


def test_given_a_high_that_one_trail_saw_when_another_joins_it_then_it_is_kept():
    trails = Trails()
    trails.add("old", absolute("5"), D(100), 1)
    trails.observe(D(105))
    trails.add("new", absolute("5"), D(105), 2)
    trails.remove("new")

    assert trails.marks() == [(1, D(105))]


def test_given_marks_when_none_of_their_trails_is_left_then_they_are_forgotten():
    trails = Trails()
    trails.add("old", absolute("5"), D(100), 1)
    trails.observe(D(110))
    trails.add("new", absolute("5"), D(100), 2)
    trails.observe(D(105))
    trails.remove("old")

    assert trails.marks() == [(2, D(105))]
    restored = Trails()
    restored.add("new", absolute("5"), D(105), 2)
    restored.restore([(1, D(110)), (2, D("105.0"))])
    assert restored.marks() == [(2, D(105))]


def test_given_marks_then_a_trail_has_seen_those_from_its_number_on():
    marks = [(2, D(110)), (5, D(105))]

    assert restored_watermark(D(100), 1, marks) == 110
    assert restored_watermark(D(100), 2, marks) == 110
    assert restored_watermark(D(100), 3, marks) == 105
    assert restored_watermark(D(107), 5, marks) == 107
    assert restored_watermark(D(100), 6, marks) == 100
    assert restored_watermark(D(100), 1, []) == 100


@pytest.mark.parametrize("digits", [3, 28])
def test_given_more_digits_than_the_context_then_stops_are_exact(digits):
    watermark = D("98765432109876543210.123456789012345678")
    offset, part = D("0.000000000000000000000000000001"), D("12.345678901234567")
    with localcontext(Context(prec=digits)):
        trails = Trails()
        trails.add("x", Offset(offset), watermark, 1)
        trails.add("part", Offset(part, is_percent=True), watermark.copy_negate(), 2)
        stops = [Fraction(trails.stop_of(name)) for name in ("x", "part")]
        hits = [Fraction(stop) for stop, *_ in trails.take_hits(D("-1e30"))]

    exact = Fraction(watermark)
    assert stops == [exact - Fraction(offset), -exact - exact * Fraction(part) / 100]
    assert hits == stops


def test_given_more_digits_than_any_price_has_then_no_stop_is_too_high():
    long = D("1." + "7" * 300)
    trails = Trails()
    trails.add("x", absolute("1e-400"), long, 1)
    trails.add("y", percent("1e-300"), long, 2)

    assert trails.stop < long
    assert Fraction(trails.stop) > Fraction(long) - Fraction(1, 10**190)
    assert trails.take(long) == []
    assert trails.take(trails.stop) == ["x", "y"]


def calls(work: Callable[[], object]) -> int:
    """Count the functions that *work* calls: the same in every run."""
    count = 0

    def on_event(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_b060_given_five_thousand_watermarks_then_they_equal_the_model():
    both = staircase(5_000)
    rng = random.Random(60)
    price = D(19_500)
    for _ in range(60):
        price += rng.randint(-30, 30)
        both.observe(price)
        both.take(price)
        both.assert_equal()
    both.restart()
    assert len(both.real) > 1_000
    both.observe(D(30_000))
    together = {id(run) for run in both.real._runs.values()}
    assert len(together) <= len(both.real) // 32 + 2
    both.assert_all_equal()
    both.take(D(1))
    both.assert_equal()


def test_b060_given_five_thousand_watermarks_then_a_price_costs_what_it_costs_ten():
    def costs(count: int) -> list[int]:
        trails = staircase(count).real
        reached = [trails.top + D("0.05") * n for n in range(3)]
        return [
            calls(lambda: trails.observe(trails.top)),
            calls(lambda: trails.take(trails.stop + 1)),
            *(calls(lambda price=price: trails.observe(price)) for price in reached),
        ]

    pairs = zip(costs(5_000), costs(10), strict=True)
    assert all(many <= 2 * few for many, few in pairs)


def test_b060_given_a_staircase_when_one_in_the_middle_goes_then_the_rest_is_flat():
    def cost(count: int) -> float:
        trails = staircase(count).real
        trails.remove(f"t{count // 2}")
        return sum(
            calls(lambda n=n: (trails.remove(f"t{n}"), trails.take(trails.stop)))
            for n in range(100)
        )

    assert cost(8_000) <= 2 * cost(500)


def test_given_much_coming_and_going_then_the_dead_do_not_pile_up():
    trails = Trails()
    # Whatever comes and goes is neither on top nor first among the stops.
    trails.add("far", absolute("500000"), D(1_000_000), 1)
    trails.add("near", absolute("1"), D(10), 2)
    for n in range(3, 5_000):
        trails.add(f"t{n}", absolute("1"), D(n % 999 + 11), n)
        trails.add(f"p{n}", percent("1"), D(n + 600_000), n)
        if n % 7 == 0:
            trails.observe(D(n % 200))
        if n > 20:
            trails.remove(f"t{n - 10}")
            assert f"p{n}" in trails.take(D(n + 590_000))
        if n % 500 == 0:
            assert_sound(trails)
    kept = (trails._stack, trails._stops._heap, trails._raised)

    assert all(len(part) < 200 for part in kept)
    gc.collect()
    assert sum(type(thing) is Group for thing in gc.get_objects()) < 300
    for name in list(trails._runs):
        trails.remove(name)
    assert [len(part) for part in kept] == [0, 0, 0]


def test_given_trails_that_go_then_they_leave_no_cycles_for_the_collector():
    trails = Trails()
    gc.collect()
    gc.disable()
    try:
        for n in range(3_000):
            offset = Offset(D(1 + n * 7 % 90), is_percent=n % 2 == 0)
            trails.add(f"t{n}", offset, D(1_000 - n % 5), n)
            if n % 3 == 0:
                trails.remove(f"t{n // 2}")
            if n % 100 == 0:
                trails.observe(D(1_000 + n))
        trails.take(D(3_850))
        trails.take(D(1))
        assert len(trails) == 0
        assert gc.collect() == 0
    finally:
        gc.enable()
