"""How fast a quantity grows, and how sure that is, whatever single values do.

The median of the slopes between all pairs of points (Theil and Sen): a third of the
points may be anything. Its range is Sen's, of Kendall's statistic.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import sqrt
from statistics import median

from msgspec import Struct

#: Of a normal distribution, 95 % lie within so many deviations.
_DEVIATIONS = 1.96


class Growth(Struct, frozen=True):
    """A slope, and between which two it lies with a probability of 95 %."""

    slope: float
    least: float
    most: float


def growth(points: Iterable[tuple[float, float]]) -> Growth:
    """
    Give the slope of values over time, each in its own unit.

    Raises:
        ValueError: There are fewer than three instants.
    """
    known = list(points)
    slopes = sorted(
        (after - before) / (later_s - at_s)
        for (at_s, before), (later_s, after) in combinations(known, 2)
        if later_s != at_s
    )
    if len(slopes) < 3:
        raise ValueError("a slope and its range take three instants at the least")
    count = len(known)
    spread = sqrt(count * (count - 1) * (2 * count + 5) / 18) * _DEVIATIONS
    first = max(0, round((len(slopes) - spread) / 2))
    last = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Growth(median(slopes), slopes[first], slopes[last])
