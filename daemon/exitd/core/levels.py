"""Names in the order of their ranks: cheap to add, to remove, to take from the front.

A heap with lazy deletion: a removed entry stays until it comes to the front, or
until there is more of the dead than of the living.
"""

from collections.abc import Iterator
from decimal import Decimal
from heapq import heapify, heappop, heappush

from exitd.core.units import INFINITY

_Entry = tuple[Decimal, int, str]

#: Dead entries that may stay beyond the number of living ones.
_GARBAGE_MAX = 64


class Levels:
    """Names by rank, lowest first; equal ranks by their sequence number.

    `first` is the lowest rank, plus infinity when there is none.
    """

    __slots__ = ("_heap", "_live", "first")

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._live: dict[str, _Entry] = {}
        self.first = INFINITY

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, name: str) -> bool:
        return name in self._live

    def __iter__(self) -> Iterator[str]:
        return iter(self._live)

    def add(self, name: str, rank: Decimal, seq: int) -> None:
        """Put a name in its place; one that is here already moves."""
        self.remove(name)
        entry = (rank, seq, name)
        self._live[name] = entry
        heappush(self._heap, entry)
        if rank < self.first:
            self.first = rank

    def remove(self, name: str) -> None:
        """Forget a name; one that is not here is no error."""
        if self._live.pop(name, None) is None:
            return
        if len(self._heap) > _GARBAGE_MAX + 2 * len(self._live):
            self._heap = list(self._live.values())
            heapify(self._heap)
        self._settle()

    def in_order(self) -> Iterator[tuple[Decimal, str]]:
        """Give the ranks with their names, lowest first, as they were at the first.

        Costs what is taken of it: a heap is a tree, and only what lies under one that
        was given can be next. What changes meanwhile is seen, or is not.
        """
        heap, live = self._heap.copy(), self._live
        upcoming = [(heap[0], 0)] if heap else []
        while upcoming:
            entry, at = heappop(upcoming)
            if live.get(entry[2]) is entry:
                yield entry[0], entry[2]
            for under in range(2 * at + 1, min(2 * at + 3, len(heap))):
                heappush(upcoming, (heap[under], under))

    def take(self, bound: Decimal) -> list[tuple[str, Decimal]]:
        """Take out every name whose rank is at most *bound*, in order, and its rank."""
        heap, live = self._heap, self._live
        taken: list[tuple[str, Decimal]] = []
        # A pop costs log n: beyond this many, going through all costs less.
        pops = len(heap) >> 4
        while heap and heap[0][0] <= bound:
            if pops == 0:
                taken += self._sort_out(bound)
                break
            pops -= 1
            entry = heappop(heap)
            rank, _, name = entry
            if live.get(name) is entry:
                del live[name]
                taken.append((name, rank))
        self._settle()
        return taken

    def _sort_out(self, bound: Decimal) -> list[tuple[str, Decimal]]:
        due = sorted(entry for entry in self._live.values() if entry[0] <= bound)
        for _, _, name in due:
            del self._live[name]
        self._heap = list(self._live.values())
        heapify(self._heap)
        return [(name, rank) for rank, _, name in due]

    def _settle(self) -> None:
        heap, live = self._heap, self._live
        while heap and live.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        self.first = heap[0][0] if heap else INFINITY
