"""A picture of costs as a page of its own, light or dark; nothing asked of anybody.

It needs no library: the drawings are SVG, written here.
"""

from html import escape

from exitd.adapters.charts.costs import (
    WORDS,
    CostLine,
    CostPicture,
    Measured,
    quality_of,
)
from exitd.adapters.charts.costs_style import STYLE
from exitd.adapters.charts.histogram import Axis, counts_of
from exitd.runtime.cost_views import CostGroupView, CostRow

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{about}</p></header>
{parts}
</body>
</html>
"""
_WIDTH, _HEIGHT, _BASE = 320, 74, 58
#: What the name of an end takes.
_ROOM = 36
#: Rows of the table: the orders that cost most.
_DEAREST = 25


def costs_page(picture: CostPicture) -> bytes:
    parts = [_paper(picture)]
    if picture.view.rows:
        parts += [_tiles(picture), _qualities(picture)]
        parts += [_section("By strategy", picture.strategies, picture)]
        parts += [_section("By symbol", picture.symbols, picture)]
        if picture.left_out:
            parts.append(f"<p>{picture.left_out} smaller groups are not drawn.</p>")
        parts.append(_table(picture.view.rows))
    else:
        parts.append("<p>No order was asked for in this time.</p>")
    return _PAGE.format(
        title=escape(picture.title),
        style=STYLE,
        about=escape(picture.about),
        parts="\n".join(part for part in parts if part),
    ).encode()


def _paper(picture: CostPicture) -> str:
    if not picture.on_paper:
        return ""
    return (
        f'<p class="paper">PAPER: {picture.on_paper} of {len(picture.view.rows)} orders'
        " were simulated; nothing of them was sent.</p>"
    )


def _tiles(picture: CostPicture) -> str:
    whole = _whole(picture)
    cash = " · ".join(
        f"{escape(total)} {escape(quote)}".strip()
        for quote, total in whole.cash.items()
    )
    total, slippage = picture.whole.total, picture.whole.slippage
    tiles = [
        ("orders", str(whole.orders), f"{whole.filled} filled"),
        ("total cost, median", _percent(total.median), _p90(total)),
        ("slippage, median", _percent(slippage.median), _p90(slippage)),
        ("total cost, cash", cash or "–", "below zero: better than the market"),
    ]
    cells = "".join(
        f"<div><h2>{head}</h2><strong>{value}</strong><small>{note}</small></div>"
        for head, value, note in tiles
    )
    return f'<section class="tiles">{cells}</section>'


def _p90(measured: Measured) -> str:
    return f"nine of ten within {_percent(measured.p90)}" if measured.p90 else ""


def _whole(picture: CostPicture) -> CostGroupView:
    return next(group for group in picture.view.groups if group.by == "all")


def _qualities(picture: CostPicture) -> str:
    """One bar, in the share of each word, and the counts below it."""
    counts = [_whole(picture).qualities.get(word, 0) for word in WORDS]
    rated = sum(counts)
    if not rated:
        return ""
    bars, at = [], 0.0
    for place, count in enumerate(counts):
        width = 1000 * count / rated
        bars.append(
            f'<rect class="q{place}" x="{at:.1f}" width="{width:.1f}" height="16"/>'
        )
        at += width
    legend = "".join(
        f'<li><i class="q{place}"></i>{word} <b>{count}</b></li>'
        for place, (word, count) in enumerate(zip(WORDS, counts, strict=True))
    )
    return (
        '<section><h2>Quality</h2><svg class="bar" viewBox="0 0 1000 16" '
        f'preserveAspectRatio="none" role="img" aria-label="quality">{"".join(bars)}'
        f'</svg><ul class="legend">{legend}</ul></section>'
    )


def _section(head: str, lines: tuple[CostLine, ...], picture: CostPicture) -> str:
    rows = "".join(
        f"<tr><th>{escape(line.name)}<small>{line.orders} orders</small></th>"
        f"<td>{_histogram(line.total, picture.total_axis)}</td>"
        f"<td>{_histogram(line.slippage, picture.slippage_axis)}</td></tr>"
        for line in lines
    )
    return (
        f'<section><h2>{head}</h2><table class="spread"><thead><tr><th></th>'
        "<th>total cost, % of the market price</th>"
        "<th>slippage, % of the market price</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _histogram(measured: Measured, axis: Axis) -> str:
    if not measured.numbers:
        return '<p class="none">not known</p>'
    counts = counts_of(measured.numbers, axis)
    step, most = _WIDTH / len(counts), max(counts)
    bars = []
    for index, count in enumerate(counts):
        if count:
            height = max(2.0, (_BASE - 12) * count / most)
            bars.append(
                f'<rect class="q{quality_of(axis.middle_of(index))}" '
                f'x="{index * step + 0.5:.1f}" y="{_BASE - height:.1f}" '
                f'width="{step - 1:.1f}" height="{height:.1f}">'
                f"<title>{count} at {axis.middle_of(index):.3f} %</title></rect>"
            )
    label = f"median {measured.median} %, nine of ten within {measured.p90} %"
    lines = (
        _upright("zero", 0.0, axis),
        *bars,
        f'<line class="base" x1="0" x2="{_WIDTH}" y1="{_BASE}" y2="{_BASE}"/>',
        _upright("p90", float(measured.p90), axis),
        _upright("median", float(measured.median), axis),
        _scale(axis),
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f"{''.join(lines)}</svg><small>median {_percent(measured.median)}, "
        f"p90 {_percent(measured.p90)}</small>"
    )


def _upright(name: str, number: float, axis: Axis) -> str:
    x = f"{axis.place_of(number) * _WIDTH:.1f}"
    return f'<line class="{name}" x1="{x}" x2="{x}" y1="4" y2="{_BASE}"/>'


def _scale(axis: Axis) -> str:
    """Name both ends, and zero where there is room for it."""
    y, zero = _HEIGHT - 3, axis.place_of(0.0) * _WIDTH
    low, high = axis.ends
    named = [(0.0, "start", low), (_WIDTH, "end", high)]
    if _ROOM < zero < _WIDTH - _ROOM:
        named.append((zero, "middle", "0"))
    return "".join(
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{text}</text>'
        for x, anchor, text in named
    )


def _table(rows: tuple[CostRow, ...]) -> str:
    rated = [row for row in rows if row.total_cost_percent is not None]
    rated.sort(key=lambda row: -float(row.total_cost_percent or 0))
    if not rated:
        return ""
    lines = "".join(_row(row) for row in rated[:_DEAREST])
    heads = "".join(
        f"<th>{head}</th>"
        for head in ("UTC", "order", "symbol", "strategy", "market", "asked", "fill")
    )
    return (
        '<section><h2>The dearest orders</h2><div class="wide"><table><thead><tr>'
        f"{heads}<th>cost %</th><th>quality</th></tr></thead><tbody>{lines}</tbody>"
        "</table></div></section>"
    )


def _row(row: CostRow) -> str:
    cells = (
        row.time[:16].replace("T", " "),
        f"{row.kind}, {row.side}{', PAPER' if row.on_paper else ''}",
        row.symbol,
        row.strategy,
        row.market_price or "",
        row.intended_price or "",
        row.fill_price or "",
        row.total_cost_percent or "",
    )
    place = WORDS.index(row.quality) if row.quality in WORDS else 0
    written = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    rated = f'<td><i class="q{place}"></i>{escape(row.quality or "")}</td>'
    return f"<tr>{written}{rated}</tr>"


def _percent(written: str | None) -> str:
    return f"{escape(written)} %" if written else "–"
