"""Rounding to the price step: never worse than asked, and never contradictory."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from exitd.signals.platforms.order import Refused
from exitd.signals.platforms.rounding import price_step, rounded
from signals.alerts import dec, ticket

SHORT = {"direction": "short"}
PRICES = st.decimals("0.0002", "5000", places=6)


def at_steps(step: str | None = None, **changes: Any) -> Ticket:
    found = rounded(ticket(**changes), None if step is None else dec(step))
    assert isinstance(found, Ticket), found
    return found


def refused(**changes: Any) -> tuple[str, ...]:
    found = rounded(ticket(**changes))
    assert isinstance(found, Refused)
    return found.why


def test_given_a_limit_then_a_buy_rounds_down_and_a_sale_up():
    assert at_steps(limitPrice="150.809").limit_price == dec("150.80")
    assert at_steps(**SHORT, limitPrice="150.801").limit_price == dec("150.81")


def test_given_a_stop_then_to_the_nearest_step_half_of_one_up():
    assert at_steps(stopPrice="147.245").stop_price == dec("147.25")
    assert at_steps(stopPrice="147.244").stop_price == dec("147.24")
    assert at_steps(**SHORT, stopPrice="147.245").stop_price == dec("147.25")


def test_given_exits_then_they_round_as_orders_of_the_other_side():
    long = at_steps(profitTarget="157.7625", stopLossTarget="147.245").attached
    short = at_steps(
        **SHORT, profitTarget="80.019", stopLossTarget="110", stopLossLimit="111.019"
    ).attached

    assert long == AttachedExits(
        take_profit_price=dec("157.77"), stop_price=dec("147.25")
    )
    assert short == AttachedExits(
        take_profit_price=dec("80.01"),
        stop_price=dec("110"),
        stop_limit_price=dec("111.01"),
    )


def test_given_a_price_then_the_usual_step_or_the_instruments_own():
    assert price_step(dec("1"), AssetClass.EQUITY) == dec("0.01")
    assert price_step(dec("0.99"), AssetClass.EQUITY) == dec("0.0001")
    assert price_step(dec("5"), AssetClass.CRYPTO) == dec("0.000000001")
    assert at_steps("0.05", limitPrice="1.99").limit_price == dec("1.95")
    assert at_steps("0.25", limitPrice="100.3").limit_price == dec("100.25")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"stopPrice": "150.496", "limitPrice": "150.504"},
            "stopPrice must be less than limitPrice once both are rounded to the price"
            " step",
        ),
        (
            {**SHORT, "stopPrice": "150.504", "limitPrice": "150.496"},
            "stopPrice must be greater than limitPrice once both are rounded to the"
            " price step",
        ),
        (
            {"profitTarget": "120.003", "stopLossTarget": "120.001"},
            None,
        ),
        (
            {"profitTarget": "120.009", "stopLossTarget": "120.006"},
            "take profit must be above stop loss for long orders once both are rounded"
            " to the price step",
        ),
        (
            {**SHORT, "profitTarget": "120.001", "stopLossTarget": "120.004"},
            "take profit must be below stop loss for short orders once both are rounded"
            " to the price step",
        ),
        ({"limitPrice": "0.00009"}, "limitPrice is less than one price step"),
        ({"stopLossTarget": "0.00004"}, "stopLoss.stopPrice is less than one price"),
    ],
    ids=str,
)
def test_given_prices_that_meet_when_rounded_then_refused_by_name(
    changes: dict[str, Any], why: str | None
):
    if why is None:
        assert at_steps(**changes).attached is not None
    else:
        (sentence,) = refused(**changes)
        assert sentence.startswith(why)


def test_given_equal_prices_that_a_route_has_let_through_then_let_through():
    found = at_steps(stopPrice="150.504", limitPrice="150.504")

    assert (found.stop_price, found.limit_price) == (dec("150.50"), dec("150.50"))


def test_given_a_limit_pushed_beyond_its_trigger_then_the_trigger_follows():
    long = at_steps(stopLossTarget="90.004", stopLossLimit="90.003").attached
    short = at_steps(
        **SHORT, profitTargetStopPrice="80.006", profitTargetLimitPrice="80.007"
    ).attached

    assert long is not None
    assert (long.stop_price, long.stop_limit_price) == (dec("90.01"), dec("90.01"))
    assert short is not None
    assert (short.touch_price, short.take_profit_price) == (dec("80"), dec("80"))


@given(side=st.sampled_from(OrderSide), limit=PRICES, target=PRICES, stop=PRICES)
def test_given_any_prices_then_no_limit_is_worse_and_nothing_moves_by_a_step(
    side: OrderSide, limit: Decimal, target: Decimal, stop: Decimal
):
    asked = Ticket(
        symbol="X",
        asset_class=AssetClass.EQUITY,
        side=side,
        quantity=Decimal(1),
        order=TicketType.LIMIT,
        limit_price=limit,
        attached=AttachedExits(take_profit_price=target, stop_price=stop),
    )

    found = rounded(asked)

    if isinstance(found, Refused):
        return
    assert found.limit_price is not None
    assert found.attached is not None
    assert found.attached.take_profit_price is not None
    assert found.attached.stop_price is not None
    is_buy = side is OrderSide.BUY
    assert (found.limit_price <= limit) if is_buy else (found.limit_price >= limit)
    gained = found.attached.take_profit_price
    assert (gained >= target) if is_buy else (gained <= target)
    for price, before in (
        (found.limit_price, limit),
        (gained, target),
        (found.attached.stop_price, stop),
    ):
        step = price_step(before, AssetClass.EQUITY)
        assert abs(price - before) < step
        assert price % step == 0


def test_given_as_many_digits_as_there_may_be_then_still_never_worse():
    price = "99999999999999.9999999999999"

    assert at_steps("0.3", limitPrice=price).limit_price == dec("99999999999999.9")
    short = at_steps("0.03", **SHORT, limitPrice=price).limit_price
    assert short is not None
    assert short == dec("100000000000000.02")
