"""Trailing stops: distance, beginning, tightening, steps, and what is refused."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.core.condition import Basis, Offset, Relative, Tighten, Trailing
from exitd.core.trigger import Close, TriggerDefinition

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
TWO_AND_A_HALF = Offset(Decimal("2.5"), is_percent=True)
ONE = Offset(Decimal(1), is_percent=True)


@pytest.mark.parametrize(
    ("exit_", "condition"),
    [
        ("{trailing: 2.5%}", Trailing(TWO_AND_A_HALF)),
        ("{trailing: 5}", Trailing(Offset(Decimal(5)))),
        ("{trailing: 2.5%, after: 150}", Trailing(TWO_AND_A_HALF, Decimal(150))),
        (
            "{trailing: 2.5%, after: +5%}",
            Trailing(TWO_AND_A_HALF, Relative(Basis.ENTRY, Decimal(5))),
        ),
        (
            "{trailing: 2.5%, after: +50% roi, leverage: 10, entry: keep}",
            Trailing(
                TWO_AND_A_HALF,
                Relative(Basis.ROI, Decimal(50), Decimal(10), follows=False),
            ),
        ),
        (
            "{trailing: 2.5%, after: +200 pnl, step: 0.5%}",
            Trailing(
                TWO_AND_A_HALF,
                Relative(Basis.PNL, Decimal(200)),
                step=Decimal("0.5"),
            ),
        ),
        (
            "{trailing: 2.5%, tighten: {at: +20%, to: 1%}, step: 1%}",
            Trailing(
                TWO_AND_A_HALF,
                tighten=Tighten(Relative(Basis.ENTRY, Decimal(20)), ONE),
                step=Decimal(1),
            ),
        ),
        (
            "{trailing: 2.5%, after: 150, tighten: {at: 170, to: 0.5}}",
            Trailing(
                TWO_AND_A_HALF,
                Decimal(150),
                Tighten(Decimal(170), Offset(Decimal("0.5"))),
            ),
        ),
        ("{take_profit: 150, deviation: 1%}", Trailing(ONE, Decimal(150))),
        (
            "{take_profit: +12%, deviation: 3}",
            Trailing(Offset(Decimal(3)), Relative(Basis.ENTRY, Decimal(12))),
        ),
    ],
)
def test_given_a_trailing_stop_when_made_then_a_value_of_the_core(
    exit_: str, condition: Trailing, made: Made
) -> None:
    trigger = made(exit_)

    assert trigger.condition == condition
    assert trigger.action == Close()
    assert trigger.confirmation is None


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{trailing: 0%}", "above 0% and under 100%"),
        ("{trailing: 100%}", "above 0% and under 100%"),
        ("{trailing: 0}", "a distance is above zero"),
        ("{trailing: -5}", "a distance is above zero"),
        ("{trailing: +5%}", "this percentage has no + or -; write 5%"),
        ("{take_profit: 150, deviation: 0%}", "above 0% and under 100%"),
        ("{trailing: 2%, step: 0%}", "above 0% and under 100%"),
        ("{trailing: 2%, step: 1}", "write a percentage with its sign, such as 1%"),
    ],
)
def test_b049_given_no_distance_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


@pytest.mark.parametrize(
    ("offset", "to", "is_right"),
    [
        ("10%", "2%", True),
        ("2%", "2%", False),
        ("2%", "3%", False),
        ("5", "2", True),
        ("5", "5.0", False),
        ("5", "6", False),
        ("2%", "50", True),
    ],
)
def test_b052_given_a_tightening_when_checked_then_it_is_narrower(
    offset: str, to: str, is_right: bool, exit_errors: Errors
) -> None:
    errors = exit_errors(f"{{trailing: {offset}, tighten: {{at: +3%, to: {to}}}}}")

    assert (errors == []) is is_right
    assert all("a trail only narrows, and " in error for error in errors)


@pytest.mark.parametrize(
    ("exit_", "side", "part"),
    [
        ("{trailing: 2%, after: -5%}", "long", "-5% is on the losing one"),
        ("{trailing: 2%, after: +5%}", "short", "+5% is on the losing one"),
        ("{trailing: 2%, after: -5 pnl}", "short", "-5 pnl is on the losing one"),
        ("{take_profit: -5%, deviation: 1%}", "long", "-5% is on the losing one"),
        (
            "{trailing: 2%, tighten: {at: -3%, to: 1%}}",
            "long",
            "a trail narrows on the winning side, above the entry of a long, and -3%",
        ),
        (
            "{trailing: 2%, after: +5%, tighten: {at: +5%, to: 1%}}",
            "long",
            "the trail begins at +5%, so it would never be 2%; write trailing: 1%",
        ),
        (
            "{trailing: 2%, after: 150, tighten: {at: 160, to: 1%}}",
            "short",
            "the trail begins at 150, so it would never be 2%",
        ),
    ],
)
def test_given_a_trail_on_the_losing_side_when_checked_then_refused(
    exit_: str, side: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, side=f"side: {side}")

    assert part in error


@pytest.mark.parametrize(
    ("exit_", "key", "why"),
    [
        ("{trailing: 2%, for: 5s}", "for", "with 'trailing'"),
        ("{trailing: 2%, prices: 3}", "prices", "with 'trailing'"),
        ("{trailing: 2%, emergency: 5}", "emergency", "with 'trailing'"),
        ("{trailing: 2%, deviation: 1%}", "deviation", "without 'take_profit'"),
        ("{stop_loss: 1, after: 2}", "after", "without 'trailing'"),
        ("{stop_loss: 1, step: 2%}", "step", "without 'trailing'"),
        ("{stop_loss: 1, deviation: 2%}", "deviation", "without 'take_profit'"),
        (
            "{take_profit: 1, tighten: {at: 2, to: 1%}}",
            "tighten",
            "without 'trailing'",
        ),
        ("{take_profit: 1, deviation: 1%, for: 5s}", "for", "with 'deviation'"),
        ("{trailing: 2%, before_liquidation: 1%}", "before_liquidation", "without 's"),
        ("{max_hold: 8h, after: 5}", "after", "without 'trailing'"),
    ],
)
def test_given_a_key_that_a_trail_has_no_use_for_when_checked_then_refused(
    exit_: str, key: str, why: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert error.startswith(f"'{key}' has no effect {why}")


def test_given_a_trailing_stop_without_a_side_when_checked_then_refused(
    exit_errors: Errors,
) -> None:
    (error,) = exit_errors("{trailing: 2%}", side="")

    assert "there is no position that 'trailing' could close" in error


@pytest.mark.parametrize(
    ("exit_", "is_protected"),
    [
        ("{trailing: 2%}", True),
        ("{trailing: 2%, after: +5%}", False),
        ("{take_profit: 150, deviation: 1%}", False),
        ("{below: 1, do: close}", True),
        ("{below: 1, do: close, watch: backpack/BTC_USDC_PERP}", False),
        ("{stop_loss: 1, watch: backpack/SOL_USDC}", True),
        ("{max_hold: 8h}", False),
    ],
)
def test_given_one_exit_when_checked_then_it_is_known_whether_it_protects(
    exit_: str, is_protected: bool, messages: Errors
) -> None:
    found = messages(
        "positions: {a: {venue: backpack, symbol: S, side: long, exits: "
        f"{{x: {exit_}}}}}}}\n"
    )

    assert any("'a' has no stop: " in message for message in found) is not is_protected


def test_b019_given_a_trailing_take_profit_under_the_stop_when_checked_then_refused(
    messages: Errors,
) -> None:
    (message,) = [
        m
        for m in messages(
            "positions: {a: {venue: backpack, symbol: S, side: long, exits: "
            "{sl: {stop_loss: 105}, tp: {take_profit: 104, deviation: 1%}}}}\n"
        )
        if ": error: " in m
    ]

    assert "105 does not lie below 104 ('tp' on line 1)" in message
