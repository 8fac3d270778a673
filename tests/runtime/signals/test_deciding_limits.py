"""The limits of a route, its hours, and its accounts."""

from __future__ import annotations

from typing import Any

import pytest

from core.worlds import D, S, World
from exitd.core.market import PriceKind
from exitd.runtime.signals.guards import source_of
from exitd.runtime.signals.limits import Counted, is_between
from exitd.runtime.signals.plans import (
    PlanEntry,
)
from exitd.runtime.signals.routing import account_of
from exitd.signals.normalising import normalise
from runtime.signals.decided import (
    DAY_NS,
    TICKER,
    alert,
    close_now,
    entry,
    plan_of,
    refusal,
    route_of,
)


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
        {"metadata": {"brokerPlatform": "interactive_brokers"}},
        {"accountId": "A-1", "metadata": {"brokerPlatform": "alpaca"}},
    ],
)
def test_given_anything_else_then_refused_by_name(body):
    account, why = routed(**body)

    assert account == ""
    assert "webhook.routes.desk" in why


def test_given_td_ameritrade_then_nobody_is_sent_to_look_for_an_account_there():
    account, why = routed(metadata={"brokerPlatform": "td_ameritrade"})

    assert account == ""
    assert why == (
        "brokerPlatform 'td_ameritrade' trades no more: its API ended on 10 May 2024; "
        "write schwab, or leave brokerPlatform out"
    )


def test_given_what_the_broker_does_not_take_then_the_reason_and_what_to_do():
    fraction = alert(qty="1.5", timeInForce="gtc")

    assert refusal(alert(extendedHours=True), kind="alpaca") == (
        "Extended hours for market orders not supported on alpaca; use a limit order"
    )
    assert refusal(fraction, kind="alpaca") == (
        "Time in force 'gtc' not supported for fractional orders on alpaca; use one of "
        "day"
    )


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
