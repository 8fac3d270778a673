"""Pictures of what orders cost: what they show, and that nothing is asked for them."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from exitd.adapters.charts.costs import (
    SHOWN,
    WORDS,
    CostPicture,
    pictured_costs,
    quality_of,
    stacks_of,
)
from exitd.adapters.charts.costs_drawing import draw_costs
from exitd.adapters.charts.costs_page import costs_page
from exitd.adapters.charts.histogram import BINS, axis_of, counts_of
from exitd.core.units import NS_PER_S
from exitd.runtime.analytics import join
from exitd.runtime.cost_groups import groups_of
from exitd.runtime.cost_views import CostsView, cost_group, cost_row
from exitd.runtime.shown import timestamp
from runtime.traded import ALL, USD, alert, fired, order, stored

BODY = (
    '{"ticker":"AAPL","direction":"long","orderType":"limit","marketPrice":100,'
    '"limitPrice":100.1,"metadata":{"strategy":"%s"}}'
)


def costs(*orders: tuple[str, str], **changed: Any) -> CostsView:
    """Orders of (strategy, price of the fill; empty for none), and for many an exit."""
    signals = [
        alert(BODY % strategy, f"r-{n}", **changed)
        for n, (strategy, _) in enumerate(orders)
    ]
    entries = [
        order("2" if price else "0", price or "1", f"r-{n}")
        for n, (_, price) in enumerate(orders)
    ]
    exits = (fired("x/sl"),) if len(orders) > 1 else ()
    given_ = stored(signals=tuple(signals), entries=tuple(entries), exits=exits)
    rows = join(given_, *ALL)
    return CostsView(
        since=timestamp(0),
        until=timestamp(30 * NS_PER_S),
        rows=tuple(cost_row(row, USD[row.account, row.symbol]) for row in rows),
        groups=tuple(map(cost_group, groups_of(rows, USD))),
        strangers=0,
    )


def picture(*orders: tuple[str, str], **changed: Any) -> CostPicture:
    return pictured_costs(costs(*orders, **changed), "a time, a <route>")


SOME = (("Break & out", "100.05"), ("Break & out", "100.6"), ("Gap", "99.9"), ("", ""))


def test_given_orders_when_pictured_then_each_group_once_the_largest_first():
    shown = picture(*SOME)

    (part,) = shown.parts
    assert [(line.name, line.orders) for line in part.strategies] == [
        ("Break & out", 2),
        ("no strategy", 2),
        ("Gap", 1),
    ]
    assert [line.name for line in part.symbols] == ["AAPL", "SOL_USDC_PERP"]
    assert part.strategies[0].total.numbers == (0.05, 0.6)
    assert part.strategies[0].total.places == (0, 3)
    assert part.strategies[0].total.p90 == "0.6"
    assert part.whole.orders == 5
    assert part.left_out == 0


def test_given_many_groups_when_pictured_then_the_rest_is_counted():
    shown = picture(*((f"s{n}", "100") for n in range(SHOWN + 3)))

    (part,) = shown.parts
    assert len(part.strategies) == SHOWN
    assert part.left_out == 4
    assert b"4 smaller groups" in costs_page(shown)


class _Asked(HTMLParser):
    """What a page would fetch, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag in ("script", "link", "img", "iframe", "object"):
            self.asked.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing of it stays open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_given_a_page_when_read_then_it_asks_for_nothing_and_is_well_formed():
    text = costs_page(picture(*SOME)).decode()
    read = _Asked()

    read.feed(text)

    assert (read.asked, read.open) == ([], [])
    assert "url(" not in text
    assert "http" not in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == 1 + 2 * (3 + 2)
    assert "Break &amp; out" in text
    assert "a time, a &lt;route&gt;" in text
    for drawn in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(drawn)


def test_given_a_page_when_read_then_counts_medians_and_the_dearest_first():
    text = costs_page(picture(*SOME)).decode()

    for word, count in zip(WORDS, (2, 0, 1, 1), strict=True):
        assert f"{word} <b>{count}</b>" in text
    assert "median 0.325 %" in text
    dearest = text[text.index("The dearest orders") :]
    assert dearest.index("100.6") < dearest.index("100.05")


def test_given_paper_when_drawn_then_the_page_says_so():
    on_paper = costs_page(picture(*SOME, is_paper=True)).decode()

    live, simulated = on_paper.split("PAPER: 4 orders, simulated")
    assert "LIVE: 1 order." in live
    assert ("SOL_USDC_PERP" in live, "AAPL" in live) == (True, False)
    assert ("SOL_USDC_PERP" in simulated, "AAPL" in simulated) == (False, True)
    assert "PAPER" not in costs_page(picture(*SOME)).decode()


def test_given_no_order_when_drawn_then_the_page_says_so():
    assert b"No order was asked for" in costs_page(picture())


@pytest.mark.parametrize("orders", [(), (("Gap", "99.9"),)], ids=["none", "one"])
def test_given_orders_when_drawn_then_a_picture_that_can_be_shown(orders):
    with Image.open(io.BytesIO(draw_costs(picture(*orders), "png"))) as image:
        image.verify()
        assert image.width == 1100


@pytest.mark.parametrize(
    ("percent", "word"),
    [
        ("-1", "excellent"),
        ("0.05", "excellent"),
        ("0.1", "good"),
        ("0.25", "good"),
        ("0.3", "fair"),
        ("0.5", "fair"),
        ("0.6", "poor"),
    ],
)
def test_given_a_percentage_when_coloured_then_as_it_would_be_called(percent, word):
    assert WORDS[quality_of(Decimal(percent))] == word


def test_given_costs_of_several_words_in_one_bin_when_stacked_then_each_as_it_is():
    numbers = *SOME, ("Gap", "900")
    shown = picture(*numbers)

    stacks = stacks_of(shown.parts[0].whole.total, shown.total_axis)

    assert [sum(counts) for counts in stacks] == [2, 0, 1, 2]


@given(st.lists(st.floats(-1000, 1000), max_size=60))
def test_given_any_numbers_when_binned_then_each_is_in_one_bin_and_zero_shown(numbers):
    axis = axis_of(numbers)

    counts = counts_of(numbers, axis)

    assert len(counts) == BINS
    assert sum(counts) == len(numbers)
    assert axis.low < 0 < axis.high
    is_beyond = any(number < axis.low for number in numbers)
    assert axis.cuts_low is is_beyond
    assert axis.ends[0].startswith("≤") is is_beyond
    for number in numbers:
        assert 0 <= axis.place_of(number) <= 1


def test_given_one_that_is_far_off_when_binned_then_the_rest_keeps_its_room():
    axis = axis_of([*(n / 100 for n in range(50)), 900.0])

    assert axis.high < 1
    assert axis.ends == ("-0.07", "≥ 0.55")
