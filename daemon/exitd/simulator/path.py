"""
Where prices go: a seeded walk, or the points of a script.

A path is a function of the time since its start, so a run repeats exactly: the same
seed or script gives the same prices, whatever the host does in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Protocol

from exitd.simulator.markets import Market

#: The longest move of one step of the walk, in millionths of the price.
WALK_MILLIONTHS = 400
_MARK_PLACES = Decimal("1e-8")


@dataclass(slots=True, frozen=True)
class PricePoint:
    """Prices from one instant on; None leaves a price as it is."""

    at_ms: int
    mark: Decimal | None = None
    index: Decimal | None = None
    last: Decimal | None = None


class Path(Protocol):
    def between(self, after_ms: int, until_ms: int) -> Iterator[PricePoint]:
        """The points after *after_ms* up to and with *until_ms*, in order."""


class SeededWalk:
    """
    A geometric random walk with a mark that leans on the last price.

    Whole millionths from an integer generator: no float, so the same seed gives the
    same prices on every machine.
    """

    def __init__(self, seed: int, market: Market, step_ms: int = 1_000) -> None:
        self._random = Random(f"{seed}:{market.symbol}")
        self._price_step = market.price_step
        self._step_ms = step_ms
        self._done = 0
        self._index = market.opening_price

    def between(self, after_ms: int, until_ms: int) -> Iterator[PricePoint]:
        while (self._done + 1) * self._step_ms <= until_ms:
            self._done += 1
            yield self._next()

    def _next(self) -> PricePoint:
        draw = self._random.randint
        move = Decimal(draw(-WALK_MILLIONTHS, WALK_MILLIONTHS)) / 1_000_000
        self._index = (self._index * (1 + move)).quantize(_MARK_PLACES)
        premium = Decimal(draw(-50, 50)) / 1_000_000
        noise = Decimal(draw(-100, 100)) / 1_000_000
        last = self._index * (1 + noise)
        step = self._price_step
        return PricePoint(
            at_ms=self._done * self._step_ms,
            mark=(self._index * (1 + premium)).quantize(_MARK_PLACES),
            index=self._index,
            last=max(step, (last / step).to_integral_value() * step),
        )


class ScriptedPath:
    """
    Timed points, in order; between two of them prices stand still or move evenly.

    Args:
        points: Ascending by `at_ms`.
        every_ms: For even moves, the distance of the points in between; 0 for steps.
        price_step: Even moves of the last price are rounded to it.
    """

    def __init__(
        self, points: Sequence[PricePoint], every_ms: int, price_step: Decimal
    ) -> None:
        self._points = list(points)
        if every_ms:
            self._points = list(_filled(self._points, every_ms, price_step))
        self._next = 0

    def between(self, after_ms: int, until_ms: int) -> Iterator[PricePoint]:
        while self._next < len(self._points):
            point = self._points[self._next]
            if point.at_ms > until_ms:
                return
            self._next += 1
            yield point


class StillPath:
    """No move at all; prices come through the control API."""

    def between(self, after_ms: int, until_ms: int) -> Iterator[PricePoint]:
        return iter(())


def _filled(
    points: Sequence[PricePoint], every_ms: int, price_step: Decimal
) -> Iterator[PricePoint]:
    for here, there in pairwise(points):
        yield here
        at_ms = here.at_ms + every_ms
        while at_ms < there.at_ms:
            share = Decimal(at_ms - here.at_ms) / (there.at_ms - here.at_ms)
            last = _between(here.last, there.last, share, price_step)
            yield PricePoint(
                at_ms=at_ms,
                mark=_between(here.mark, there.mark, share, _MARK_PLACES),
                index=_between(here.index, there.index, share, _MARK_PLACES),
                last=last,
            )
            at_ms += every_ms
    if points:
        yield points[-1]


def _between(
    here: Decimal | None, there: Decimal | None, share: Decimal, step: Decimal
) -> Decimal | None:
    if here is None or there is None:
        return None
    return ((here + (there - here) * share) / step).to_integral_value() * step
