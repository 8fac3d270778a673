"""Rehearsals: the engine on a clock that prices move, and how closes fill there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.builders import LONG, SHORT, SYMBOL
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    Close,
    Notify,
    OrderType,
    TriggerDefinition,
)
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from exitd.runtime.rehearsal.venue import Costs
from runtime.rehearsed import (
    D,
    S,
    candle,
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


def test_b018_given_both_inside_one_candle_then_the_stop_is_taken():
    begun = rehearsal([STOP, exit_("tp", "take_profit", "110")])

    begun.candle(candle(0, "100/101/99/100"))
    begun.candle(candle(60, "100/111/94/105"))
    report = begun.finish()

    assert told(report) == ["75s sl 10@95"]


def test_b018_given_short_and_both_inside_one_candle_then_the_stop_is_taken():
    exits = [
        exit_("sl", "stop_loss", "105", side=Side.SHORT),
        exit_("tp", "take_profit", "90", side=Side.SHORT),
    ]
    begun = rehearsal(exits, held=[opening(side=Side.SHORT)])

    begun.candle(candle(0, "100/101/99/100"))
    begun.candle(candle(60, "100/106/89/95"))

    assert told(begun.finish()) == ["75s sl 10@105"]


@pytest.mark.parametrize(
    ("second", "fill"),
    [
        ("94/96/93/95.5", "94"),  # it opens under the stop
        ("95/96/93/95.5", "95"),  # it opens at it
        ("96/97/93/95.5", "95"),  # it falls through it
    ],
)
def test_given_candle_when_stop_is_hit_then_the_fill_is_the_worse_of_level_and_open(
    second: str, fill: str
):
    begun = rehearsal([STOP])

    begun.candle(candle(0, "100/101/99/100"))
    begun.candle(candle(60, second))

    assert [f.price for f in begun.finish().fired] == [D(fill)]


def test_given_candle_that_opens_beyond_take_profit_then_it_fills_at_the_open():
    begun = rehearsal([exit_("tp", "take_profit", "110")])

    begun.candle(candle(0, "100/101/99/100"))
    begun.candle(candle(60, "112/113/111/112"))

    assert told(begun.finish()) == ["60s tp 10@112"]


def test_given_candles_of_two_markets_then_their_paths_run_side_by_side():
    other = exit_("eth", "stop_loss", "9", symbol="ETH", source=_mark("ETH"))
    begun = rehearsal([STOP, other])
    begun.candle(candle(0, "100/101/99/100"))
    begun.candle(_renamed(candle(0, "10/11/9.5/10"), "ETH"))
    begun.candle(candle(60, "100/101/94/100"))
    begun.candle(_renamed(candle(60, "10/11/9.5/10"), "ETH"))

    assert told(begun.finish()) == ["75s sl 10@95"]


def _mark(symbol: str) -> PriceSource:
    return PriceSource(LONG.account, symbol, PriceKind.MARK)


def _renamed(one: Candle, symbol: str) -> Candle:
    return replace(one, symbol=symbol)


def test_given_slippage_then_every_fill_is_worse_by_it():
    begun = rehearsal([STOP], costs=Costs(slippage_percent=D("1")))

    feed(begun, "100 95")

    assert told(begun.finish()) == ["1s sl 10@94.05"]


def test_given_slippage_when_a_limit_closes_then_never_beyond_the_limit():
    limit = Close(order=OrderType.LIMIT, slippage_limit=D("0.5"))
    begun = rehearsal(
        [exit_("tp", "take_profit", "110", limit)],
        costs=Costs(slippage_percent=D("1")),
    )

    feed(begun, "100 110")

    assert told(begun.finish()) == ["1s tp 10@109.45"]


def test_given_delay_then_a_close_fills_so_much_later_at_the_price_of_then():
    begun = rehearsal([STOP], costs=Costs(delay_ns=1_500_000_000))

    feed(begun, "100 95 94 93 92")
    report = begun.finish()

    assert told(report) == ["1s sl 10@94"]
    assert report.fired[0].ts_done_ns == 2_500_000_000


BOUND = Close(order=OrderType.LIMIT, slippage_limit=D("0.1"))


def resting(*more: TriggerDefinition) -> Rehearsal:
    """A take-profit whose limit, 109.89, was out of reach when its close arrived."""
    exits = [exit_("tp", "take_profit", "110", BOUND), *more]
    begun = rehearsal(exits, costs=Costs(delay_ns=5))
    begun.price(Price(0, D(100), SYMBOL))
    begun.price(Price(S, D(110), SYMBOL))
    begun.price(Price(S + 2, D(109), SYMBOL))
    return begun


def test_given_limit_that_rests_when_the_price_returns_then_it_fills_at_its_limit():
    begun = resting()

    begun.price(Price(2 * S, D(111), SYMBOL))
    report = begun.finish()

    assert told(report) == ["1s tp 10@109.89"]
    assert report.fired[0].ts_done_ns == 2 * S


def test_given_limit_that_rests_when_the_stop_is_hit_then_it_gives_way():
    begun = resting(STOP)

    begun.price(Price(2 * S, D(95), SYMBOL))
    report = begun.finish(3 * S)

    assert [f for f in told(report) if "@" in f] == ["2s sl 10@95"]
    assert left(report) == 0


def test_b101_given_limit_that_rests_too_long_then_it_is_taken_back_and_armed_again():
    begun = resting()

    begun.pass_time(70 * S)
    begun.price(Price(80 * S, D(111), SYMBOL))

    assert [f for f in told(begun.finish(90 * S)) if "@" in f] == ["80s tp 10@111"]


def test_given_limit_that_rests_when_the_position_is_gone_then_it_fills_nothing():
    begun = resting()

    begun.open(opening("0"))
    begun.price(Price(2 * S, D(111), SYMBOL))
    report = begun.finish()

    assert told(report) == ["1s tp 0"]
    assert left(report) == 0


def test_b095_given_stop_with_a_limit_that_is_not_met_then_it_ends_at_market():
    limit = Close(order=OrderType.LIMIT, slippage_limit=D("0.1"))
    begun = rehearsal([exit_("sl", "stop_loss", "95", limit)])

    feed(begun, "100 90 90 90 90 90")
    report = begun.finish(60 * S)

    assert told(report) == ["1s sl 10@90"]
    assert report.fired[0].order == "market"


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


def test_given_bid_and_ask_then_a_long_closes_at_the_bid():
    begun = rehearsal([STOP])

    feed(begun, "100 99", kind="mark")
    feed(begun, "94.8", kind="bid", first_s=2)
    feed(begun, "94.9", kind="ask", first_s=3)
    feed(begun, "95", kind="mark", first_s=4)

    assert told(begun.finish()) == ["4s sl 10@94.8"]


def test_given_only_an_index_then_closes_fill_at_that():
    index = PriceSource(LONG.account, SYMBOL, PriceKind.INDEX)
    begun = rehearsal([exit_("sl", "stop_loss", "95", source=index)])

    feed(begun, "100 95", kind="index")

    assert told(begun.finish()) == ["1s sl 10@95"]


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


def test_given_another_market_is_watched_then_the_close_waits_for_a_price_of_its_own():
    watched = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
    begun = rehearsal([exit_("btc", "below", "60000", source=watched)])

    begun.price(Price(0, D(61_000), "BTCUSDT"))
    begun.price(Price(S, D(59_000), "BTCUSDT"))
    begun.price(Price(2 * S, D(99), SYMBOL))

    assert told(begun.finish()) == ["1s btc 10@99"]


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
