"""The highest stop of each group of trails but the top one."""

from collections.abc import Iterator
from decimal import Decimal
from heapq import heapify, heappop, heappush

from exitd.core.meldable import Group
from exitd.core.units import INFINITY

_NOTHING = INFINITY.copy_negate()
#: Dead entries that may stay beyond the number of living ones.
_GARBAGE_MAX = 64


class GroupStops:
    """The highest stop of each group under the top one.

    A stack can lose trails anywhere, so a running maximum along it would have to be
    worked out again from there; a heap stays right at O(log n). Entries that are no
    longer those of their groups are dead, and go when they come to the front.
    """

    __slots__ = ("_heap", "_live")

    def __init__(self) -> None:
        self._heap: list[tuple[Decimal, Group]] = []
        self._live = 0

    def put(self, group: Group) -> None:
        """Enter the highest stop of a group that has a trail."""
        rank = group.stop.copy_negate()
        entry = group.entry
        if entry is None:
            self._live += 1
        elif entry[0] == rank:
            return
        group.entry = (rank, group)
        heappush(self._heap, group.entry)

    def drop(self, group: Group) -> None:
        if group.entry is not None:
            group.entry = None
            self._live -= 1

    def highest(self) -> Decimal:
        """Give the highest stop; minus infinity when there is none."""
        heap = self._heap
        if len(heap) > _GARBAGE_MAX + 2 * self._live:
            self._sort_out()
        # A pop costs log n: beyond this many, going through all costs less.
        pops = len(heap) >> 4
        while heap and heap[0][1].entry is not heap[0]:
            if pops == 0:
                self._sort_out()
                break
            pops -= 1
            heappop(heap)
        return heap[0][0].copy_negate() if heap else _NOTHING

    def in_order(self) -> Iterator[Group]:
        """Give the groups, that of the highest stop first; takes nothing out."""
        heap = self._heap
        upcoming = [(heap[0], 0)] if heap else []
        while upcoming:
            entry, at = heappop(upcoming)
            if entry[1].entry is entry:
                yield entry[1]
            for under in range(2 * at + 1, min(2 * at + 3, len(heap))):
                heappush(upcoming, (heap[under], under))

    def take(self, price: Decimal) -> list[Group]:
        """Take out every group with a stop at or above *price*, in any order."""
        heap, bound = self._heap, price.copy_negate()
        groups: list[Group] = []
        # What is hit is a tree at the root of the heap; its nodes have no other order.
        pending = [0] if heap else []
        while pending:
            at = pending.pop()
            entry = heap[at]
            if entry[0] > bound:
                continue
            group = entry[1]
            if group.entry is entry:
                groups.append(group)
                group.entry = None
            at += at + 1
            if at < len(heap):
                pending.append(at)
                if at + 1 < len(heap):
                    pending.append(at + 1)
        self._live -= len(groups)
        if len(groups) > len(heap) >> 4:
            self._sort_out()
        return groups

    def _sort_out(self) -> None:
        self._heap[:] = [entry for entry in self._heap if entry[1].entry is entry]
        heapify(self._heap)
