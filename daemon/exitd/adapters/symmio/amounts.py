"""The contract's whole numbers of 10^-18 and our decimals, exactly, both ways."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.units import ceil_to_step, floor_to_step

_DECIMALS = 18
#: What 256 bits hold.
WORD_MAX = 2**256 - 1


def from_chain(number: int) -> Decimal:
    """Read a whole number of 10^-18, at least zero, without rounding."""
    assert number >= 0
    whole, fraction = divmod(number, 10**_DECIMALS)
    digits = f"{fraction:018d}".rstrip("0")
    return Decimal(f"{whole}.{digits}" if digits else str(whole))


def to_chain(amount: Decimal) -> int:
    """Write an amount as a whole number of 10^-18.

    Raises:
        ValueError: It is below zero, has more than 18 decimals, or is too large.
    """
    sign, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{amount} is no amount")
    coefficient: int = int("".join(map(str, digits)))
    shift = exponent + _DECIMALS
    if shift >= 0:
        number, left = coefficient * _ten_to(shift), 0
    else:
        number, left = divmod(coefficient, _ten_to(-shift))
    if left or number > WORD_MAX or (sign and number):
        raise ValueError(f"{amount} cannot be written with 18 decimals")
    return number


def _ten_to(exponent: int) -> int:
    # Beyond any word; an exponent from outside must not fill the memory.
    return int("1" + "0" * min(exponent, 100))


def step_of(precision: int) -> Decimal:
    """Give the step of a precision: 2 decimals are steps of 0.01, -1 are tens."""
    return Decimal(f"1E{-precision}") if precision else Decimal(1)


def looser_bound(
    price: Decimal, step: Decimal, *, sells: bool, least: Decimal
) -> Decimal:
    """Round the worst price of a market close away from the price, above zero.

    A bound of its own is a guard, not a wish: rounded the other way, it could keep a
    stop from being filled.
    """
    if sells:
        return max(floor_to_step(price, step), least)
    return ceil_to_step(price, step)
