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
BTC = Instrument(
    account="backpack",
    symbol="BTC_USDC_PERP",
    kind=InstrumentKind.PERPETUAL,
    base="BTC",
    quote="USDC",
    price_step=Decimal("0.1"),
    quantity_step=Decimal("0.0001"),
    min_quantity=Decimal("0.0001"),
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
        more: str = "",
    ) -> list[str]:
        loaded = load_files(
            f"positions:\n  sol:\n    venue: backpack\n    symbol: {symbol}\n"
            f"    {side}\n    exits:\n      x: {exit_}\n"
            f"    {more}\n",
            daemon="version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
            f"policies: {policies}\n",
        )
        assert not loaded.has_errors
        record = PositionRecord(
            key=LONG,
            quantity=Decimal(live or 0),
            initial=Decimal(20),
            entry_price=Decimal(entry),
        )
        known = markets(
            (SOL, SPOT, BTC),
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


@pytest.mark.parametrize(
    ("exit_", "price", "is_wrong"),
    [
        ("{trailing: 0.009}", None, True),
        ("{trailing: 0.01}", None, False),
        ("{trailing: 0.005%}", None, False),
        ("{trailing: 0.005%}", "140", True),
        ("{trailing: 0.01%}", "140", False),
        ("{take_profit: 150, deviation: 0.001}", None, True),
        ("{trailing: 1, tighten: {at: 150, to: 0.001}}", None, True),
    ],
)
def test_b049_given_a_distance_under_one_step_when_checked_then_refused(
    exit_: str, price: str | None, is_wrong: bool, check: Check
) -> None:
    errors = [m for m in check(exit_, price=price) if ": error: " in m]

    assert bool(errors) is is_wrong
    assert all(
        "is less than one price step of SOL_USDC_PERP, 0.01" in error
        for error in errors
    )


@pytest.mark.parametrize(
    ("exit_", "place"),
    [
        ("{trailing: 1%, after: 150.001}", "7:32"),
        ("{trailing: 2%, tighten: {at: 150.001, to: 1%}}", "7:39"),
        ("{take_profit: 150.001, deviation: 1%}", "7:24"),
        ("{stop_loss: 131, for: 5s, emergency: 130.001}", "7:47"),
        ("{below: 131.001, do: close}", "7:18"),
    ],
)
def test_b024_given_any_level_off_the_step_when_checked_then_refused_in_its_place(
    exit_: str, place: str, check: Check
) -> None:
    (message,) = check(exit_)

    assert message.startswith(f"{place}: error: ")
    assert "is off the price step 0.01 of SOL_USDC_PERP; the nearest are" in message


def test_b024_given_moves_off_the_step_when_checked_then_refused_in_their_place(
    check: Check,
) -> None:
    found = check(
        "{stop_loss: 131}",
        more="moves: [{at: 150.001, set: x, to: 140.001}]",
    )

    assert [m.partition(" is off")[0] for m in found] == [
        "8:18: error: 150.001",
        "8:39: error: 140.001",
    ]


def test_b024_given_another_market_when_checked_then_its_own_step_counts(
    check: Check,
) -> None:
    btc = "watch: backpack/BTC_USDC_PERP"

    assert check(f"{{below: 60000.01, do: close, {btc}}}") == [
        "7:18: error: 60000.01 is off the price step 0.1 of BTC_USDC_PERP; "
        "the nearest are 60000 and 60000.1"
    ]
    assert check(f"{{below: 60000.1, do: close, {btc}}}", live="5") == []


def test_b027_given_another_market_that_is_not_there_when_checked_then_hinted(
    check: Check,
) -> None:
    assert check("{below: 6, do: close, watch: backpack/BTC_USDC_PREP}") == [
        "7:39: error: backpack has no market 'BTC_USDC_PREP' "
        "(did you mean 'BTC_USDC_PERP'?)"
    ]


@pytest.mark.parametrize(
    ("close", "part"),
    [
        ("500 USDT", "is paid in USDC, not in USDT; write the amount in USDC"),
        ("2 SOL", "is paid in USDC, not in SOL; write close: 2 for SOL"),
    ],
)
def test_given_an_amount_in_another_currency_when_checked_then_refused(
    close: str, part: str, check: Check
) -> None:
    (message,) = check(f"{{stop_loss: 131, close: {close}}}")

    assert message.startswith("7:34: error: SOL_USDC_PERP ")
    assert part in message
    assert check("{stop_loss: 131, close: 500 USDC}") == []


def test_b082_given_an_amount_under_the_minimum_when_checked_then_warned(
    check: Check,
) -> None:
    (message,) = check("{stop_loss: 131, close: 10 USDC}", price="140")

    assert message == (
        "7:34: warning: 10 USDC is 0.07 SOL at 140, under the minimum of 0.1: the "
        "minimum, or all there is, will be closed"
    )
    assert check("{stop_loss: 131, close: 15 USDC}", price="140") == []


def test_b082_given_a_share_of_the_first_size_when_checked_then_of_that_size(
    check: Check,
) -> None:
    exit_ = "{stop_loss: 131, close: 1% initial}"

    assert check(exit_, live="5") == []
    assert "0.4% of 20 is under the minimum" in "".join(
        check(exit_.replace("1%", "0.4%"), live="5")
    )


def test_b086_given_a_relative_level_when_the_entry_is_known_then_its_price_counts(
    check: Check,
) -> None:
    crossed = check("{stop_loss: -3%}", price="135.80", live="5")
    fits = check("{stop_loss: -3%}", price="135.81", live="5")
    near = check(
        "{stop_loss: -3%}", price="136", live="5", policies="{min_distance: 1%}"
    )

    assert crossed == [
        "7:22: warning: -3% (135.8) is crossed already: the mark price is 135.8"
    ]
    assert fits == []
    assert "-3% (135.8) is 0.1471% from the mark price 136, nearer than" in near[0]
    assert check("{stop_loss: -3%}", price="100") == []


@pytest.mark.parametrize(
    ("exit_", "live", "price", "severity"),
    [
        ("{trailing: 2%, after: 139}", "5", "138", "error"),
        ("{trailing: 2%, after: 140}", "5", "138", None),
        ("{trailing: 2%, after: 141}", "5", "150", None),
        ("{take_profit: 139, deviation: 1%}", "5", None, "error"),
        ("{trailing: 2%, after: 139}", None, "140", "warning"),
        ("{trailing: 2%, after: 140}", None, "140", None),
        ("{trailing: 2%, after: 141}", None, "140", None),
        ("{trailing: 2%, after: 139}", None, None, None),
    ],
)
def test_b043_given_a_beginning_on_the_losing_side_when_checked_then_said(
    exit_: str, live: str | None, price: str | None, severity: str | None, check: Check
) -> None:
    found = check(exit_, live=live, price=price)

    assert [m.split(": ")[1] for m in found] == ([severity] if severity else [])
    if severity == "error":
        assert "and 139 is not above the entry, 140" in found[0]
    elif severity:
        assert "139 is passed already: the mark price is 140, so the trail" in found[0]


def test_given_a_position_without_an_entry_when_checked_then_nothing_is_guessed(
    check: Check,
) -> None:
    assert check("{max_hold: 8h}", live="5", price="140") == []
    assert check("{stop_loss: -3%}") == []
