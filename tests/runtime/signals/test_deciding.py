"""What an alert comes to: by its route, its words, and what is held."""

from __future__ import annotations

from typing import Any

import pytest

from core.worlds import ACCOUNT, LAST, MARK, SHORT, D, S, World
from exitd.configuration.webhook import Route
from exitd.core.condition import FixedLevel, Trailing
from exitd.core.entry import SignalRecord
from exitd.core.market import PriceKind
from exitd.core.position import OrderSide
from exitd.core.ticket import TicketTime, TicketType
from exitd.core.trigger import WHOLE, OrderType, Quantity, QuantityKind
from exitd.runtime.signals.deciding import Asked, decide
from exitd.runtime.signals.guards import source_of
from exitd.runtime.signals.limits import Counted, is_between
from exitd.runtime.signals.plans import (
    Plan,
    PlanClose,
    PlanEntry,
    PlanNothing,
    PlanTrigger,
)
from exitd.runtime.signals.routing import account_of
from exitd.signals.normalising import normalise

TICKER = "SOL_USDC_PERP"
DAY_NS = 86_400 * S
BOTH = ["open", "close"]


def route_of(**changed: Any) -> Route:
    return Route.model_validate(
        {
            "auth_key": {"env": "KEY"},
            "mode": "live",
            "venues": ["main", "other"],
            "allow": BOTH,
            **changed,
        }
    )


def alert(**body: Any) -> dict[str, Any]:
    return {"ticker": TICKER, "direction": "long", "qty": D(4), **body}


def plan_of(
    body: dict[str, Any],
    *,
    held: str = "0",
    short: str = "0",
    kind: str = "backpack",
    can_enter: bool = True,
    counted: Counted | None = None,
    record: dict[str, Any] | None = None,
    is_paper: bool = False,
    **route: Any,
) -> Plan:
    world = World(held, mark="100")
    if D(short):
        world.position(short, key=SHORT)
    stored = SignalRecord(
        id="desk-7",
        route="desk",
        body="",
        digest="",
        ts_received_ns=5 * S,
        **(record or {}),
    )
    asked = Asked(
        signal=normalise({k: v for k, v in body.items() if v is not None}).signal,
        record=stored,
        route_name="desk",
        route=route_of(**route),
        account=ACCOUNT,
        kind=kind,
        can_enter=can_enter,
        is_paper=is_paper,
    )
    return decide(asked, world.engine.state, counted or Counted(now_ns=0))


def refusal(*args: Any, **named: Any) -> str:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanNothing), plan
    return plan.sentence


def entry(*args: Any, **named: Any) -> PlanEntry:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanEntry), plan
    return plan


def close_now(*args: Any, **named: Any) -> PlanClose:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanClose), plan
    return plan


def close_later(*args: Any, **named: Any) -> PlanTrigger:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanTrigger), plan
    return plan


def amount(value: str) -> Quantity:
    return Quantity(QuantityKind.ABSOLUTE, D(value))


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
    assert plan.not_after_ns == 65 * S
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
    assert "held by the broker" in native.sentence
    assert len(native.exits) == 2
    assert ours.order.ticket.attached is None
    assert on_paper.order.ticket.attached is None


def test_given_native_exits_where_the_broker_cannot_then_exitd_holds_them():
    body = alert(qty=D("1.5"), profitTarget=D(110), stopLossTarget=D(95))

    plan = entry(body, exits="native", kind="alpaca", asset_class="equity")

    assert plan.order.ticket.attached is None
    assert "held by exitd" in plan.sentence


def test_given_what_the_broker_cannot_take_then_refused_in_its_words():
    body = alert(orderType="stop", stopPrice=D(105))

    assert "stop" in refusal(body, kind="alpaca", asset_class="option")


def test_given_a_share_at_alpaca_then_its_usual_time_in_force_is_named():
    plan = entry(alert(), kind="alpaca", asset_class="equity")

    assert plan.order.ticket.time_in_force is TicketTime.DAY


def test_given_no_size_then_refused_unless_the_route_has_one():
    body = alert(qty=None)

    sentence = refusal(body)
    assert sentence == ("qty or notional is required; or set webhook.routes.desk.size")
    assert entry(body, size={"qty": "7"}).order.ticket.quantity == D(7)
    by_amount = entry(body, size={"notional": "500"})
    assert by_amount.order.ticket.notional == D(500)
    assert "for 500" in by_amount.sentence


def test_given_a_quantity_off_the_step_then_floored_and_too_little_refused():
    assert entry(alert(qty=D("1.23456"))).order.ticket.quantity == D("1.234")
    assert "below the minimum of 0.01" in refusal(alert(qty=D("0.009")))


def test_given_prices_that_contradict_once_rounded_then_refused():
    body = alert(stopPrice=D("100.004"), limitPrice=D("100.005"))

    assert "once both are rounded" in refusal(body)


@pytest.mark.parametrize(
    ("body", "route", "part"),
    [
        ({}, {"symbols": ["AAPL"]}, "webhook.routes.desk.symbols"),
        ({}, {"max_qty": "3"}, "webhook.routes.desk.max_qty"),
        ({}, {"max_notional": "399"}, "max_notional allows 399"),
        ({"notional": D(500), "qty": None}, {"max_notional": "499"}, "max_notional"),
        ({"notional": D(500), "qty": None}, {"max_qty": "4"}, "max_qty"),
        ({"orderType": "limit", "limitPrice": D(200)}, {"max_notional": "500"}, "800"),
        ({"orderType": "stop", "stopPrice": D(200)}, {"max_notional": "500"}, "800"),
    ],
)
def test_given_a_limit_of_the_route_when_exceeded_then_refused_with_its_key(
    body, route, part
):
    assert part in refusal(alert(**body), **route)


def test_given_limits_that_are_kept_then_it_opens():
    limits = {"max_qty": "4", "max_notional": "400", "symbols": [TICKER]}

    assert entry(alert(), orders_per_day=3, **limits).order.ticket.quantity == D(4)
    by_amount = alert(qty=None, notional=D(400))
    assert entry(by_amount, max_qty="4").order.ticket.notional == D(400)


def test_given_too_many_orders_today_then_opening_is_refused_and_closing_is_not():
    counted = Counted(now_ns=0, orders=3)
    body = alert(direction="short")

    assert "orders_per_day" in refusal(alert(), counted=counted, orders_per_day=3)
    assert close_now(body, held="10", counted=counted, orders_per_day=3)


def test_given_a_close_of_more_than_one_alert_may_trade_then_refused():
    body = alert(direction="short")

    assert "max_qty" in refusal(body, held="10", max_qty="3")


def test_given_a_ticker_that_is_no_market_then_refused():
    assert "has no market AAPL" in refusal(alert(ticker="AAPL"))
    assert "required" in refusal({"qty": D(1)})


@pytest.mark.parametrize(
    ("between", "at", "is_open"),
    [
        ("13:30-20:00", "13:30", True),
        ("13:30-20:00", "20:00", False),
        ("13:30-20:00", "13:29", False),
        ("22:00-02:00", "23:00", True),
        ("22:00-02:00", "01:59", True),
        ("22:00-02:00", "02:00", False),
    ],
)
def test_given_hours_then_a_route_acts_only_in_them(between, at, is_open):
    hours, _, minutes = at.partition(":")
    now_ns = 20_000 * DAY_NS + (int(hours) * 60 + int(minutes)) * 60 * S

    assert is_between(between, now_ns) is is_open
    plan = plan_of(alert(), counted=Counted(now_ns=now_ns), hours={"between": between})
    assert isinstance(plan, PlanEntry) is is_open


def test_given_a_calendar_then_only_in_its_sessions():
    hours = {"calendar": "XNYS"}
    open_now = Counted(now_ns=5 * S, sessions=((0, 10 * S),))
    closed = Counted(now_ns=15 * S, sessions=((0, 10 * S),))
    unknown = Counted(now_ns=5 * S, unknown="not installed")

    assert entry(alert(), counted=open_now, hours=hours)
    assert "no session now" in refusal(alert(), counted=closed, hours=hours)
    assert "not installed" in refusal(alert(), counted=unknown, hours=hours)


def test_given_its_own_id_again_then_the_broker_gets_a_suffix():
    first = {"client_order_id": "x" * 128}

    plain = entry(alert(), record=first)
    again = entry(alert(), record={**first, "again": 2})

    assert plain.order.ticket.client_order_id == "x" * 128
    assert again.order.ticket.client_order_id == "x" * 126 + "-2"


KINDS = {"main": "alpaca", "other": "schwab"}


def routed(**body: Any) -> tuple[str, str]:
    route = route_of(account_ids={"A-1": "other"})
    return account_of(normalise(alert(**body)).signal, "desk", route, KINDS)


def test_given_no_account_is_named_then_the_first_of_the_route():
    assert routed() == ("main", "")


def test_given_an_account_or_a_platform_then_that_one_of_the_route():
    assert routed(accountId="A-1") == ("other", "")
    assert routed(accountId="other") == ("other", "")
    assert routed(metadata={"brokerPlatform": "schwab"}) == ("other", "")


@pytest.mark.parametrize(
    "body",
    [
        {"accountId": "A-2"},
        {"metadata": {"brokerPlatform": "td_ameritrade"}},
        {"accountId": "A-1", "metadata": {"brokerPlatform": "alpaca"}},
    ],
)
def test_given_anything_else_then_refused_by_name(body):
    account, why = routed(**body)

    assert account == ""
    assert "webhook.routes.desk" in why


def test_given_each_price_then_a_source_of_the_market():
    world = World()
    key = world.key

    assert source_of(key, "bid_ask").kind is PriceKind.BID
    assert source_of(key, "last_close").candle == "1m"
    short = source_of(type(key)(key.account, key.symbol, "short"), "bid_ask")
    assert short.kind is PriceKind.ASK


def test_given_no_price_is_known_then_amounts_cannot_be_compared():
    body = alert(qty=None, notional=D(100), ticker="DOGE_USDC_PERP")

    assert "no market" in refusal(body, max_qty="1")
