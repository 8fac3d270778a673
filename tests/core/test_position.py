"""Fills and reports in any order, and whether one lifetime spans a gap."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.worlds import LONG, D
from exitd.core.position import (
    Continuity,
    PositionRecord,
    after_fill,
    continuity,
    explained,
    sized,
)


@pytest.mark.parametrize(
    ("before", "fills", "after", "expected"),
    [
        ("10", [], "10", Continuity.SAME),
        ("10", ["-4"], "6", Continuity.SAME),
        ("10", ["-4", "5"], "11", Continuity.SAME),
        ("10", ["-10", "10"], "10", Continuity.NEW),
        ("10", ["-15", "20"], "15", Continuity.NEW),
        ("10", ["-15"], "-5", Continuity.NEW),
        ("-10", ["4"], "-6", Continuity.SAME),
        ("10", [], "6", Continuity.UNPROVEN),
        ("10", ["-10"], "6", Continuity.UNPROVEN),
    ],
)
def test_b080_given_fills_of_a_gap_then_they_say_whether_it_is_one_lifetime(
    before, fills, after, expected
):
    assert continuity(D(before), [D(f) for f in fills], D(after)) is expected


def test_given_a_fill_that_a_report_has_shown_then_live_is_not_reduced_again():
    position = PositionRecord(key=LONG, quantity=D(6), ts_venue_ns=10, unexplained=D(4))

    after = after_fill(position, D(3), 10)

    assert after.live == 6
    assert after.filled_in_lifetime == 3
    assert after.unexplained == 1
    assert after.base == position.base == 10


def test_given_nothing_is_unanswered_then_nothing_stays_unexplained():
    position = PositionRecord(key=LONG, quantity=D(6), unexplained=D(4))

    assert explained(position, D(4)) is position
    assert explained(position, D(1)).unexplained == 1


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 5)), max_size=60))
def test_given_any_fills_then_live_and_base_count_each_once(fills):
    position = PositionRecord(key=LONG, quantity=D(1000), ts_venue_ns=25)
    for ts_ns, quantity in fills:
        position = after_fill(position, D(quantity), ts_ns)

    late = sum((D(q) for ts, q in fills if ts > 25), Decimal(0))
    assert position.live == 1000 - late
    assert position.filled_in_lifetime == sum(q for _, q in fills)
    assert len(position.unreflected) <= 16


@pytest.mark.parametrize(
    ("sizes", "initial"),
    [
        ("4", "4"),
        ("4 10", "10"),
        ("4 4 10 10 12", "12"),
        ("4 10 9 20", "10"),
        ("10 9.999", "10"),
        ("10 4 10 20", "10"),
    ],
)
def test_b071_given_reported_sizes_then_the_initial_one_is_that_before_the_first_fall(
    sizes, initial
):
    first, *later = (D(size) for size in sizes.split())
    position = PositionRecord(key=LONG, quantity=first, initial=first)

    for size in later:
        position = sized(position, size)

    assert position.quantity == (later or [first])[-1]
    assert position.initial == D(initial)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(0, 12))
def test_b071_given_any_sizes_and_a_fill_then_it_grows_until_either_takes_some(
    sizes, fills_after
):
    position = PositionRecord(key=LONG, quantity=D(sizes[0]), initial=D(sizes[0]))
    expected, grows = sizes[0], True
    for before, (n, size) in zip(sizes, enumerate(sizes[1:], 1), strict=False):
        if n == fills_after:
            position = after_fill(position, D(1), n)
            grows = False
        grows = grows and size >= before
        expected = size if grows else expected
        position = sized(position, D(size))

        assert position.initial == expected


def test_given_a_row_from_before_it_was_kept_then_its_initial_size_stays():
    grown = PositionRecord(key=LONG, quantity=D(10), initial=D(4))

    assert sized(grown, D(12)).initial == 4
    assert sized(PositionRecord(key=LONG, quantity=D(6)), D(7)).initial == 0
