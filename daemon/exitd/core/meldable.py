"""Trails of one watermark, nearest first, in heaps that become one when groups meet.

A heap of short sorted runs, ordered by the first of each. It is a leftist heap: a
walk along the right children takes at most log2(n + 1) steps, so melding two heaps,
adding a trail and removing any trail cost O(log n) at worst. Pairing heaps, or moving
the smaller heap into the larger, are as cheap on average, but do their work when the
price turns: the first trail to fire would pair up all others of its group, or one new
high move half of all trails. Runs make taking out thousands of trails cheap.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from decimal import MAX_EMAX, MIN_EMIN, ROUND_FLOOR, Context, Decimal
from heapq import heappop, heappush, merge
from operator import itemgetter

# Exact for as long as a stop has no more than 200 digits; a watermark of 20 times
# a percentage of 6 has 28. Beyond, rounding down keeps the order of offsets and
# puts no stop higher than it is, so a price cannot fire the trail that it moves.
_EXACT = Context(prec=200, rounding=ROUND_FLOOR, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
_MINUS_PERCENT = Decimal("-0.01")
_multiply = _EXACT.multiply

subtract = _EXACT.subtract
#: `multiply_add(a, b, c)` is a times b, plus c, rounded once.
multiply_add = _EXACT.fma

#: Offset, sequence number, name: in the order in which a falling price hits them.
Trail = tuple[Decimal, int, str]
#: Its stop with the sign changed, sequence number, name: the highest stop comes first.
Ranked = tuple[Decimal, int, str]
#: Stop, sequence number, name, watermark: of a trail that a price has hit.
Hit = tuple[Decimal, int, str, Decimal]

#: A run of more trails is cut in two.
_RUN_MAX = 64
_RUN_HALF = _RUN_MAX // 2


def minus_ratio(percent: Decimal) -> Decimal:
    """Give what a watermark's size is multiplied by to come from it to the stop."""
    return _multiply(percent, _MINUS_PERCENT)


def stop_below(watermark: Decimal, offset: Decimal, is_percent: bool) -> Decimal:
    """Give the stop; a percentage is of the watermark's size, whatever its sign."""
    if is_percent:
        return multiply_add(watermark.copy_abs(), minus_ratio(offset), watermark)
    return subtract(watermark, offset)


class Run(list[Trail]):
    """A few trails in order, at least one, and their place in the heap of a group.

    `rank` is the number of steps along the right children to where one is missing.
    """

    __slots__ = ("group", "is_percent", "left", "parent", "rank", "right")

    def __init__(
        self, trails: Iterable[Trail], group: "Group", is_percent: bool
    ) -> None:
        super().__init__(trails)
        self.group = group
        self.is_percent = is_percent
        self.rank = 1
        self.left: Run | None = None
        self.right: Run | None = None
        self.parent: Run | None = None

    def index_of(self, name: str) -> int:
        return next(at for at, trail in enumerate(self) if trail[2] == name)


#: The run that each name is in.
Runs = dict[str, Run]


class Group:
    """Trails that share a watermark: absolute offsets and percentages apart.

    Of each only the smallest counts. A group that met others has gone `into` one of
    them; `depth` bounds how many such steps lead here, by the logarithm of all
    trails there ever were. `entry` is its place among the stops of groups.
    """

    __slots__ = ("depth", "entry", "fixed", "into", "percent", "watermark")

    def __init__(self, watermark: Decimal) -> None:
        self.watermark = watermark
        self.fixed: Run | None = None
        self.percent: Run | None = None
        self.into: Group | None = None
        self.depth = 0
        self.entry: tuple[Decimal, Group] | None = None

    def __lt__(self, other: "Group") -> bool:
        """Entries of equal stops need some order; which one does not matter."""
        return self.watermark < other.watermark

    @property
    def is_empty(self) -> bool:
        return self.fixed is None and self.percent is None

    @property
    def stop(self) -> Decimal:
        """The highest stop; there is a trail at least."""
        fixed, percent = self.fixed, self.percent
        if percent is None:
            assert fixed is not None
            return subtract(self.watermark, fixed[0][0])
        stop = stop_below(self.watermark, percent[0][0], True)
        if fixed is None:
            return stop
        return max(stop, subtract(self.watermark, fixed[0][0]))

    def add(self, trail: Trail, is_percent: bool, runs: Runs) -> bool:
        """Take in a trail; True if it is now the nearest of its kind."""
        root = self.percent if is_percent else self.fixed
        if root is None:
            root = Run((trail,), self, is_percent)
            self._plant(root, is_percent)
        else:
            insort(root, trail)
        runs[trail[2]] = root
        if len(root) > _RUN_MAX:
            upper = Run(root[_RUN_HALF:], self, is_percent)
            del root[_RUN_HALF:]
            for _, _, name in upper:
                runs[name] = upper
            self._plant(_meld(root, upper), is_percent)
        return root[0] is trail

    def remove(self, run: Run, name: str) -> Trail:
        at = run.index_of(name)
        trail = run.pop(at)
        # Only its first trail decides where in the heap a run may be.
        if at == 0 and not (run and run[0][0] == trail[0]):
            is_percent = run.is_percent
            root = _without(self.percent if is_percent else self.fixed, run)
            if run:
                root = run if root is None else _meld(root, run)
            self._plant(root, is_percent)
        return trail

    def in_order(self) -> Iterator[Ranked]:
        """Give its trails, the highest stop first; takes nothing out."""
        roots = [root for root in (self.fixed, self.percent) if root is not None]
        return merge(*(_ranked(root, self.watermark) for root in roots))

    def take(self, price: Decimal, hits: list[Hit]) -> None:
        """Take out every trail whose stop is at or above *price*, in any order."""
        if self.fixed is not None:
            self.fixed = _split(self.fixed, self.watermark, price, hits)
        if self.percent is not None:
            self.percent = _split(self.percent, self.watermark, price, hits)

    def _plant(self, root: Run | None, is_percent: bool) -> None:
        if is_percent:
            self.percent = root
        else:
            self.fixed = root


def group_of(run: Run) -> Group:
    """Give the group that a run is in by now, and remember it."""
    group = run.group
    while group.into is not None:
        group = group.into
    run.group = group
    return group


def unite(groups: list[Group], runs: Runs) -> Group:
    """Let groups (one or more) go into one of them, whose watermark stays."""
    one, alike = groups[0], 0
    for group in groups:
        if group.depth > one.depth:
            one, alike = group, 0
        alike += group.depth == one.depth
    if alike > 1:
        one.depth += 1
    # Of a million groups, each is looked at as seldom as it goes: none is in a cache.
    fixed: list[Run] = []
    percent: list[Run] = []
    for group in groups:
        if group.fixed is not None:
            fixed.append(group.fixed)
        if group.percent is not None:
            percent.append(group.percent)
        if group is not one:
            group.into = one
            group.fixed = group.percent = None
    one.fixed = _meld_all(_gather(fixed, runs))
    one.percent = _meld_all(_gather(percent, runs))
    return one


def _gather(heaps: list[Run], runs: Runs) -> list[Run]:
    """Make few long runs of many short ones that are heaps by themselves."""
    if len(heaps) < 2:
        return heaps
    group, is_percent = heaps[0].group, heaps[0].is_percent
    trails: list[Trail] = []
    gathered: list[Run] = []
    for run in heaps:
        if run.left is None and len(run) < _RUN_HALF:
            trails += run
        else:
            gathered.append(run)
    # Twice a stable sort: comparing numbers alone is quicker than tuples.
    trails.sort(key=itemgetter(1))
    trails.sort(key=itemgetter(0))
    for at in range(0, len(trails), _RUN_HALF):
        run = Run(trails[at : at + _RUN_HALF], group, is_percent)
        for _, _, name in run:
            runs[name] = run
        gathered.append(run)
    return gathered


def _meld_all(heaps: list[Run]) -> Run | None:
    """Meld in pairs: many small heaps cost O(1) each, not log n."""
    while len(heaps) > 1:
        odd = heaps[-1:] if len(heaps) & 1 else []
        one = iter(heaps)
        heaps = [_meld(left, right) for left, right in zip(one, one, strict=False)]
        heaps += odd
    return heaps[0] if heaps else None


def _meld(upper: Run, lower: Run) -> Run:
    """Make two heaps one; both are roots, and so is what comes back."""
    # The one that came last goes above its equals: then a single run has nothing
    # to walk along, and a group of equal offsets is built in O(n).
    if lower[0][0] <= upper[0][0]:
        upper, lower = lower, upper
    root = upper
    while (right := upper.right) is not None:
        if lower[0][0] <= right[0][0]:
            upper.right, lower.parent = lower, upper
            upper, lower = lower, right
        else:
            upper = right
    upper.right, lower.parent = lower, upper
    while True:
        _lean(upper)
        if upper is root:
            return root
        assert upper.parent is not None
        upper = upper.parent


def _lean(run: Run) -> None:
    """Put the longer way on the left, and count the other."""
    left, right = run.left, run.right
    if right is None:
        run.rank = 1
    elif left is None:
        run.left, run.right = right, None
        run.rank = 1
    elif left.rank < right.rank:
        run.left, run.right = right, left
        run.rank = left.rank + 1
    else:
        run.rank = right.rank + 1


def _without(root: Run | None, run: Run) -> Run | None:
    """Remove a run from its heap, and give the heap's new root."""
    left, right, parent = run.left, run.right, run.parent
    run.left = run.right = run.parent = None
    run.rank = 1
    rest = left
    if left is not None and right is not None:
        rest = _meld(left, right)
    if rest is not None:
        rest.parent = parent
    if parent is None:
        return rest
    if parent.left is run:
        parent.left = rest
    else:
        parent.right = rest
    # Ranks change along right children only: no more than log n of them.
    while parent is not None:
        rank = parent.rank
        _lean(parent)
        if parent.rank == rank:
            break
        parent = parent.parent
    return root


def _ranked(root: Run, watermark: Decimal) -> Iterator[Ranked]:
    """Walk a heap in order: what comes next is behind or under one that came."""
    upcoming = [(root[0], 0, root)]
    while upcoming:
        (offset, seq, name), at, run = heappop(upcoming)
        stop = stop_below(watermark, offset, run.is_percent)
        yield stop.copy_negate(), seq, name
        if at + 1 < len(run):
            heappush(upcoming, (run[at + 1], at + 1, run))
        if at == 0:
            for under in (run.left, run.right):
                if under is not None:
                    heappush(upcoming, (under[0], 0, under))


def _split(
    root: Run, watermark: Decimal, price: Decimal, hits: list[Hit]
) -> Run | None:
    """Move what *price* hits to *hits*; O(1) each, besides melding what is left."""
    rest: list[Run] = []
    pending = [root]
    is_percent, size = root.is_percent, watermark.copy_abs()
    while pending:
        run = pending.pop()
        count = 0
        for offset, seq, name in run:
            # As `stop_below`, without a call for each of ten thousand.
            if is_percent:
                ratio = _multiply(offset, _MINUS_PERCENT)
                stop = multiply_add(size, ratio, watermark)
            else:
                stop = subtract(watermark, offset)
            if stop < price:
                break
            hits.append((stop, seq, name, watermark))
            count += 1
        if count == 0:
            run.parent = None
            rest.append(run)
            continue
        if run.left is not None:
            pending.append(run.left)
        if run.right is not None:
            pending.append(run.right)
        # Nothing may keep a run alive that has gone, not even a cycle.
        run.left = run.right = run.parent = None
        if count < len(run):
            run.rank = 1
            del run[:count]
            rest.append(run)
    return _meld_all(rest) if rest else None
