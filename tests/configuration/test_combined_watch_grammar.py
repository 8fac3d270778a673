"""Watching several markets together: a spread, or prices that must agree."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.levels import read_watched_level
from exitd.configuration.watching import read_watch, watch_of
from exitd.core.condition import FixedLevel
from exitd.core.market import PriceKind, PriceSource, Quorum, Spread
from exitd.core.trigger import TriggerDefinition

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
BOTH = (
    "version: 1\nmode: paper\nvenues:\n  backpack: {type: backpack}\n"
    "  binance: {type: binance}\n"
)
OWN = "backpack/SOL_USDC_PERP"
AGREE = f"watch: {OWN} and binance/SOLUSDT"
SPREAD = f"watch: binance/SOLUSDT - {OWN}"

MARK = PriceSource("backpack", "SOL_USDC_PERP", PriceKind.MARK)
INDEX = PriceSource("backpack", "SOL_USDC_PERP", PriceKind.INDEX)
BINANCE = PriceSource("binance", "SOLUSDT", PriceKind.MARK)


def together(first: PriceSource, combined: Spread | Quorum) -> PriceSource:
    return PriceSource(
        first.feed, first.symbol, first.kind, first.candle, first.closed, combined
    )


@pytest.mark.parametrize(
    ("exit_", "source"),
    [
        (f"{{above: 2, do: close, {SPREAD}}}", together(BINANCE, Spread(MARK))),
        (
            f"{{below: -2, do: notify, watch: {OWN} mark - {OWN} index}}",
            together(MARK, Spread(INDEX)),
        ),
        (
            f"{{stop_loss: 131, {AGREE}}}",
            together(MARK, Quorum((BINANCE,), 2, is_falling=True)),
        ),
        (
            f"{{take_profit: 150, {AGREE}}}",
            together(MARK, Quorum((BINANCE,), 2, is_falling=False)),
        ),
        (
            f"{{stop_loss: 131, watch: 2 of {OWN} {OWN} index binance/SOLUSDT}}",
            together(MARK, Quorum((INDEX, BINANCE), 2, is_falling=True)),
        ),
    ],
)
def test_given_several_markets_when_watched_then_they_make_the_source(
    exit_: str, source: PriceSource, made: Made
) -> None:
    assert made(exit_, daemon=BOTH).source == source


def test_given_markets_that_agree_when_they_close_candles_then_each_has_its_trades(
    made: Made,
) -> None:
    trigger = made(
        f"{{stop_loss: 131, emergency: 120, {AGREE}, price: last_close, "
        "last_close: closed, candle: 15m}",
        daemon=BOTH,
    )

    assert [str(part) for part in trigger.source.parts] == [
        f"{OWN}/last_close.15m.closed",
        "binance/SOLUSDT/last_close.15m.closed",
    ]
    assert trigger.confirmation is not None
    apart = trigger.confirmation.emergency_source
    assert apart is not None
    assert str(apart) == f"2 of {OWN}/last, binance/SOLUSDT/last"


def test_given_a_spread_of_closed_candles_then_its_emergency_is_one_of_trades(
    made: Made,
) -> None:
    trigger = made(
        f"{{below: -1, do: close, emergency: -2, {SPREAD}, price: last_close, "
        "last_close: closed}",
        daemon=BOTH,
    )

    assert trigger.confirmation is not None
    assert str(trigger.confirmation.emergency_source) == (
        f"binance/SOLUSDT/last - {OWN}/last"
    )


def test_given_the_own_market_among_them_then_levels_follow_the_entry(
    made: Made,
) -> None:
    trigger = made(
        f"{{stop_loss: -3%, order: limit, slippage_limit: 1%, {AGREE}}}", daemon=BOTH
    )

    assert isinstance(trigger.condition, FixedLevel)
    assert not isinstance(trigger.condition.price, Decimal)


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        (
            f"{{stop_loss: 5, {SPREAD}}}",
            f"binance/SOLUSDT - {OWN} is a spread, which has no losing side; use above",
        ),
        (
            f"{{trailing: 2%, {AGREE}}}",
            f"a trail follows one price, and {OWN} and binance/SOLUSDT is several",
        ),
        (
            f"{{take_profit: 150, deviation: 1%, {AGREE}}}",
            "a trail follows one price",
        ),
        (f"{{above: +5%, do: close, {SPREAD}}}", "+5% is relative to the entry in"),
        (f"{{above: 0, do: notify, {AGREE}}}", "a price is above zero, and not 0"),
        ("{below: -5, do: notify}", "a price is above zero, and not -5"),
        (
            "{stop_loss: 5, for: 5s, emergency: -1}",
            "a price is above zero, and not -1",
        ),
        (
            f"{{above: 5, do: notify, watch: {OWN} - {OWN}}}",
            "each market is named once",
        ),
        (
            f"{{stop_loss: 5, watch: 3 of {OWN} binance/SOLUSDT}}",
            "from 2 to all 2 of these markets can agree, not 3",
        ),
        (
            f"{{stop_loss: 5, watch: {OWN} or binance/SOLUSDT}}",
            "'a/X - b/Y' for a spread, 'a/X and b/Y' for prices that must agree",
        ),
        (
            f"{{stop_loss: 5, watch: {OWN} and binanec/SOLUSDT}}",
            "venue 'binanec' is not set up under venues: (did you mean 'binance'?)",
        ),
        (
            f"{{stop_loss: 5, {AGREE}, price: last_close, candle: 1s}}",
            "binance streams no 1s candles",
        ),
        (
            f"{{above: 5, do: close, order: limit, {SPREAD}}}",
            "use order: market",
        ),
    ],
)
def test_given_what_cannot_be_watched_together_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, daemon=BOTH)

    assert part in error


def test_given_many_markets_when_read_then_only_so_many() -> None:
    nine = " and ".join(f"v/M{n}" for n in range(9))

    with pytest.raises(ValueError, match="at most 8 markets"):
        read_watch(nine)


@pytest.mark.parametrize(
    "written",
    [
        "binance/BTCUSDT",
        "binance/BTCUSDT - backpack/BTC_USDC_PERP index",
        "a/X and b/Y and c/Z last",
        "2 of a/X b/Y mark c/Z",
    ],
)
def test_given_what_is_watched_when_written_back_then_it_reads_the_same(
    written: str,
) -> None:
    assert str(read_watch(written)) == written


@pytest.mark.parametrize(
    "watch", [SPREAD, AGREE, f"watch: {OWN} and binance/SOLUSDT index"]
)
def test_given_a_source_then_its_words_are_those_that_made_it(
    watch: str, made: Made
) -> None:
    trigger = made(f"{{above: 5, do: notify, {watch}}}", daemon=BOTH)

    assert f"watch: {watch_of(trigger.source)}" == watch


@pytest.mark.parametrize("written", ["-2.5", "0", "131.25"])
def test_given_a_number_of_any_sign_when_a_spread_has_it_then_it_is_exact(
    written: str,
) -> None:
    assert read_watched_level(written) == Decimal(written)
