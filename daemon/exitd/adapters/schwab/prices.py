"""How Schwab writes prices: two decimals from a dollar on, four below it."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from exitd.core.position import OrderSide
from exitd.core.units import ONE

CENT = Decimal("0.01")
BELOW_A_DOLLAR = Decimal("0.0001")


def step_at(price: Decimal) -> Decimal:
    return CENT if price >= ONE else BELOW_A_DOLLAR


def limit_text(price: Decimal, side: OrderSide) -> str:
    """Write a limit, never worse than asked: a buy is cut, a sale rounded up."""
    rounding = ROUND_FLOOR if side is OrderSide.BUY else ROUND_CEILING
    return format(price.quantize(step_at(price), rounding), "f")


def stop_text(price: Decimal) -> str:
    """Write a stop, at the nearest price that is taken."""
    return format(price.quantize(step_at(price), ROUND_HALF_UP), "f")
