"""The trigger book against brute force (behaviours 9, 10; design section 5)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.worlds import LONG, SHORT, D, stop, target
from exitd.core.book import Book
from exitd.core.condition import ConditionKind, Direction
from exitd.core.levels import Levels
from exitd.core.neighbours import Neighbours
from exitd.core.position import Side
from exitd.core.trigger import Notify

_names = st.integers(0, 30).map(lambda n: f"t{n}")
_levels = st.integers(1, 40).map(Decimal)
_ways = st.sampled_from(Direction)
_steps = st.one_of(
    st.tuples(st.just("add"), _names, _levels, _ways),
    st.tuples(st.just("remove"), _names),
    st.tuples(st.just("tick"), _levels),
)


class BruteForce:
    """The same by looking at everything, each time."""

    def __init__(self) -> None:
        self.rests: dict[str, tuple[Decimal, Direction, int]] = {}

    def crossed(self, price: Decimal) -> list[tuple[str, Decimal]]:
        falling = [
            (-level, seq, name)
            for name, (level, way, seq) in self.rests.items()
            if way is Direction.FALLING and price <= level
        ]
        rising = [
            (level, seq, name)
            for name, (level, way, seq) in self.rests.items()
            if way is Direction.RISING and price >= level
        ]
        hit = [name for _, _, name in sorted(falling)]
        hit += [name for _, _, name in sorted(rising)]
        return [(name, self.rests.pop(name)[0]) for name in hit]


@given(st.lists(_steps, max_size=200))
@settings(max_examples=300)
def test_given_random_steps_then_the_book_equals_brute_force(steps):
    book, model = Book(), BruteForce()
    for seq, step in enumerate(steps):
        match step:
            case ("add", name, level, way):
                book.add(name, level, way, seq)
                model.rests[name] = (level, way, seq)
            case ("remove", name):
                book.remove(name)
                model.rests.pop(name, None)
            case (_, price):
                assert book.crossed(price) == model.crossed(price)
        assert len(book) == len(model.rests)
        assert all(name in book for name in model.rests)
        levels = model.rests.values()
        falling = [level for level, way, _ in levels if way is Direction.FALLING]
        rising = [level for level, way, _ in levels if way is Direction.RISING]
        assert book.falling_at == max(falling, default=D("-Infinity"))
        assert book.rising_at == min(rising, default=D("Infinity"))


def test_given_much_coming_and_going_then_the_dead_do_not_pile_up():
    levels = Levels()
    levels.add("far", D(1), 0)
    for n in range(10_000):
        levels.add(f"t{n}", D(1_000 + n), n)
        levels.remove(f"t{n}")

    assert len(levels) == 1
    assert len(levels._heap) < 200
    assert levels.take(D(5_000)) == [("far", D(1))]


def test_given_many_hit_at_once_then_in_order_and_the_rest_stays():
    levels = Levels()
    for n in reversed(range(1_000)):
        levels.add(f"t{n}", D(n // 2), n)

    taken = levels.take(D(399))

    assert taken == [(f"t{n}", D(n // 2)) for n in range(800)]
    assert len(levels) == 200
    assert "t800" in levels
    assert levels.first == 400


def test_given_a_level_with_more_digits_than_the_context_then_exact():
    exact = D("1.000000000000000000000000000000000001")
    book = Book()
    book.add("x", exact, Direction.FALLING, 1)

    assert book.falling_at == exact
    assert book.crossed(D("1.000000000000000000000000000000000002")) == []
    assert book.crossed(exact) == [("x", exact)]


def test_given_neighbours_then_the_nearest_stop_and_target_are_known():
    for key, near_stop, near_target in [(LONG, 97, 103), (SHORT, 95, 105)]:
        neighbours = Neighbours(key)
        assert neighbours.nearest_stop() is neighbours.nearest_target() is None
        known = {
            "s0": stop("s0", "95", side=key.side),
            "s1": stop("s1", "97", side=key.side),
            "t0": target("t0", "105", side=key.side),
            "t1": target("t1", "103", side=key.side),
        }
        for definition in known.values():
            neighbours.put(definition)

        assert neighbours.nearest_stop() == near_stop
        assert neighbours.nearest_target() == near_target
        for name in ("s0", "s1", "t0", "t1", "t1"):
            neighbours.drop(known[name])
        assert neighbours.nearest_stop() is neighbours.nearest_target() is None


def test_b023_given_neighbours_then_a_twin_is_found_until_it_is_dropped():
    neighbours = Neighbours(LONG)
    neighbours.put(stop("a", "95"))
    neighbours.put(stop("n", "94", action=Notify()))

    assert neighbours.twin(stop("b", "95.00")) == "a"
    assert neighbours.twin(stop("b", "94", action=Notify())) is None
    neighbours.drop(stop("b", "95"))
    assert neighbours.twin(stop("c", "95")) == "a"
    assert neighbours.twin(stop("a", "95")) is None
    neighbours.drop(stop("a", "95"))
    assert neighbours.twin(stop("c", "95")) is None
    assert stop("c", "95").condition.kind == ConditionKind.STOP_LOSS
    assert stop("c", "95").side is Side.LONG
