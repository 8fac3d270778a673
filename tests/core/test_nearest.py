"""Who would be hit next: as a sort of all says, at the cost of what is given."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.core.book import Book, Wake, in_order, nearest_levels
from exitd.core.condition import Direction, Offset
from exitd.core.levels import Levels

D = Decimal
_names = st.integers(0, 30).map(lambda n: f"t{n}")
_steps = st.one_of(
    st.tuples(st.just("add"), _names, st.integers(0, 20)),
    st.tuples(st.just("remove"), _names),
    st.tuples(st.just("take"), st.integers(0, 20)),
)


@given(st.lists(_steps, max_size=80), st.integers(0, 40))
def test_given_any_levels_when_the_nearest_are_asked_for_then_as_if_all_were_sorted(
    steps, limit
):
    levels, model = Levels(), {}
    for seq, step in enumerate(steps):
        match step:
            case ("add", name, rank):
                levels.add(name, D(rank), seq)
                model[name] = (D(rank), seq)
            case ("remove", name):
                levels.remove(name)
                model.pop(name, None)
            case ("take", bound):
                for name, _ in levels.take(D(bound)):
                    del model[name]

    found = list(islice(levels.in_order(), limit))

    expected = sorted((rank, seq, name) for name, (rank, seq) in model.items())
    assert found == [(rank, name) for rank, _, name in expected][:limit]
    assert len(levels) == len(model)


def test_given_levels_and_trails_when_asked_for_the_nearest_then_who_is_hit_first():
    book = Book()
    nothing = nearest_levels(book), list(in_order(book, D(100), 9))
    book.add("far", D(80), Direction.FALLING, 1)
    book.trail("trail", Offset(D(5)), D(100), Direction.FALLING, 2)
    book.wake("woken", Wake.STEP, D(99), Direction.FALLING, 3)
    book.add("target", D(120), Direction.RISING, 4)
    book.trail("short", Offset(D(1), is_percent=True), D(100), Direction.RISING, 5)

    found = list(in_order(book, D(100), 9))

    assert nothing == ((D("-Infinity"), D("Infinity")), [])
    assert nearest_levels(book) == (D(95), D(101))
    assert found == [(1, "short"), (5, "trail"), (20, "far"), (20, "target")]


def test_given_a_book_when_its_price_goes_on_meanwhile_then_who_stays_is_told():
    book = Book()
    for n in range(100):
        book.add(f"level {n}", D(80 - n) / 10, Direction.FALLING, n)
        book.trail(f"trail {n}", Offset(D(1 + n)), D(1_000 - n), Direction.FALLING, n)
    found = in_order(book, D(500), 500)
    told = [name for _, name in islice(found, 5)]

    book.follow(D(990))
    for n in range(0, 100, 2):
        book.remove(f"trail {n}")
        book.remove(f"level {n}")
    told += [name for _, name in found]

    assert book.watching() <= set(told)
    assert len(told) == len(set(told))


class Counted(Decimal):
    """A price that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: Decimal) -> bool:
        Counted.compared += 1
        return super().__lt__(other)


@pytest.mark.parametrize("count", [100, 10_000])
def test_given_many_levels_when_the_nearest_ten_are_asked_for_then_few_are_looked_at(
    count: int,
):
    levels = Levels()
    for n in range(count):
        levels.add(f"t{n}", Counted(n * 7_919 % count), n)
    Counted.compared = 0

    found = [rank for rank, _ in islice(levels.in_order(), 10)]

    assert found == list(range(10))
    assert Counted.compared < 300
