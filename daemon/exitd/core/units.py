"""Numbers: exact decimals from string to string, and whole steps of them.

A price or a quantity is a `Decimal` made from text and written back with
`text()`; it never passes through a float. Instants are UTC nanoseconds in an
`int`, and carry the unit in their name.
"""

import decimal
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
INFINITY = Decimal("Infinity")

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
NS_PER_HOUR = 3_600 * NS_PER_S
NS_PER_DAY = 24 * NS_PER_HOUR


def trap_floats() -> None:
    """Make `Decimal(0.1)` and `Decimal(1) < 1.5` raise, in this thread and after."""
    decimal.DefaultContext.traps[decimal.FloatOperation] = True
    decimal.getcontext().traps[decimal.FloatOperation] = True


def price_or_none(text: str | None) -> Decimal | None:
    """Read a price as a venue wrote it; None when it is not a price.

    Zero, negative, NaN, infinite and empty are not prices: such a frame is
    ignored and counted, it never fires anything (behaviour 13).
    """
    if not text:
        return None
    try:
        price = Decimal(text)
    except decimal.InvalidOperation:
        return None
    return price if price.is_finite() and price > ZERO else None


def text(number: Decimal) -> str:
    """Write a number as venues and people want it: no exponent, no padding.

    `str(Decimal("0.00000001"))` is `1E-8`, which would also be signed as such.
    """
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def floor_to_step(number: Decimal, step: Decimal) -> Decimal:
    """Round *number* (at least zero) towards zero to a multiple of *step*.

    A close must never exceed the position, so the remainder is dropped.

    Raises:
        AssertionError: *number* is negative or *step* is not above zero.
    """
    assert number >= ZERO
    assert step > ZERO
    return (number / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to_step(number: Decimal, step: Decimal) -> Decimal:
    """Round *number* (at least zero) up to a multiple of *step* (above zero)."""
    assert number >= ZERO
    assert step > ZERO
    return (number / step).to_integral_value(ROUND_CEILING) * step


def is_on_step(number: Decimal, step: Decimal) -> bool:
    """Whether *number* is a whole multiple of *step* (above zero)."""
    return number % step == ZERO


def neighbours_on_step(number: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """Give the nearest multiples of *step* at or below and at or above *number*."""
    return floor_to_step(number, step), ceil_to_step(number, step)
