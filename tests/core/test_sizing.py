"""How much and at what price, as rules over values (behaviours 26, 77, 81, 82, 96)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.worlds import LONG, D, close, instrument, quantity
from exitd.core.market import BookState
from exitd.core.position import OrderSide, PositionRecord
from exitd.core.sizing import (
    Room,
    bounded_price,
    next_stage,
    order_quantity,
    order_terms,
    target_quantity,
)
from exitd.core.trigger import OrderType

_sizes = st.decimals(min_value=0, max_value=1000, places=3, allow_nan=False)


def room(closable, *, shared=False, price="100", **market):
    return Room(instrument(**market), D(closable), shared, D(price))


@pytest.mark.parametrize(
    ("asked", "filled", "before", "expected"),
    [
        ("100%", "5", "0", "5"),
        ("rest", "5", "0", "5"),
        ("50%", "5", "0", "5"),
        ("30%", "5", "0", "3"),
        ("80%", "5", "0", "5"),
        ("50%", "5", "2", "3"),
        ("4", "0", "0", "4"),
        ("12", "0", "0", "5"),
        ("4", "0", "3", "1"),
        ("4", "0", "9", "0"),
    ],
)
def test_b077_given_what_was_asked_then_of_live_and_filled(
    asked, filled, before, expected
):
    position = PositionRecord(key=LONG, quantity=D(5), filled_in_lifetime=D(filled))

    assert target_quantity(quantity(asked), position, D(before)) == D(expected)


@pytest.mark.parametrize(
    ("asked", "before", "expected"),
    [("50%", "0", "2.5"), ("50%", "2", "2.5"), ("100%", "0", "5"), ("4", "3", "1")],
)
def test_b077_given_shares_of_the_live_size_then_what_was_closed_does_not_count(
    asked, before, expected
):
    position = PositionRecord(key=LONG, quantity=D(5), filled_in_lifetime=D(5))

    found = target_quantity(quantity(asked), position, D(before), of_live=True)

    assert found == D(expected)


@given(wanted=_sizes, closable=_sizes, shared=st.booleans(), first=st.booleans())
def test_b026_given_any_wish_then_never_above_the_closable_and_on_the_step(
    wanted, closable, shared, first
):
    sent = order_quantity(
        wanted, room(closable, shared=shared), is_first=first, close_dust=True
    )

    assert 0 <= sent <= closable
    assert sent % D("0.001") == 0
    if not shared and sent:
        left = closable - sent
        assert left == 0 or left >= D("0.01")


def test_b081_given_a_wish_raised_to_the_minimum_then_no_dust_is_left_either():
    sent = order_quantity(D("0.001"), room(D("0.011")), is_first=True, close_dust=True)

    assert sent == D("0.011")


@given(wanted=_sizes, closable=_sizes, largest=st.sampled_from(["0.5", "7", "10"]))
def test_given_a_maximum_then_parts_add_up_without_dust(wanted, closable, largest):
    left, wanted = closable, min(wanted, closable)
    parts = []
    while wanted > 0 and len(parts) < 3000:
        part = order_quantity(
            wanted, room(left, max_quantity=D(largest)), is_first=not parts,
            close_dust=True,
        )  # fmt: skip
        if not part:
            break
        parts.append(part)
        left -= part
        wanted -= part

    assert all(part <= D(largest) for part in parts)
    assert left == 0 or left >= D("0.01") or not parts


def test_given_a_position_off_the_step_then_floored():
    assert order_quantity(
        D("10.0005"), room("10.0005"), is_first=True, close_dust=True
    ) == D(10)


@pytest.mark.parametrize(
    ("wanted", "sent"), [("3", "3"), ("8", "8"), ("8.1", "10"), ("10", "10")]
)
def test_b081_given_a_least_that_must_stay_when_less_would_then_all_is_closed(
    wanted, sent
):
    there = room("10", min_left=D(2))

    quantity = order_quantity(D(wanted), there, is_first=True, close_dust=True)

    assert quantity == D(sent)


@pytest.mark.parametrize(
    ("closable", "wanted", "closed"),
    [
        ("10.0004", "10.0004", "10.0004"),
        ("10.0004", "9.5", "10.0004"),
        ("10.0004", "3", "3"),
        ("10.0004", "0", "0"),
        ("0.0004", "0.0004", "0.0004"),
    ],
)
def test_b026_given_a_quote_off_the_step_then_what_may_not_stay_goes_with_all(
    closable, wanted, closed
):
    there = room(closable, min_left=D(2))

    assert order_quantity(D(wanted), there, is_first=True, close_dust=True) == D(closed)


def test_b026_given_a_quote_off_the_step_when_others_close_of_it_then_on_the_step():
    there = room("10.0004", shared=True, min_left=D(2))

    assert order_quantity(D(11), there, is_first=True, close_dust=True) == D(10)


def test_given_a_least_that_must_stay_when_little_is_closed_then_only_that():
    there = room("10", min_left=D(2))

    quantity = order_quantity(D("0.5"), there, is_first=True, close_dust=True)

    assert quantity == D("0.5")


def test_given_no_price_then_the_notional_is_not_judged():
    unknown = Room(instrument(min_notional=D(50)), D(5), False, None)

    assert order_quantity(D("0.1"), unknown, is_first=True, close_dust=True) == D("0.1")


@given(
    reference=st.decimals("0.01", 10_000, places=2),
    percent=st.decimals("0.01", 50, places=2),
    side=st.sampled_from(OrderSide),
)
def test_b096_given_a_bound_then_the_price_is_never_beyond_it(reference, percent, side):
    step = D("0.01")

    price = bounded_price(reference, side, percent, step)

    assert price % step == 0
    worst = reference * percent / 100
    if side is OrderSide.SELL:
        assert reference - worst <= price <= reference - worst + step
    else:
        assert reference + worst - step <= price <= reference + worst


def terms(how, stage, *, level="95", observed="94", state=BookState.OPEN):
    return order_terms(
        how,
        stage=stage,
        side=OrderSide.SELL,
        level=None if level is None else D(level),
        observed=None if observed is None else D(observed),
        instrument=instrument(book_state=state),
        wider_factor=D(3),
        limit_only_bound=D(5),
    )


def test_b096_given_stages_then_limit_wider_market():
    how = close("100%", "1")

    assert terms(how, 0) == (OrderType.LIMIT, D("94.05"))
    assert terms(how, 1) == (OrderType.LIMIT, D("92.15"))
    assert terms(how, 2) == (OrderType.MARKET, None)


def test_given_no_level_then_the_observed_price_bounds():
    assert terms(close("100%", "1"), 0, level=None) == (OrderType.LIMIT, D("93.06"))
    assert terms(close("100%", "1"), 0, level=None, observed=None) == (
        OrderType.MARKET,
        None,
    )


@pytest.mark.parametrize(
    ("how", "is_stop", "stages"),
    [
        (close("100%", "1"), True, [1, 2, 2]),
        (close("100%", "0"), True, [2, 2, 2]),
        (close("100%", "1"), False, [0, 0, 0]),
        (close("100%", "1", hard=True), True, [0, 0, 0]),
        (close(), True, [0, 0, 0]),
    ],
)
def test_b096_given_a_close_then_only_a_soft_stop_climbs(how, is_stop, stages):
    stage, seen = 0, []
    for _ in stages:
        stage = next_stage(how, stage, is_stop=is_stop)
        seen.append(stage)

    assert seen == stages
    assert isinstance(how.quantity.value, Decimal)
