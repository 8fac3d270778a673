"""How closes fill in a rehearsal: inside candles, with limits, later and worse."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.builders import LONG, SYMBOL
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Close,
    OrderType,
    TriggerDefinition,
)
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


def test_given_another_market_is_watched_then_the_close_waits_for_a_price_of_its_own():
    watched = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
    begun = rehearsal([exit_("btc", "below", "60000", source=watched)])

    begun.price(Price(0, D(61_000), "BTCUSDT"))
    begun.price(Price(S, D(59_000), "BTCUSDT"))
    begun.price(Price(2 * S, D(99), SYMBOL))

    assert told(begun.finish()) == ["1s btc 10@99"]


def _mark(symbol: str) -> PriceSource:
    return PriceSource(LONG.account, symbol, PriceKind.MARK)
