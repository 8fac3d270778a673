"""Numbers: exact from text to text (behaviours 11 to 13, 141)."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.core.units import (
    ceil_to_step,
    floor_to_step,
    is_on_step,
    neighbours_on_step,
    price_or_none,
    text,
    trap_floats,
)

_prices = st.decimals(min_value=0, max_value=10**9, places=9, allow_nan=False)
_steps = st.sampled_from([Decimal(s) for s in ("0.00000001", "0.001", "0.25", "5")])


@pytest.mark.parametrize(
    "wrong", ["", None, "0", "-1", "NaN", "Infinity", "1,5", "abc"]
)
def test_b013_given_what_is_no_price_then_none(wrong):
    assert price_or_none(wrong) is None


def test_b011_given_a_price_then_read_exactly():
    assert price_or_none("95.00") == 95
    assert price_or_none("0.30000000000000004") != Decimal("0.3")


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0.00000001", "0.00000001"),
        ("1E-8", "0.00000001"),
        ("1E+3", "1000"),
        ("95.00", "95"),
        ("-0.0", "0"),
        ("-1.50", "-1.5"),
        ("100", "100"),
    ],
)
def test_b141_given_a_number_then_written_without_exponent_or_padding(number, written):
    assert text(Decimal(number)) == written


@given(number=_prices)
def test_b141_given_any_number_then_it_round_trips(number):
    assert Decimal(text(number)) == number


@given(number=_prices, step=_steps)
def test_given_any_number_then_the_steps_around_it_are_its_neighbours(number, step):
    below, above = neighbours_on_step(number, step)

    assert below == floor_to_step(number, step) <= number
    assert above == ceil_to_step(number, step) >= number
    assert is_on_step(below, step)
    assert is_on_step(above, step)
    assert above - below == (0 if is_on_step(number, step) else step)


@pytest.mark.parametrize("round_", [floor_to_step, ceil_to_step])
@pytest.mark.parametrize(("number", "step"), [("-1", "1"), ("1", "0")])
def test_given_out_of_range_then_a_bug_in_the_caller(round_, number, step):
    with pytest.raises(AssertionError):
        round_(Decimal(number), Decimal(step))


def test_given_floats_are_trapped_then_they_raise():
    before = decimal.DefaultContext.traps[decimal.FloatOperation]
    with decimal.localcontext():
        trap_floats()
        with pytest.raises(decimal.FloatOperation):
            Decimal(0.1)  # noqa: RUF032 - the point of it
    decimal.DefaultContext.traps[decimal.FloatOperation] = before
