"""Pictures of rehearsals: what they show, and that they are files that can be shown."""

from __future__ import annotations

import io
import itertools
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.builders import SYMBOL
from exitd.adapters.charts.drawing import ChartsMissing, draw
from exitd.adapters.charts.margin import Note, spread
from exitd.adapters.charts.page import page
from exitd.adapters.charts.picture import LineKind, Picture, pictured
from exitd.core.position import Side
from exitd.core.trigger import Notify, TriggerDefinition
from exitd.runtime.rehearsal.prices import Price
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from exitd.runtime.rehearsal.track import Track
from runtime.rehearsed import D, S, exit_, opening, share

EXITS = [
    exit_("sl", "stop_loss", "95"),
    exit_("tp", "take_profit", "110", share("50%")),
    exit_("far", "take_profit", "900"),
    exit_("tell", "above", "105", Notify(), side=None),
]


def picture(
    prices: str, exits: list[TriggerDefinition] = EXITS, since_ns: int | None = None
) -> Picture:
    track = Track()
    begun = Rehearsal(exits, start_ns=0, track=track)
    begun.open(opening())
    for second, price in enumerate(prices.split()):
        begun.price(Price(second * S, D(price), SYMBOL))
    report = begun.finish()
    return pictured("a & b", track, report, exits, since_ns=since_ns)


def test_given_a_rehearsal_then_the_picture_has_all_that_belongs_to_it():
    panel = picture("100 106 110 100 94").panels[0]

    assert panel.symbol == SYMBOL
    assert [price for _, price in panel.prices] == [100, 106, 110, 100, 94]
    assert [(line.name, line.kind) for line in panel.levels] == [
        ("sl", LineKind.STOP),
        ("tp", LineKind.TARGET),
        ("far", LineKind.TARGET),
        ("tell", LineKind.OTHER),
    ]
    assert [mark.label for mark in panel.fires] == [
        "tell: told",
        "tp: closed 5 at 110 (market)",
        "sl: closed 5 at 94 (market)",
    ]
    assert [mark.price for mark in panel.fires] == [106, 110, 94]
    assert [(e.price, e.side) for e in panel.entries] == [(100, Side.LONG)]


def test_given_a_level_then_its_line_has_only_the_ends_of_where_it_stayed():
    stop, target, *_ = picture("100 106 110 100 101").panels[0].levels

    assert stop.points == ((0, D(95)), (4 * S, D(95)))
    assert target.points == ((0, D(110)), (2 * S, None))


@pytest.mark.parametrize("since_ns", [None, 0])
def test_given_png_then_it_is_1000_by_500_on_white(since_ns: int | None):
    drawn = draw(picture("100 106 110 100 94", since_ns=since_ns), "png")

    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    assert image.size == (1_000, 500)
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_given_svg_then_it_is_one_and_always_the_same():
    first, second = (draw(picture("100 106 110 100 94"), "svg") for _ in range(2))

    assert first == second
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"


def test_given_page_then_it_asks_for_nothing_outside():
    drawn = page(picture("100 106 110 100 94")).decode()

    assert drawn.startswith("<!DOCTYPE html>")
    assert "<title>a &amp; b</title>" in drawn
    assert "closed 5 at 94" in drawn
    # The names of the languages of the drawing are no addresses to go to.
    asked = drawn.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in asked.replace("http://www.w3.org/1999/xlink", "")


def test_given_nothing_fired_then_the_page_says_so():
    assert b"Nothing fired." in page(picture("100 101"))


@pytest.mark.parametrize(
    "prices", ["100", "100 100", "0.00001 0.00002", "100.12345678 100.1234567891"]
)
def test_given_hardly_any_prices_then_they_are_drawn_all_the_same(prices: str):
    assert draw(picture(prices), "png")


def test_given_many_hits_then_the_first_are_told_and_the_rest_counted():
    exits = [
        exit_(f"tp{n}", "take_profit", f"{110 + n}", share("5%")) for n in range(9)
    ]
    prices = " ".join(str(100 + n) for n in range(30))

    shown = picture(prices, exits)

    assert len(shown.panels[0].fires) == 9
    assert draw(shown, "svg")


def test_given_no_matplotlib_then_one_sentence_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
):
    # What the import system does where a package is not installed.
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ChartsMissing, match=r"pip install .*\[charts\]"):
        draw(picture("100 101"), "png")


@given(st.lists(st.floats(-1, 2, allow_nan=False), max_size=12))
def test_given_any_notes_then_none_lies_over_another(places: list[float]):
    notes = [Note(str(n), at, "") for n, at in enumerate(places)]

    found = spread(notes, 0.05)

    assert sorted(note.label for note, _ in found) == sorted(n.label for n in notes)
    for (_, below), (_, above) in itertools.pairwise(found):
        assert above - below > 0.05 - 1e-9
    assert all(at <= 1 for _, at in found)
