"""The prices that a seed shows: jumps, walks that trend, and single wrong prints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from msgspec import Struct

ENTRY = Decimal(140)
#: When the faults of a world heal, in seconds; most worlds are short, since a long one
#: costs as much as three.
ENDS_S = (8.0, 12.0, 12.0, 18.0, 40.0)
#: Where the path ends, as a distance on the losing side of the entry.
LAST_DISTANCE = Decimal("3.6")


class Shown(Struct, frozen=True):
    """A price of the market, or of the mark alone: the index bears it out or not."""

    price: Decimal
    is_spike: bool = False


def draw_path(rng: Random, sign: int, end_s: float) -> Iterator[tuple[float, Shown]]:
    """The price over time; it ends beyond the first stops, so that they must fire.

    Half of the paths jump anywhere; the others walk in legs, so that trails begin,
    follow and are hit on the way back.
    """
    points = _jumps(rng, end_s) if rng.random() < 0.5 else _legs(rng, end_s)
    spikes = rng.choice((0.0, 0.0, 0.15))
    for at_s, offset in points:
        price = ENTRY + sign * offset
        yield at_s, Shown(price)
        if rng.random() < spikes:
            begin_s = at_s + rng.uniform(0.01, 0.15)
            away = Decimal(rng.randint(-300, 300)) / 100
            yield begin_s, Shown(price + away, is_spike=True)
            yield begin_s + rng.uniform(0.005, 0.04), Shown(price)
    yield end_s + 3, Shown(ENTRY - sign * LAST_DISTANCE)


def _jumps(rng: Random, end_s: float) -> Iterator[tuple[float, Decimal]]:
    at_s = 1.0
    while at_s < end_s - 5:
        at_s += rng.uniform(0.2, 6.0)
        yield at_s, Decimal(rng.randint(-400, 550)) / 100


def _legs(rng: Random, end_s: float) -> Iterator[tuple[float, Decimal]]:
    """Up first, by more than what trails begin at; then to and fro."""
    at_s, offset = 1.0, Decimal(0)
    goal = Decimal(rng.randint(150, 550)) / 100
    while at_s < end_s - 5:
        at_s += rng.uniform(0.2, 1.8)
        step = Decimal(rng.randint(-15, 90)) / 100
        offset += step if goal > offset else -step
        if abs(goal - offset) < 1:
            goal = Decimal(rng.randint(-380, 600)) / 100
        yield at_s, offset
