"""Checks that need the markets: symbols, steps, minimums, distances."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import check_markets, markets
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side

SOL = Instrument(
    account="backpack",
    symbol="SOL_USDC_PERP",
    kind=InstrumentKind.PERPETUAL,
    base="SOL",
    quote="USDC",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.01"),
    min_quantity=Decimal("0.1"),
)
SPOT = Instrument(
    account="backpack",
    symbol="SOL_USDC",
    kind=InstrumentKind.SPOT,
    base="SOL",
    quote="USDC",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.01"),
    min_quantity=Decimal("0.01"),
)
LONG = PositionKey("backpack", "SOL_USDC_PERP", Side.LONG)
MARK = PriceSource("backpack", "SOL_USDC_PERP", PriceKind.MARK)

Check = Callable[..., list[str]]


@pytest.fixture
def check(load_files: Callable[..., Loaded]) -> Check:
    def load_and_check(
        exit_: str,
        *,
        symbol: str = "SOL_USDC_PERP",
        side: str = "side: long",
        price: str | None = None,
        live: str | None = None,
        entry: str = "140",
        policies: str = "{}",
    ) -> list[str]:
        loaded = load_files(
            f"positions:\n  sol:\n    venue: backpack\n    symbol: {symbol}\n"
            f"    {side}\n    exits:\n      x: {exit_}\n",
            daemon="version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
            f"policies: {policies}\n",
        )
        assert not loaded.has_errors
        record = PositionRecord(
            key=LONG, quantity=Decimal(live or 0), entry_price=Decimal(entry)
        )
        known = markets(
            (SOL, SPOT),
            {MARK: Decimal(price)} if price else {},
            {LONG: record} if live else {},
        )
        return [
            f"{f.line}:{f.column}: {f.severity}: {f.message}"
            for f in check_markets(loaded, known)
        ]

    return load_and_check


def test_b024_given_a_level_off_the_step_when_checked_then_the_two_nearest(
    check: Check,
) -> None:
    assert check("{stop_loss: 131.255}") == [
        "7:22: error: 131.255 is off the price step 0.01 of SOL_USDC_PERP; "
        "the nearest are 131.25 and 131.26"
    ]
    assert check("{stop_loss: 131.250}") == []


def test_b025_given_quantities_when_checked_then_floored_or_refused(
    check: Check,
) -> None:
    assert check("{stop_loss: 131, close: 1.004}") == [
        "7:34: warning: 1.004 is off the quantity step 0.01; 1 will be closed"
    ]
    assert check("{stop_loss: 131, close: 0.09}") == [
        "7:34: error: 0.09 is under the minimum of 0.1 SOL; close more"
    ]
    assert check("{stop_loss: 131, close: 0.1}") == []


def test_b026_given_more_than_the_position_when_checked_then_noted(
    check: Check,
) -> None:
    assert check("{stop_loss: 131, close: 12}", live="10") == [
        "7:34: warning: 12 is more than the position has, 10; "
        "no more than the position is ever closed"
    ]
    assert check("{stop_loss: 131, close: 10}", live="10") == []


def test_b082_given_a_share_under_the_minimum_when_checked_then_warned(
    check: Check,
) -> None:
    (message,) = check("{stop_loss: 131, close: 1%}", live="5")

    assert message.startswith("7:34: warning: 1% of 5 is under the minimum of 0.1 SOL")


def test_b027_given_an_unknown_symbol_when_checked_then_the_nearest_is_hinted(
    check: Check,
) -> None:
    assert check("{stop_loss: 131}", symbol="SOL_USDC_PREP") == [
        "4:13: error: backpack has no market 'SOL_USDC_PREP' "
        "(did you mean 'SOL_USDC_PERP'?)"
    ]


def test_given_a_spot_market_with_a_side_when_checked_then_refused(
    check: Check,
) -> None:
    (message,) = check("{stop_loss: 131}", symbol="SOL_USDC")

    assert message.startswith("4:13: error: SOL_USDC is a spot market")
    assert check("{below: 131, do: notify}", symbol="SOL_USDC", side="") == []


def test_b028_given_a_level_near_the_price_when_checked_then_refused(
    check: Check,
) -> None:
    near = check("{stop_loss: 131}", price="132", policies="{min_distance: 1%}")
    fits = check("{stop_loss: 131}", price="133", policies="{min_distance: 1%}")

    assert near == [
        "7:22: error: 131 is 0.7576% from the mark price 132, nearer than "
        "min_distance, 1%"
    ]
    assert fits == []


@pytest.mark.parametrize(
    ("exit_", "price", "is_crossed"),
    [
        ("{stop_loss: 131}", "131", True),
        ("{stop_loss: 131}", "131.01", False),
        ("{take_profit: 131}", "131", True),
        ("{take_profit: 131}", "130.99", False),
    ],
)
def test_given_a_price_when_a_level_is_crossed_already_then_warned(
    exit_: str, price: str, is_crossed: bool, check: Check
) -> None:
    found = check(exit_, price=price)

    assert [" is crossed already: the mark price is " in m for m in found] == (
        [True] if is_crossed else []
    )


def test_given_an_entry_and_no_price_when_on_the_wrong_side_then_warned(
    check: Check,
) -> None:
    stop = check("{stop_loss: 141}", live="5", entry="140")
    target = check("{take_profit: 139}", live="5", entry="140")

    assert "the stop 141 is above the entry, 140" in stop[0]
    assert "the take-profit 139 is below the entry, 140" in target[0]
    assert check("{stop_loss: 139}", live="5", entry="140") == []
    assert check("{take_profit: 141}", live="5", entry="140") == []


def test_given_an_account_that_nothing_is_known_of_when_checked_then_skipped(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(
        "positions: {a: {venue: backpack, symbol: S, side: long, "
        "exits: {x: {stop_loss: 1.23456}}}}\n"
    )

    assert check_markets(loaded, markets(())) == []
