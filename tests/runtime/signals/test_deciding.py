"""What an alert comes to: by its route, its words, and what is held."""

from __future__ import annotations

from typing import Any

import pytest

from core.worlds import ACCOUNT, LAST, MARK, D, S
from exitd.core.condition import FixedLevel, Trailing
from exitd.core.position import OrderSide
from exitd.core.ticket import TicketTime, TicketType
from exitd.core.trigger import WHOLE, OrderType
from runtime.signals.decided import (
    CAME_NS,
    TICKER,
    alert,
    amount,
    close_later,
    close_now,
    entry,
    refusal,
)


def test_given_nothing_is_held_then_an_alert_opens_and_says_so():
    plan = entry(alert(marketPrice=D(101)))

    assert (plan.order.id, plan.order.account) == ("desk-7", ACCOUNT)
    ticket = plan.order.ticket
    assert (ticket.side, ticket.quantity, ticket.order) == (
        OrderSide.BUY,
        D(4),
        TicketType.MARKET,
    )
    assert ticket.client_order_id == "desk-7"
    assert plan.market_price == D(101)
    assert plan.not_after_ns == CAME_NS + 60 * S
    assert "inferred: nothing is held on the other side" in plan.sentence


def test_given_a_route_that_only_closes_then_opening_is_refused_with_the_key():
    sentence = refusal(alert(), allow=["close"])

    assert sentence.endswith("set webhook.routes.desk.allow: [open, close]")


def test_given_a_route_that_only_opens_then_closing_is_refused_with_the_key():
    body = alert(direction="short", positionIntent="sell_to_close")

    assert "webhook.routes.desk.allow" in refusal(body, held="10", allow=["open"])


def test_given_an_account_without_entries_then_opening_is_refused_and_closing_is_not():
    body = alert(direction="short")

    assert "sends closes only" in refusal(alert(), can_enter=False)
    assert close_now(body, held="10", can_enter=False).quantity == amount("4")


def test_given_the_other_side_is_held_then_reduced_and_never_reversed():
    plan = close_now(alert(direction="short", qty=D(15)), held="10")

    assert plan.quantity == WHOLE
    assert plan.key.side == "long"
    assert "10 of 10" in plan.sentence
    assert "not 15, as nothing reverses" in plan.sentence
    assert "inferred" in plan.sentence


def test_given_a_short_is_held_then_a_buy_covers_it():
    plan = close_now(alert(qty=D(2)), short="3")

    assert (plan.key.side, plan.quantity) == ("short", amount("2"))


def test_given_an_intent_to_close_and_nothing_held_then_refused():
    body = alert(direction="short", positionIntent="sell_to_close")

    assert "there is no long position" in refusal(body)


def test_given_an_intent_to_open_with_the_other_side_held_then_refused():
    sentence = refusal(alert(positionIntent="buy_to_open"), short="3")

    assert "a short position of 3 SOL_USDC_PERP is held; close it first" in sentence


def test_given_the_same_side_is_held_then_an_alert_adds_to_it():
    assert entry(alert(), held="10").order.key.side == "long"


def test_given_an_own_word_as_intent_then_the_position_decides():
    body = alert(direction="short", positionIntent="risk_off")

    assert close_now(body, held="10").quantity == amount("4")


@pytest.mark.parametrize(
    ("body", "quantity"),
    [
        ({"positionIntent": "sell_to_close"}, WHOLE),
        ({}, amount("3")),
        ({"notional": D(200)}, amount("2")),
        ({"notional": D("0.1")}, amount("0.01")),
        ({"notional": D(200_000)}, WHOLE),
    ],
)
def test_given_a_close_without_qty_then_by_its_words_and_the_default(body, quantity):
    asked = alert(direction="short", qty=None, **body)

    assert close_now(asked, held="10", size={"qty": "3"}).quantity == quantity


def test_given_a_close_without_any_size_then_all_of_it():
    plan = close_now(alert(direction="short", qty=None), held="10")

    assert plan.quantity == WHOLE


def test_given_exits_on_what_turns_out_to_close_then_said():
    body = alert(direction="short", stopLossTarget=D(110))

    assert "without its exits" in close_now(body, held="10").sentence


def test_given_an_auction_on_what_closes_then_refused_with_the_remedy():
    body = alert(direction="short", timeInForce="cls")

    assert "timeInForce 'cls' is for an auction" in refusal(body, held="10")


def test_given_a_limit_that_closes_then_it_waits_with_that_bound():
    body = alert(direction="short", orderType="limit", limitPrice=D(110))

    plan = close_later(body, held="10")

    close = plan.definition.close
    assert close is not None
    assert (close.order, close.bound) == (OrderType.LIMIT, D(110))
    assert plan.definition.level == D(110)
    assert plan.definition.id == "desk-7/close"
    assert plan.definition.owner == "webhook:desk"


def test_given_a_stop_that_closes_then_it_is_a_stop_and_a_limit_bounds_it():
    body = alert(direction="short", stopPrice=D(95))

    plain = close_later(body, held="10").definition
    bounded = close_later({**body, "limitPrice": D(94)}, held="10").definition

    assert (plain.is_stop, plain.close and plain.close.order) == (
        True,
        OrderType.MARKET,
    )
    assert bounded.close is not None
    assert bounded.close.bound == D(94)


@pytest.mark.parametrize(
    ("trail", "percent"),
    [({"trailPercent": D(2)}, True), ({"trailPrice": D(2)}, False)],
)
def test_given_a_trail_that_closes_then_it_trails(trail, percent):
    plan = close_later(alert(direction="short", **trail), held="10")

    condition = plan.definition.condition
    assert isinstance(condition, Trailing)
    assert (condition.offset.value, condition.offset.is_percent) == (D(2), percent)


def test_given_exits_then_a_stop_at_market_and_a_target_at_its_limit():
    body = alert(profitTarget=D("110.003"), stopLossTarget=D("95.003"))

    stop, target = entry(body).exits

    assert (stop.id, target.id) == ("desk-7/sl", "desk-7/tp")
    # Never looser, never nearer.
    assert (stop.level, target.level) == (D("95.01"), D("110.01"))
    assert stop.close is not None
    assert stop.close.order is OrderType.MARKET
    assert target.close is not None
    assert target.close.bound == target.level
    assert stop.source == LAST


def test_given_advanced_exits_then_a_touch_and_a_bounded_stop():
    body = alert(
        profitTargetStopPrice=D(110),
        profitTargetLimitPrice=D(109),
        stopLossStopPrice=D(95),
        stopLossLimitPrice=D(94),
    )

    stop, target = entry(body, price="mark").exits

    assert isinstance(target.condition, FixedLevel)
    assert (target.level, target.close and target.close.bound) == (D(110), D(109))
    assert (stop.level, stop.close and stop.close.bound) == (D(95), D(94))
    assert stop.source == MARK


def test_given_a_short_entry_then_its_exits_are_rounded_the_other_way():
    body = alert(
        direction="short", profitTarget=D("90.003"), stopLossTarget=D("105.003")
    )

    stop, target = entry(body).exits

    assert (stop.side, stop.level, target.level) == ("short", D(105), D(90))


def test_given_native_exits_where_the_broker_can_then_it_holds_them():
    body = alert(ticker=TICKER, profitTarget=D(110), stopLossTarget=D(95))
    named: dict[str, Any] = {"kind": "alpaca", "asset_class": "equity"}

    native = entry(body, exits="native", **named)
    ours = entry(body, **named)
    on_paper = entry(body, exits="native", is_paper=True, **named)

    assert native.order.ticket.attached is not None
    assert "for the broker to hold" in native.sentence
    assert len(native.exits) == 2
    assert ours.order.ticket.attached is None
    assert on_paper.order.ticket.attached is None


def test_given_native_exits_where_the_broker_cannot_then_exitd_holds_them():
    body = alert(qty=D("1.5"), profitTarget=D(110), stopLossTarget=D(95))

    plan = entry(body, exits="native", kind="alpaca", asset_class="equity")

    assert plan.order.ticket.attached is None
    assert "for exitd to hold" in plan.sentence


def test_given_what_the_broker_cannot_take_then_refused_in_its_words():
    body = alert(orderType="stop", stopPrice=D(105))

    assert "stop" in refusal(body, kind="alpaca", asset_class="option")


def test_given_a_share_at_alpaca_then_its_usual_time_in_force_is_named():
    plan = entry(alert(), kind="alpaca", asset_class="equity")

    assert plan.order.ticket.time_in_force is TicketTime.DAY


@pytest.mark.parametrize(
    ("trail", "distance", "is_percent"),
    [
        ({"trailPercent": D(2)}, D(2), True),
        ({"trailPrice": D(3)}, D(3), False),
        ({"trailPrice": D(3), "trailPercent": D(2)}, D(2), True),
    ],
)
def test_given_a_route_with_trailing_exits_then_an_entry_is_guarded_by_its_trail(
    trail, distance, is_percent
):
    exits = {"stopLossTarget": D(90), "profitTarget": D(120)}
    body = alert(orderType="market", **exits, **trail)

    ignored = entry(body)
    plan = entry(
        body, trailing_exit=True, exits="native", kind="alpaca", asset_class="equity"
    )

    assert [d.id for d in ignored.exits] == ["desk-7/sl", "desk-7/tp"]
    assert [d.id for d in plan.exits] == ["desk-7/sl", "desk-7/tp", "desk-7/trail"]
    condition = plan.exits[-1].condition
    assert isinstance(condition, Trailing)
    assert (condition.offset.value, condition.offset.is_percent) == (
        distance,
        is_percent,
    )
    assert plan.order.ticket.attached is None
    assert "3 exits for exitd to hold" in plan.sentence


def test_given_trailing_exits_when_the_entry_trails_itself_or_has_none_then_none():
    trailing = alert(orderType="trailing_stop", trailPercent=D(2))

    assert entry(trailing, trailing_exit=True).exits == ()
    assert entry(alert(), trailing_exit=True).exits == ()
