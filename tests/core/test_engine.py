"""Which price fires which trigger, and what is kept of it (behaviours 1 to 17, 129)."""

from __future__ import annotations

import pytest

from core.worlds import (
    ACCOUNT,
    LAST,
    MARK,
    MS,
    D,
    World,
    instrument,
    rule,
    stop,
    target,
)
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import InstrumentReport, PositionReport
from exitd.core.intents import SendClose
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.state import QUIET
from exitd.core.trigger import Notify


def test_b001_given_stop_at_95_when_price_touches_it_then_one_close():
    world = World()
    world.arm(stop("sl", "95"))

    world.mark("96", "95.01")
    assert world.sent == []
    world.mark("95.00")

    assert world.sizes() == ["10"]
    assert world.sent[0].side is OrderSide.SELL


def test_b002_given_take_profit_at_110_when_price_touches_it_then_one_close():
    world = World()
    world.arm(target("tp", "110"))

    world.mark("109.99")
    assert world.sent == []
    world.mark("110.00")

    assert world.sizes() == ["10"]


@pytest.mark.parametrize(("before", "at"), [("104.99", "105"), ("90.01", "90")])
def test_b003_given_short_when_mirrored_levels_are_touched_then_it_buys(before, at):
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", side=Side.SHORT), target("tp", "90", side=Side.SHORT))

    world.mark(before)
    assert world.sent == []
    world.mark(at)

    assert [order.side for order in world.sent] == [OrderSide.BUY]


def test_b004_given_gap_over_the_level_then_fires_once_and_the_record_says_so():
    world = World()
    world.arm(stop("sl", "95"))

    world.mark("96", "90")

    fired = world.firing("sl")
    assert (fired.level, fired.observed) == (D(95), D(90))
    assert round(fired.gap_percent, 2) == D("5.26")
    fields = world.told(FactKind.TRIGGER_HIT)[0].fields
    assert (fields["level"], fields["observed"]) == (D(95), D(90))
    assert len(world.sent) == 1


def test_b005_given_stop_on_mark_when_last_trades_below_then_only_mark_fires():
    world = World()
    world.arm(stop("sl", "95"))

    world.last("94")
    assert world.sent == []
    world.mark("94")

    assert len(world.sent) == 1


def test_b006_given_stop_on_last_when_mark_is_below_then_nothing():
    world = World()
    world.arm(stop("sl", "95", source=LAST))

    world.last("96")
    world.mark("94")

    assert world.sent == []


def test_b007_given_no_price_known_when_the_first_is_beyond_then_fires():
    world = World(mark=None)

    world.arm(stop("sl", "95"))
    assert world.state("sl") == "armed"
    world.mark("94")

    assert len(world.sent) == 1


def test_b008_given_price_oscillates_before_the_answer_then_one_order():
    world = World()
    world.arm(stop("sl", "95"))

    for _ in range(50):
        world.mark("95.00", "95.01")

    assert len(world.sent) == 1


def test_b009_given_two_stops_at_one_level_then_both_fire_in_arm_order():
    world = World()
    world.arm(stop("first", "95", "4"))
    world.arm(stop("second", "95", "6"))

    world.mark("95")

    assert world.who() == ["first", "second"]
    assert sum(order.quantity for order in world.sent) == 10


def test_b010_given_three_stops_when_price_falls_through_all_then_nearest_first():
    world = World()
    world.arm(stop("far", "96", "4"), stop("near", "98", "3"), stop("mid", "97", "3"))

    world.mark("99", "90")

    assert world.who() == ["near", "mid", "far"]
    assert sum(order.quantity for order in world.sent) == 10


@pytest.mark.parametrize("price", ["95", "95.0", "95.00", "9.5E+1"])
def test_b011_given_any_spelling_of_the_level_then_fires(price):
    world = World()
    world.arm(stop("sl", "95"))

    world.mark(price)

    assert len(world.sent) == 1


def test_b012_given_level_0_3_when_price_is_0_30_with_zeros_then_it_is_equal():
    world = World(mark="0.5")
    world.arm(stop("sl", "0.3"))

    world.mark("0.30000000000000001")
    assert world.sent == []
    world.mark("0.30000000000000000")

    assert len(world.sent) == 1


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", "-Infinity", "sNaN"])
def test_b013_given_what_is_no_price_then_ignored_and_counted(price):
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    assert world.mark(price) is QUIET

    assert world.engine.state.ignored_ticks == 1
    assert world.engine.state.books[MARK].price == 100


def test_b014_given_an_older_tick_then_nothing():
    world = World()
    world.arm(stop("sl", "95"))
    world.do(Tick(MARK, D(100), world.now_ns, world.now_ns, 5))

    world.do(Tick(MARK, D(90), world.now_ns - MS, world.now_ns, 9))
    world.do(Tick(MARK, D(90), world.now_ns, world.now_ns, 4))

    assert world.sent == []
    assert world.engine.state.ignored_ticks == 2


def test_b014_given_same_instant_and_a_higher_sequence_then_judged():
    world = World()
    world.arm(stop("sl", "95"))
    world.do(Tick(MARK, D(100), world.now_ns, world.now_ns, 5))

    world.do(Tick(MARK, D(95), world.now_ns, world.now_ns, 6))

    assert len(world.sent) == 1


def test_b015_given_the_same_frame_twice_then_no_second_effect():
    world = World()
    world.arm(stop("sl", "95"))
    tick = Tick(MARK, D(94), world.later(), world.now_ns, 1)

    world.do(tick)
    assert world.engine.handle(tick) is QUIET

    assert len(world.sent) == 1


def test_b016_given_ten_symbols_then_a_tick_judges_only_its_own():
    world = World()
    for n in range(10):
        symbol = f"S{n}"
        key = PositionKey(ACCOUNT, symbol, Side.LONG)
        source = PriceSource(ACCOUNT, symbol, PriceKind.MARK)
        now_ns = world.now_ns
        world.do(InstrumentReport(instrument(symbol), now_ns))
        report = PositionReport(
            key=key, quantity=D(1), ts_venue_ns=now_ns, now_ns=now_ns
        )
        world.do(report)
        world.arm(stop(f"sl{n}", "95", source=source, symbol=symbol))

    world.tick(PriceSource(ACCOUNT, "S3", PriceKind.MARK), "94")

    assert [order.symbol for order in world.sent] == ["S3"]


def test_b017_given_a_low_between_two_highs_then_fires():
    world = World()
    world.arm(stop("sl", "95"))

    world.mark("96", "94", "97")

    assert len(world.sent) == 1


def test_b129_given_a_burst_of_ticks_then_no_crossing_is_lost():
    world = World(size="1000", mark="1000")
    levels = range(500, 900)
    world.arm(*(stop(f"sl{n}", str(n), "1") for n in levels))

    # Each low lasts for one price, and the next one is lower.
    for n in range(5_000):
        low = 950 - n // 10
        world.tick(MARK, str(low if n % 10 == 7 else 1000 + n % 3))

    hits = [int(fact.fields["level"]) for fact in world.told(FactKind.TRIGGER_HIT)]
    assert hits == sorted((n for n in levels if n >= low), reverse=True)


def test_b140_given_a_hit_then_the_record_shows_level_source_price_and_both_clocks():
    world = World()
    world.arm(stop("sl", "95"))
    now_ns = world.later(50 * MS)

    world.do(Tick(MARK, D("94.5"), now_ns - 30 * MS, now_ns))
    world.fill()
    world.position("0")

    (fire,) = world.fire_rows("sl")
    assert fire.source == MARK
    assert (fire.level, fire.observed) == (D(95), D("94.5"))
    assert (fire.ts_venue_ns, fire.ts_recv_ns) == (now_ns - 30 * MS, now_ns)
    done = world.told(FactKind.TRIGGER_DONE)[0].fields
    assert done["filled"] == 10
    assert done["attempts"] == 1
    assert done["average_price"] == 95
    assert done["slippage"] == 0


def test_given_a_sell_below_the_level_then_slippage_counts_against_us():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.report(filled="10", price="94.25")

    assert world.firing("sl").slippage == D("0.75")


def test_given_a_buy_above_the_level_then_slippage_counts_against_us():
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", side=Side.SHORT))
    world.mark("105")
    assert world.firing("sl").slippage is None

    world.report(filled="10", price="105.5")

    assert world.firing("sl").slippage == D("0.5")


def test_given_a_quiet_tick_then_the_decision_is_quiet():
    world = World()
    world.arm(stop("sl", "95"))

    decision = world.mark("99")

    assert decision.is_quiet


def test_given_a_source_nobody_watches_then_quiet():
    world = World()

    source = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
    assert world.tick(source, "60000") is QUIET


def test_given_a_trigger_is_cancelled_then_its_source_is_known_and_not_watched():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110", source=LAST))

    world.cancel("tp")

    assert world.engine.sources() == {MARK, LAST}
    assert world.engine.watched() == {MARK}


def test_given_another_market_watched_when_it_crosses_then_this_position_closes():
    world = World()
    btc = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
    world.tick(btc, "65000")
    world.arm(rule("btc", ConditionKind.BELOW, "60000", source=btc))

    world.tick(btc, "59999")

    assert world.sizes() == ["10"]


def test_given_a_notice_when_hit_then_told_and_done_without_an_order():
    world = World()
    world.arm(rule("n", ConditionKind.ABOVE, "110", Notify(), side=None))

    decision = world.mark("111")

    assert world.state("n") == "done: acted"
    assert not [i for i in decision.intents if isinstance(i, SendClose)]
    assert world.sent == []
