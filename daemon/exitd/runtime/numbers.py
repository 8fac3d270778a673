"""Averages and costs as text: they may have more digits than anybody reads."""

from decimal import ROUND_HALF_UP, Decimal

from exitd.core.units import text

_DECIMALS = 10
_STEP = Decimal("1E-10")


def rounded_text(number: Decimal | None) -> str | None:
    """Write a number with ten decimals at the most; None stays None."""
    if number is None:
        return None
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DECIMALS:
        number = number.quantize(_STEP, ROUND_HALF_UP)
    return text(number)
