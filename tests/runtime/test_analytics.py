"""What orders cost: joined to alerts and fills, and never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from contract import store_samples as samples
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.entry import EntryRecord, EntryState, LegFill
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import OrderSide, Side
from exitd.core.ticket import PositionIntent
from exitd.core.units import NS_PER_S
from exitd.ports.store import BookedFill
from exitd.runtime.analytics import Traded, join, strangers
from exitd.runtime.cost_views import cost_row
from exitd.signals.analysing import Quality
from runtime.traded import ALL, S10, SHORT, D, alert, fill, fired, order, stored


def only(rows: tuple[Traded, ...]) -> Traded:
    (row,) = rows
    return row


def test_given_s10_of_the_reference_when_joined_then_its_numbers_and_poor():
    row = only(
        join(stored(signals=(alert(),), entries=(order("100", "151.12"),)), *ALL)
    )
    view = cost_row(row, "USD")

    assert (view.market_price, view.intended_price, view.fill_price) == (
        "150.25",
        "151",
        "151.12",
    )
    assert (view.setup_cost, view.slippage, view.total_cost) == ("0.75", "0.12", "0.87")
    assert (view.total_cost_percent, view.quality) == ("0.579", "poor")
    assert (view.cash_setup_cost, view.cash_slippage, view.cash_total_cost) == (
        "75",
        "12",
        "87",
    )
    assert view.flags == "fill worse than limit"
    assert (view.route, view.strategy, view.state) == ("breakout", "Breakout", "filled")
    assert (view.ms_to_order, view.ms_to_fill) == (25, 140)
    assert (view.kind, view.client_order_id, view.order_type) == (
        "entry",
        "swing-1",
        "stop_limit",
    )


def test_given_a_better_fill_when_joined_then_the_cost_is_negative_and_excellent():
    bought = order("2", "150.05")
    sold = order("2", "150.45", "s-1", OrderSide.SELL)
    signals = alert(), alert(SHORT % "150.25", "s-1")

    rows = join(stored(signals=signals, entries=(bought, sold)), *ALL)

    assert [row.analysis.total_cost for row in rows] == [D("-0.2"), D("-0.2")]
    assert {row.analysis.execution_quality for row in rows} == {Quality.EXCELLENT}


def test_given_no_fill_or_no_market_price_when_joined_then_null_and_never_guessed():
    told = S10.replace('"marketPrice":150.25', '"actualFillPrice":150.9')
    unfilled = alert(S10.replace('"ticker"', '"actualFillPrice":150.9,"ticker"'), "a-1")
    signals = unfilled, alert(told, "b-1")
    entries = order("0", id="a-1", state=EntryState.EXPIRED), order("1", "151", "b-1")

    none, no_market = join(stored(signals=signals, entries=entries), *ALL)

    assert none.analysis.setup_cost == D("0.75")
    for row in (none, no_market):
        view = cost_row(row, "USD")
        assert (view.total_cost, view.quality, view.total_cost_percent) == (
            None,
            None,
            None,
        )
    assert none.analysis.actual_fill_price is None
    assert none.to_fill_ns is None
    assert no_market.analysis.execution_slippage == 0
    assert no_market.slippage_percent is None


def test_given_an_order_that_only_its_fills_tell_of_when_joined_then_their_average():
    fills = fill("o-breakout-1", "1", "151"), fill("o-breakout-1", "3", "152", "t2")

    row = only(join(stored(signals=(alert(),), entries=(order(),), fills=fills), *ALL))

    assert (row.filled, row.executions) == (4, 2)
    assert row.analysis.actual_fill_price == D("151.75")


def test_given_an_entry_without_its_alert_when_joined_then_by_its_own_order():
    row = only(join(stored(entries=(order("1", "151", market_price=D(150)),)), *ALL))

    assert (row.analysis.market_price, row.analysis.intended_price) == (
        150,
        D("151.01"),
    )
    assert (row.route, row.signal_id, row.strategy) == ("", "", "")


def test_given_a_body_that_cannot_be_read_when_joined_then_by_its_own_order():
    record = alert("not JSON")

    row = only(join(stored(signals=(record,), entries=(order("1", "151"),)), *ALL))

    assert row.analysis.intended_price == D("151.01")
    assert row.route == "breakout"


def test_given_an_exit_when_joined_then_the_level_is_what_was_asked_for():
    exits = (fired(),)
    sent = {"breakout-1/sl#1": 20 * NS_PER_S + 7_000_000}

    row = only(join(stored(exits=exits, sent_ns=sent), *ALL))

    found = row.analysis
    assert (row.kind, row.side, row.state) == ("exit", OrderSide.SELL, "filled")
    assert (found.market_price, found.intended_price, found.actual_fill_price) == (
        D("99.8"),
        D(100),
        D("99.5"),
    )
    assert (found.setup_cost, found.execution_slippage) == (D("-0.2"), D("0.5"))
    assert found.total_cost == D("0.3")
    assert found.cash is not None
    assert found.cash.total_cost == D("1.2")
    assert (row.to_order_ns, row.to_fill_ns) == (7_000_000, 40_000_000)
    assert cost_row(row, "").order_type == ""


def test_given_an_exit_of_a_short_when_bought_higher_then_a_cost():
    short = fired(side=Side.SHORT, observed=D(100), filled_quote=D(402))

    found = only(join(stored(exits=(short,)), *ALL)).analysis

    assert (found.setup_cost, found.execution_slippage) == (0, D("0.5"))


def test_given_an_exit_that_watched_another_market_when_joined_then_no_prices_of_it():
    other = fired(source=PriceSource("binance", "BTCUSDT", PriceKind.MARK))

    found = only(join(stored(exits=(other,)), *ALL)).analysis

    assert (found.market_price, found.intended_price) == (None, None)
    assert found.actual_fill_price == D("99.5")
    assert found.execution_quality is None


def test_given_an_exit_without_a_level_when_joined_then_the_price_seen_was_asked_for():
    found = only(join(stored(exits=(fired(level=None),)), *ALL)).analysis

    assert (found.intended_price, found.setup_cost) == (D("99.8"), 0)


@pytest.mark.parametrize("is_listed", [True, False])
def test_given_an_exit_of_an_entry_when_joined_then_by_its_alert(is_listed):
    exits = () if is_listed else (samples.definition("breakout-1/sl"),)
    ids = ("breakout-1/sl",) if is_listed else ()
    given_ = stored(
        signals=(alert(trigger_ids=ids),),
        entries=(order("4", "151", exits=exits),),
        exits=(fired(),),
    )

    entered, exited = join(given_, *ALL)

    assert (exited.kind, exited.route, exited.strategy) == (
        "exit",
        "breakout",
        "Breakout",
    )
    assert exited.entry_id == entered.entry_id == "breakout-1"
    assert exited.ts_ns == 20 * NS_PER_S


def legged(*legs: LegFill) -> EntryRecord:
    exits = (
        samples.definition("breakout-1/sl"),
        replace(
            samples.definition("breakout-1/tp"),
            condition=FixedLevel(ConditionKind.TAKE_PROFIT, D(155)),
        ),
    )
    return order("4", "151", exits=exits, leg_fills=legs, legs_over=("l-1", "l-2"))


def leg_fill(leg: str = "l-1", **changed: Any) -> LegFill:
    fields: dict[str, Any] = {
        "kind": ConditionKind.STOP_LOSS,
        "level": D(145),
        "quantity": D(4),
        "quote": D(4) * D("144.8"),
        "ended": "filled",
        "ts_venue_ns": 20 * NS_PER_S,
    }
    return LegFill(leg=leg, **{**fields, **changed})


def test_given_a_stop_that_the_broker_held_when_joined_then_its_level_was_asked_for():
    fills = fill("l-1", "1", "144.9", "t1"), fill("l-1", "3", "144.77", "t2")
    given_ = stored(signals=(alert(),), entries=(legged(leg_fill()),), fills=(*fills,))

    _, left = join(given_, *ALL)
    view = cost_row(left, "USD")

    assert (view.kind, view.side, view.state) == ("exit", "sell", "filled")
    assert (view.market_price, view.intended_price, view.fill_price) == (
        "145",
        "145",
        "144.8",
    )
    assert (view.setup_cost, view.slippage, view.quality) == ("0", "0.2", "good")
    assert (view.cash_total_cost, view.quantity) == ("0.8", "4")
    assert (view.route, view.strategy) == ("breakout", "Breakout")
    assert (view.entry_id, view.trigger_id) == ("breakout-1", "breakout-1/sl")
    assert (view.leg_id, view.fire_id, view.executions) == ("l-1", "", 2)
    assert (view.ms_to_order, view.ms_to_fill, view.order_type) == (None, None, "")
    assert strangers(given_) == 0


def test_given_a_target_that_filled_better_when_joined_then_excellent():
    leg = leg_fill("l-2", kind=ConditionKind.TAKE_PROFIT, level=D(155), quote=D(621))

    _, left = join(stored(entries=(legged(leg),)), *ALL)

    assert left.trigger_id == "breakout-1/tp"
    assert left.analysis.total_cost == D("-0.25")
    assert left.analysis.execution_quality is Quality.EXCELLENT


def test_given_a_leg_of_unknown_kind_and_price_when_joined_then_nothing_is_guessed():
    leg = leg_fill(kind=None, level=None, quote=D(0), ended="cancelled")

    _, left = join(stored(entries=(legged(leg),)), *ALL)

    assert (left.state, left.trigger_id, left.filled) == ("cancelled", "", 4)
    assert left.analysis.actual_fill_price is None
    assert left.analysis.execution_quality is None


def test_given_an_alert_that_closes_when_joined_then_its_own_price_counts():
    closing = replace(
        alert(SHORT % "100.5", trigger_ids=("breakout-1/close",)), entry_id=""
    )
    exits = (fired("breakout-1/close", level=None, cause="command"),)

    row = only(join(stored(signals=(closing,), exits=exits), *ALL))

    assert row.kind == "close"
    assert row.analysis.market_price == D("100.5")
    assert row.analysis.total_cost == 1
    assert row.to_fill_ns == 10 * NS_PER_S + 40_000_000


def test_given_an_entry_that_is_to_close_when_joined_then_called_so():
    entry = order("1", "151")
    ticket = replace(entry.order.ticket, intent=PositionIntent.BUY_TO_CLOSE)
    closing = replace(entry, order=replace(entry.order, ticket=ticket))

    assert only(join(stored(entries=(closing,)), *ALL)).kind == "close"


def test_given_what_only_cancelled_when_joined_then_it_is_no_order():
    told = fired(attempts=0), fired(side=None)

    assert join(stored(exits=told), *ALL) == ()


def test_given_a_time_when_joined_then_only_what_was_asked_for_in_it():
    given_ = stored(signals=(alert(),), entries=(order("4", "151"),), exits=(fired(),))

    assert [r.kind for r in join(given_, 0, 10 * NS_PER_S)] == []
    assert [r.kind for r in join(given_, 10 * NS_PER_S, 20 * NS_PER_S)] == ["entry"]
    assert [r.kind for r in join(given_, 20 * NS_PER_S, 10**19)] == ["exit"]


def test_given_paper_when_joined_then_each_order_is_marked():
    real = stored(signals=(alert(),), entries=(order("1", "151"),))
    tried = stored(signals=(alert(is_paper=True),), entries=(order("1", "151"),))
    beside = stored(exits=(fired(account="main:paper"),))

    assert not only(join(real, *ALL)).on_paper
    assert only(join(real, *ALL, on_paper=True)).on_paper
    assert only(join(tried, *ALL)).on_paper
    assert only(join(beside, *ALL)).on_paper


def test_given_fills_of_others_when_counted_then_they_are_named_strangers():
    ours, theirs = fill("o-breakout-1", "1", "151"), fill("o-9", "1", "151", "t2")
    exit_ = BookedFill(samples.fill("t3"), samples.fire())

    given_ = stored(entries=(order(),), fills=(ours, theirs, exit_))

    assert strangers(given_) == 1


def test_given_an_endless_average_when_shown_then_ten_decimals():
    third = order("3", "1", filled_quote=D(452))

    row = only(join(stored(signals=(alert(),), entries=(third,)), *ALL))

    assert cost_row(row, "").fill_price == "150.6666666667"
