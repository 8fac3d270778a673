"""A picture of costs as a page of its own, light or dark; nothing asked of anybody.

It needs no library: the drawings are SVG, written here.
"""

from collections.abc import Sequence
from html import escape

from exitd.adapters.charts.costs import (
    WORDS,
    CostLine,
    CostPart,
    CostPicture,
    Measured,
    stacks_of,
)
from exitd.adapters.charts.costs_style import STYLE
from exitd.adapters.charts.histogram import Axis
from exitd.runtime.cost_views import CostRow

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
_TOTAL, _SLIPPAGE = (
    "total cost, % of the market price",
    "slippage, % of the market price",
)
#: The heads of that table and the kind of each: what it is about stands first, as on
#: a telephone the rest is out of sight.
_COLUMNS = (
    ("UTC", ""),
    ("cost %", "number"),
    ("quality", ""),
    ("order", ""),
    ("symbol", ""),
    ("strategy", "words"),
    ("market", "number"),
    ("asked", "number"),
    ("fill", "number"),
)
#: What the lines in a drawing are.
_LINES = """\
<ul class="legend lines"><li><s class="of-median"></s>median</li>\
<li><s class="of-p90"></s>nine of ten do not exceed it (p90)</li>\
<li><s class="of-zero"></s>zero; left of it is better</li></ul>"""


def costs_page(picture: CostPicture) -> bytes:
    parts = [_part(part, picture) for part in picture.parts]
    if not parts:
        parts.append("<p>No order was asked for in this time.</p>")
    return _PAGE.format(
        title=escape(picture.title),
        style=STYLE,
        about=escape(picture.about),
        parts="\n".join(parts),
    ).encode()


def _part(part: CostPart, picture: CostPicture) -> str:
    written = [_mode(part), _tiles(part), _qualities(part)]
    written += [_LINES, _section("By strategy", part.strategies, picture)]
    written += [_section("By symbol", part.symbols, picture)]
    if part.left_out:
        written.append(f"<p>{part.left_out} smaller groups are not drawn.</p>")
    written.append(_table(part.rows))
    return "\n".join(text for text in written if text)


def _mode(part: CostPart) -> str:
    orders = _orders(len(part.rows))
    if not part.on_paper:
        return f'<p class="mode">LIVE: {orders}.</p>'
    return f'<p class="mode paper">PAPER: {orders}, simulated; nothing was sent.</p>'


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _tiles(part: CostPart) -> str:
    whole = part.group
    cash = "<br/>".join(
        f"{escape(total)} {escape(quote)}".strip()
        for quote, total in whole.cash.items()
    )
    total, slippage = part.whole.total, part.whole.slippage
    tiles = [
        ("orders", str(whole.orders), f"{whole.filled} filled"),
        ("total cost, median", _percent(total.median), _p90(total)),
        ("slippage, median", _percent(slippage.median), _p90(slippage)),
        ("total cost, cash", cash or "–", "above zero: worse than the market"),
    ]
    cells = "".join(
        f"<div><h2>{head}</h2><strong>{value}</strong><small>{note}</small></div>"
        for head, value, note in tiles
    )
    return f'<section class="tiles">{cells}</section>'


def _p90(measured: Measured) -> str:
    return f"nine of ten within {_percent(measured.p90)}" if measured.p90 else ""


def _qualities(part: CostPart) -> str:
    """One bar, in the share of each word, and the counts below it."""
    counts = [part.group.qualities.get(word, 0) for word in WORDS]
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
        f"<tr><th>{escape(line.name)}<small>{_orders(line.orders)}</small></th>"
        f"<td><em>{_TOTAL}</em>{_histogram(line.total, picture.total_axis)}</td>"
        f"<td><em>{_SLIPPAGE}</em>"
        f"{_histogram(line.slippage, picture.slippage_axis)}</td></tr>"
        for line in lines
    )
    return (
        f'<section><h2>{head}</h2><table class="spread"><thead><tr><th></th>'
        f"<th>{_TOTAL}</th><th>{_SLIPPAGE}</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _histogram(measured: Measured, axis: Axis) -> str:
    if not measured.numbers:
        return '<p class="none">not known</p>'
    bars = _bars(stacks_of(measured, axis), axis)
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


def _bars(stacks: Sequence[Sequence[int]], axis: Axis) -> list[str]:
    """Draw what lies in each bin, the words of it on one another, the best below."""
    bins = tuple(zip(*stacks, strict=True))
    step, most = _WIDTH / len(bins), max(map(sum, bins))
    bars = []
    for index, counts in enumerate(bins):
        top = float(_BASE)
        for place, count in enumerate(counts):
            if not count:
                continue
            height = max(2.0, (_BASE - 12) * count / most)
            top -= height
            bars.append(
                f'<rect class="q{place}" x="{index * step + 0.5:.1f}" y="{top:.1f}" '
                f'width="{step - 1:.1f}" height="{height:.1f}">'
                f"<title>{count} {WORDS[place]}, about {axis.middle_of(index):.2f} %"
                "</title></rect>"
            )
    return bars


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
        f'<th class="{kind}">{head}</th>' if kind else f"<th>{head}</th>"
        for head, kind in _COLUMNS
    )
    return (
        '<section><h2>The dearest orders</h2><div class="wide"><table><thead><tr>'
        f"{heads}</tr></thead><tbody>{lines}</tbody></table></div></section>"
    )


def _row(row: CostRow) -> str:
    place = WORDS.index(row.quality) if row.quality in WORDS else 0
    cells = (
        row.time[:16].replace("T", " "),
        row.total_cost_percent or "",
        row.quality or "",
        f"{row.kind}, {row.side}",
        row.symbol,
        row.strategy,
        row.market_price or "",
        row.intended_price or "",
        row.fill_price or "",
    )
    written = []
    for (head, kind), cell in zip(_COLUMNS, cells, strict=True):
        mark = f'<i class="q{place}"></i>' if head == "quality" else ""
        opened = f'<td class="{kind}">' if kind else "<td>"
        written.append(f"{opened}{mark}{escape(cell)}</td>")
    return f"<tr>{''.join(written)}</tr>"


def _percent(written: str | None) -> str:
    return f"{escape(written)} %" if written else "–"
