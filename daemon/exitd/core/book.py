"""The trigger book of one price source: levels and trails at flat cost.

The nearest price on each side at which anything is to be done is kept at hand. A
price between the two costs two comparisons, however many triggers rest.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from heapq import merge

from exitd.core.condition import Direction, Offset
from exitd.core.levels import Levels
from exitd.core.market import PriceSource
from exitd.core.trails import Trails, highest_stops
from exitd.core.trigger import TriggerRecord
from exitd.core.units import INFINITY

_MINUS_INFINITY = INFINITY.copy_negate()


class Wake(StrEnum):
    """Why a trigger looks at a price that does not hit it; `MOVE` has a number."""

    BEGIN = "begin"
    TIGHTEN = "tighten"
    STEP = "step"
    BACK = "back"
    EMERGENCY = "emergency"
    MOVE = "move"
    BOUND = "bound"


class Book:
    """Levels of one source, and the last price seen on it.

    `falling_at` is the highest price at which a falling price has something to do,
    `rising_at` the lowest for a rising one; minus and plus infinity where there is
    none. `pending` holds triggers whose side of the level the next price decides,
    `counting` those that count prices in a row, `timing` those whose level must be
    crossed for a while, and is. `joined` are the combined sources
    that its prices are a part of. From `hole_ns` to `hole_end_ns` (0: no hole is open)
    nobody watched, and no candle has told yet; up to `ts_seen_ns` all was seen.
    `hole_watch` is who was on watch then, as it stood when it was found; `hole_left`
    names those whom candles are still to be shown, None before they came, and
    `hole_told` counts what has been told of it: missed, fired, in doubt. It `is_back`
    until the first price after that, or after a start, where that price is special.
    """

    __slots__ = (
        "_act_above",
        "_act_below",
        "_buys",
        "_falling",
        "_falling_wakes",
        "_levels_above",
        "_levels_below",
        "_rising",
        "_rising_wakes",
        "_sells",
        "_wakes",
        "counting",
        "falling_at",
        "held",
        "hole_end_ns",
        "hole_left",
        "hole_ns",
        "hole_told",
        "hole_watch",
        "is_back",
        "is_saving",
        "is_unsaved",
        "joined",
        "pending",
        "price",
        "rising_at",
        "seq",
        "timing",
        "ts_recv_ns",
        "ts_saved_ns",
        "ts_seen_ns",
        "ts_venue_ns",
    )

    def __init__(self) -> None:
        self._falling = Levels()
        self._rising = Levels()
        self._falling_wakes = Levels()
        self._rising_wakes = Levels()
        self._sells = Trails()
        self._buys = Trails()
        self._wakes: dict[str, dict[str, None]] = {}
        self._levels_below = self._act_below = self.falling_at = _MINUS_INFINITY
        self._levels_above = self._act_above = self.rising_at = INFINITY
        self.pending: dict[str, None] = {}
        self.counting: dict[str, int] = {}
        self.timing: dict[str, None] = {}
        self.joined: tuple[PriceSource, ...] = ()
        self.price: Decimal | None = None
        self.ts_venue_ns = -1
        self.ts_recv_ns = 0
        self.seq = -1
        self.held: Decimal | None = None
        self.is_back = False
        self.is_unsaved = False
        self.is_saving = False
        self.ts_saved_ns = 0
        self.ts_seen_ns = self.hole_ns = self.hole_end_ns = 0
        self.hole_watch: dict[str, TriggerRecord] = {}
        self.hole_left: list[str] | None = None
        self.hole_told = [0, 0, 0]

    def __len__(self) -> int:
        return (
            len(self._falling) + len(self._rising) + len(self._sells) + len(self._buys)
        )

    def __contains__(self, trigger_id: str) -> bool:
        return (
            trigger_id in self._falling
            or trigger_id in self._rising
            or trigger_id in self._sells
            or trigger_id in self._buys
        )

    @property
    def is_watched(self) -> bool:
        return bool(len(self) or self._wakes or self.pending or self.counting)

    def add(self, trigger_id: str, level: Decimal, way: Direction, seq: int) -> None:
        """Rest a level; *seq* orders triggers of one level."""
        self.remove(trigger_id)
        if way is Direction.FALLING:
            # copy_negate is exact; a minus sign would round to the context.
            levels, rank = self._falling, level.copy_negate()
        else:
            levels, rank = self._rising, level
        levels.add(trigger_id, rank, seq)
        if levels.first is rank:
            self._narrow()

    def trail(
        self,
        trigger_id: str,
        offset: Offset,
        watermark: Decimal,
        way: Direction,
        seq: int,
    ) -> None:
        """Let a stop trail the price from *watermark* on, as the youngest trail."""
        self.remove(trigger_id)
        if way is Direction.FALLING:
            self._sells.add(trigger_id, offset, watermark, seq)
        else:
            self._buys.add(trigger_id, offset, watermark.copy_negate(), seq)
        self._narrow()

    def tighten(self, trigger_id: str, offset: Offset) -> None:
        """Give a trail another offset; its watermark stays."""
        trails = self._sells if trigger_id in self._sells else self._buys
        trails.amend(trigger_id, offset)
        self._narrow()

    def raise_to(self, trigger_id: str, watermark: Decimal) -> None:
        """Let a trail have seen *watermark*, if that was better than what it saw."""
        if trigger_id in self._sells:
            self._sells.raise_to(trigger_id, watermark)
        else:
            self._buys.raise_to(trigger_id, watermark.copy_negate())
        self._narrow()

    def trailed(self, trigger_id: str) -> tuple[Decimal, Decimal] | None:
        """Give watermark and stop of a trail; None where it is no trail here."""
        if trigger_id in self._sells:
            return self._sells.watermark(trigger_id), self._sells.stop_of(trigger_id)
        if trigger_id in self._buys:
            watermark, stop = (
                self._buys.watermark(trigger_id),
                self._buys.stop_of(trigger_id),
            )
            return watermark.copy_negate(), stop.copy_negate()
        return None

    def marks(self, way: Direction) -> tuple[tuple[int, Decimal], ...]:
        """Give what trails have seen since they began; see `WatermarksRecord`."""
        if way is Direction.FALLING:
            return tuple(self._sells.marks())
        return tuple((seq, low.copy_negate()) for seq, low in self._buys.marks())

    def restore_marks(
        self, way: Direction, marks: tuple[tuple[int, Decimal], ...]
    ) -> None:
        """Take up stored marks, as prices that a sell trail would see."""
        (self._sells if way is Direction.FALLING else self._buys).restore(marks)

    def watching(self) -> set[str]:
        """Name every trigger that rests here, or waits for a price of its own."""
        levels = self._falling, self._rising, self._sells, self._buys
        return {
            *self._wakes,
            *self.counting,
            *(name for each in levels for name in each),
        }

    def wake(
        self, trigger_id: str, why: str, level: Decimal, way: Direction, seq: int
    ) -> None:
        """Look at a trigger when a price reaches *level*, beside what hits it."""
        name = f"{why}:{trigger_id}"
        self._wakes.setdefault(trigger_id, {})[name] = None
        if way is Direction.FALLING:
            self._falling_wakes.add(name, level.copy_negate(), seq)
        else:
            self._rising_wakes.add(name, level, seq)
        self._narrow()

    def wakes(self, trigger_id: str) -> bool:
        """Whether a price may wake a trigger here without hitting it."""
        return trigger_id in self._wakes

    def remove(self, trigger_id: str) -> None:
        """Forget a trigger; one that does not rest here is no error."""
        self.pending.pop(trigger_id, None)
        self.counting.pop(trigger_id, None)
        self.timing.pop(trigger_id, None)
        if trigger_id not in self and trigger_id not in self._wakes:
            return
        self._falling.remove(trigger_id)
        self._rising.remove(trigger_id)
        self._sells.remove(trigger_id)
        self._buys.remove(trigger_id)
        for name in self._wakes.pop(trigger_id, ()):
            self._falling_wakes.remove(name)
            self._rising_wakes.remove(name)
        self._narrow()

    def follow(self, price: Decimal) -> bool:
        """Let trails see a price; whether nothing else is to be done about it."""
        sells, buys = self._sells, self._buys
        if price > sells.top and sells.observe(price):
            self.is_unsaved = True
            self._narrow(levels=False)
        negative = price.copy_negate()
        if negative > buys.top and buys.observe(negative):
            self.is_unsaved = True
            self._narrow(levels=False)
        return self._act_below < price < self._act_above

    def woken(self, price: Decimal) -> list[tuple[str, str]]:
        """Take out whom *price* wakes: why, and the trigger; nearest first."""
        names = self._falling_wakes.take(price.copy_negate())
        names += self._rising_wakes.take(price)
        found: list[tuple[str, str]] = []
        for name, _ in names:
            why, _, trigger_id = name.partition(":")
            wakes = self._wakes[trigger_id]
            del wakes[name]
            if not wakes:
                del self._wakes[trigger_id]
            found.append((why, trigger_id))
        if names:
            self._narrow()
        return found

    def crossed(self, price: Decimal) -> list[tuple[str, Decimal]]:
        """Take out what *price* hits, with its level: nearest first, then as armed."""
        hit: list[tuple[str, Decimal]] = []
        if price <= self._falling.first.copy_negate():
            for name, rank in self._falling.take(price.copy_negate()):
                hit.append((name, rank.copy_negate()))
        if price >= self._rising.first:
            hit += self._rising.take(price)
        if hit:
            self._narrow()
        return hit

    def fallen_back(self, price: Decimal) -> list[tuple[str, Decimal]]:
        """Take out the trails whose stop *price* hits, each with its stop."""
        found = [(name, stop) for stop, _, name, _ in self._sells.take_hits(price)]
        for stop, _, name, _ in self._buys.take_hits(price.copy_negate()):
            found.append((name, stop.copy_negate()))
        if found:
            self._narrow()
        return found

    def _narrow(self, *, levels: bool = True) -> None:
        """Find the prices on each side at which anything is to be done.

        Without *levels* where trails alone have moved, as with each new high.
        """
        sells, buys = self._sells, self._buys
        if levels:
            self._levels_below = max(
                self._falling.first.copy_negate(),
                self._falling_wakes.first.copy_negate(),
            )
            self._levels_above = min(self._rising.first, self._rising_wakes.first)
        self._act_below = below = max(self._levels_below, sells.stop)
        self._act_above = above = min(self._levels_above, buys.stop.copy_negate())
        self.falling_at = max(below, buys.top.copy_negate())
        self.rising_at = min(above, sells.top)


def nearest_levels(book: Book) -> tuple[Decimal, Decimal]:
    """Give the nearest level below that a price may hit, and the nearest above.

    Minus and plus infinity where there is none. What only wakes a trigger is no level.
    """
    return (
        max(book._falling.first.copy_negate(), book._sells.stop),
        min(book._rising.first, book._buys.stop.copy_negate()),
    )


def in_order(book: Book, price: Decimal, limit: int) -> Iterator[tuple[Decimal, str]]:
    """Give whom *price* would hit first, and how far it has to go; nearest first.

    Costs what is taken of it, *limit* at the most, and not what rests here. Who waits
    or confirms without a level to be hit is left out. Prices may move on meanwhile.
    """
    sells, buys = highest_stops(book._sells, limit), highest_stops(book._buys, limit)
    return merge(
        ((price + rank, name) for rank, name in book._falling.in_order()),
        ((rank - price, name) for rank, name in book._rising.in_order()),
        ((price - stop, name) for stop, name in sells),
        ((stop.copy_negate() - price, name) for stop, name in buys),
    )
