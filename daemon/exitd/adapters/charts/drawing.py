"""Drawing a picture with matplotlib, which is an extra: PNG or SVG."""

import importlib
import io
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from exitd.adapters.charts.margin import Note, spread
from exitd.adapters.charts.picture import FireMark, LevelLine, LineKind, Panel, Picture
from exitd.core.units import NS_PER_S, NS_PER_US
from exitd.errors import ExitdError
from exitd.extras import how_to_install

_INK, _GRID, _FAINT, _PAPER = "#2b2f36", "#e9ebef", "#8a919c", "#ffffff"
_ENTRY = "#2f6fd0"
_COLOURS = {
    LineKind.STOP: "#d1343b",
    LineKind.TARGET: "#178a55",
    LineKind.TRAIL: "#e07b00",
    LineKind.OTHER: "#7a5cc4",
}
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.edgecolor": _FAINT,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    # Without this, no two files of one picture would be the same.
    "svg.hashsalt": "exitd",
}
_WIDTH_IN, _PANEL_IN, _LINE_IN, _DPI = 10.0, 5.0, 0.2, 100
_LEFT_IN, _RIGHT_IN, _TOP_IN, _BOTTOM_IN = 0.72, 2.0, 0.42, 0.36
#: Characters that fit beside the plot.
_NOTE_MAX = 27
#: Digits of a price beyond which it is rounded.
_EXACT_MAX = 8
#: How much farther than the prices themselves the axis goes to show a level.
_STRETCH = 0.8
#: Hits that are told below the plot, two in a line; a longer list hides the plot.
_TOLD = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChartsMissing(ExitdError):
    """matplotlib is not installed; one sentence with the remedy."""


def library(name: str) -> Any:
    """Import a part of what draws.

    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ChartsMissing(
            "charts need matplotlib, which is not installed; run "
            f"{how_to_install('charts')}"
        ) from error


def draw(picture: Picture, kind: str) -> bytes:
    """Draw a picture; *kind* is `png` or `svg`.

    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    matplotlib = library("matplotlib")
    figure_type = library("matplotlib.figure").Figure
    canvas_type = library("matplotlib.backends.backend_agg").FigureCanvasAgg
    panels = picture.panels
    height = _PANEL_IN * max(1, len(panels))
    with matplotlib.rc_context(_STYLE):
        figure = figure_type((_WIDTH_IN, height), dpi=_DPI, facecolor=_PAPER)
        canvas_type(figure)
        for number, panel in enumerate(panels):
            lines_in = _LINE_IN * _lines_below(panel)
            bottom = height - (number + 1) * _PANEL_IN + _BOTTOM_IN + lines_in
            plot_in = _PANEL_IN - _TOP_IN - _BOTTOM_IN - lines_in
            width = _WIDTH_IN - _LEFT_IN - _RIGHT_IN
            box = (
                _LEFT_IN / _WIDTH_IN,
                bottom / height,
                width / _WIDTH_IN,
                plot_in / height,
            )
            _Plot(figure.add_axes(box), panel, picture, plot_in).draw()
        output = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(output, format=kind, metadata=metadata)
    return output.getvalue()


def _lines_below(panel: Panel) -> int:
    return (min(len(panel.fires), _TOLD) + 1) // 2


class _Plot:
    """One panel: the plot, the names of its levels beside it, the hits below it."""

    def __init__(self, axes: Any, panel: Panel, picture: Picture, plot_in: float):
        self._axes = axes
        self._panel = panel
        self._picture = picture
        self._plot_in = plot_in
        self._notes: list[Note] = []
        self._unit, self._unit_ns = _unit_of(panel, picture)

    def draw(self) -> None:
        axes, panel = self._axes, self._panel
        axes.set_title(panel.symbol, loc="left", fontweight="bold", fontsize=11)
        axes.set_title(self._picture.title, loc="right", color=_FAINT, fontsize=9.5)
        axes.grid(color=_GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.plot(
            [self._x(ts_ns) for ts_ns, _ in panel.prices],
            [_y(price) for _, price in panel.prices],
            color=_INK,
            linewidth=1.2,
            solid_joinstyle="round",
            zorder=3,
        )
        self._limit()
        for entry in panel.entries:
            axes.axhline(_y(entry.price), color=_ENTRY, linewidth=1.1, dashes=(6, 4))
            label = f"{self._words(entry.price)} ({entry.side})"
            self._note("entry", label, _y(entry.price), _ENTRY)
        for line in panel.levels:
            self._draw_level(line)
        for number, mark in enumerate(panel.fires, 1):
            self._draw_mark(number, mark)
        last = panel.prices[-1][1]
        self._note("price", self._words(last), _y(last), _INK)
        self._write_notes()
        self._write_fires()
        self._write_time()

    def _x(self, ts_ns: int) -> Any:
        """Give a place on the axis of time: since the beginning, or a date."""
        since_ns = self._picture.since_ns
        if since_ns is not None:
            return (ts_ns - since_ns) / self._unit_ns
        return _EPOCH + timedelta(microseconds=ts_ns // NS_PER_US)

    def _limit(self) -> None:
        """Show the prices whole, and the levels that are not far from them."""
        prices = [_y(price) for _, price in self._panel.prices]
        low, high = min(prices), max(prices)
        spare = (high - low or high / 100) * _STRETCH
        shown = [low, high]
        lines = [level for line in self._panel.levels for _, level in line.points]
        lines += [entry.price for entry in self._panel.entries]
        for level in lines:
            if level is not None and low - spare <= _y(level) <= high + spare:
                shown.append(_y(level))
        margin = (max(shown) - min(shown) or high / 100) * 0.07
        self._axes.set_ylim(min(shown) - margin, max(shown) + margin)
        first, last = (self._x(self._panel.prices[i][0]) for i in (0, -1))
        if last > first:
            self._axes.set_xlim(first, last + (last - first) * 0.015)

    def _draw_level(self, line: LevelLine) -> None:
        seen = [level for _, level in line.points if level is not None]
        if not seen:
            return
        colour = _COLOURS[line.kind]
        self._axes.plot(
            [self._x(ts_ns) for ts_ns, _ in line.points],
            [float("nan") if level is None else _y(level) for _, level in line.points],
            color=colour,
            linewidth=1.5,
            drawstyle="steps-post",
            zorder=2,
        )
        first, last = self._words(seen[0]), self._words(seen[-1])
        where = last if first == last else f"{first} → {last}"
        self._note(line.name, where, _y(seen[-1]), colour)

    def _draw_mark(self, number: int, mark: FireMark) -> None:
        place = (self._x(mark.ts_ns), _y(mark.price))
        colour = _COLOURS[mark.kind]
        self._axes.plot(
            *place, "o", markersize=15, color=_PAPER, mec=colour, mew=1.6, zorder=4
        )
        self._axes.annotate(
            str(number),
            place,
            color=colour,
            fontsize=8.5,
            fontweight="bold",
            ha="center",
            va="center_baseline",
            zorder=5,
        )

    def _words(self, price: Decimal) -> str:
        """Write a price; a long one only as exactly as the picture can show it."""
        exact = f"{price.normalize():,f}"
        if len(exact) <= _EXACT_MAX:
            return exact
        low, high = self._axes.get_ylim()
        digits = max(0, 3 - math.ceil(math.log10(high - low)))
        shown = f"{price:,.{digits}f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown

    def _note(self, name: str, where: str, y: float, colour: str) -> None:
        low, high = self._axes.get_ylim()
        room = _NOTE_MAX - len(where) - 2
        short = name if len(name) <= room else f"{name[: room - 1]}…"
        self._notes.append(Note(f"{short}  {where}", (y - low) / (high - low), colour))

    def _write_notes(self) -> None:
        """Name each line beside its end; those off the plot at its edge."""
        least = _LINE_IN * 0.92 / self._plot_in
        for note, at in spread(self._notes, least):
            inside = min(max(note.at, 0.0), 1.0)
            away = "" if inside == note.at else (" ↑" if note.at > 1 else " ↓")
            self._axes.annotate(
                f"{note.label}{away}",
                xy=(1.004, inside),
                xytext=(1.03, at),
                xycoords="axes fraction",
                textcoords="axes fraction",
                color=note.colour,
                va="center",
                arrowprops={
                    "arrowstyle": "-",
                    "color": note.colour,
                    "linewidth": 0.7,
                    "shrinkA": 1,
                    "shrinkB": 0,
                    "relpos": (0, 0.5),
                },
                annotation_clip=False,
            )

    def _write_fires(self) -> None:
        """Say below the plot what each hit did."""
        fires = self._panel.fires
        for index, mark in enumerate(fires[:_TOLD]):
            is_last = index == _TOLD - 1 and len(fires) > _TOLD
            rest = f"   … and {len(fires) - _TOLD} more" if is_last else ""
            row, column = divmod(index, 2)
            y = -(_BOTTOM_IN - 0.02 + _LINE_IN * (row + 0.5)) / self._plot_in
            self._axes.annotate(
                f"{index + 1}  {mark.label}{rest}",
                xy=(column * 0.6, y),
                xycoords="axes fraction",
                color=_COLOURS[mark.kind],
                va="center",
                annotation_clip=False,
            )

    def _write_time(self) -> None:
        axes = self._axes
        if self._picture.since_ns is not None:
            unit = self._unit
            axes.xaxis.set_major_formatter(lambda since, _: f"{since:.10g} {unit}")
        else:
            dates = library("matplotlib.dates")
            locator = dates.AutoDateLocator(tz=UTC)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(
                dates.ConciseDateFormatter(locator, tz=UTC, show_offset=False)
            )
        axes.yaxis.set_major_formatter(lambda price, _: f"{price:,.10g}")


def _y(price: Decimal) -> float:
    # A picture is no amount: a float is exact enough to place a point.
    return float(price)


def _unit_of(panel: Panel, picture: Picture) -> tuple[str, int]:
    """Give the unit that a time since the beginning is counted in."""
    span_ns = panel.prices[-1][0] - (picture.since_ns or 0)
    for unit, length_s, least_s in (("h", 3_600, 18_000), ("min", 60, 300)):
        if span_ns >= least_s * NS_PER_S:
            return unit, length_s * NS_PER_S
    return "s", NS_PER_S
