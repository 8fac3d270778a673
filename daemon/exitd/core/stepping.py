"""Trails that move in steps: between two of them the stop stands still."""

from decimal import Decimal

from exitd.core.condition import Direction, Offset
from exitd.core.units import HUNDRED, ceil_to_step, floor_to_step


def stepped_stop(watermark: Decimal, offset: Offset, way: Direction) -> Decimal:
    """Give where the stop stands behind a watermark."""
    distance = offset.value
    if offset.is_percent:
        distance = watermark * offset.value / HUNDRED
    return watermark - distance if way is Direction.FALLING else watermark + distance


def next_step(watermark: Decimal, step_percent: Decimal, way: Direction) -> Decimal:
    """Give the price at which the watermark moves next."""
    signed = step_percent if way is Direction.FALLING else -step_percent
    return watermark * (HUNDRED + signed) / HUNDRED


def least_watermark(
    best: Decimal, step_percent: Decimal, way: Direction, price_step: Decimal | None
) -> Decimal:
    """Give what the watermark is at least after a price, whatever came before.

    It had moved there, or was less than a step behind it. Rounded away from it.
    """
    falls = way is Direction.FALLING
    least = best * HUNDRED / (HUNDRED + (step_percent if falls else -step_percent))
    if price_step is None:
        return least
    return (
        floor_to_step(least, price_step) if falls else ceil_to_step(least, price_step)
    )
