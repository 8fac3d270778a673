"""Trailing stops that lie below the price and follow its highs, at flat cost.

A trail's watermark is the highest price since it began; its stop is its offset
below. Trails of one watermark are a group. Groups lie on a stack, watermarks
strictly falling: those that began earlier have seen more, so the youngest lie on
top, and a new high moves the top group alone, or makes it one with those that it
reaches. Each trail makes one group at most and each meeting ends one, so new highs
cost O(1) amortised, however many trails there are.

Trails that lie above the price and follow its lows are the mirror: give every price
with its sign changed.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from heapq import heappop, heappush
from operator import itemgetter

from exitd.core.condition import Offset
from exitd.core.group_stops import GroupStops
from exitd.core.meldable import (
    Group,
    Hit,
    Ranked,
    Runs,
    Trail,
    group_of,
    minus_ratio,
    multiply_add,
    stop_below,
    subtract,
    unite,
)
from exitd.core.units import INFINITY

#: A price, and the youngest trail that had begun before it was seen, by its number.
Mark = tuple[int, Decimal]

_NOTHING = INFINITY.copy_negate()
#: Empty groups that may stay beyond the number of living ones.
_GARBAGE_MAX = 64


def restored_watermark(start: Decimal, seq: int, marks: Sequence[Mark]) -> Decimal:
    """Give the watermark of a trail that began at *start* as number *seq*.

    It is the highest of *start* and all marks of this or a higher number. *marks*
    are as `Trails.marks` gives them, so the first of those is the highest.
    """
    at = bisect_left(marks, seq, key=itemgetter(0))
    return max(start, marks[at][1]) if at < len(marks) else start


class Trails:
    """Trails by name, and the two prices between which nothing happens.

    A price above `top` moves a watermark: it is the lowest watermark, plus infinity
    without trails. A price at or below `stop` fires something: it is the highest
    stop, minus infinity without trails. Both are exact at any time.

    What has been removed or taken has no watermark any more: to add it again later,
    keep it.
    """

    __slots__ = (
        "_empty",
        "_last_seq",
        "_next",
        "_offset",
        "_raised",
        "_ratio",
        "_runs",
        "_stack",
        "_stops",
        "_under",
        "stop",
        "top",
    )

    top: Decimal
    stop: Decimal
    # What a price is compared with beyond `top` and `stop`: the watermark of the
    # next group, the highest stop of all groups under the top one, and how far below
    # its watermark the top one's stops are.
    _next: Decimal
    _under: Decimal
    _offset: Decimal | None
    _ratio: Decimal | None

    def __init__(self) -> None:
        self._runs: Runs = {}
        # Empty groups stay until they come to the top or are too many.
        self._stack: list[Group] = []
        self._empty = 0
        # Groups that a new high has reached, oldest first, and the last trail then.
        self._raised: dict[Group, int] = {}
        self._last_seq = -1
        self._stops = GroupStops()
        self._settle()

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __contains__(self, name: str) -> bool:
        return name in self._runs

    def add(self, name: str, offset: Offset, watermark: Decimal, seq: int) -> None:
        """Begin a trail; one that is here already begins anew.

        *watermark* is the price at which it begins, or what it had seen before.
        *seq* is higher than that of every trail before, or `marks` would tell it of
        prices that it has not seen.
        """
        self.remove(name)
        self._last_seq = max(self._last_seq, seq)
        self._join((offset.value, seq, name), offset.is_percent, watermark)

    def remove(self, name: str) -> None:
        """Forget a trail; one that is not here is no error."""
        run = self._runs.pop(name, None)
        if run is not None:
            group = group_of(run)
            group.remove(run, name)
            self._changed(group)
            self._settle()

    def amend(self, name: str, offset: Offset) -> None:
        """Give a trail another offset; its watermark stays (behaviour 51).

        Raises:
            KeyError: There is no such trail.
        """
        run = self._runs[name]
        group = group_of(run)
        _, seq, _ = group.remove(run, name)
        group.add((offset.value, seq, name), offset.is_percent, self._runs)
        self._changed(group)
        self._settle()

    def raise_to(self, name: str, watermark: Decimal) -> None:
        """Raise one trail alone, never lower it: it has seen more than we have.

        Marks do not tell of it; store *watermark* as the one it began with.

        Raises:
            KeyError: There is no such trail.
        """
        run = self._runs[name]
        if watermark > group_of(run).watermark:
            trail = run[run.index_of(name)]
            self.remove(name)
            self._join(trail, run.is_percent, watermark)

    def observe(self, price: Decimal) -> bool:
        """Raise every watermark below *price* to it; True if there was one."""
        if price <= self.top:
            return False
        if price >= self._next:
            self._meet(price)
        group = self._stack[-1]
        group.watermark = self.top = price
        self._raised[group] = self._last_seq
        self._set_stop()
        return True

    def watermark(self, name: str) -> Decimal:
        """Raises: KeyError: There is no such trail."""
        return group_of(self._runs[name]).watermark

    def stop_of(self, name: str) -> Decimal:
        """Raises: KeyError: There is no such trail."""
        run = self._runs[name]
        offset, _, _ = run[run.index_of(name)]
        return stop_below(group_of(run).watermark, offset, run.is_percent)

    def take(self, price: Decimal) -> list[str]:
        """Take out every trail whose stop is at or above *price*.

        The highest stop comes first, equal ones by sequence number.
        """
        return [name for _, _, name, _ in self.take_hits(price)]

    def take_hits(self, price: Decimal) -> list[Hit]:
        """As `take`, each with its stop, sequence number and watermark."""
        hits: list[Hit] = []
        if price > self.stop:
            return hits
        for group in [*self._stops.take(price), self._stack[-1]]:
            group.take(price, hits)
            self._changed(group)
        self._settle()
        for _, _, name, _ in hits:
            del self._runs[name]
        # Twice a stable sort: comparing numbers alone is quicker than tuples.
        hits.sort(key=itemgetter(1))
        hits.sort(key=itemgetter(0), reverse=True)
        return hits

    def marks(self) -> list[Mark]:
        """Give what to store so that every watermark can be found again.

        One mark for each group that a new high has reached, oldest first: every
        trail up to its number has seen its price. Numbers rise, prices fall.
        """
        return [(seq, group.watermark) for group, seq in self._raised.items()]

    def restore(self, marks: Iterable[Mark]) -> None:
        """Take up stored marks, once the trails are added that they restored.

        Before the first price: without them the next `marks` would not tell of them.
        """
        groups = {group.watermark: group for group in self._stack if not group.is_empty}
        for seq, watermark in marks:
            group = groups.get(watermark)
            if group is not None:
                self._raised[group] = seq

    def _join(self, trail: Trail, is_percent: bool, watermark: Decimal) -> None:
        """Put a trail into the group of its watermark, a new one if there is none."""
        stack = self._stack
        at = len(stack)
        if watermark >= self.top:
            at = bisect_left(stack, watermark.copy_negate(), key=_height)
        elif stack:
            self._stops.put(stack[-1])
        if at == len(stack) or stack[at].watermark != watermark:
            stack.insert(at, Group(watermark))
            self._empty += 1
        group = stack[at]
        if group.is_empty:
            self._empty -= 1
        if group.add(trail, is_percent, self._runs):
            self._changed(group)
            self._settle()

    def _meet(self, price: Decimal) -> None:
        """Make one group of the top and all that *price* reaches."""
        stack = self._stack
        at = bisect_left(stack, price.copy_negate(), key=_height)
        met = stack[at:]
        del stack[at:]
        reached: list[Group] = []
        # From the top down, as they would be popped.
        for group in reversed(met):
            if group.fixed is None and group.percent is None:
                self._empty -= 1
                continue
            self._stops.drop(group)
            self._raised.pop(group, None)
            reached.append(group)
        stack.append(unite(reached, self._runs))
        self._settle()

    def _changed(self, group: Group) -> None:
        """Bring the records of a group's stop in line with its trails."""
        if group.fixed is None and group.percent is None:
            self._empty += 1
            self._stops.drop(group)
            self._raised.pop(group, None)
        elif group is not self._stack[-1]:
            self._stops.put(group)

    def _settle(self) -> None:
        """Find out what is on top, and what a price is compared with."""
        stack = self._stack
        while stack and stack[-1].is_empty:
            stack.pop()
            self._empty -= 1
        if 2 * self._empty > _GARBAGE_MAX + len(stack):
            stack[:] = [group for group in stack if not group.is_empty]
            self._empty = 0
        if stack:
            self._stops.drop(stack[-1])
        self._under = self._stops.highest()
        self._offset = self._ratio = None
        if not stack:
            self.top, self.stop, self._next = INFINITY, _NOTHING, INFINITY
            return
        group = stack[-1]
        self._next = stack[-2].watermark if len(stack) > 1 else INFINITY
        self.top = group.watermark
        if group.fixed is not None:
            self._offset = group.fixed[0][0]
        if group.percent is not None:
            self._ratio = minus_ratio(group.percent[0][0])
        self._set_stop()

    def _set_stop(self) -> None:
        """Work out the highest stop after the top group has moved."""
        top, stop = self.top, self._under
        if (offset := self._offset) is not None:
            own = subtract(top, offset)
            if own > stop:
                stop = own
        if (ratio := self._ratio) is not None:
            own = multiply_add(top.copy_abs(), ratio, top)
            if own > stop:
                stop = own
        self.stop = stop


def highest_stops(trails: Trails, limit: int) -> list[tuple[Decimal, str]]:
    """Give the highest stops with their names, the highest first.

    Costs as much as there are to give: groups are opened when it is their turn.
    """
    found: list[tuple[Decimal, str]] = []
    groups = trails._stops.in_order()
    # The top one is not among them.
    opened = [_opened(group) for group in trails._stack[-1:]]
    upcoming = next(groups, None)
    while len(found) < limit and (opened or upcoming is not None):
        if upcoming is not None and (
            not opened or upcoming.stop.copy_negate() <= opened[0][0][0]
        ):
            heappush(opened, _opened(upcoming))
            upcoming = next(groups, None)
            continue
        (rank, _, name), rest = heappop(opened)
        found.append((rank.copy_negate(), name))
        following = next(rest, None)
        if following is not None:
            heappush(opened, (following, rest))
    return found


def _opened(group: Group) -> tuple[Ranked, Iterator[Ranked]]:
    """Give the trail of a group that is nearest, and those that follow it."""
    trails = group.in_order()
    return next(trails), trails


def _height(group: Group) -> Decimal:
    return group.watermark.copy_negate()
