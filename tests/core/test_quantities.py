"""Shares of the initial size and amounts of quote currency (b066, b074 to b082)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.worlds import LONG, D, S, World, stop, target
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.inputs import FireNow, PositionReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import (
    Continuity,
    PositionRecord,
    Side,
    UnreflectedFill,
    sized,
)
from exitd.core.sizing import target_quantity
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)

STEP = D("0.001")
BITCOIN = PriceSource("binance", "BTCUSDT", PriceKind.LAST)


def initial(percent: str) -> Quantity:
    return Quantity(QuantityKind.INITIAL, D(percent))


def amount(quote: str) -> Quantity:
    return Quantity(QuantityKind.QUOTE, D(quote), "USDC")


def take(id: str, level: str, quantity: Quantity, **changed: object):
    return target(id, level, action=Close(quantity, **changed))  # type: ignore[arg-type]


def watching_bitcoin(quantity: Quantity, **changed: object) -> TriggerDefinition:
    """A long in SOL that is closed when another market falls."""
    definition = stop("btc", "60000", action=Close(quantity, **changed))  # type: ignore[arg-type]
    return replace(definition, source=BITCOIN)


def fill_all(world: World, left: str) -> None:
    """The close sent last fills, and the position shows it."""
    world.fill()
    world.position(left)


# Shares of the initial size


def test_b074_given_thirds_of_the_initial_size_then_they_sum_to_it():
    world = World()
    world.arm(
        take("tp1", "110", initial("33")),
        take("tp2", "120", initial("33")),
        take("tp3", "130", initial("34")),
    )

    for price, left in (("110", "6.7"), ("120", "3.4"), ("130", "0")):
        world.mark(price)
        fill_all(world, left)

    assert world.sizes() == ["3.3", "3.3", "3.4"]


def test_b074_given_a_size_that_does_not_divide_then_nothing_is_left():
    world = World("10.01", quantity_step=D("0.01"))
    world.arm(
        take("tp1", "110", initial("33")),
        take("tp2", "120", initial("33")),
        take("tp3", "130", initial("34")),
    )

    for price, left in (("110", "6.7"), ("120", "3.39"), ("130", "0")):
        world.mark(price)
        fill_all(world, left)

    assert world.sizes() == ["3.31", "3.31", "3.39"]


def test_b077_given_the_position_grew_then_a_share_of_the_initial_size_stays():
    world = World()
    world.arm(take("tp", "110", initial("50")), take("all", "120", initial("100")))
    world.mark("110")
    fill_all(world, "5")
    world.position("11")

    world.mark("120")

    assert world.sizes() == ["5", "10"]


def test_b077_given_the_position_shrank_then_never_above_live():
    world = World()
    world.arm(take("tp", "110", initial("50")))
    world.position("3")

    world.mark("110")

    assert world.sizes() == ["3"]


def test_b077_given_part_was_filled_before_it_was_armed_again_then_only_the_rest():
    world = World()
    limit = {"order": OrderType.LIMIT, "slippage_limit": D(1)}
    world.arm(take("tp", "110", initial("50"), **limit))
    world.mark("110")
    world.end(filled="2")
    assert world.state("tp") == "armed"
    world.position("8")

    world.mark("111")

    assert world.sizes() == ["5", "3"]


def test_b077_given_a_lifetime_from_before_sizes_were_kept_then_of_all_that_is_known():
    position = PositionRecord(key=LONG, quantity=D(6), filled_in_lifetime=D(4))

    assert target_quantity(initial("50"), position, step=STEP) == 5


def test_b080_given_a_new_lifetime_then_the_initial_size_is_its_own():
    world = World()
    world.arm(take("tp", "110", initial("50")))
    world.position("0")

    world.position("4")

    position = world.engine.state.position(LONG)
    assert position.initial == 4
    assert position.first_entry_price == 100


def report_of(world: World, size: str, entry: str | None) -> None:
    now_ns = world.later()
    world.do(
        PositionReport(
            key=LONG,
            quantity=D(size),
            entry_price=None if entry is None else D(entry),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )


def test_given_the_entry_moves_then_the_first_one_of_the_lifetime_is_kept():
    world = World("0")
    report_of(world, "5", None)
    assert world.engine.state.position(LONG).first_entry_price is None

    report_of(world, "5", "100")
    report_of(world, "10", "104")

    position = world.engine.state.position(LONG)
    assert (position.initial, position.first_entry_price) == (10, 100)
    assert position.entry_price == 104


def test_given_perhaps_another_lifetime_then_shares_are_of_what_there_is_now():
    world = World()
    world.position("7", continuity=Continuity.UNPROVEN)

    position = world.engine.state.position(LONG)

    assert position.initial == 7
    assert position.first_entry_price == position.entry_price


_percents = st.lists(st.integers(1, 60), min_size=1, max_size=6)
_quantities = st.decimals("0.001", "2000", places=3)


def ladder_of(parts: list[int]) -> list[Decimal]:
    """Shares that add up to exactly 100 %."""
    total = sum(parts)
    shares = [(D(part) * 100 / total).quantize(D("0.01")) for part in parts[:-1]]
    return [*shares, D(100) - sum(shares, D(0))]


@given(parts=_percents, size=_quantities, data=st.data())
def test_b074_given_any_ladder_to_100_then_nothing_is_left_but_what_was_added(
    parts, size, data
):
    position = PositionRecord(key=LONG, quantity=size, initial=size, lifetime=1)
    closed = added = D(0)
    for share in ladder_of(parts):
        changed = data.draw(st.decimals("-5", "5", places=3))
        changed = max(changed, -position.quantity)
        position = sized(position, position.quantity + changed)
        if position.is_reduced:
            added += max(changed, D(0))
        filled_before = D(0)
        while True:
            wanted = target_quantity(
                Quantity(QuantityKind.INITIAL, share),
                position,
                filled_before,
                step=STEP,
            )
            if wanted == 0:
                break
            assert wanted <= position.live
            assert wanted % STEP == 0
            # Perhaps it fills in part, and is armed again for what is left of it.
            some = data.draw(st.sampled_from([wanted, (wanted / 2).quantize(STEP)]))
            took = some if some > 0 else wanted
            closed += took
            filled_before += took
            position = replace(
                position,
                quantity=position.quantity - took,
                filled_in_lifetime=position.filled_in_lifetime + took,
            )

    assert closed <= position.initial + added
    assert position.live <= added


@given(size=_quantities, percent=st.decimals("0.01", "100", places=2))
def test_b077_given_any_share_of_the_initial_size_then_less_than_a_step_above_it(
    size, percent
):
    position = PositionRecord(key=LONG, quantity=size, initial=size, lifetime=1)

    wanted = target_quantity(
        Quantity(QuantityKind.INITIAL, percent), position, step=STEP
    )

    exact = size * percent / 100
    assert exact <= wanted < exact + STEP
    assert target_quantity(Quantity(QuantityKind.INITIAL, percent), position) == exact


# Amounts of quote currency


def test_given_an_amount_then_divided_by_the_observed_price_and_floored():
    world = World()
    world.arm(take("tp", "110", amount("500")))

    world.mark("112")

    assert world.sizes() == ["4.464"]
    assert world.firing("tp").target == D("4.464")


def test_b026_given_an_amount_above_the_position_then_the_position():
    world = World("2")
    world.arm(take("tp", "110", amount("500")))

    world.mark("110")

    assert world.sizes() == ["2"]


def test_b094_given_an_amount_filled_in_part_then_the_rest_whatever_the_price_is_now():
    world = World()
    world.arm(stop("sl", "95", action=Close(amount("475"))))
    world.mark("95", "80")

    world.end(filled="2")

    assert world.sizes() == ["5", "3"]


def test_b081_given_an_amount_below_the_minimum_then_the_minimum():
    world = World()
    world.arm(take("tp", "110", amount("0.05")))

    world.mark("110")

    assert world.sizes() == ["0.01"]


def test_given_an_amount_armed_again_then_less_what_was_filled():
    position = PositionRecord(key=LONG, quantity=D(8))

    asked = target_quantity(amount("500"), position, D(2), step=STEP, price=D(100))

    assert asked == 3


def test_given_no_price_was_seen_then_the_level_makes_the_amount_a_quantity():
    world = World(mark=None)
    world.arm(stop("sl", "95", action=Close(amount("475"))))

    world.do(FireNow(trigger_id="sl", by="me", now_ns=world.later()))

    assert world.sizes() == ["5"]


def test_given_neither_price_nor_entry_then_an_amount_is_nothing():
    position = PositionRecord(key=LONG, quantity=D(8))

    assert target_quantity(amount("500"), position) == 0
    known = replace(position, entry_price=D(100))
    assert target_quantity(amount("500"), known) == 5


# The price of another market says when, never how much


def observe_bitcoin(world: World, price: str) -> None:
    world.engine.state.book(BITCOIN)
    world.tick(BITCOIN, price)


def test_given_another_market_is_watched_then_the_own_price_makes_the_quantity():
    world = World()
    world.arm(watching_bitcoin(amount("500")))

    observe_bitcoin(world, "59000")

    assert world.sizes() == ["5"]


def test_given_the_own_price_is_not_known_then_the_entry_makes_the_quantity():
    world = World(mark=None)
    world.arm(watching_bitcoin(amount("300")))

    observe_bitcoin(world, "59000")

    assert world.sizes() == ["3"]


def test_given_no_price_and_no_entry_then_a_stop_waits_for_either():
    world = World("0", mark=None)
    report_of(world, "10", None)
    world.arm(watching_bitcoin(amount("300")))
    observe_bitcoin(world, "59000")
    assert world.firing("btc").held_by == "no price says how much to close"
    assert world.sent == []

    world.mark("100")
    world.wait(S)

    assert world.sizes() == ["3"]


@pytest.mark.parametrize("hard", [False, True])
def test_b096_given_another_market_is_watched_then_the_bound_is_of_the_own_price(hard):
    world = World()
    how = {"order": OrderType.LIMIT, "slippage_limit": D(1), "is_hard": hard}
    world.arm(watching_bitcoin(initial("100"), **how))

    observe_bitcoin(world, "59000")

    assert world.sent[0].price == 99


def test_b082_given_another_market_is_watched_then_its_price_does_not_judge_the_worth():
    world = World("10", min_notional=D(50))
    world.arm(watching_bitcoin(Quantity(QuantityKind.ABSOLUTE, D("0.1"))))

    observe_bitcoin(world, "59000")

    # 0.1 is worth 10 here, not 5,900: as every close that small it takes all.
    assert world.sizes() == ["10"]


def test_given_a_short_then_shares_and_amounts_work_as_for_a_long():
    world = World(side=Side.SHORT)
    condition = FixedLevel(ConditionKind.TAKE_PROFIT, D(90))
    short = replace(take("tp", "90", amount("450")), side=Side.SHORT)
    world.arm(replace(short, condition=condition))

    world.mark("90")

    assert world.sizes() == ["5"]
    assert world.sent[0].side == "buy"


def test_given_fills_that_no_report_has_shown_then_the_initial_size_is_unchanged():
    fill = UnreflectedFill(5, D(3))
    position = PositionRecord(
        key=LONG, quantity=D(10), initial=D(10), unreflected=(fill,), lifetime=1
    )

    assert target_quantity(initial("80"), position, step=STEP) == 7
