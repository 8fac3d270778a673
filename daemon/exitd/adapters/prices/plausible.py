"""Which numbers can be prices at all (behaviour 13)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

# Beyond these a number is no price: exact arithmetic on 1e400 would be slow, and no
# market has one.
PRICE_MIN = Decimal("1e-30")
PRICE_MAX = Decimal("1e30")


def is_price(number: Decimal) -> bool:
    """Whether a decoded number can be a price; NaN and infinities are none."""
    try:
        return PRICE_MIN < number < PRICE_MAX
    except InvalidOperation:  # NaN has no order
        return False
