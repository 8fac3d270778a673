"""Exits at a time: instants, times of day, sessions, and how long to hold."""

from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.configuration.calendars import CALENDARS
from exitd.configuration.times import read_at_time, zones
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    BeforeClose,
    Condition,
    MaxHold,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import Close, Quantity, QuantityKind, TriggerDefinition, Twap

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
S = 1_000_000_000


@pytest.mark.parametrize(
    ("exit_", "condition"),
    [
        ("{max_hold: 8h}", MaxHold(8 * 3_600 * S)),
        ("{at_time: 1970-01-02T00:00:01Z}", AtInstant(86_401 * S)),
        (
            "{at_time: 15:55 America/New_York}",
            AtTimeOfDay(15 * 3_600 + 55 * 60, "America/New_York"),
        ),
        (
            "{at_time: 15:55:30 Europe/Berlin, calendar: XETR}",
            AtTimeOfDay(15 * 3_600 + 55 * 60 + 30, "Europe/Berlin", "XETR"),
        ),
        ("{at_time: 00:00 UTC}", AtTimeOfDay(0, "UTC")),
        (
            "{at_time: 5m before close, calendar: XNYS}",
            BeforeClose(300 * S, "XNYS"),
        ),
        (
            "{at_time: '23:59:59 America/Argentina/Buenos_Aires'}",
            AtTimeOfDay(86_399, "America/Argentina/Buenos_Aires"),
        ),
    ],
)
def test_given_a_time_when_made_then_a_value_of_the_core(
    exit_: str, condition: Condition, made: Made
) -> None:
    trigger = made(exit_)

    assert trigger.condition == condition
    assert trigger.source == PriceSource("backpack", "SOL_USDC_PERP", PriceKind.MARK)


def test_given_an_exit_at_a_time_when_made_then_it_closes_as_any_other(
    made: Made,
) -> None:
    trigger = made(
        "{max_hold: 8h, close: 50% initial, twap: {slices: 5, every: 30s}, "
        "once: true, expires: 3d}"
    )

    assert trigger.action == Close(
        Quantity(QuantityKind.INITIAL, Decimal(50)), twap=Twap(5, 30 * S)
    )
    assert trigger.once
    assert trigger.expires_ns == 3 * 86_400 * S


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("17:00", r"write a time with its zone, such as 17:00 America/New_York"),
        ("24:00 UTC", "24:00 UTC is not on the clock; write 00:00 to 23:59:59"),
        ("12:60 UTC", "is not on the clock"),
        ("9:30 Europe/Berlin", "write a time with its zone: 2027-01-31T16:00:00Z"),
        ("15:55+02:00", "write a time with its zone: "),
        (
            "15:55 America/New_Yrok",
            r"there is no time zone 'America/New_Yrok' \(did you mean "
            r"'America/New_York'\?\)",
        ),
        ("15:55 europe/berlin", r"\(did you mean 'Europe/Berlin'\?\)"),
        ("15:55 Tokyo", r"\(did you mean 'Asia/Tokyo'\?\)"),
        ("15:55 Nowhere/Atall", "there is no time zone 'Nowhere/Atall'$"),
        ("2027-01-31T16:00:00", "write a time with its zone, such as 2027-01-31T16:00"),
        ("2027-02-30T16:00:00Z", "is not on the calendar or the clock"),
        ("0s before close", "a duration is above zero"),
        ("1d before close", "write less than 1d before the close"),
        ("5 before close", "or 5m before close with a calendar"),
        ("close", "or 5m before close with a calendar"),
        (1755, "write a time with its zone: "),
        (None, "write a time with its zone: "),
    ],
)
def test_given_no_time_when_read_then_a_sentence_says_what_to_write(
    written: object, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        read_at_time(written)


@given(st.text(max_size=60) | st.integers() | st.decimals() | st.booleans())
def test_given_anything_when_a_time_is_read_then_a_value_or_a_sentence(
    written: object,
) -> None:
    try:
        read_at_time(written)
    except ValueError as error:
        assert len(str(error)) > 10  # noqa: PT017


def test_given_the_zones_when_listed_then_each_has_its_clocks() -> None:
    assert len(zones()) > 500
    for name in zones():
        assert ZoneInfo(name).key == name


@pytest.mark.parametrize("calendar", CALENDARS)
def test_given_a_calendar_when_written_then_known(calendar: str, made: Made) -> None:
    trigger = made(f"{{at_time: 1h before close, calendar: {calendar}}}")

    assert trigger.condition == BeforeClose(3_600 * S, calendar)


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{at_time: 5m before close}", "needs a calendar; add one, such as calendar: "),
        ("{at_time: 5m before close, calendar: 24/7}", "never closes has no calendar"),
        ("{at_time: 5m before close, calendar: XNYX}", "(did you mean 'XNYS'?)"),
        ("{at_time: 5m before close, calendar: xnys}", "(did you mean 'XNYS'?)"),
        (
            "{at_time: 2030-01-01T00:00:00Z, calendar: XNYS}",
            "'calendar' has no effect with an instant, which names its day itself",
        ),
        ("{max_hold: 8h, calendar: XNYS}", "'calendar' has no effect with 'max_hold'"),
        ("{stop_loss: 1, calendar: XNYS}", "'calendar' has no effect with 'stop_loss'"),
        ("{max_hold: 8h, price: last}", "'price' has no effect with 'max_hold'"),
        ("{max_hold: 8h, watch: backpack/A}", "'watch' has no effect with 'max_hold'"),
        ("{max_hold: 8h, deviation: 1%}", "'deviation' has no effect without 'take_"),
    ],
)
def test_given_times_that_do_not_fit_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


def test_given_no_side_when_at_a_time_then_only_to_cancel_or_to_tell(
    exit_errors: Errors, made: Made
) -> None:
    at_time = "at_time: 15:55 America/New_York"

    (error,) = exit_errors(f"{{{at_time}}}", side="")
    (held,) = exit_errors("{max_hold: 8h, do: notify}", side="")

    assert "without 'side' there is no position to close" in error
    assert "there is no position that 'max_hold' could close" in held
    assert made(f"{{{at_time}, do: cancel}}", side="").side is None


def test_b037_given_an_instant_that_has_passed_when_checked_then_warned(
    messages: Errors,
) -> None:
    text = (
        "positions:\n  sol:\n    venue: backpack\n    symbol: S\n    side: long\n"
        "    exits:\n      sl: {stop_loss: 1}\n"
        "      end: {at_time: 2027-01-01T00:00:00Z}\n"
    )
    then_ns = 1_798_761_600 * S

    assert messages(text, now_ns=then_ns - 1) == []
    assert messages(text, now_ns=then_ns) == [
        "8:22: warning: 2027-01-01T00:00:00Z has passed; remove this exit, or write a "
        "later time"
    ]
