"""Rehearsals: the engine on a clock that prices move, and what it is given of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.builders import LONG, SHORT, SYMBOL
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    Notify,
)
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.prices import Price
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from runtime.rehearsed import (
    D,
    S,
    exit_,
    feed,
    left,
    opening,
    rehearsal,
    share,
    told,
)

STOP = exit_("sl", "stop_loss", "95")
TARGET = exit_("tp", "take_profit", "110", share("50%"))


def test_given_stop_when_price_touches_it_then_all_is_closed_at_the_price_seen():
    begun = rehearsal([STOP, TARGET])

    feed(begun, "100 96 95.01 94.5 90")
    report = begun.finish()

    assert told(report) == ["3s sl 10@94.5"]
    assert left(report) == 0
    assert report.fired[0].slippage_percent == D("0.5") / 95 * 100
    assert report.fired[0].pnl == D("-55")


def test_given_ladder_when_price_rises_then_each_share_goes_at_its_price():
    begun = rehearsal([STOP, TARGET, exit_("rest", "take_profit", "120")])

    feed(begun, "100 110 115 121")
    report = begun.finish()

    assert told(report) == ["1s tp 5@110", "3s rest 5@121"]
    assert left(report) == 0


def test_given_short_when_price_rises_then_its_stop_buys_it_back():
    short = exit_("sl", "stop_loss", "105", side=Side.SHORT)
    begun = rehearsal([short], held=[opening(side=Side.SHORT)])

    feed(begun, "100 104.99 105")
    report = begun.finish()

    assert told(report) == ["2s sl 10@105"]
    assert left(report, SHORT) == 0


def _mark(symbol: str) -> PriceSource:
    return PriceSource(LONG.account, symbol, PriceKind.MARK)


def test_b139_given_expiry_at_the_instant_of_the_crossing_then_nothing_fires():
    begun = rehearsal([exit_("sl", "stop_loss", "95", expires_ns=2 * S)])

    feed(begun, "100 96 94")
    report = begun.finish()

    assert report.fired == ()
    assert report.standing[0].state == "expired"


def test_b135_given_closed_candles_then_only_their_close_counts_at_its_own_instant():
    source = PriceSource(LONG.account, SYMBOL, PriceKind.LAST_CLOSE, "1m", True)
    begun = rehearsal([exit_("sl", "stop_loss", "95", source=source)])

    for second, price in ((0, "100"), (61, "90"), (119, "99"), (121, "94")):
        begun.price(Price(second * S, D(price), SYMBOL, "last"))
    report = begun.finish(180 * S)

    assert told(report) == ["180s sl 10@94"]


def test_given_running_candles_when_only_trades_are_there_then_those_count():
    source = PriceSource(LONG.account, SYMBOL, PriceKind.LAST_CLOSE, "1m")
    begun = rehearsal([exit_("sl", "stop_loss", "95", source=source)])

    feed(begun, "100 94", kind="last")

    assert told(begun.finish()) == ["1s sl 10@94"]


def test_given_candle_closes_of_their_own_then_trades_no_longer_stand_for_them():
    source = PriceSource(LONG.account, SYMBOL, PriceKind.LAST_CLOSE, "1m")
    begun = rehearsal([exit_("sl", "stop_loss", "95", source=source)])

    feed(begun, "100", kind="last_close.1m")
    feed(begun, "94 93", kind="last", first_s=1)
    feed(begun, "92", kind="last_close.1m", first_s=3)

    assert [f.ts_ns for f in begun.finish().fired] == [3 * S]


def test_given_a_stop_on_the_mark_when_only_trades_are_there_then_it_is_told():
    begun = rehearsal([STOP])

    feed(begun, "100 90", kind="last")
    report = begun.finish()

    assert report.fired == ()
    assert report.unseen == (f"main/{SYMBOL}/mark",)


def test_given_exits_that_close_nothing_then_they_act_without_a_position():
    exits = [
        exit_("pull", "below", "95", Cancel(), side=None),
        exit_("tell", "above", "110", Notify(), side=None),
    ]
    begun = rehearsal(exits, held=[])

    feed(begun, "100 95 110")
    report = begun.finish()

    assert [(f.exit, f.action, f.outcome) for f in report.fired] == [
        ("pull", "cancel", "acted"),
        ("tell", "notify", "acted"),
    ]


def test_given_no_position_then_the_exits_wait_for_one():
    begun = rehearsal([STOP], held=[])

    feed(begun, "100 90")
    standing = begun.finish().standing[0]

    assert (standing.state, standing.waiting_for) == ("waiting", "position")


def test_given_opening_at_the_first_price_then_that_is_its_entry():
    begun = rehearsal([STOP], held=[])
    begun.open_at_first_price(opening(entry=None))

    feed(begun, "101 99")
    held = begun.finish().positions[0]

    assert (held.before, held.after, held.entry_price) == (D(10), D(10), D(101))


def test_b080_given_position_closed_and_opened_again_then_its_exits_arm_anew():
    begun = rehearsal([STOP])

    feed(begun, "100 95")
    begun.open(opening(entry="96"))
    feed(begun, "97 94", first_s=2)

    assert told(begun.finish()) == ["1s sl 10@95", "3s sl 10@94"]


def test_given_position_changed_by_somebody_else_then_a_share_follows_it():
    begun = rehearsal([TARGET])

    feed(begun, "100")
    begun.open(opening("4"))
    feed(begun, "111", first_s=1)
    report = begun.finish()

    assert told(report) == ["1s tp 2@111"]
    assert report.positions[0].before == 10


def test_given_level_crossed_at_the_first_price_then_it_waits():
    begun = rehearsal([STOP])

    feed(begun, "94 93")
    report = begun.finish()

    assert report.fired == ()
    assert report.standing[0].waiting_for == "already crossed"


def test_given_prices_without_a_market_and_several_then_the_remedy_is_named():
    begun = rehearsal([STOP, exit_("eth", "stop_loss", "9", source=_mark("ETH"))])

    with pytest.raises(ConfigurationError, match="--symbol"):
        begun.price(Price(0, D(100)))


def test_given_symbol_for_all_prices_then_those_without_one_are_of_it():
    exits = [STOP, exit_("eth", "below", "9", source=_mark("ETH"))]
    begun = Rehearsal(exits, start_ns=0, symbol=SYMBOL)
    begun.open(opening())

    begun.price(Price(0, D(100)))
    begun.price(Price(S, D(95)))

    assert told(begun.finish()) == ["1s sl 10@95"]


def test_given_unknown_kind_then_it_is_named():
    begun = rehearsal([STOP])

    with pytest.raises(ConfigurationError, match="'bananas' is no kind of price"):
        begun.price(Price(0, D(100), SYMBOL, "bananas"))


def test_given_exits_that_the_engine_refuses_then_its_sentence_is_raised():
    with pytest.raises(ConfigurationError, match="must lie below take-profit"):
        rehearsal([STOP, exit_("tp", "take_profit", "90")])


def test_given_old_prices_of_the_venue_then_they_are_counted_and_left_out():
    begun = rehearsal([STOP])

    begun.price(Price(0, D(100), SYMBOL, ts_venue_ns=5))
    begun.price(Price(S, D(90), SYMBOL, ts_venue_ns=4))
    report = begun.finish()

    assert (report.fired, report.ignored_prices) == ((), 1)


PRICES = st.lists(
    st.integers(8_000, 12_000).map(lambda cents: Decimal(cents) / 100),
    min_size=1,
    max_size=60,
)


@given(PRICES)
def test_given_any_prices_then_a_stop_fires_where_a_plain_search_says(
    prices: list[Decimal],
):
    begun = rehearsal([STOP])
    for second, price in enumerate(prices):
        begun.price(Price(second * S, price, SYMBOL))
    report = begun.finish()

    armed = next((i for i, p in enumerate(prices) if p > 95), len(prices))
    hits = (i for i, p in enumerate(prices) if i > armed and p <= 95)
    found = next(hits, None)
    expected = [] if found is None else [(found * S, prices[found])]
    assert [(f.ts_ns, f.price) for f in report.fired] == expected


@given(PRICES)
def test_given_any_prices_then_the_nearest_approach_is_the_true_one(
    prices: list[Decimal],
):
    begun = rehearsal([exit_("low", "below", "70"), exit_("high", "above", "130")])
    for second, price in enumerate(prices):
        begun.price(Price(second * S, price, SYMBOL))
    low, high = begun.finish().standing

    assert low.nearest is not None
    assert high.nearest is not None
    assert (low.nearest.price, high.nearest.price) == (min(prices), max(prices))
    assert low.nearest.ts_ns // S in _places(prices, min(prices))
    assert high.nearest.ts_ns // S in _places(prices, max(prices))


def _places(prices: list[Decimal], wanted: Decimal) -> list[int]:
    return [i for i, price in enumerate(prices) if price == wanted]
