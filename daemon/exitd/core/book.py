"""The trigger book of one price source: fixed levels at flat cost.

The nearest level on each side is kept at hand. A price between the two costs
two comparisons, however many triggers rest.
"""

from decimal import Decimal

from exitd.core.condition import Direction
from exitd.core.levels import Levels
from exitd.core.units import INFINITY


class Book:
    """Levels of one source, and the last price seen on it.

    `falling_at` is the highest level that a falling price would hit,
    `rising_at` the lowest that a rising one would; minus and plus infinity
    where there is none. `pending` holds triggers whose side of the level the
    next price decides.
    """

    __slots__ = (
        "_falling",
        "_rising",
        "falling_at",
        "pending",
        "price",
        "rising_at",
        "seq",
        "ts_recv_ns",
        "ts_venue_ns",
    )

    def __init__(self) -> None:
        self._falling = Levels()
        self._rising = Levels()
        self.falling_at = INFINITY.copy_negate()
        self.rising_at = INFINITY
        self.pending: dict[str, None] = {}
        self.price: Decimal | None = None
        self.ts_venue_ns = -1
        self.ts_recv_ns = 0
        self.seq = -1

    def __len__(self) -> int:
        return len(self._falling) + len(self._rising)

    def __contains__(self, trigger_id: str) -> bool:
        return trigger_id in self._falling or trigger_id in self._rising

    def add(self, trigger_id: str, level: Decimal, way: Direction, seq: int) -> None:
        """Rest a level; *seq* orders triggers of one level."""
        self.remove(trigger_id)
        if way is Direction.FALLING:
            # copy_negate is exact; a minus sign would round to the context.
            self._falling.add(trigger_id, level.copy_negate(), seq)
            self.falling_at = self._falling.first.copy_negate()
        else:
            self._rising.add(trigger_id, level, seq)
            self.rising_at = self._rising.first

    def remove(self, trigger_id: str) -> None:
        """Forget a trigger; one that does not rest here is no error."""
        self.pending.pop(trigger_id, None)
        if trigger_id in self._falling:
            self._falling.remove(trigger_id)
            self.falling_at = self._falling.first.copy_negate()
        elif trigger_id in self._rising:
            self._rising.remove(trigger_id)
            self.rising_at = self._rising.first

    def crossed(self, price: Decimal) -> list[str]:
        """Take out what *price* hits: nearest level first, then as armed."""
        hit: list[str] = []
        if price <= self.falling_at:
            hit += self._falling.take(price.copy_negate())
            self.falling_at = self._falling.first.copy_negate()
        if price >= self.rising_at:
            hit += self._rising.take(price)
            self.rising_at = self._rising.first
        return hit
