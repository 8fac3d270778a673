"""How long a close by alert works: as asked where the broker can, else it is said."""

from __future__ import annotations

from typing import Any

import pytest

from core.worlds import D, S
from exitd.core.asked_time import AskedTime
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketTime, TicketType
from exitd.core.units import NS_PER_HOUR
from exitd.runtime.signals.closing_time import CloseTime, close_time
from runtime.signals.decided import alert, close_later, close_now, refusal

#: 2026-11-20T15:30:00Z, half past ten of a Friday in New York.
MORNING_NS = 1_795_188_600 * S
MIDNIGHT_NS = MORNING_NS + 27 * NS_PER_HOUR // 2
LIMIT, STOP, MARKET = TicketType.LIMIT, TicketType.STOP, TicketType.MARKET
STOP_LIMIT = TicketType.STOP_LIMIT


def time_of(
    order: TicketType,
    time: TicketTime | None = None,
    *,
    kind: str = "alpaca",
    now_ns: int = MORNING_NS,
    is_paper: bool = False,
    **changed: Any,
) -> CloseTime:
    ticket = Ticket(
        symbol="AAPL",
        side=OrderSide.SELL,
        quantity=D(10),
        order=order,
        time_in_force=time,
        **{"asset_class": AssetClass.EQUITY, **changed},
    )
    return close_time(ticket, kind, now_ns, is_paper=is_paper)


@pytest.mark.parametrize("order", list(TicketType))
def test_given_no_times_then_a_close_is_what_it_ever_was(order):
    assert time_of(order) == CloseTime()


def test_given_a_limit_for_the_day_then_it_ends_with_that():
    found = time_of(LIMIT, TicketTime.DAY)

    assert found.asked == AskedTime(TicketTime.DAY, until_ns=MIDNIGHT_NS)
    assert (found.expires_ns, found.notes) == (MIDNIGHT_NS, ())


def test_given_a_limit_after_the_close_of_friday_then_its_day_is_monday():
    found = time_of(LIMIT, TicketTime.DAY, now_ns=MORNING_NS + 6 * NS_PER_HOUR)

    assert found.expires_ns == MIDNIGHT_NS + 72 * NS_PER_HOUR


def test_given_a_limit_until_cancelled_then_it_rests_for_good():
    found = time_of(LIMIT, TicketTime.GTC)

    assert found == CloseTime(asked=AskedTime(TicketTime.GTC))


@pytest.mark.parametrize(
    ("kind", "time", "becomes", "said"),
    [
        ("backpack", TicketTime.IOC, TicketTime.IOC, ""),
        ("backpack", TicketTime.FOK, TicketTime.FOK, ""),
        ("schwab", TicketTime.FOK, TicketTime.FOK, ""),
        ("alpaca", TicketTime.IOC, TicketTime.IOC, "taken back after 2 s"),
        ("alpaca", TicketTime.FOK, TicketTime.IOC, "alpaca takes no fok here"),
        ("interactive_brokers", TicketTime.FOK, TicketTime.IOC, "may fill a part"),
    ],
)
def test_given_a_limit_at_once_then_what_the_broker_has_and_the_rest_is_said(
    kind, time, becomes, said
):
    found = time_of(LIMIT, time, kind=kind)

    assert found.asked == AskedTime(becomes)
    assert found.expires_ns == MORNING_NS + 2 * S
    assert said in "; ".join(found.notes)
    assert bool(found.notes) is bool(said)


def test_given_a_simulated_account_then_all_or_nothing_is_what_it_does():
    found = time_of(LIMIT, TicketTime.FOK, is_paper=True)

    assert (found.asked, found.notes) == (AskedTime(TicketTime.FOK), ())


@pytest.mark.parametrize("order", list(TicketType))
@pytest.mark.parametrize("time", [TicketTime.OPG, TicketTime.CLS])
def test_given_an_auction_then_refused_with_the_remedy(order, time):
    assert "write day or gtc" in time_of(order, time).wrong


@pytest.mark.parametrize("kind", ["alpaca", "schwab", "interactive_brokers"])
@pytest.mark.parametrize("order", [LIMIT, STOP_LIMIT])
def test_given_extended_hours_on_a_limit_then_passed_on(order, kind):
    found = time_of(order, kind=kind, extended_hours=True)

    assert found == CloseTime(asked=AskedTime(is_extended=True))


@pytest.mark.parametrize("order", [MARKET, STOP, TicketType.TRAILING_STOP])
def test_given_extended_hours_on_anything_else_then_said(order):
    found = time_of(order, extended_hours=True)

    assert found.asked is None
    assert found.notes == ("in the session only, as extendedHours is for limit orders",)


def test_given_extended_hours_at_schwab_at_once_then_said():
    found = time_of(LIMIT, TicketTime.IOC, kind="schwab", extended_hours=True)

    assert found.asked == AskedTime(TicketTime.IOC)
    assert "in the session only" in found.notes[0]


@pytest.mark.parametrize(
    "changed",
    [{"kind": "backpack"}, {"asset_class": AssetClass.CRYPTO}, {"is_paper": True}],
)
def test_given_a_market_that_never_closes_then_extended_hours_need_nothing(changed):
    assert time_of(LIMIT, extended_hours=True, **changed) == CloseTime()


@pytest.mark.parametrize("time", [TicketTime.DAY, TicketTime.IOC, TicketTime.FOK])
@pytest.mark.parametrize("order", [STOP, STOP_LIMIT, TicketType.TRAILING_STOP])
def test_given_a_time_on_a_stop_then_it_is_held_all_the_same_and_said(order, time):
    found = time_of(order, time)

    assert (found.asked, found.expires_ns) == (None, None)
    assert f"not timeInForce '{time}', as a stop does not give up" in found.notes[0]


@pytest.mark.parametrize(
    ("time", "said"), [("day", ""), ("gtc", ""), ("ioc", ""), ("fok", "in parts")]
)
def test_given_a_close_at_market_then_only_all_or_nothing_is_not_kept(time, said):
    plan = close_now(alert(direction="short", timeInForce=time), held="10")

    assert (said in plan.sentence) if said else ("timeInForce" not in plan.sentence)


def test_given_an_alert_then_its_trigger_has_the_time_and_the_outcome_the_rest():
    body = alert(direction="short", limitPrice=D(110), timeInForce="day")
    stop = alert(direction="short", stopPrice=D(90), timeInForce="day")

    plan = close_later(body, held="10")

    close = plan.definition.close
    assert close is not None
    assert close.asked is not None
    assert close.asked.is_for_a_day
    assert plan.definition.expires_ns == close.asked.until_ns > 0
    assert "does not give up" in close_later(stop, held="10").sentence
    assert "auction" in refusal({**body, "timeInForce": "opg"}, held="10")
