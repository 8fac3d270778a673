"""How near the price came to each level, at flat cost per price.

A level can only be approached more nearly by the deepest fall so far from a high (for
one that lies below: fixed, or trailing behind that high), or by the highest rise from a
low. So of all prices only those that end such a fall or rise are compared with levels,
and with the levels as they were then.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from msgspec import Struct

from exitd.core.condition import Direction
from exitd.core.units import HUNDRED, ZERO

#: Gives the level of a trailing stop as it is now, None while it has none.
LevelOf = Callable[[str], Decimal | None]


class Approached(Struct, frozen=True, gc=False):
    """A trigger on watch: the way in which its level is reached, and the level.

    None stands for a level that follows the price and has to be asked for.
    """

    id: str
    way: Direction
    level: Decimal | None


class Approach(Struct, frozen=True, gc=False):
    """The nearest that a price came: how far it stayed away, in percent of it."""

    distance_percent: Decimal
    price: Decimal
    level: Decimal
    ts_ns: int


#: Less than any swing, so that the first one counts even when it goes nowhere.
_NONE_YET = Decimal(-1)


class Swing:
    """The falls from highs of one watched price, or its rises from lows.

    `way` is the direction of the approach. It begins anew whenever a trigger of the
    price is armed, changed or done.
    """

    __slots__ = ("_deepest", "_deepest_share", "_is_falling", "_price", "_start", "_ts")

    def __init__(self, way: Direction) -> None:
        self._is_falling = way is Direction.FALLING
        self._start: Decimal | None = None
        self._price: Decimal | None = None
        self._ts = 0
        self._deepest = self._deepest_share = _NONE_YET

    def begin(self, price: Decimal, ts_ns: int) -> None:
        self._start = self._price = price
        self._ts = ts_ns
        self._deepest = self._deepest_share = _NONE_YET

    def take(self, price: Decimal, ts_ns: int) -> tuple[Decimal, int] | None:
        """Take a price before the engine does; the end of a deepest swing, if it is.

        Called for every price, so it does no more than compare.
        """
        start, nearest = self._start, self._price
        if start is None or nearest is None:
            self.begin(price, ts_ns)
            return None
        if price < nearest if self._is_falling else price > nearest:
            self._price, self._ts = price, ts_ns
            return None
        if price > start if self._is_falling else price < start:
            found = self.deepest()
            self._start = self._price = price
            self._ts = ts_ns
            return found
        return None

    def deepest(self) -> tuple[Decimal, int] | None:
        """Give the end of the swing under way, if none before it was as deep."""
        start, nearest = self._start, self._price
        if start is None or nearest is None:
            return None
        depth = abs(start - nearest)
        share = depth / start
        if depth <= self._deepest and share <= self._deepest_share:
            return None
        self._deepest = max(depth, self._deepest)
        self._deepest_share = max(share, self._deepest_share)
        return nearest, self._ts


class Nearness:
    """The nearest approach to each trigger of one watched price."""

    def __init__(self, level_of: LevelOf) -> None:
        self.approaches: dict[str, Approach] = {}
        self._level_of = level_of
        self._watching: dict[Direction, list[Approached]] = {}
        self._falls = Swing(Direction.FALLING)
        self._rises = Swing(Direction.RISING)

    def watch(
        self, triggers: Iterable[Approached], price: Decimal | None, ts_ns: int
    ) -> None:
        """Go on with these triggers from this price on."""
        self._compare(Direction.FALLING, self._falls.deepest())
        self._compare(Direction.RISING, self._rises.deepest())
        self._watching = {way: [] for way in Direction}
        for trigger in triggers:
            self._watching[trigger.way].append(trigger)
        if price is not None:
            self._falls.begin(price, ts_ns)
            self._rises.begin(price, ts_ns)

    def take(self, price: Decimal, ts_ns: int) -> None:
        """Take a price before the engine does: levels are still as they were."""
        fall = self._falls.take(price, ts_ns)
        if fall is not None:
            self._compare(Direction.FALLING, fall)
        rise = self._rises.take(price, ts_ns)
        if rise is not None:
            self._compare(Direction.RISING, rise)

    def _compare(self, way: Direction, end: tuple[Decimal, int] | None) -> None:
        if end is None:
            return
        price, ts_ns = end
        for trigger in self._watching.get(way, ()):
            level = trigger.level
            if level is None:
                level = self._level_of(trigger.id)
            if level is None:
                continue
            gap = price - level if way is Direction.FALLING else level - price
            distance = gap / price * HUNDRED
            known = self.approaches.get(trigger.id)
            if gap > ZERO and (known is None or distance < known.distance_percent):
                self.approaches[trigger.id] = Approach(distance, price, level, ts_ns)
