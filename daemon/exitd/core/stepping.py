"""Trails that move in steps: between two of them the stop stands still."""

from decimal import Decimal

from exitd.core.condition import Direction, Offset
from exitd.core.units import HUNDRED


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
