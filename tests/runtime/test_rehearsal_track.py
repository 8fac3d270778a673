"""What a chart is made of: few points, the extremes kept; and when candles end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.builders import ACCOUNT, SYMBOL
from exitd.runtime.rehearsal.candle_ends import end_of_candle
from exitd.runtime.rehearsal.prices import Price
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from exitd.runtime.rehearsal.track import MarketTrack, Track
from exitd.runtime.rehearsal.wording import (
    number_words,
    offset_words,
    percent_words,
)
from runtime.rehearsed import D, S, exit_, opening


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=5_000))
def test_given_any_prices_then_few_cells_hold_all_extremes(prices: list[int]):
    track = MarketTrack(SYMBOL)
    for second, price in enumerate(prices):
        track.take(Decimal(price), second * S)

    assert len(track.cells) <= 2_000
    assert sum(cell.count for cell in track.cells) == len(prices)
    points = [point for cell in track.cells for point in cell.points()]
    assert [ts_ns for ts_ns, _ in points] == sorted(ts_ns for ts_ns, _ in points)
    assert {p for _, p in points} >= {min(map(D, prices)), max(map(D, prices))}
    assert points[0] == (0, prices[0])
    assert points[-1] == ((len(prices) - 1) * S, prices[-1])


def test_given_many_prices_then_cells_are_joined_in_pairs():
    track = MarketTrack(SYMBOL)
    for second in range(4_001):
        track.take(Decimal(second % 7 + 1), second * S)

    assert {cell.count for cell in track.cells[:-1]} == {4}
    assert len(track.cells) == 1_001


def test_given_levels_when_an_exit_fires_then_its_line_ends():
    track = Track()
    begun = Rehearsal(
        [exit_("sl", "stop_loss", "95"), exit_("tp", "take_profit", "110")],
        start_ns=0,
        track=track,
    )
    begun.open(opening())
    for second, price in enumerate(["100", "111", "112", "113"]):
        begun.price(Price(second * S, D(price), SYMBOL))
    begun.finish()

    cells = track.markets[ACCOUNT, SYMBOL].cells
    assert [sorted(cell.levels) for cell in cells] == [
        ["sol/sl", "sol/tp"],
        [],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("candle", "instant", "end"),
    [
        ("1m", "2026-01-01T00:00:59", "2026-01-01T00:01:00"),
        ("1m", "2026-01-01T00:01:00", "2026-01-01T00:02:00"),
        ("4h", "2026-01-01T05:00:00", "2026-01-01T08:00:00"),
        ("1d", "2026-01-01T05:00:00", "2026-01-02T00:00:00"),
        ("1w", "2026-01-01T05:00:00", "2026-01-05T00:00:00"),
        ("1w", "2026-01-05T00:00:00", "2026-01-12T00:00:00"),
        ("1month", "2026-01-31T05:00:00", "2026-02-01T00:00:00"),
        ("1month", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
    ],
)
def test_given_an_instant_then_its_candle_ends_where_the_calendar_says(
    candle: str, instant: str, end: str
):
    assert end_of_candle(candle, _ns(instant)) == _ns(end)


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


@pytest.mark.parametrize(
    ("offset_ns", "words"),
    [
        (0, "0s"),
        (65 * S, "65s"),
        (540 * S, "540s"),
        (600 * S, "10m"),
        (601 * S, "601s"),
        (28_800 * S, "8h"),
        (1_500_000_000, "1500ms"),
    ],
)
def test_given_an_offset_then_it_is_written_as_a_file_can_say_it(
    offset_ns: int, words: str
):
    assert offset_words(offset_ns) == words


def test_given_computed_numbers_then_they_end_where_nobody_trades():
    assert number_words(D("147.0528000")) == "147.0528"
    assert number_words(D(1) / 3) == "0.33333333"
    assert percent_words(D("0.0001")) == "under 0.01 %"
    assert percent_words(D("1.5")) == "1.5 %"
    assert percent_words(D(0)) == "0 %"
