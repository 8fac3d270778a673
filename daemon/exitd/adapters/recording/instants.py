"""Instants as files of prices write them: numbers in any unit, or RFC 3339."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from exitd.core.units import NS_PER_MS, NS_PER_S, NS_PER_US

UNITS_NS = {"s": NS_PER_S, "ms": NS_PER_MS, "us": NS_PER_US, "ns": 1}
#: Numbers below these are in that unit; in each, they reach from 1973 to 5138.
_BELOW = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, without the cost of saying so
_LENGTH = len("2030-01-31T12:00:00")

ReadInstant = Callable[[str], int]


def reader_of(first: str, unit: str) -> ReadInstant:
    """Give the function that reads a column of instants, as UTC nanoseconds.

    Args:
        first: The first value: a number, or a time with its zone.
        unit: `s`, `ms`, `us` or `ns`; empty where the numbers have to tell.

    Raises:
        ValueError: It is neither.
    """
    if ":" in first:
        read_time(first)
        return read_time
    try:
        number = Decimal(first)
    except InvalidOperation:
        raise ValueError(
            f"'{first}' is no time; write a number of seconds, or 2030-01-31T12:00:00Z"
        ) from None
    return _reader_of_numbers(UNITS_NS[unit or _unit_of(number)])


def _unit_of(number: Decimal) -> str:
    return next((unit for below, unit in _BELOW if number < below), "ns")


def _reader_of_numbers(unit_ns: int) -> ReadInstant:
    def read(written: str) -> int:
        try:
            return int(written) * unit_ns
        except ValueError:
            pass
        try:
            return int(Decimal(written) * unit_ns)
        except (InvalidOperation, ValueError, OverflowError):
            raise ValueError(f"'{written}' is no time as the lines before") from None

    return read


def read_time(written: str) -> int:
    """Read `2030-01-31T12:00:00.123456789Z`, to the nanosecond.

    Raises:
        ValueError: It is no time, or has no zone.
    """
    rest = written[_LENGTH:]
    fraction_ns = 0
    if rest[:1] in (".", ","):
        digits = rest[1:].rstrip("Zz").split("+")[0].split("-")[0]
        if not digits.isdigit():
            raise ValueError(f"'{written}' is no time")
        fraction_ns = int(digits[:9].ljust(9, "0"))
        rest = rest[1 + len(digits) :]
    if rest not in ("Z", "z", "+00:00"):
        return _with_zone(written, rest) + fraction_ns
    try:
        elapsed = datetime.fromisoformat(written[:_LENGTH]) - _EPOCH
    except ValueError:
        raise ValueError(f"'{written}' is no time") from None
    return (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_S + fraction_ns


def _with_zone(written: str, zone: str) -> int:
    if not zone:
        raise ValueError(f"'{written}' has no zone; end it with Z for UTC")
    try:
        found = datetime.fromisoformat(written[:_LENGTH] + zone)
    except ValueError:
        raise ValueError(f"'{written}' is no time") from None
    elapsed = found - _EPOCH.replace(tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_S
