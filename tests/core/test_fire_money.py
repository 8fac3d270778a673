"""What a firing is recorded to have cost and earned."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.worlds import ACCOUNT, D, S, World, instrument, stop
from exitd.core.events import FactKind
from exitd.core.inputs import FillReport, InstrumentReport, OrderStatus
from exitd.core.market import PriceKind, PriceSource
from exitd.core.money import Fee, add_fee, realised_pnl, slippage_bps
from exitd.core.position import Side
from exitd.core.records import FillRecord
from exitd.core.trigger import FireRecord

amounts = st.decimals("0.001", "1000000", places=3)


def fired(side: Side = Side.LONG) -> World:
    """A stop at 95 (105 for a short) that has hit and sent its close of 10."""
    world = World(side=side)
    level = "95" if side is Side.LONG else "105"
    world.arm(stop("sl", level, side=side))
    world.mark(level)
    return world


def over(world: World) -> FireRecord:
    (fire,) = world.fire_rows("sl")
    return fire


def trade(world: World, trade_id: str, fee: str, asset: str) -> None:
    order, now_ns = world.sent[-1], world.later()
    world.do(
        FillReport(
            account=ACCOUNT,
            symbol=order.symbol,
            venue_order_id=f"v{order.client_order_id}",
            client_order_id=order.client_order_id,
            trade_id=trade_id,
            side=order.side,
            quantity=D(5),
            price=D(95),
            fee=D(fee),
            fee_asset=asset,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )


def test_given_a_long_at_100_when_sold_at_95_then_a_loss_less_the_quote_fee():
    world = fired()
    trade(world, "t1", "0.475", "USDC")
    world.fill()
    world.position("0")

    fire = over(world)
    assert (fire.entry_price, fire.quote) == (D(100), "USDC")
    assert fire.pnl == D("-50.475")
    (done,) = world.told(FactKind.TRIGGER_DONE)
    assert done.fields["pnl"] == D("-50.475")
    assert (done.fields["fee"], done.fields["fee_asset"]) == (D("0.475"), "USDC")


def test_given_a_short_at_100_when_bought_at_105_then_a_loss():
    world = fired(Side.SHORT)
    world.report(price="105")
    world.position("0")

    assert over(world).pnl == D(-50)


def test_given_a_fee_in_another_asset_then_apart_and_not_in_the_profit():
    world = fired()
    trade(world, "t1", "0.001", "SOL")
    trade(world, "t2", "0.2", "USDC")
    trade(world, "t3", "0.002", "SOL")
    world.fill()
    world.position("0")

    fire = over(world)
    assert {fee.asset: fee.amount for fee in fire.fees} == {
        "SOL": D("0.003"),
        "USDC": D("0.2"),
    }
    assert (fire.fee, fire.fee_asset) == (0, "")
    assert fire.pnl == D("-50.2")


def test_given_the_fee_comes_after_the_end_then_it_is_on_the_record():
    world = fired()
    world.fill()
    world.position("0")
    assert over(world).fees == ()
    (done,) = world.told(FactKind.TRIGGER_DONE)
    assert done.fields["fee"] is None

    trade(world, "t1", "0.475", "USDC")

    fire = over(world)
    assert fire.fee == D("0.475")
    assert fire.pnl == D("-50.475")
    assert not fire.open
    assert "sl" not in world.engine.state.fires
    assert [row.fire_id for row in world.store.of(FillRecord)] == ["sl#1"]


def test_given_the_fee_of_an_earlier_arming_comes_late_then_the_open_one_stays():
    world = fired()
    world.fill()
    world.position("0")
    world.position("10")
    world.mark("100")
    world.arm(stop("sl", "94"))
    world.mark("94")
    first, second = world.sent

    world.sent.append(first)
    trade(world, "t1", "0.475", "USDC")

    assert world.firing("sl").arming == second.attempt.arming == 2
    rows = {fire.arming: fire for fire in world.fire_rows("sl")}
    assert (rows[1].fee, rows[2].fee) == (D("0.475"), 0)


def test_given_a_fill_found_after_the_position_was_gone_then_counted_on_its_record():
    world = fired()
    world.report(status=OrderStatus.PARTIALLY_FILLED, filled="4")
    world.position("0")
    world.report(filled="10")

    fire = over(world)
    assert (fire.open, fire.filled) == (False, 10)
    assert fire.pnl == D(-50)


def test_given_long_over_then_no_record_of_it_is_kept_in_memory():
    world = fired()
    world.fill()
    world.position("0")
    assert world.engine.state.ended

    world.wait(900 * S)

    assert world.engine.state.ended == {}


def test_given_no_entry_price_or_nothing_filled_then_no_profit_is_claimed():
    assert realised_pnl(Side.LONG, None, D(1), D(1), (), "USDC") is None
    assert realised_pnl(Side.LONG, D(1), D(0), D(0), (), "USDC") is None
    assert realised_pnl(None, D(1), D(1), D(1), (), "USDC") is None


def test_given_a_market_quoted_in_another_currency_then_its_fees_are_the_quote():
    world = World()
    world.do(InstrumentReport(instrument(quote="EUR"), world.later()))
    world.arm(stop("sl", "95"))
    world.mark("95")
    trade(world, "t1", "1", "EUR")
    world.fill()

    assert over(world).pnl == D(-51)


@given(st.sampled_from(Side), amounts, amounts, amounts)
def test_given_any_trade_then_long_and_short_mirror_and_the_fee_is_paid(
    side: Side, entry: Decimal, price: Decimal, quantity: Decimal
):
    quote = price * quantity

    free = realised_pnl(side, entry, quantity, quote, (), "USDC")
    paid = realised_pnl(side, entry, quantity, quote, (Fee("USDC", D(1)),), "USDC")
    other = realised_pnl(
        Side.SHORT if side is Side.LONG else Side.LONG,
        entry,
        quantity,
        quote,
        (),
        "USDC",
    )

    assert free is not None
    assert other == -free
    assert paid == free - 1
    assert (free > 0) == ((price > entry) == (side is Side.LONG) and price != entry)


@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), amounts), max_size=8))
def test_given_fees_in_any_order_then_each_asset_is_summed_alone(paid):
    fees: tuple[Fee, ...] = ()
    for asset, amount in paid:
        fees = add_fee(fees, asset, amount)

    assert {fee.asset: fee.amount for fee in fees} == {
        asset: sum(amount for of, amount in paid if of == asset)
        for asset in {of for of, _ in paid}
    }
    assert add_fee((), "", D(0)) == ()


def test_b140_given_another_market_is_watched_then_a_fill_has_no_slippage_against_it():
    bitcoin = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
    world = World()
    world.arm(replace(stop("sl", "60000"), source=bitcoin))
    world.tick(bitcoin, "59000")
    world.fill()
    world.position("0")

    (done,) = world.told(FactKind.TRIGGER_DONE)
    assert (done.fields["level"], done.fields["observed"]) == (D(60000), D(59000))
    assert done.fields["average_price"] == 95
    assert done.fields["slippage"] is None
    assert over(world).gap_percent == D(1000) / D(60000) * 100
    assert over(world).pnl == -50


@pytest.mark.parametrize(
    ("side", "level", "at", "bps"),
    [
        (Side.LONG, "95", "94.905", "10.00"),
        (Side.LONG, "95", "95.019", "-2.00"),
        (Side.SHORT, "105", "105.21", "20.00"),
    ],
)
def test_b140_given_a_fill_then_told_how_far_from_its_level_where_it_cost_us_above_zero(
    side: Side, level: str, at: str, bps: str
):
    assert slippage_bps(side, D(level), D(at)) == D(bps)


def test_b140_given_a_close_that_filled_then_its_slippage_is_in_the_record():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("94")

    world.fill()

    (filled,) = world.told(FactKind.ORDER_FILLED)
    average = filled.fields["average_price"]
    assert isinstance(average, Decimal)
    assert filled.fields["slippage_bps"] == slippage_bps(Side.LONG, D(95), average)
    assert slippage_bps(Side.LONG, None, average) is None
    assert slippage_bps(Side.LONG, D(95), None) is None
