"""Drawing a picture of costs with matplotlib, which is an extra: PNG or SVG."""

import io
from typing import Any

from exitd.adapters.charts.costs import (
    WORDS,
    CostLine,
    CostPart,
    CostPicture,
    Measured,
    stacks_of,
)
from exitd.adapters.charts.drawing import library
from exitd.adapters.charts.histogram import Axis

_COLOURS = ("#1f9d63", "#7dbb42", "#e5a11a", "#d6453d")
_INK, _FAINT, _GRID, _P90 = "#23272e", "#626b79", "#e7eaef", "#6a5acd"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": _GRID,
    "text.color": _INK,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "svg.hashsalt": "exitd",
}
_WIDTH_IN, _LINE_IN, _PART_IN, _HEAD_IN, _DPI = 10.0, 0.95, 0.3, 1.1, 110
_LABEL_MAX = 22
_PAPER = "PAPER"
#: The share of an axis that the name of an end takes.
_ROOM = 0.12


def draw_costs(picture: CostPicture, kind: str) -> bytes:
    """Draw costs, a line of two distributions for each group.

    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    matplotlib = library("matplotlib")
    figure_type = library("matplotlib.figure").Figure
    canvas_type = library("matplotlib.backends.backend_agg").FigureCanvasAgg
    blocks = [block for part in picture.parts for block in _blocks(part)]
    height = _HEAD_IN + 0.1
    height += sum(
        _LINE_IN * len(lines) + _PART_IN * bool(name) for name, lines in blocks
    )
    with matplotlib.rc_context(_STYLE):
        figure = figure_type((_WIDTH_IN, height), dpi=_DPI, facecolor="#ffffff")
        canvas_type(figure)
        _head(figure, picture, height)
        at = height - _HEAD_IN
        for name, lines in blocks:
            if name:
                at -= _PART_IN
                is_paper = name.startswith(_PAPER)
                colour = _COLOURS[3] if is_paper else _FAINT
                figure.text(0.02, at / height, name, color=colour, fontsize=8)
            for line in lines:
                at -= _LINE_IN
                _line(figure, line, picture, (at + 0.3) / height, 0.5 / height)
        output = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(output, format=kind, metadata=metadata)
    return output.getvalue()


def _blocks(part: CostPart) -> tuple[tuple[str, tuple[CostLine, ...]], ...]:
    """Give the blocks of lines of one part, each with its name."""
    mode = f"{_PAPER}, SIMULATED ONLY" if part.on_paper else "LIVE"
    qualities = part.group.qualities
    counts = ", ".join(f"{qualities.get(word, 0)} {word}" for word in WORDS)
    return (
        (f"{mode}: {counts}", (part.whole,)),
        ("BY STRATEGY", part.strategies),
        ("BY SYMBOL", part.symbols),
    )


def _head(figure: Any, picture: CostPicture, height: float) -> None:
    def write(x: float, down_in: float, text: str, **style: Any) -> None:
        figure.text(x, 1 - down_in / height, text, va="top", **style)

    write(0.02, 0.16, picture.title, fontsize=14, fontweight="bold")
    write(0.02, 0.48, picture.about, color=_FAINT)
    for place, word in enumerate(WORDS):
        write(0.62 + 0.1 * place, 0.48, word, color=_COLOURS[place], fontsize=8)
    for at, text in (
        (0.24, "total cost, % of market"),
        (0.63, "slippage, % of market"),
    ):
        write(at, 0.86, text, color=_FAINT, fontweight="bold")


def _line(
    figure: Any, line: CostLine, picture: CostPicture, bottom: float, height: float
) -> None:
    name = line.name
    if len(name) > _LABEL_MAX:
        name = name[: _LABEL_MAX - 1] + "…"
    figure.text(0.02, bottom + height * 0.7, name, fontweight="bold", va="center")
    orders = "1 order" if line.orders == 1 else f"{line.orders} orders"
    figure.text(0.02, bottom + height * 0.28, orders, color=_FAINT, va="center")
    for at, measured, axis in (
        (0.24, line.total, picture.total_axis),
        (0.63, line.slippage, picture.slippage_axis),
    ):
        _histogram(figure.add_axes((at, bottom, 0.35, height)), measured, axis)


def _histogram(axes: Any, measured: Measured, axis: Axis) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])
    axes.set_xlim(axis.low, axis.high)
    axes.tick_params(labelsize=7, length=2)
    if not measured.numbers:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "not known", transform=axes.transAxes, color=_FAINT)
        return
    stacks = stacks_of(measured, axis)
    middles = [axis.middle_of(index) for index in range(len(stacks[0]))]
    below = [0] * len(middles)
    for counts, colour in zip(stacks, _COLOURS, strict=True):
        axes.bar(middles, counts, axis.width * 0.92, below, color=colour)
        below = [low + count for low, count in zip(below, counts, strict=True)]
    axes.axvline(0, color=_FAINT, linewidth=0.8, linestyle=":")
    axes.axvline(float(measured.median), color=_INK, linewidth=1.2)
    axes.axvline(float(measured.p90), color=_P90, linewidth=1.2, linestyle="--")
    label = f"median {measured.median} %   p90 {measured.p90} %"
    axes.set_title(label, fontsize=7, color=_FAINT, loc="right", pad=2)
    _scale(axes, axis)


def _scale(axes: Any, axis: Axis) -> None:
    """Name both ends, inwards, and zero where there is room for it."""
    zero = axis.place_of(0)
    places, names = [axis.low, axis.high], [*axis.ends]
    if _ROOM < zero < 1 - _ROOM:
        places.append(0)
        names.append("0")
    axes.set_xticks(places, names)
    first, last, *_ = axes.get_xticklabels()
    first.set_ha("left")
    last.set_ha("right")
