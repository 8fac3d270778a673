"""What a rehearsal promises whatever the exits and prices are."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.builders import LONG, SYMBOL
from exitd.core.condition import (
    AtTimeOfDay,
    BeforeClose,
    MaxHold,
    Offset,
    Trailing,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.trigger import (
    Close,
    Notify,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    Twap,
)
from exitd.runtime.rehearsal.prices import Price
from exitd.runtime.rehearsal.recorded import watched_sources
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from exitd.runtime.rehearsal.report import Report
from exitd.runtime.rehearsal.venue import Costs
from exitd.runtime.rehearsal.views import report_view
from exitd.runtime.rehearsal.wording import did_words, missing_words, standing_words
from runtime.rehearsed import D, S, exit_, feed, left, opening, rehearsal, share, told


def timed(name: str, condition: object) -> TriggerDefinition:
    made = exit_(name, "stop_loss", "1")
    return _with(made, condition)


def _with(definition: TriggerDefinition, condition: object) -> TriggerDefinition:
    fields = {
        field: getattr(definition, field) for field in definition.__struct_fields__
    }
    return TriggerDefinition(**{**fields, "condition": condition})


LIMIT = Close(order=OrderType.LIMIT, slippage_limit=D("0.5"), patience_ns=(S, 2 * S))
SLICED = Close(
    quantity=Quantity(QuantityKind.INITIAL, D(30)), twap=Twap(slices=3, every_ns=2 * S)
)
KINDS = [
    exit_("sl", "stop_loss", "80"),
    exit_("limited", "stop_loss", "85", LIMIT),
    timed("trail", Trailing(Offset(D(5), True), after=D(105))),
    timed("hold", MaxHold(40 * S)),
    exit_("tp", "take_profit", "110", share("50%")),
    exit_("sliced", "take_profit", "112", SLICED),
    exit_("rest", "take_profit", "120"),
    exit_("tell", "below", "90", Notify(), side=None),
]


def rehearsed(
    exits: list[TriggerDefinition], prices: list[Decimal], costs: Costs
) -> Report:
    begun = rehearsal(exits, costs=costs)
    for second, price in enumerate(prices):
        begun.price(Price(second * S, price, SYMBOL))
    return begun.finish(100 * S)


@given(
    exits=st.lists(st.sampled_from(KINDS), unique_by=lambda d: d.id, min_size=1),
    prices=st.lists(st.integers(70, 130).map(Decimal), min_size=1, max_size=50),
    costs=st.builds(
        Costs,
        slippage_percent=st.sampled_from([D(0), D("0.3")]),
        delay_ns=st.sampled_from([0, 1, 3 * S]),
    ),
)
def test_given_any_exits_and_prices_then_what_is_closed_is_what_is_gone(
    exits: list[TriggerDefinition], prices: list[Decimal], costs: Costs
):
    report = rehearsed(exits, prices, costs)
    again = rehearsed(exits, prices, costs)

    (held,) = report.positions
    closed = sum((fired.quantity for fired in report.fired), D(0))
    assert closed == held.before - held.after
    assert 0 <= held.after <= held.before
    assert report == again
    # Whatever came of it can be said, and printed as JSON.
    assert all(did_words(fired) for fired in report.fired)
    assert all(standing_words(standing) for standing in report.standing)
    assert report_view(report).prices == len(prices)


def test_given_a_time_to_come_then_it_is_told_and_happens_between_prices():
    begun = rehearsal([timed("hold", MaxHold(40 * S))])

    feed(begun, "100 101")
    standing = begun.finish(39 * S).standing[0]
    begun.price(Price(60 * S, D(90), SYMBOL))

    assert standing.due_ns == 40 * S
    assert standing_words(standing) == "is armed; its time comes at 1970-01-01 00:00:40"
    assert told(begun.finish()) == ["40s hold 10@101"]


def test_given_sessions_then_exits_go_by_them_and_without_that_is_said():
    exits = [
        timed("early", BeforeClose(5 * S, "XNYS")),
        timed("late", AtTimeOfDay(30, "UTC", "XNYS")),
    ]
    known = Rehearsal(exits, start_ns=0, sessions={"XNYS": ((0, 20 * S),)})
    known.open(opening("10"))
    feed(known, "100 101")
    unknown = rehearsal(exits)
    feed(unknown, "100 101")

    assert told(known.finish(60 * S)) == ["15s early 10@101"]
    report = unknown.finish(60 * S)
    assert report.fired == ()
    assert missing_words(report) == (
        "no session of XNYS: what goes by that only could not fire"
    )


def test_b128_given_a_guard_then_a_single_outlier_of_recorded_prices_fires_nothing():
    last = PriceSource(LONG.account, SYMBOL, PriceKind.LAST)
    begun = Rehearsal(
        [exit_("sl", "stop_loss", "95", source=last)],
        start_ns=0,
        policies=Policies(guard_percent=D(10)),
    )
    begun.open(opening())

    for second, (price, kind) in enumerate(
        [("100", "index"), ("100", "last"), ("50", "last"), ("100", "last")]
    ):
        begun.price(Price(second * S, D(price), SYMBOL, kind))
    assert begun.finish().fired == ()
    for second, price in ((4, "50"), (5, "49")):
        begun.price(Price(second * S, D(price), SYMBOL, "last"))

    assert told(begun.finish()) == ["5s sl 10@49"]
    assert left(begun.finish()) == 0


def test_given_a_guard_when_prices_name_no_kind_then_they_bear_themselves_out():
    begun = Rehearsal(
        [exit_("sl", "stop_loss", "95")],
        start_ns=0,
        policies=Policies(guard_percent=D(10)),
    )
    begun.open(opening())

    feed(begun, "100 50")

    assert told(begun.finish()) == ["1s sl 10@50"]


def test_given_exits_that_watch_another_market_then_their_own_is_recorded_too():
    btc = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
    exits = [
        exit_("btc", "below", "60000", source=btc),
        exit_("tell", "below", "60000", Notify(), side=None, source=btc),
    ]

    assert watched_sources(exits) == (
        btc,
        PriceSource(LONG.account, SYMBOL, PriceKind.MARK),
    )
