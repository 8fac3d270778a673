"""
What commands print: one JSON document, or text and tables for people.

Answers go to standard output and everything else to standard error, so that a pipe
gets the answer alone. A table is drawn on a terminal only; elsewhere its rows are
lines with tabs, which `cut` and `awk` can read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import msgspec

TABLE_WIDTH = 80


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
    """Give the columns that a table may have: the terminal's, 80 where it has none."""
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return TABLE_WIDTH
    return columns or TABLE_WIDTH


def say_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: str = "",
    only_on_terminals: Sequence[str] = (),
) -> None:
    """
    Write a table.

    Args:
        columns: The heads. Where it gets narrow, one in brackets is left out first,
            and then those in parentheses are shortened, the widest of them first.
        numbers: The heads of the columns that are set flush right, with spaces.
        only_on_terminals: Columns that a pipe does not get.
    """
    if not sys.stdout.isatty():
        kept = [i for i, head in enumerate(columns) if head not in only_on_terminals]
        for row in rows:
            say("\t".join(row[i] for i in kept))
        return
    shown = list(range(len(columns)))
    widths = [
        max(len(head.strip("()[]")), *(len(row[index]) for row in rows))
        for index, head in enumerate(columns)
    ]
    for index in [i for i in shown if columns[i].startswith("[")]:
        if _total(widths, shown) > width():
            shown.remove(index)
    flexible = [i for i in shown if columns[i].startswith("(")]
    for _ in range(_total(widths, shown) - width()):
        widest = max(flexible, key=lambda i: widths[i], default=None)
        if widest is not None and widths[widest] > SHORTENED_MIN:
            widths[widest] -= 1
    heads = [head.strip("()[]") for head in columns]
    right = [head in numbers.split() for head in heads]
    for row in (heads, *rows):
        cells = [_cell(row[i], widths[i], is_right=right[i]) for i in shown]
        line = GAP.join(cells).rstrip()
        say(_styled(line, "1") if row is heads else _marked(line, row[-1]))


def say_section(*, is_first: bool) -> None:
    """Part one table from the next; in a pipe the rows just go on."""
    if not is_first and sys.stdout.isatty():
        say()


GAP = "  "
SHORTENED_MIN = 8


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[i] for i in shown) + len(GAP) * (len(shown) - 1)


def shortened(text: str, columns: int) -> str:
    """Cut what is longer than its column, and show that something is gone."""
    return text if len(text) <= columns else f"{text[: columns - 1]}…"


def _cell(text: str, columns: int, *, is_right: bool) -> str:
    text = shortened(text, columns)
    return text.rjust(columns) if is_right else text.ljust(columns)


# How the words at the end of a line that people look for stand out (ECMA-48).
STYLES = {
    "armed": "32",
    "confirming": "1;35",
    "filled": "32",
    "firing": "1;33",
    "working": "1;33",
    "stale": "1;31",
    "unsure": "1;31",
    "paused": "33",
    "waiting": "36",
    "NO": "1;31",
    "ok": "32",
    "differs": "1;31",
    "missing": "1;31",
    "unexpected": "1;31",
}


def _marked(line: str, last: str) -> str:
    style = STYLES.get(last)
    if style is None or not line.endswith(last):
        return line
    return line[: len(line) - len(last)] + _styled(last, style)


def _styled(text: str, style: str) -> str:
    """Colour a text, unless somebody asked for none (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def styled_on_terminal(text: str, style: str) -> str:
    """Colour a word, on a terminal and unless somebody asked for none."""
    return _styled(text, style) if sys.stdout.isatty() else text


def say_loud(text: str, style: str) -> None:
    """Write a line that stands out on a terminal."""
    say(_styled(text, style) if style and sys.stdout.isatty() else text)


def is_agreed(question: str, *, yes: bool, for_scripts: bool = False) -> bool:
    """
    Ask before something trades or destroys.

    Without a terminal nobody can be asked, and only *yes* agrees. *for_scripts* is for
    a command whose words say all of what it does: a script that runs it means it.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return for_scripts
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
