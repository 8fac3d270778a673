"""Trailing stops by brute force: every trail by itself, all worked out each time.

`Both` does each step with `Trails` and with the model, and compares; `Walk` takes
random steps with both.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from exitd.core.condition import Offset
from exitd.core.meldable import Group, Run
from exitd.core.trails import Mark, Trails, highest_stops, restored_watermark

_HUNDRED = Decimal(100)
_EXACT = Context(prec=400)


@dataclass
class ModelTrail:
    """`start` is the watermark that is stored with the trigger."""

    offset: Offset
    start: Decimal
    watermark: Decimal
    seq: int


class ModelTrails:
    """What `Trails` does, for those that sell and, unmirrored, for those that buy."""

    def __init__(self, *, sells: bool) -> None:
        self.sells = sells
        self.trails: dict[str, ModelTrail] = {}

    def add(self, name: str, offset: Offset, watermark: Decimal, seq: int) -> None:
        self.trails[name] = ModelTrail(offset, watermark, watermark, seq)

    def remove(self, name: str) -> None:
        self.trails.pop(name, None)

    def amend(self, name: str, offset: Offset) -> None:
        self.trails[name].offset = offset

    def raise_to(self, name: str, watermark: Decimal) -> None:
        trail = self.trails[name]
        if self.is_better(watermark, trail.watermark):
            trail.start = trail.watermark = watermark

    def observe(self, price: Decimal) -> bool:
        moved = False
        for trail in self.trails.values():
            if self.is_better(price, trail.watermark):
                trail.watermark = price
                moved = True
        return moved

    def is_better(self, price: Decimal, other: Decimal) -> bool:
        return price > other if self.sells else price < other

    def stop_of(self, name: str) -> Decimal:
        trail = self.trails[name]
        watermark, offset = trail.watermark, trail.offset
        with localcontext(_EXACT):
            behind = offset.value
            if offset.is_percent:
                behind = abs(watermark) * offset.value / _HUNDRED
            return watermark - behind if self.sells else watermark + behind

    def take(self, price: Decimal) -> list[str]:
        stops = {name: self.stop_of(name) for name in self.trails}
        hit = [name for name in self.trails if not self.is_better(price, stops[name])]
        hit.sort(key=lambda name: self.trails[name].seq)
        hit.sort(key=stops.__getitem__, reverse=self.sells)
        for name in hit:
            del self.trails[name]
        return hit

    def top(self) -> Decimal:
        """The watermark that is the easiest to move."""
        watermarks = [trail.watermark for trail in self.trails.values()]
        if self.sells:
            return min(watermarks, default=Decimal("Infinity"))
        return max(watermarks, default=Decimal("-Infinity"))

    def stop(self) -> Decimal:
        """The stop that is hit first."""
        stops = map(self.stop_of, self.trails)
        if self.sells:
            return max(stops, default=Decimal("-Infinity"))
        return min(stops, default=Decimal("Infinity"))


def watermark_by(start: Decimal, seq: int, marks: Iterable[Mark]) -> Decimal:
    """What a stored trail has seen, by looking at every mark."""
    return max([start, *(price for last, price in marks if last >= seq)])


def assert_in_order(marks: list[Mark]) -> None:
    """Numbers rise and prices fall; so a number has one mark."""
    assert marks == sorted(marks)
    assert len({seq for seq, _ in marks}) == len(marks)
    assert [price for _, price in marks] == sorted(
        {price for _, price in marks}, reverse=True
    )


def assert_sound(trails: Trails) -> None:
    """What must hold inside, for the answers to be right and quick."""
    stack, stops = trails._stack, trails._stops
    watermarks = [group.watermark for group in stack]
    living = [group for group in stack if not group.is_empty]
    ranked = [group for group in stack if group.entry is not None]
    assert watermarks == sorted(set(watermarks), reverse=True)
    assert stack[-1:] == living[-1:]
    assert len(stack) == len(living) + trails._empty
    assert 2 * trails._empty <= 64 + len(stack)
    assert ranked == living[:-1]
    assert [group.entry for group in ranked] == [
        (-group.stop, group) for group in ranked
    ]
    assert stops._live == len(ranked)
    assert len(stops._heap) <= 64 + 2 * len(ranked)
    assert list(trails._raised) == [g for g in living if g in trails._raised]
    names = [
        name
        for group in living
        for root in (group.fixed, group.percent)
        if root is not None
        for name in _sound_names(trails, group, root)
    ]
    assert sorted(names) == sorted(trails._runs)


def _sound_names(trails: Trails, group: Group, root: Run) -> Iterator[str]:
    """Go through a heap, and see that each way down is short and in order."""
    assert root.parent is None
    pending = [root]
    while pending:
        run = pending.pop()
        assert run.is_percent == (root is group.percent)
        assert 0 < len(run) <= 64
        assert run == sorted(run)
        assert run.left is not None or run.right is None
        children = [child for child in (run.left, run.right) if child is not None]
        ranks = [child.rank for child in children]
        assert all(child.parent is run for child in children)
        assert all(child[0][0] >= run[0][0] for child in children)
        assert ranks == sorted(ranks, reverse=True)
        assert run.rank == (ranks[1] + 1 if len(ranks) == 2 else 1)
        steps, at = 0, run.group
        while at.into is not None:
            steps, at = steps + 1, at.into
        assert at is group
        assert steps <= group.depth < 16  # Of no more than 65,535 trails there were.
        for _, _, name in run:
            assert trails._runs[name] is run
            yield name
        pending += children


class Both:
    """Trails and their model, side by side; those that buy are given the mirror."""

    def __init__(self, *, sells: bool = True) -> None:
        self.sells = sells
        self.real = Trails()
        self.model = ModelTrails(sells=sells)
        self.seq = 0

    def seen(self, price: Decimal) -> Decimal:
        """A price as the trails are given it, and back."""
        return price if self.sells else price.copy_negate()

    def add(self, name: str, offset: Offset, price: Decimal) -> None:
        self.seq += 1
        self.real.add(name, offset, self.seen(price), self.seq)
        self.model.add(name, offset, price, self.seq)

    def remove(self, name: str) -> None:
        self.real.remove(name)
        self.model.remove(name)

    def amend(self, name: str, offset: Offset) -> None:
        self.real.amend(name, offset)
        self.model.amend(name, offset)

    def raise_to(self, name: str, price: Decimal) -> None:
        self.real.raise_to(name, self.seen(price))
        self.model.raise_to(name, price)

    def observe(self, price: Decimal) -> None:
        moves = self.seen(price) > self.real.top

        assert self.real.observe(self.seen(price)) == moves
        assert self.model.observe(price) == moves

    def take(self, price: Decimal) -> list[str]:
        fires = self.seen(price) <= self.real.stop
        taken = self.real.take(self.seen(price))

        assert taken == self.model.take(price)
        assert bool(taken) == fires
        return taken

    def assert_equal(self) -> None:
        assert len(self.real) == len(self.model.trails)
        assert self.seen(self.real.top) == self.model.top()
        assert self.seen(self.real.stop) == self.model.stop()

    def assert_all_equal(self) -> None:
        # First: asking for a trail makes its way to its group shorter.
        assert_sound(self.real)
        self.assert_equal()
        assert sorted(self.real) == sorted(self.model.trails)
        for name, trail in self.model.trails.items():
            assert name in self.real
            assert self.seen(self.real.watermark(name)) == trail.watermark
            assert self.seen(self.real.stop_of(name)) == self.model.stop_of(name)
        self.assert_in_order()

    def assert_in_order(self) -> None:
        stops = sorted(map(self.model.stop_of, self.model.trails), reverse=self.sells)
        found = highest_stops(self.real, len(stops) + 1)

        for limit in (0, 1, 7):
            assert highest_stops(self.real, limit) == found[:limit]
        # Of equal stops, any may come first.
        assert [self.seen(stop) for stop, _ in found] == stops
        assert len({name for _, name in found}) == len(found)
        assert all(self.seen(stop) == self.model.stop_of(n) for stop, n in found)

    def restart(self) -> None:
        """Go on with trails made of what would have been stored."""
        marks = self.real.marks()
        real = Trails()
        stored = sorted(self.model.trails.items(), key=lambda item: item[1].seq)
        for name, trail in stored:
            start = self.seen(trail.start)
            watermark = restored_watermark(start, trail.seq, marks)
            assert watermark == watermark_by(start, trail.seq, marks)
            real.add(name, trail.offset, watermark, trail.seq)
        real.restore(marks)
        self.real = real

        assert real.marks() == marks
        self.assert_all_equal()


class Walk:
    """Random steps: the seed decides how many trails, and how far apart prices are."""

    def __init__(self, seed: int, *, sells: bool) -> None:
        self.rng = random.Random(seed)
        self.both = Both(sells=sells)
        self.names = self.rng.choice([2, 10, 40, 200])
        self.prices = self.rng.choice([6, 60, 6_000])
        self.exponent = self.rng.choice([0, -2, -9])
        self.wanders = self.rng.random() < 0.5
        self.price = self.prices // 2
        self.do: list[Callable[[], None]] = [
            *[self.add] * 8,
            *[self.remove] * 2,
            *[self.amend] * 2,
            *[self.raise_to] * 2,
            *[self.observe] * 6,
            *[self.tick] * 3,
            self.restart,
        ]

    def step(self) -> None:
        self.rng.choice(self.do)()
        self.both.assert_equal()

    def name(self) -> str:
        return f"t{self.rng.randrange(self.names)}"

    def next_price(self) -> Decimal:
        if self.wanders:
            step = self.rng.randint(-2, 2)
            self.price = min(self.prices, max(1, self.price + step))
        else:
            self.price = self.rng.randint(1, self.prices)
        return Decimal(self.price).scaleb(self.exponent)

    def offset(self) -> Offset:
        if self.rng.random() < 0.5:
            hundredths = Decimal(self.rng.randint(1, 9_999))
            return Offset(hundredths.scaleb(-2), is_percent=True)
        return Offset(Decimal(self.rng.randint(1, self.prices)).scaleb(self.exponent))

    def add(self) -> None:
        self.both.add(self.name(), self.offset(), self.next_price())

    def remove(self) -> None:
        self.both.remove(self.name())

    def amend(self) -> None:
        name = self.name()
        if name in self.both.model.trails:
            self.both.amend(name, self.offset())

    def raise_to(self) -> None:
        name = self.name()
        if name in self.both.model.trails:
            self.both.raise_to(name, self.next_price())

    def observe(self) -> None:
        self.both.observe(self.next_price())

    def tick(self) -> None:
        price = self.next_price()
        self.both.observe(price)
        moved = {
            name
            for name, trail in self.both.model.trails.items()
            if trail.watermark == price
        }

        assert moved.isdisjoint(self.both.take(price))

    def restart(self) -> None:
        if self.rng.random() < 0.1:
            assert_in_order(self.both.real.marks())
            self.both.restart()


def staircase(count: int) -> Both:
    """Each trail has a watermark of its own, the oldest the highest."""
    both = Both()
    for n in range(count):
        offset = Offset(Decimal(400 + n % 7))
        if n % 3 == 0:
            offset = Offset(Decimal(2), is_percent=True)
        both.add(f"t{n}", offset, Decimal(200_000 - n) / 10)
    return both
