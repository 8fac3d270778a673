"""A hole that candles fill, beside an engine that saw every price of the same path.

What candles are said to show has happened; what they cannot show is flagged; and no
stop is tighter than that of the one who watched, nor looser than it was.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.unwatched import MINUTE, fill
from core.worlds import MARK, D, S, World, stop, trail
from exitd.core.condition import Basis, Direction, Move, Relative
from exitd.core.events import FactKind
from exitd.core.hole_inputs import HoleFound, SeenCandle
from exitd.core.market import Tick
from exitd.core.position import Side
from exitd.core.resting import level_now
from exitd.core.state import Accepted
from exitd.core.trigger import TriggerDefinition

ENTRY = Decimal(100)
prices = st.integers(-18, 24)
#: Seconds since the price before, and how far it is from the entry, towards profit.
paths = st.lists(st.tuples(st.sampled_from([5, 15, 40]), prices), max_size=12)


def _at(side: Side, profit: int) -> Decimal:
    return ENTRY + profit if side is Side.LONG else ENTRY - profit


def _text(side: Side, profit: int) -> str:
    return str(_at(side, profit))


@st.composite
def definitions(draw: st.DrawFn) -> TriggerDefinition:
    """Everything that a price moves: trails of each kind, and stops that move."""
    side = draw(st.sampled_from(list(Side)))
    if draw(st.booleans()):
        moves = draw(
            st.lists(st.tuples(st.integers(3, 15), st.integers(-8, 12)), max_size=2)
        )
        return replace(
            stop("t", _text(side, -10), side=side),
            moves=tuple(
                Move(at=_at(side, at), to=_at(side, to)) for at, to in sorted(moves)
            ),
        )
    offset = draw(st.sampled_from(["3", "6", "5%"]))
    made = trail("t", offset, side=side)
    condition = made.condition
    after = draw(st.sampled_from([None, 3, 8, "relative"]))
    if after == "relative":
        gain = 5 if side is Side.LONG else -5
        condition = replace(condition, after=Relative(Basis.ENTRY, D(gain)))
    elif isinstance(after, int):
        condition = replace(condition, after=_at(side, after))
    if draw(st.booleans()):
        condition = replace(condition, step=D(draw(st.sampled_from([2, 5]))))
    if draw(st.booleans()):
        narrow = trail("n", "1").condition.offset
        at = _at(side, draw(st.sampled_from([4, 9])))
        tighten = trail("n", "1", tighten=("1", "1")).condition.tighten
        condition = replace(condition, tighten=replace(tighten, at=at, to=narrow))
    return replace(made, condition=condition)


class Path:
    """Two engines at one market: one watches all the time, the other does not."""

    def __init__(
        self,
        definition: TriggerDefinition,
        began_s: int,
        earlier: list[tuple[int, int]],
    ) -> None:
        side = definition.side
        self.worlds = [
            World(side=side, mark=None, slots=False, price_step=D("0.01"))
            for _ in range(2)
        ]
        self.watched, self.blind = self.worlds
        self.side = side
        self.now_ns = 1_200 * S + began_s * S
        self.told: list[tuple[int, Decimal]] = []
        self.walk([*earlier, (5, 0)])
        for world in self.worlds:
            world.now_ns = self.now_ns
            assert isinstance(world.arm(definition), Accepted)

    def price(self, profit: int, *, is_blind: bool = False) -> None:
        price = _at(self.side, profit)
        self.told.append((self.now_ns, price))
        for world in self.worlds[: 1 if is_blind else 2]:
            world.now_ns = self.now_ns
            world.do(Tick(MARK, price, self.now_ns, self.now_ns, len(self.told)))

    def walk(self, steps: list[tuple[int, int]], *, is_blind: bool = False) -> None:
        for wait_s, profit in steps:
            self.now_ns += wait_s * S
            self.price(profit, is_blind=is_blind)

    def candles(self, since_ns: int) -> tuple[SeenCandle, ...]:
        """Give the candles of the path, from the minute in which the hole began."""
        found = []
        open_ns = since_ns - since_ns % MINUTE
        last = self.told[0][1]
        while open_ns <= self.now_ns:
            inside = [p for ts, p in self.told if open_ns <= ts < open_ns + MINUTE]
            before = [p for ts, p in self.told if ts < open_ns]
            last = inside[-1] if inside else before[-1]
            seen = inside or [last]
            close_ns = open_ns + MINUTE
            found.append(SeenCandle(open_ns, close_ns, max(seen), min(seen), last))
            open_ns = close_ns
        return tuple(found)


def _is_tighter(definition: TriggerDefinition, one: Decimal, other: Decimal) -> bool:
    return one > other if definition.direction is Direction.FALLING else one < other


@settings(max_examples=60, deadline=None)
@given(definitions(), st.integers(0, 59), paths, paths, paths, paths)
def test_b056_given_any_path_then_candles_tell_no_crossing_that_was_not(
    definition: TriggerDefinition,
    began_s: int,
    earlier: list[tuple[int, int]],
    before: list[tuple[int, int]],
    within: list[tuple[int, int]],
    after: list[tuple[int, int]],
):
    path = Path(definition, began_s, earlier[:3])
    path.walk(before[:2])
    watched, blind = path.watched, path.blind
    if blind.state("t") != "armed":
        return
    since_ns = path.now_ns
    path.walk(within, is_blind=True)
    path.now_ns += S
    blind.now_ns = path.now_ns
    blind.do(HoleFound(MARK, since_ns, path.now_ns))
    path.walk(after[:3])
    if blind.state("t") != "armed":
        return
    known = level_now(blind.engine.state, blind.trigger("t"))

    blind.now_ns = path.now_ns
    fill(blind, path.candles(since_ns))

    has_fired = watched.state("t") != "armed"
    is_told = bool(blind.told(FactKind.TRIGGER_MISSED))
    is_unsure = bool(blind.trigger("t").unseen)
    stands = level_now(blind.engine.state, blind.trigger("t"))
    if known is not None:
        assert stands is not None
        assert not _is_tighter(definition, known, stands), "it was loosened"
    if has_fired:
        assert is_told or is_unsure, "a crossing was trusted away"
        return
    assert not is_told, "a crossing was told that was none"
    truth = level_now(watched.engine.state, watched.trigger("t"))
    if stands is not None:
        assert truth is not None
        assert not _is_tighter(definition, stands, truth), (
            "it is tighter than the truth"
        )
    if not is_unsure:
        assert stands == truth, "a wrong stop is trusted"
