"""A picture as a page of its own: the SVG inside, nothing asked of anybody."""

import html
import re

from exitd.adapters.charts.drawing import draw
from exitd.adapters.charts.picture import Picture
from exitd.runtime.rehearsal.wording import instant_words, number_words

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 2rem auto; max-width: 64rem; padding: 0 1rem; background: #fff;
  color: #2b2f36; font: 15px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.25rem; }}
svg {{ width: 100%; height: auto; }}
table {{ border-collapse: collapse; margin-top: 1rem; }}
th, td {{ text-align: left; padding: .3rem 1.2rem .3rem 0;
  border-bottom: 1px solid #e9ebef; font-variant-numeric: tabular-nums; }}
</style>
</head>
<body>
<h1>{title}</h1>
{svg}
{table}
</body>
</html>
"""
# What stands before the drawing itself, and the description that nobody sees.
_PROLOGUE = re.compile(rb"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(rb"<metadata>.*?</metadata>\s*", re.DOTALL)


def page(picture: Picture) -> bytes:
    """
    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    svg = _METADATA.sub(b"", _PROLOGUE.sub(b"", draw(picture, "svg"), count=1))
    return _PAGE.format(
        title=html.escape(picture.title), svg=svg.decode(), table=_table(picture)
    ).encode()


def _table(picture: Picture) -> str:
    rows = [
        f"<tr><td>{instant_words(mark.ts_ns)}</td><td>{html.escape(panel.symbol)}</td>"
        f"<td>{html.escape(mark.label)}</td><td>{number_words(mark.price)}</td></tr>"
        for panel in picture.panels
        for mark in panel.fires
    ]
    if not rows:
        return "<p>Nothing fired.</p>"
    head = "<tr><th>UTC</th><th>market</th><th>exit</th><th>price</th></tr>"
    return f"<table>\n{head}\n" + "\n".join(rows) + "\n</table>"
