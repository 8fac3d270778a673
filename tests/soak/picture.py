"""A soak as a picture: what the daemon held, over the minutes."""

from __future__ import annotations

from collections.abc import Callable

from soak.samples import Sample

WIDTH, ROW, LEFT, GAP = 760, 90, 90, 34
#: Readable on a light page and on a dark one.
INK, LINE = "#7a7a7a", "#2f81f7"
_PLOTS: tuple[tuple[str, Callable[[Sample], float]], ...] = (
    ("own memory, MiB", lambda one: one.own_kib / 1024),
    ("descriptors", lambda one: one.descriptors),
    ("write-ahead log, MiB", lambda one: one.wal_kib / 1024),
    ("database, MiB", lambda one: one.database_kib / 1024),
    ("fires so far", lambda one: one.fires),
)


def svg(samples: list[Sample], words: str) -> str:
    """Draw one row for each of what is held."""
    height = GAP + len(_PLOTS) * (ROW + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<text x="0" y="14">{words}</text>',
    ]
    last_s = samples[-1].at_s or 1.0
    for number, (name, of) in enumerate(_PLOTS):
        top = GAP + number * (ROW + GAP)
        parts += _row(top, name, [(s.at_s / last_s, of(s)) for s in samples])
    minutes = f"{last_s / 60:.0f} minutes"
    parts.append(f'<text x="{WIDTH - 70}" y="{height - 8}">{minutes}</text></svg>\n')
    return "\n".join(parts)


def _row(top: int, name: str, points: list[tuple[float, float]]) -> list[str]:
    most = max(value for _, value in points) or 1.0
    bottom, wide = top + ROW, WIDTH - LEFT
    line = " ".join(
        f"{LEFT + x * wide:.1f},{bottom - value / most * ROW:.1f}"
        for x, value in points
    )
    shown = f"{most:.1f}" if most < 1_000 else f"{most:,.0f}"
    return [
        f'<text x="{LEFT}" y="{top - 6}">{name}</text>',
        f'<text x="0" y="{top + 10}">{shown}</text>',
        f'<text x="0" y="{bottom}">0</text>',
        f'<path d="M{LEFT},{top} V{bottom} H{WIDTH}" fill="none" stroke="{INK}"'
        ' stroke-opacity="0.5"/>',
        f'<polyline fill="none" stroke="{LINE}" stroke-width="1.5" points="{line}"/>',
    ]
