"""The reference of the commands; `python tests/commands_page.py` writes it.

It is made of the commands themselves, of the words of `--help`, and a test keeps
docs/commands.md equal to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from exitd.cli.documents import DOCUMENTS
from exitd.cli.program import app

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
SHAPES = PAGE.with_name("api-reference.md")
Command = Any

INTRODUCTION = """\
# Commands

Every command with what it prints with `--json`, made by `python tests/commands_page.py`
from the words of `--help`. `exitd COMMAND --help` has options and examples, and so has
the manual (`exitd man COMMAND`). `exitd completion bash` (or `zsh`, `fish`) prints what
makes a shell complete all of it, the ids of triggers too.

With `--json` standard output has one document and nothing else, indented on a terminal;
what goes wrong is one sentence on standard error, with
[an exit code](operating.md#exit-codes). It is made for programs: a name that is there
stays and means the same, new ones may come. Prices and quantities are decimal
strings, times are UTC with nine digits of the second, what is not known is `null`.
Words that end in View are [shapes of the HTTP API](api-reference.md#shapes).
"""


def all_commands() -> dict[str, Command]:
    """Give every command by its words, in the order of `--help`."""
    return dict(_below(typer.main.get_command(app), ""))


def _below(command: Command, words: str) -> Iterator[tuple[str, Command]]:
    commands = getattr(command, "commands", None)
    if commands is None:
        yield words, command
        return
    for word, below in commands.items():
        if not below.hidden:
            yield from _below(below, f"{words} {word}".strip())


def has_json(command: Command) -> bool:
    return any("--json" in each.opts for each in command.params)


def page() -> str:
    """Give the page in Markdown."""
    shapes = set(re.findall(r"^### (\w+View)$", SHAPES.read_text(), re.MULTILINE))
    panels: dict[str, list[str]] = {}
    panel_of_group = {
        name: group.rich_help_panel
        for name, group in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    }
    for words, command in all_commands().items():
        about = (command.help or "").partition("\n\n")[0].replace("|", "\\|")
        document = _linked(DOCUMENTS.get(words, "–"), shapes)
        panel = panel_of_group[words.split()[0]]
        panels.setdefault(panel, []).append(f"| `{words}` | {about} | {document} |")
    lines = [INTRODUCTION]
    for panel, rows in panels.items():
        head = ("| command | what it does | with `--json` |", "|---|---|---|")
        lines += [f"## {panel}\n", *head, *rows, ""]
    return "\n".join(lines)


def _linked(text: str, shapes: set[str]) -> str:
    def link(found: re.Match[str]) -> str:
        name = found[0]
        return f"[{name}](api-reference.md#{name.lower()})" if name in shapes else name

    return re.sub(r"\b\w+View\b", link, text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
