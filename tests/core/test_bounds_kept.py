"""Bounds against any run of prices: out exactly when they can be met, never worse."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_bounds import bounded
from core.worlds import World, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.position import Side
from exitd.core.trigger import OrderType

_PRICES = st.lists(st.integers(80, 120), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    is_long=st.booleans(),
    is_stop=st.booleans(),
    level=st.integers(85, 115),
    bound=st.integers(80, 120),
    rests=st.booleans(),
    prices=_PRICES,
    answers=st.lists(st.sampled_from(["end", "refuse", "none"]), max_size=30),
)
def test_b096_given_any_prices_then_it_goes_out_exactly_when_it_may(
    is_long, is_stop, level, bound, rests, prices, answers
):
    side = Side.LONG if is_long else Side.SHORT
    world = World(side=side)
    order = OrderType.LIMIT if rests else OrderType.MARKET
    make = stop if is_stop else target
    world.arm(make("t", str(level), action=bounded(str(bound), order=order), side=side))
    falls = is_stop is is_long
    if world.engine.state.triggers.get("t") is None:
        return  # its level had been crossed already

    was_hit = False
    for price, answer in zip(prices, [*answers, *["end"] * 30], strict=False):
        before = len(world.sent)
        world.mark(str(price))
        beyond = price <= level if falls else price >= level
        met = price >= bound if is_long else price <= bound
        was_hit = was_hit or beyond
        for close_order in world.sent[before:]:
            assert close_order.price == bound
            assert beyond
            assert met
        if beyond and met:
            assert world.sent, "it may go out, and did not"
        if was_hit and is_stop:
            assert world.state("t") == "firing"
        if world.sent and not world.attempt().is_ended:
            _answer(world, answer)
    assert {o.price for o in world.sent} <= {Decimal(bound)}


def _answer(world: World, answer: str) -> None:
    if answer == "end":
        world.end()
    elif answer == "refuse":
        world.refuse(RefusalKind.LIQUIDITY)
