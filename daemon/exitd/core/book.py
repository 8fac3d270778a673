"""The trigger book of one price source: fixed levels at flat cost.

Two heaps with lazy deletion, the nearest level of each cached. A price between
the two nearest levels costs two comparisons, however many triggers rest.
"""

from decimal import Decimal
from heapq import heapify, heappop, heappush

from exitd.core.trigger import Direction
from exitd.core.units import INFINITY

_NOWHERE = -INFINITY
_Entry = tuple[Decimal, int, str]

#: Dead entries a heap may hold beyond its living ones before it is rebuilt.
_GARBAGE_MAX = 1_000


class Book:
    """Levels of one source, and the last price seen on it.

    `falling_at` is the highest level that a falling price would hit,
    `rising_at` the lowest that a rising one would; minus and plus infinity
    where there is none. `pending` holds triggers whose side of the level the
    next price decides.
    """

    __slots__ = (
        "_falling",
        "_live",
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
        self._falling: list[_Entry] = []
        self._rising: list[_Entry] = []
        self._live: dict[str, _Entry] = {}
        self.falling_at = _NOWHERE
        self.rising_at = INFINITY
        self.pending: dict[str, None] = {}
        self.price: Decimal | None = None
        self.ts_venue_ns = -1
        self.ts_recv_ns = 0
        self.seq = -1

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, trigger_id: str) -> bool:
        return trigger_id in self._live

    def add(self, trigger_id: str, level: Decimal, way: Direction, seq: int) -> None:
        """Rest a level; *seq* orders triggers of one level."""
        self.remove(trigger_id)
        if way is Direction.FALLING:
            entry = (-level, seq, trigger_id)
            heappush(self._falling, entry)
            if level > self.falling_at:
                self.falling_at = level
        else:
            entry = (level, seq, trigger_id)
            heappush(self._rising, entry)
            if level < self.rising_at:
                self.rising_at = level
        self._live[trigger_id] = entry

    def remove(self, trigger_id: str) -> None:
        """Forget a trigger; one that does not rest here is no error."""
        self.pending.pop(trigger_id, None)
        if self._live.pop(trigger_id, None) is None:
            return
        garbage = len(self._falling) + len(self._rising) - len(self._live)
        if garbage > _GARBAGE_MAX + len(self._live):
            self._rebuild()
        self._refresh()

    def crossed(self, price: Decimal) -> list[str]:
        """Take out what *price* hits: nearest level first, then as armed."""
        hit: list[str] = []
        if price <= self.falling_at:
            self._take(self._falling, -price, hit)
        if price >= self.rising_at:
            self._take(self._rising, price, hit)
        self._refresh()
        return hit

    def _take(self, heap: list[_Entry], bound: Decimal, hit: list[str]) -> None:
        live = self._live
        while heap and heap[0][0] <= bound:
            entry = heappop(heap)
            if live.get(entry[2]) is entry:
                del live[entry[2]]
                hit.append(entry[2])

    def _refresh(self) -> None:
        live = self._live
        for heap in (self._falling, self._rising):
            while heap and live.get(heap[0][2]) is not heap[0]:
                heappop(heap)
        self.falling_at = -self._falling[0][0] if self._falling else _NOWHERE
        self.rising_at = self._rising[0][0] if self._rising else INFINITY

    def _rebuild(self) -> None:
        for heap in (self._falling, self._rising):
            heap[:] = [entry for entry in heap if self._live.get(entry[2]) is entry]
            heapify(heap)
