"""Levels and distances: how they are written, and which of two lies higher."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from configuration.plan_desk import INSTRUMENT
from exitd.configuration import levels
from exitd.configuration.level_order import compare, gains_on, reaches, wins
from exitd.configuration.markets import Markets, markets
from exitd.core.condition import Basis, Level, Offset, Relative
from exitd.core.derived import price_of
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side


def relative(basis: Basis, value: str, leverage: int = 1) -> Relative:
    return Relative(basis, Decimal(value), Decimal(leverage))


@pytest.mark.parametrize(
    ("written", "level"),
    [
        (150, Decimal(150)),
        ("131.250", Decimal("131.250")),
        ("+12%", relative(Basis.ENTRY, "12")),
        ("-3.5%", relative(Basis.ENTRY, "-3.5")),
        ("+25% roi", relative(Basis.ROI, "25")),
        ("-250%  roi", relative(Basis.ROI, "-250")),
        ("+500 pnl", relative(Basis.PNL, "500")),
        ("-0.5 pnl", relative(Basis.PNL, "-0.5")),
    ],
)
def test_given_levels_when_read_then_prices_or_relative_to_the_entry(
    written: object, level: object
) -> None:
    assert levels.read_level(written) == level


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("3%", r"carries its sign: \+3% or -3%"),
        ("25% roi", r"carries its sign: \+25% roi or -25% roi"),
        ("500 pnl", r"carries its sign: \+500 pnl or -500 pnl"),
        ("-100%", "above -100%"),
        ("+0%", "is not zero"),
        ("-0.0 pnl", "is not zero"),
        ("+5 roi", r"write a relative level as \+12%, -10% roi or \+500 pnl"),
        ("+5% pnl", r"write a relative level as"),
        ("5 USDC", "write a number in plain digits"),
        ("+5", "write a number in plain digits"),
        ("0", "a price is above zero"),
        (-3, "a price is above zero"),
        ("+" + "9" * 60 + "%", "write a relative level as"),
    ],
)
def test_given_no_level_when_read_then_a_sentence_says_what_to_write(
    written: object, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        levels.read_level(written)


def test_given_distances_when_read_then_percent_or_quote() -> None:
    assert levels.read_offset("2.5%") == Offset(Decimal("2.5"), is_percent=True)
    assert levels.read_offset(5) == Offset(Decimal(5))
    assert levels.read_offset("0.01") == Offset(Decimal("0.01"))


@pytest.mark.parametrize("written", ["0%", "100%", "120%", "0", 0, -1, "+2%", "2 %"])
def test_b049_given_a_distance_of_nothing_or_all_when_read_then_refused(
    written: object,
) -> None:
    with pytest.raises(ValueError, match=r"above|such as|\+"):
        levels.read_offset(written)


def test_given_a_leverage_when_read_then_1_to_1000() -> None:
    assert levels.read_leverage("2.5") == Decimal("2.5")
    for wrong in (0, "0.5", 1001):
        with pytest.raises(ValueError, match="from 1 to 1000"):
            levels.read_leverage(wrong)


@given(st.text(max_size=50) | st.integers() | st.decimals() | st.booleans() | st.none())
def test_given_anything_when_a_level_is_read_then_a_value_or_a_sentence(
    written: object,
) -> None:
    for read in (levels.read_level, levels.read_offset, levels.read_leverage):
        try:
            read(written)
        except ValueError as error:
            assert len(str(error)) > 10  # noqa: PT017


def position(side: Side, entry: str, size: str) -> PositionRecord:
    return PositionRecord(
        key=PositionKey("backpack", "S", side),
        quantity=Decimal(size),
        entry_price=Decimal(entry),
    )


@pytest.mark.parametrize(
    ("side", "level", "price"),
    [
        (Side.LONG, relative(Basis.ENTRY, "12"), "112.00"),
        (Side.SHORT, relative(Basis.ENTRY, "-3"), "97.00"),
        (Side.LONG, relative(Basis.ROI, "-10", 5), "98.00"),
        (Side.SHORT, relative(Basis.ROI, "-10", 5), "102.00"),
        (Side.LONG, relative(Basis.PNL, "500"), "150.00"),
        (Side.SHORT, relative(Basis.PNL, "500"), "50.00"),
        (Side.LONG, relative(Basis.ENTRY, "0.005"), "100.01"),
        (Side.SHORT, relative(Basis.ENTRY, "0.005"), "100.00"),
        (Side.LONG, relative(Basis.PNL, "-1000"), None),
    ],
)
def test_b086_given_a_position_when_a_relative_level_is_priced_then_as_the_core_does(
    side: Side, level: Relative, price: str | None
) -> None:
    record = position(side, "100", "10")
    source = PriceSource("backpack", "S", PriceKind.MARK)
    known = markets((INSTRUMENT,))

    found = known.level_price(level, record, source)

    assert found == (None if price is None else Decimal(price))
    assert found == price_of(level, record, INSTRUMENT.price_step)


def test_b086_given_no_open_position_when_a_level_is_priced_then_only_a_price() -> None:
    source = PriceSource("backpack", "S", PriceKind.MARK)
    gain: Level = relative(Basis.ENTRY, "10")
    flat = position(Side.LONG, "100", "0")

    assert Markets().level_price(gain, None, source) is None
    assert Markets().level_price(gain, flat, source) is None
    assert Markets().level_price(Decimal(5), None, source) == 5


_NUMBERS = st.decimals("-90", "90", places=2).filter(lambda number: number != 0)
_LEVELS = st.builds(
    Relative, st.sampled_from(Basis), _NUMBERS, st.integers(1, 20).map(Decimal)
)


@given(_LEVELS, _LEVELS, st.sampled_from(Side), st.decimals("50", "500", places=2))
def test_given_two_levels_when_compared_then_as_their_prices_would_be(
    one: Relative, other: Relative, side: Side, entry: Decimal
) -> None:
    known = compare(one, other, side)
    record = replace(position(side, "1", "3"), entry_price=entry)
    first, second = price_of(one, record, None), price_of(other, record, None)

    if known is None or first is None or second is None:
        return
    assert (known > 0) is (first > second)
    assert (known == 0) is (first == second)
    assert gains_on(one, other, side) is (
        first > second if side is Side.LONG else first < second
    )
    assert reaches(one, other, side) is (
        first >= second if side is Side.LONG else first <= second
    )
    assert wins(one, side) is (first > entry if side is Side.LONG else first < entry)


def test_given_levels_that_only_the_entry_can_compare_when_compared_then_unknown() -> (
    None
):
    gain, money = relative(Basis.ENTRY, "5"), relative(Basis.PNL, "5")

    assert compare(Decimal(100), gain, Side.LONG) is None
    assert compare(gain, money, Side.LONG) is None
    assert compare(gain, relative(Basis.PNL, "-5"), Side.LONG) == 1
    assert compare(gain, relative(Basis.PNL, "5"), Side.SHORT) == 1
    assert gains_on(Decimal(100), gain, Side.LONG) is None
    assert not reaches(Decimal(100), gain, Side.LONG)
