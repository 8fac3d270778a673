"""How a target is cut into slices (b074, b081, b082)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.worlds import (
    D,
    instrument,
)
from exitd.core.sizing import Room
from exitd.core.slices import plan_slice


def room(closable: str, **market: object) -> Room:
    return Room(instrument(**market), D(closable), False, D(100))


@pytest.mark.parametrize(
    ("left", "turns", "quantity", "stands_for"),
    [
        ("10", 5, "2", 1),
        ("10", 3, "3.333", 1),
        ("6.667", 2, "3.333", 1),
        ("3.334", 1, "3.334", 1),
        # Below the minimum of 0.01: merged with the next, or with all to come.
        ("0.05", 10, "0.01", 2),
        ("0.014", 4, "0.014", 4),
        ("0.025", 3, "0.025", 3),
        ("0.005", 4, "0.005", 4),
        ("0", 4, "0", 4),
    ],
)
def test_given_what_is_left_then_the_next_slice_is_its_share(
    left, turns, quantity, stands_for
):
    part = plan_slice(D(left), turns, room(left))

    assert (part.quantity, part.turns) == (D(quantity), stands_for)


def test_b082_given_slices_worth_less_than_the_minimum_then_they_are_merged():
    part = plan_slice(D(10), 10, room("10", min_notional=D(250)))

    assert (part.quantity, part.turns) == (3, 3)


@given(
    target=st.decimals("0.01", "1000", places=3),
    turns=st.integers(2, 60),
    least=st.sampled_from(["0.01", "0.5", "3"]),
)
def test_b074_given_any_target_then_slices_sum_to_it_and_none_is_too_small(
    target, turns, least
):
    left, taken, parts = target, 0, []
    while taken < turns:
        part = plan_slice(left, turns - taken, room(str(left), min_quantity=D(least)))
        parts.append(part.quantity)
        left -= part.quantity
        taken += part.turns

    assert left == 0
    assert taken == turns
    assert sum(parts) == target
    assert all(part >= D(least) for part in parts) or len(parts) == 1
    assert all(part % D("0.001") == 0 for part in parts)
