"""Costs of many orders: they add up, and how they are spread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exitd.core.position import OrderSide
from exitd.runtime.analytics import Traded, join
from exitd.runtime.cost_groups import CostGroup, groups_of, spread_of
from exitd.runtime.cost_views import cost_group
from runtime.traded import ALL, USD, D, alert, fired, order, stored


@pytest.mark.parametrize(
    ("numbers", "median", "p90"),
    [
        (["3"], "3", "3"),
        (["1", "2"], "1.5", "2"),
        ([str(n) for n in range(1, 11)], "5.5", "9"),
        ([str(n) for n in range(1, 12)], "6", "10"),
    ],
)
def test_given_numbers_when_spread_then_median_and_p90(numbers, median, p90):
    found = spread_of([None, *map(D, reversed(numbers))])

    assert found is not None
    assert (found.median, found.p90) == (D(median), D(p90))
    assert (found.best, found.worst) == (D(numbers[0]), D(numbers[-1]))
    assert spread_of([None]) is None


amounts = st.decimals("0.01", "1000", places=2)
entries = st.lists(
    st.tuples(st.sampled_from(OrderSide), amounts, amounts, st.integers(0, 9), amounts),
    max_size=8,
)


@settings(max_examples=25)
@given(entries, st.lists(st.tuples(amounts, amounts, amounts), max_size=4))
def test_given_any_orders_when_joined_then_their_costs_add_up(entered, exited):
    signals, orders = [], []
    for n, (side, market, limit, filled, price) in enumerate(entered):
        direction = "long" if side is OrderSide.BUY else "short"
        body = (
            f'{{"ticker":"AAPL","direction":"{direction}","orderType":"limit",'
            f'"marketPrice":{market},"limitPrice":{limit},'
            f'"metadata":{{"strategy":"s{n % 3}"}}}}'
        )
        signals.append(alert(body, f"r-{n}"))
        orders.append(order(str(filled), str(price), f"r-{n}", side))
    exits = [
        fired(f"x-{n}", level=level, observed=seen, filled_quote=4 * price)
        for n, (level, seen, price) in enumerate(exited)
    ]

    given_ = stored(signals=tuple(signals), entries=tuple(orders), exits=tuple(exits))
    rows = join(given_, *ALL)
    groups = groups_of(rows, USD)

    assert len(rows) == len(orders) + len(exits)
    for row in rows:
        found = row.analysis
        if found.total_cost is None:
            assert row.filled == 0
            continue
        assert found.setup_cost is not None
        assert found.execution_slippage is not None
        assert found.setup_cost + found.execution_slippage == found.total_cost
        assert found.cash is not None
        assert found.cash.total_cost == found.total_cost * row.filled
    check_sums(rows, groups)


def check_sums(rows: tuple[Traded, ...], groups: tuple[CostGroup, ...]) -> None:
    """Every way to group orders has each of them once."""
    (whole,) = [group for group in groups if group.by == "all"]
    cash = sum((r.analysis.cash.total_cost for r in rows if r.analysis.cash), D(0))
    assert sum(whole.cash.values()) == cash
    assert whole.orders == len(rows)
    for by in ("strategy", "symbol", "route"):
        parts = [group for group in groups if group.by == by]
        assert sum(part.orders for part in parts) == whole.orders
        assert sum(part.filled for part in parts) == whole.filled
        assert sum((sum(p.cash.values()) for p in parts), D(0)) == cash
        for quality, count in whole.qualities.items():
            assert sum(part.qualities[quality] for part in parts) == count


def test_given_live_and_paper_when_grouped_then_never_in_one_group():
    signals = alert(), alert(id="p-1", is_paper=True)
    entries = order("1", "151"), order("2", "150.5", "p-1")

    rows = join(stored(signals=signals, entries=entries), *ALL)
    groups = groups_of(rows, USD)

    assert [(g.mode, g.by, g.name, g.orders) for g in groups] == [
        (mode, by, name, 1)
        for mode in ("live", "paper")
        for by, name in (
            ("all", ""),
            ("strategy", "Breakout"),
            ("symbol", "AAPL"),
            ("route", "breakout"),
        )
    ]
    assert [dict(g.cash) for g in groups if g.by == "all"] == [
        {"USD": D("0.75")},
        {"USD": D("0.5")},
    ]


def test_given_no_order_when_grouped_then_one_empty_group_of_no_mode():
    (group,) = groups_of((), USD)

    assert (group.mode, group.by, group.orders) == ("", "all", 0)


def test_given_a_group_when_shown_then_decimals_are_texts():
    rows = join(stored(signals=(alert(),), entries=(order("100", "151.12"),)), *ALL)

    whole = cost_group(groups_of(rows, USD)[0])

    assert whole.qualities == {"excellent": 0, "good": 0, "fair": 0, "poor": 1}
    assert whole.cash == {"USD": "87"}
    assert whole.total_cost_percent is not None
    assert whole.total_cost_percent.median == "0.579"
    assert whole.slippage_percent is not None
    assert whole.slippage_percent.p90 == "0.08"
