"""Confirmation: a time, a number of prices, the close of a candle; and emergencies."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.loaded import Loaded
from exitd.core.condition import Basis, Confirmation, Relative
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerDefinition

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
TWO_MINUTES_NS = 120 * 1_000_000_000
CLOSED = "price: last_close, last_close: closed, candle: 15m"
TRADES = PriceSource("backpack", "SOL_USDC_PERP", PriceKind.LAST)


@pytest.mark.parametrize(
    ("exit_", "confirmation"),
    [
        ("{stop_loss: 131}", None),
        ("{stop_loss: 131, for: 120s}", Confirmation(for_ns=TWO_MINUTES_NS)),
        (
            "{stop_loss: 131, for: 2m, emergency: 128}",
            Confirmation(for_ns=TWO_MINUTES_NS, emergency=Decimal(128)),
        ),
        ("{take_profit: 150, prices: 3}", Confirmation(prices=3)),
        (
            "{stop_loss: -3%, prices: 2, emergency: -5%, entry: keep}",
            Confirmation(
                prices=2,
                emergency=Relative(Basis.ENTRY, Decimal(-5), follows=False),
            ),
        ),
        ("{above: 150, do: notify, for: 5s}", Confirmation(for_ns=5_000_000_000)),
        (
            "{below: 120, do: cancel, prices: 1000, emergency: 110}",
            Confirmation(prices=1000, emergency=Decimal(110)),
        ),
        (f"{{stop_loss: 131, {CLOSED}}}", None),
        (
            f"{{stop_loss: 131, {CLOSED}, emergency: 128}}",
            Confirmation(emergency=Decimal(128), emergency_source=TRADES),
        ),
        (
            f"{{stop_loss: 131, {CLOSED}, prices: 2, emergency: 128}}",
            Confirmation(prices=2, emergency=Decimal(128), emergency_source=TRADES),
        ),
    ],
)
def test_b135_given_a_confirmation_when_made_then_a_value_of_the_core(
    exit_: str, confirmation: Confirmation | None, made: Made
) -> None:
    assert made(exit_).confirmation == confirmation


def test_b135_given_a_watched_market_when_made_then_its_trades_are_the_emergency(
    made: Made,
) -> None:
    trigger = made(
        f"{{stop_loss: 131, {CLOSED}, emergency: 128, watch: backpack/SOL_USDC}}"
    )

    assert trigger.confirmation is not None
    assert trigger.confirmation.emergency_source == PriceSource(
        "backpack", "SOL_USDC", PriceKind.LAST
    )


@pytest.mark.parametrize(
    ("exit_", "side", "where"),
    [
        ("{stop_loss: 131, for: 5s, emergency: 131}", "long", "below 131"),
        ("{stop_loss: 131, for: 5s, emergency: 132}", "long", "below 131"),
        ("{stop_loss: 131, for: 5s, emergency: 130}", "short", "above 131"),
        ("{take_profit: 150, for: 5s, emergency: 149}", "long", "above 150"),
        ("{take_profit: 150, for: 5s, emergency: 151}", "short", "below 150"),
        ("{below: 120, do: close, prices: 2, emergency: 121}", "long", "below 120"),
        ("{above: 120, do: close, prices: 2, emergency: 119}", "short", "above 120"),
        ("{stop_loss: -3%, prices: 2, emergency: -2%}", "long", "below -3%"),
        ("{stop_loss: -3%, prices: 2, emergency: +5 pnl}", "long", "below -3%"),
        (
            "{stop_loss: -30 pnl, prices: 2, emergency: -2 pnl}",
            "short",
            "above -30 pnl",
        ),
    ],
)
def test_b133_given_an_emergency_before_the_level_when_checked_then_refused(
    exit_: str, side: str, where: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, side=f"side: {side}")

    assert error.startswith("an emergency level lies beyond the level, and ")
    assert error.endswith(f"does not lie {where}")


def test_b133_given_an_emergency_without_a_side_when_checked_then_beyond_the_level(
    exit_errors: Errors,
) -> None:
    (error,) = exit_errors("{below: 120, do: notify, for: 5s, emergency: 121}", side="")

    assert error.endswith("121 does not lie below 120")


def test_b133_given_levels_that_the_entry_decides_when_checked_then_not_guessed(
    exit_errors: Errors,
) -> None:
    assert exit_errors("{stop_loss: 131, for: 5s, emergency: -5%}") == []
    assert exit_errors("{stop_loss: -3%, for: 5s, emergency: -500 pnl}") == []


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        (
            "{stop_loss: 1, for: 5s, prices: 3}",
            "'for' and 'prices' exclude each other",
        ),
        (
            "{stop_loss: 2, emergency: 1}",
            "'emergency' has no effect without something that it need not wait for",
        ),
        (
            "{stop_loss: 2, emergency: 1, price: last_close}",
            "'emergency' has no effect without something",
        ),
        ("{max_hold: 8h, for: 5s}", "'for' has no effect with 'max_hold'"),
        (
            "{at_time: 2030-01-01T00:00:00Z, prices: 3}",
            "'prices' has no effect with 'at_time'",
        ),
    ],
)
def test_b137_given_confirmations_that_do_not_fit_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


@pytest.mark.parametrize(
    ("exit_", "place"),
    [
        ("{stop_loss: 131, for: 120s}", "8:27"),
        ("{stop_loss: 131, prices: 3}", "8:27"),
        ("{below: 131, do: close, prices: 3}", "8:34"),
    ],
)
def test_b133_given_a_stop_that_waits_without_an_emergency_when_checked_then_warned(
    exit_: str, place: str, exit_warnings: Errors
) -> None:
    (warning,) = exit_warnings(exit_)

    assert warning == (
        f"{place}: warning: a stop that waits follows the price however far it falls "
        "meanwhile; add emergency: and a level farther out, which does not wait"
    )


@pytest.mark.parametrize(
    "exit_",
    [
        "{stop_loss: 131, for: 120s, emergency: 128}",
        "{take_profit: 131, prices: 3}",
        "{below: 131, do: notify, prices: 3}",
        f"{{stop_loss: 131, {CLOSED}}}",
    ],
)
def test_b133_given_no_stop_that_only_waits_when_checked_then_not_warned(
    exit_: str, exit_warnings: Errors
) -> None:
    assert exit_warnings(exit_) == []


def test_b135_given_a_venue_without_trades_when_an_emergency_needs_them_then_refused(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(
        {
            "venues/backpack.yaml": "url: https://a.org\nws_url: wss://a.org\n"
            "request_window: 5s\nrequest_window_max: 60s\nlag_slack: 1s\n"
            "requests_per_minute: 5\nhistory_requests_per_minute: 5\n"
            "prices: [last_close]\ncandles: [15m]\n",
            "conf.d/a.yaml": "positions: {a: {venue: backpack, symbol: S, side: long, "
            f"exits: {{x: {{stop_loss: 3, {CLOSED}, emergency: 2}}}}}}}}\n",
        }
    )

    (finding,) = loaded.findings
    assert "backpack streams no last price, where an emergency is" in finding.message
