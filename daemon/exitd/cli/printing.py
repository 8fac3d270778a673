"""
What commands print: one JSON document, or text and tables for people.

Answers go to standard output and everything else to standard error, so that a pipe
gets the answer alone. A table is drawn on a terminal only; elsewhere its rows are
lines with tabs, which `cut` and `awk` can read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

import msgspec

TABLE_WIDTH_MAX = 80


def say(text: str = "") -> None:
    """Write a line of the answer."""
    print(text)


def note(text: str) -> None:
    """Write a line about the answer, where it is not taken for a part of it."""
    print(text, file=sys.stderr)


def complain(sentence: str) -> None:
    """Write what went wrong: one sentence, with the remedy in it."""
    print(f"exitd: error: {sentence}", file=sys.stderr)


def say_json(document: object) -> None:
    """Write the only thing on standard output: one JSON document."""
    raw = msgspec.json.encode(document)
    if sys.stdout.isatty():
        raw = msgspec.json.format(raw, indent=2)
    say(raw.decode())


def width() -> int:
    """Give the columns that a table may have."""
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return TABLE_WIDTH_MAX
    return min(columns or TABLE_WIDTH_MAX, TABLE_WIDTH_MAX)


def say_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: str = ""
) -> None:
    """
    Write a table.

    Args:
        columns: The heads; one in parentheses gives way first where it gets narrow.
        numbers: The heads of the columns that are set flush right, with spaces.
    """
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in columns:
        name = head.strip("()")
        table.add_column(
            name,
            justify="right" if name in numbers.split() else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if head.startswith("(") else None,
            min_width=4 if head.startswith("(") else len(name),
        )
    for row in rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console(width=width(), highlight=False).print(table)


# How the words that people look for stand out; NO_COLOR turns all of it off.
STYLES = {
    "armed": "green",
    "filled": "green",
    "firing": "bold yellow",
    "working": "bold yellow",
    "stale": "bold red",
    "paused": "yellow",
    "waiting": "cyan",
    "NO": "bold red",
}


def is_agreed(question: str, *, yes: bool) -> bool:
    """
    Ask before something trades or destroys.

    Without a terminal nobody can be asked, and only *yes* agrees.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
