"""Levels that the entry decides: percent, roi and pnl, with side and leverage."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.core.condition import Basis, ConditionKind, FixedLevel, Level, Relative
from exitd.core.position import Side
from exitd.core.trigger import TriggerDefinition

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
ENTRY, ROI, PNL = Basis.ENTRY, Basis.ROI, Basis.PNL


def level(trigger: TriggerDefinition) -> Level:
    assert isinstance(trigger.condition, FixedLevel)
    return trigger.condition.price


@pytest.mark.parametrize(
    ("exit_", "more", "expected"),
    [
        ("{take_profit: +12%}", "", Relative(ENTRY, Decimal(12))),
        ("{stop_loss: -3%}", "", Relative(ENTRY, Decimal(-3))),
        ("{stop_loss: -500 pnl}", "", Relative(PNL, Decimal(-500))),
        (
            "{take_profit: +25% roi, leverage: 5}",
            "",
            Relative(ROI, Decimal(25), Decimal(5)),
        ),
        (
            "{take_profit: +25% roi}",
            "leverage: 2.5",
            Relative(ROI, Decimal(25), Decimal("2.5")),
        ),
        ("{below: -3%, do: close}", "", Relative(ENTRY, Decimal(-3))),
        ("{above: +500 pnl, do: notify}", "", Relative(PNL, Decimal(500))),
    ],
)
def test_given_a_relative_level_when_made_then_a_value_of_the_core(
    exit_: str, more: str, expected: Relative, made: Made
) -> None:
    assert level(made(exit_, more=more)) == expected


def test_given_a_level_in_percent_when_made_then_leverage_is_not_in_it(
    load_files: Callable[..., object], made: Made
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "defaults: {leverage: 5}\n"
    )

    assert level(made("{stop_loss: -3%}", daemon=daemon)) == Relative(
        ENTRY, Decimal(-3)
    )
    assert level(made("{stop_loss: -3% roi}", daemon=daemon)) == Relative(
        ROI, Decimal(-3), Decimal(5)
    )


@pytest.mark.parametrize(
    ("exit_", "more", "policies", "follows"),
    [
        ("{stop_loss: -3%}", "", "", True),
        ("{stop_loss: -3%, entry: keep}", "", "", False),
        ("{stop_loss: -3%}", "entry: keep", "", False),
        ("{stop_loss: -3%, entry: follow}", "", "defaults: {entry: keep}", True),
        ("{stop_loss: -3%}", "", "policies: {entry_change: keep}", False),
        ("{stop_loss: -3%, entry: follow}", "", "policies: {entry_change: keep}", True),
        ("{stop_loss: -3%}", "", "defaults: {entry: keep}", False),
    ],
)
def test_b086_given_a_word_for_the_entry_when_made_then_the_nearest_counts(
    exit_: str, more: str, policies: str, follows: bool, made: Made
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        f"{policies}\n"
    )

    found = level(made(exit_, more=more, daemon=daemon))

    assert isinstance(found, Relative)
    assert found.follows is follows


@pytest.mark.parametrize(
    ("exit_", "more", "part"),
    [
        ("{stop_loss: 1, entry: keep}", "", "'entry' has no effect without a level re"),
        ("{stop_loss: 1}", "entry: keep", "'entry' has no effect: no exit here takes"),
        ("{stop_loss: -3%, leverage: 5}", "", "'leverage' has no effect without a lev"),
        ("{stop_loss: -3%}", "leverage: 5", "'leverage' has no effect: no exit here"),
        ("{stop_loss: -3% roi}", "", "needs to know the leverage; add leverage: 5"),
        ("{stop_loss: -3% roi, leverage: 0}", "", "write a leverage from 1 to 1000"),
        ("{stop_loss: -3% roi, leverage: 2000}", "", "write a leverage from 1 to 1000"),
        (
            "{stop_loss: -500% roi, leverage: 5}",
            "",
            "-500% roi with a leverage of 5 would need a price of zero or less",
        ),
    ],
)
def test_given_words_of_the_entry_that_do_not_fit_when_checked_then_refused(
    exit_: str, more: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, more=more)

    assert part in error


def test_given_a_short_that_would_gain_all_of_its_price_when_checked_then_refused(
    exit_errors: Errors,
) -> None:
    exit_ = "{take_profit: +500% roi, leverage: 5}"

    (error,) = exit_errors(exit_, side="side: short")

    assert "would need a price of zero or less" in error
    assert exit_errors(exit_) == []


@pytest.mark.parametrize("word", ["above", "below"])
def test_given_no_side_when_a_level_is_relative_then_refused(
    word: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(f"{{{word}: +3%, do: notify}}", side="")

    assert error == (
        "+3% is relative to the entry of a position, and without 'side' there is "
        "none; write the price, or add side: long or short"
    )


@pytest.mark.parametrize(
    ("exit_", "side", "hint"),
    [
        ("{stop_loss: +3%}", "long", "-3%"),
        ("{stop_loss: -3%}", "short", "+3%"),
        ("{stop_loss: +10 pnl}", "short", "-10 pnl"),
        ("{take_profit: -12%}", "long", "+12%"),
        ("{take_profit: +12%}", "short", "-12%"),
        ("{take_profit: -10% roi, leverage: 2}", "short", "+10% roi"),
        ("{below: +3%, do: close}", "long", "-3%"),
    ],
)
def test_given_a_level_on_the_wrong_side_of_the_entry_when_checked_then_warned(
    exit_: str, side: str, hint: str, exit_warnings: Errors
) -> None:
    (warning,) = exit_warnings(exit_, side=f"side: {side}")

    assert "it is crossed when the position opens; did you mean " in warning
    assert warning.endswith(f"{hint}?")


@pytest.mark.parametrize(
    ("stop", "target", "side", "is_right"),
    [
        ("-3%", "+12%", "long", True),
        ("-3%", "-4%", "long", False),
        ("+5%", "+5%", "long", False),
        ("+3%", "-12%", "short", True),
        ("-2%", "-1%", "short", False),
        ("-3%", "+10 pnl", "long", True),
        ("+10 pnl", "-3%", "long", False),
        ("-3%", "90", "long", True),
        ("-100 pnl", "+1% roi", "short", True),
        ("+100 pnl", "+50 pnl", "short", False),
    ],
)
def test_b019_given_relative_levels_when_checked_then_stops_are_on_the_losing_side(
    stop: str, target: str, side: str, is_right: bool, messages: Errors
) -> None:
    found = messages(
        f"positions:\n  sol:\n    venue: backpack\n    symbol: S\n    side: {side}\n"
        "    exits:\n"
        f"      sl: {{stop_loss: {stop}}}\n"
        f"      tp: {{take_profit: {target}, leverage: 2}}\n".replace(
            ", leverage: 2", ", leverage: 2" if "roi" in target else ""
        )
    )

    errors = [m for m in found if ": error: " in m]

    assert (errors == []) is is_right
    assert all("its take-profits" in error for error in errors)


def test_b028_given_relative_levels_too_close_when_checked_then_refused(
    messages: Errors,
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "policies: {min_spread: 2%}\n"
    )
    text = (
        "positions: {a: {venue: backpack, symbol: S, side: long, exits: "
        "{sl: {stop_loss: -1%}, tp: {take_profit: +0.9%}}}}\n"
    )

    (message,) = messages(text, daemon=daemon)

    assert "-1% is nearer to +0.9% ('tp' on line 1) than min_spread, 2%" in message
    assert messages(text.replace("0.9%", "1%"), daemon=daemon) == []


def test_given_a_side_when_a_relative_level_is_made_then_it_is_as_written(
    made: Made,
) -> None:
    trigger = made("{take_profit: -8%}", side="side: short")

    assert trigger.side is Side.SHORT
    assert trigger.condition == FixedLevel(
        ConditionKind.TAKE_PROFIT, Relative(ENTRY, Decimal(-8))
    )
