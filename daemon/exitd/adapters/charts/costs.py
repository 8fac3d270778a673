"""What a picture of costs shows, taken from an answer of the daemon."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.adapters.charts.histogram import Axis, axis_of, counts_of
from exitd.runtime.cost_views import CostGroupView, CostRow, CostsView, SpreadView
from exitd.signals.analysing import EXCELLENT_BELOW, FAIR_MAX, GOOD_MAX

#: Groups that are drawn of each kind, the largest first.
SHOWN = 10
WORDS = ("excellent", "good", "fair", "poor")


class Measured(Struct, frozen=True, kw_only=True):
    """One measure of one group; `median` and `p90` are texts in percent.

    `places` says for each number which of `WORDS` it is called, by its place there.
    """

    numbers: tuple[float, ...]
    places: tuple[int, ...]
    median: str
    p90: str


class CostLine(Struct, frozen=True, kw_only=True):
    """A group: its name, and its two distributions."""

    name: str
    orders: int
    total: Measured
    slippage: Measured


class CostPart(Struct, frozen=True, kw_only=True):
    """What was sent, or what was simulated; `left_out` counts groups not drawn."""

    group: CostGroupView
    rows: tuple[CostRow, ...]
    whole: CostLine
    strategies: tuple[CostLine, ...]
    symbols: tuple[CostLine, ...]
    left_out: int

    @property
    def on_paper(self) -> bool:
        return self.group.mode == "paper"


class CostPicture(Struct, frozen=True, kw_only=True):
    """All groups on the same two axes, live and paper apart; no part without orders."""

    title: str
    about: str
    parts: tuple[CostPart, ...]
    total_axis: Axis
    slippage_axis: Axis


def pictured_costs(view: CostsView, about: str) -> CostPicture:
    """Put together what is drawn; *about* says of which time and which orders."""
    wholes = [group for group in view.groups if group.by == "all" and group.orders]
    return CostPicture(
        title="What orders cost",
        about=about,
        parts=tuple(_part(whole, view) for whole in wholes),
        total_axis=axis_of(_numbers(row.total_cost_percent for row in view.rows)),
        slippage_axis=axis_of(_numbers(row.slippage_percent for row in view.rows)),
    )


def quality_of(percent: Decimal) -> int:
    """Give the place of a percentage among `WORDS`; see `exitd.signals.analysing`."""
    edges = (percent >= EXCELLENT_BELOW, percent > GOOD_MAX, percent > FAIR_MAX)
    return sum(edges)


def _part(whole: CostGroupView, view: CostsView) -> CostPart:
    is_paper = whole.mode == "paper"
    rows = tuple(row for row in view.rows if row.on_paper is is_paper)
    mine = [group for group in view.groups if group.mode == whole.mode]
    strategies, symbols = _largest(mine, "strategy"), _largest(mine, "symbol")
    count = sum(group.by in ("strategy", "symbol") for group in mine)
    return CostPart(
        group=whole,
        rows=rows,
        whole=_line(whole, rows, "all orders"),
        strategies=tuple(
            _line(group, [row for row in rows if row.strategy == group.name])
            for group in strategies
        ),
        symbols=tuple(
            _line(group, [row for row in rows if row.symbol == group.name])
            for group in symbols
        ),
        left_out=count - len(strategies) - len(symbols),
    )


def _largest(groups: Iterable[CostGroupView], by: str) -> list[CostGroupView]:
    found = [group for group in groups if group.by == by]
    found.sort(key=lambda group: (-group.orders, not group.name, group.name))
    return found[:SHOWN]


def stacks_of(measured: Measured, axis: Axis) -> tuple[Sequence[int], ...]:
    """Count the numbers of each word in each bin, as they stand on one another."""
    called = tuple(zip(measured.numbers, measured.places, strict=True))
    return tuple(
        counts_of([number for number, at in called if at == place], axis)
        for place in range(len(WORDS))
    )


def _line(group: CostGroupView, rows: Iterable[CostRow], name: str = "") -> CostLine:
    mine = tuple(rows)
    rated = [row for row in mine if row.quality is not None]
    slipped = [row.slippage_percent for row in mine]
    return CostLine(
        name=name or group.name or "no strategy",
        orders=group.orders,
        total=_measured(
            [row.total_cost_percent for row in rated],
            group.total_cost_percent,
            # The word goes by the exact cost, which its percentage only rounds.
            [WORDS.index(row.quality or "") for row in rated],
        ),
        slippage=_measured(
            slipped,
            group.slippage_percent,
            [quality_of(Decimal(n)) for n in slipped if n is not None],
        ),
    )


def _measured(
    written: Iterable[str | None], spread: SpreadView | None, places: Iterable[int]
) -> Measured:
    return Measured(
        numbers=_numbers(written),
        places=tuple(places),
        median="" if spread is None else spread.median,
        p90="" if spread is None else spread.p90,
    )


def _numbers(written: Iterable[str | None]) -> tuple[float, ...]:
    return tuple(float(number) for number in written if number is not None)
