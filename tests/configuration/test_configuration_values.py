"""Numbers, percentages, durations and times, as they are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.configuration import values
from exitd.configuration.values import After, Instant
from exitd.core.trigger import Quantity, QuantityKind


@pytest.mark.parametrize(
    "written",
    ["1e3", "010", "12:30", "+5", "1_000", ".5", "5.", "", "abc", "٣", True, None, [1]],
)
def test_given_no_plain_number_when_read_then_refused(written: object) -> None:
    with pytest.raises(ValueError, match="write a number in plain digits"):
        values.read_number(written)


def test_given_a_price_of_zero_or_less_when_read_then_refused() -> None:
    for written in (0, "0.00", -1, Decimal("-0.5")):
        with pytest.raises(ValueError, match="above zero"):
            values.read_price(written)


def test_given_a_share_where_a_number_belongs_when_read_then_said() -> None:
    with pytest.raises(ValueError, match=r"not the share 5%"):
        values.read_number("5%")


def test_given_a_percentage_when_read_then_it_needs_its_sign() -> None:
    assert values.read_percent("0.5%") == Decimal("0.5")
    with pytest.raises(ValueError, match=r"such as 2\.5%"):
        values.read_percent(Decimal("2.5"))
    with pytest.raises(ValueError, match=r"such as 7%"):
        values.read_percent(7)
    with pytest.raises(ValueError, match=r"write 3%"):
        values.read_percent("+3%")


@pytest.mark.parametrize("written", ["0%", "100%", "250%"])
def test_b049_given_an_offset_of_zero_or_all_when_read_then_refused(
    written: str,
) -> None:
    with pytest.raises(ValueError, match=r"above 0% and under 100%"):
        values.read_bound(written)


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("50%", Quantity(QuantityKind.SHARE, Decimal(50))),
        ("100%", Quantity(QuantityKind.SHARE, Decimal(100))),
        ("rest", Quantity(QuantityKind.REST)),
        (Decimal("0.25"), Quantity(QuantityKind.ABSOLUTE, Decimal("0.25"))),
        ("2", Quantity(QuantityKind.ABSOLUTE, Decimal(2))),
        ("50% initial", Quantity(QuantityKind.INITIAL, Decimal(50))),
        ("500 USDC", Quantity(QuantityKind.QUOTE, Decimal(500), "USDC")),
        ("0.5 ETH", Quantity(QuantityKind.QUOTE, Decimal("0.5"), "ETH")),
    ],
)
def test_given_a_quantity_when_read_then_its_kind_is_plain(
    written: object, quantity: Quantity
) -> None:
    assert values.read_quantity(written) == quantity


@pytest.mark.parametrize(
    "written",
    [
        *("0%", "101%", "0", 0, -1, "half", "+5%", None, "0 USDC", "-5 USDC"),
        *("0% initial", "101% initial", "50%initial", "50 initial", "5 usdc", "5USDC"),
        *("USDC", "5 USDC USDC", "1e3 USDC", "9" * 41, "50% rest"),
    ],
)
def test_given_an_impossible_quantity_when_read_then_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        values.read_quantity(written)


@pytest.mark.parametrize(
    ("written", "duration_ns"),
    [
        ("500ms", 500_000_000),
        ("2s", 2_000_000_000),
        ("15m", 900_000_000_000),
        ("8h", 28_800_000_000_000),
        ("3d", 259_200_000_000_000),
    ],
)
def test_given_a_duration_when_read_then_nanoseconds(
    written: str, duration_ns: int
) -> None:
    assert values.read_duration_ns(written) == duration_ns


@pytest.mark.parametrize("written", [15, "15", "1.5h", "8 h", "-2s", "2S", "٣s", True])
def test_given_a_duration_without_unit_when_read_then_refused(written: object) -> None:
    with pytest.raises(ValueError, match="write a duration with its unit"):
        values.read_duration_ns(written)


def test_given_a_duration_of_nothing_when_read_then_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        values.read_positive_duration_ns("0s")


@pytest.mark.parametrize(
    ("written", "ts_ns"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("2026-11-20T12:00:00.123456789Z", 1_795_176_000_123_456_789),
        ("2026-11-20 07:00:00-05:00", 1_795_176_000_000_000_000),
    ],
)
def test_given_a_time_when_read_then_utc_nanoseconds(written: str, ts_ns: int) -> None:
    assert values.read_instant(written) == Instant(ts_ns, written)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T12:00:00",
        "2026-11-20",
        "12:30",
        "2026-13-20T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-02-20T25:00:00Z",
        "2026-02-20T12:00:00+99:00",
        "0000-01-01T00:00:00Z",
        "soon",
        5,
    ],
)
def test_given_a_time_without_zone_or_calendar_when_read_then_refused(
    written: object,
) -> None:
    with pytest.raises(ValueError, match=r"zone|calendar"):
        values.read_instant(written)


def test_given_an_expiry_when_read_then_absolute_or_relative() -> None:
    assert values.read_expiry("8h") == After(28_800_000_000_000, "8h")
    assert isinstance(values.read_expiry("2027-01-31T16:00:00Z"), Instant)
    with pytest.raises(ValueError, match="when it ends"):
        values.read_expiry("tomorrow")


@pytest.mark.parametrize("written", ["all", "limit", "trigger"])
def test_given_a_word_for_orders_when_read_then_itself(written: str) -> None:
    assert values.read_client_order_id(written) == written


def test_given_client_ids_when_read_then_32_bits() -> None:
    assert values.read_client_order_id(4_294_967_295) == "4294967295"
    assert values.read_client_order_id("42") == "42"
    for wrong in (4_294_967_296, -1, "042", "limits", None):
        with pytest.raises(ValueError, match="which orders"):
            values.read_client_order_id(wrong)


@given(st.text(max_size=50) | st.integers() | st.decimals() | st.booleans() | st.none())
def test_given_anything_when_read_then_a_value_or_a_sentence(written: object) -> None:
    for read in (
        values.read_number,
        values.read_bound,
        values.read_quantity,
        values.read_duration_ns,
        values.read_expiry,
        values.read_instant,
        values.read_client_order_id,
        values.read_name,
        values.read_factor,
    ):
        try:
            read(written)
        except ValueError as error:
            assert len(str(error)) > 10  # noqa: PT017
