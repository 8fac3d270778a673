"""Many orders at once: how their costs are spread, by strategy and by symbol; pure.

What was simulated and what was sent are never in one group: a sum of the two is true
of neither.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.core.units import ZERO
from exitd.runtime.analytics import Traded
from exitd.signals.analysing import Quality


class Spread(Struct, frozen=True, kw_only=True):
    """How numbers are spread. `p90` is what nine of ten do not exceed."""

    best: Decimal
    median: Decimal
    p90: Decimal
    worst: Decimal


class CostGroup(Struct, frozen=True, kw_only=True):
    """Orders that have something in common; what is not known is not in it.

    `mode` is `live` or `paper`; empty where there is no order at all. `cash` is the
    total cost by quote currency, of the orders for which it is known.
    """

    mode: str
    by: str
    name: str
    orders: int
    filled: int
    qualities: Mapping[str, int]
    total_cost_percent: Spread | None
    slippage_percent: Spread | None
    cash: Mapping[str, Decimal]


def groups_of(
    rows: Iterable[Traded], quotes: Mapping[tuple[str, str], str]
) -> tuple[CostGroup, ...]:
    """Group live orders, then those on paper: all, by strategy, symbol and route.

    Args:
        rows: The orders.
        quotes: The quote currency by account and symbol; empty where not known.
    """
    known = tuple(rows)
    modes = sorted({row.mode for row in known}) or [""]
    return tuple(
        group
        for mode in modes
        for group in _groups(mode, [r for r in known if r.mode == mode], quotes)
    )


def _groups(
    mode: str, rows: Sequence[Traded], quotes: Mapping[tuple[str, str], str]
) -> Iterator[CostGroup]:
    keys: tuple[tuple[str, Callable[[Traded], str]], ...] = (
        ("strategy", lambda row: row.strategy),
        ("symbol", lambda row: row.symbol),
        ("route", lambda row: row.route),
    )
    yield _group(mode, "all", "", rows, quotes)
    for by, key in keys:
        for name in sorted({key(row) for row in rows}):
            these = [row for row in rows if key(row) == name]
            yield _group(mode, by, name, these, quotes)


def spread_of(numbers: Iterable[Decimal | None]) -> Spread | None:
    """Say how the known ones of these are spread; None without any.

    The median of an even count is the mean of the two in the middle; the p90 is the
    nearest rank.
    """
    known = sorted(number for number in numbers if number is not None)
    if not known:
        return None
    count = len(known)
    middle = known[(count - 1) // 2] + known[count // 2]
    rank = -(-count * 9 // 10)
    return Spread(
        best=known[0], median=middle / 2, p90=known[rank - 1], worst=known[-1]
    )


def _group(
    mode: str,
    by: str,
    name: str,
    rows: Sequence[Traded],
    quotes: Mapping[tuple[str, str], str],
) -> CostGroup:
    qualities = Counter(
        row.analysis.execution_quality
        for row in rows
        if row.analysis.execution_quality is not None
    )
    cash: dict[str, Decimal] = {}
    for row in rows:
        total = None if row.analysis.cash is None else row.analysis.cash.total_cost
        if total is not None:
            quote = quotes.get((row.account, row.symbol), "")
            cash[quote] = cash.get(quote, ZERO) + total
    return CostGroup(
        mode=mode,
        by=by,
        name=name,
        orders=len(rows),
        filled=sum(row.filled > ZERO for row in rows),
        qualities={quality.value: qualities[quality] for quality in Quality},
        total_cost_percent=spread_of(r.analysis.total_cost_percent for r in rows),
        slippage_percent=spread_of(r.slippage_percent for r in rows),
        cash=cash,
    )
