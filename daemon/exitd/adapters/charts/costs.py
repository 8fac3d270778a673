"""What a picture of costs shows, taken from an answer of the daemon."""

from collections.abc import Iterable

from msgspec import Struct

from exitd.adapters.charts.histogram import Axis, axis_of
from exitd.runtime.cost_views import CostGroupView, CostRow, CostsView

#: Groups that are drawn of each kind, the largest first.
SHOWN = 10
WORDS = ("excellent", "good", "fair", "poor")
#: Percent from which a cost is no longer called so; see `exitd.signals.analysing`.
EDGES = (0.1, 0.25, 0.5)


class Measured(Struct, frozen=True, kw_only=True):
    """One measure of one group; `median` and `p90` are texts in percent."""

    numbers: tuple[float, ...]
    median: str
    p90: str


class CostLine(Struct, frozen=True, kw_only=True):
    """A group: its name, and its two distributions."""

    name: str
    orders: int
    total: Measured
    slippage: Measured


class CostPicture(Struct, frozen=True, kw_only=True):
    """All groups on the same two axes; `left_out` counts those that are not drawn."""

    title: str
    about: str
    view: CostsView
    whole: CostLine
    strategies: tuple[CostLine, ...]
    symbols: tuple[CostLine, ...]
    left_out: int
    total_axis: Axis
    slippage_axis: Axis

    @property
    def on_paper(self) -> int:
        return sum(row.on_paper for row in self.view.rows)


def pictured_costs(view: CostsView, about: str) -> CostPicture:
    """Put together what is drawn; *about* says of which time and which orders."""
    whole = next(group for group in view.groups if group.by == "all")
    strategies = _largest(view, "strategy")
    symbols = _largest(view, "symbol")
    count = sum(group.by in ("strategy", "symbol") for group in view.groups)
    return CostPicture(
        title="What orders cost",
        about=about,
        view=view,
        whole=_line(whole, view.rows, "all orders"),
        strategies=tuple(
            _line(group, [r for r in view.rows if r.strategy == group.name])
            for group in strategies
        ),
        symbols=tuple(
            _line(group, [r for r in view.rows if r.symbol == group.name])
            for group in symbols
        ),
        left_out=count - len(strategies) - len(symbols),
        total_axis=axis_of(_numbers(row.total_cost_percent for row in view.rows)),
        slippage_axis=axis_of(_numbers(row.slippage_percent for row in view.rows)),
    )


def quality_of(percent: float) -> int:
    """Give the place of a percentage among `WORDS`."""
    return sum(percent >= edge for edge in EDGES)


def _largest(view: CostsView, by: str) -> list[CostGroupView]:
    found = [group for group in view.groups if group.by == by]
    found.sort(key=lambda group: (-group.orders, not group.name, group.name))
    return found[:SHOWN]


def _line(group: CostGroupView, rows: Iterable[CostRow], name: str = "") -> CostLine:
    mine = tuple(rows)
    total, slippage = group.total_cost_percent, group.slippage_percent
    return CostLine(
        name=name or group.name or "no strategy",
        orders=group.orders,
        total=Measured(
            numbers=_numbers(row.total_cost_percent for row in mine),
            median=total.median if total is not None else "",
            p90=total.p90 if total is not None else "",
        ),
        slippage=Measured(
            numbers=_numbers(row.slippage_percent for row in mine),
            median=slippage.median if slippage is not None else "",
            p90=slippage.p90 if slippage is not None else "",
        ),
    )


def _numbers(written: Iterable[str | None]) -> tuple[float, ...]:
    return tuple(float(number) for number in written if number is not None)
