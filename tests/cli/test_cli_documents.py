"""What is printed with `--json` is what the page of the commands says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.conftest import Command
from commands_page import PAGE, SHAPES, all_commands, has_json, page
from e2e.house import House
from exitd.cli.documents import DOCUMENTS

#: Words to ask with, and of which command's document it is; `--json` comes behind.
ASKED = {
    "version": "version",
    "plan": "plan",
    "status": "status",
    "ls": "ls",
    "show sol-core/sl": "show",
    "explain sol-core/sl": "explain",
    "top --once": "top",
    "entries": "entries",
    "events": "events",
    "tail": "tail",
    "report": "report",
    "token ls": "token ls",
    "webhook log": "webhook log",
    "export csv": "export csv",
    "add sol-core --sl 120": "add",
    "pause sol-core/tp1": "pause",
    "resume sol-core/tp1": "resume",
}


def names_in(document: str) -> set[str]:
    """Give the names at the top of what is printed without a further option."""
    of_all = document.partition(";")[0]
    shape = re.fullmatch(r"\w+View", of_all)
    if shape is None:
        top = of_all.split("`findings`:")[0].partition("`cases`:")[0]
        return set(re.findall(r"`(\w+)`", top))
    text = SHAPES.read_text()
    _, _, rest = text.partition(f"### {shape[0]}\n")
    return set(re.findall(r"^\| `(\w+)`", rest.partition("\n### ")[0], re.MULTILINE))


def test_given_every_command_then_the_page_is_what_the_source_says():
    with_json = {words for words, each in all_commands().items() if has_json(each)}

    assert with_json == DOCUMENTS.keys()
    assert page() == PAGE.read_text(), "run `python tests/commands_page.py`"
    unknown = re.findall(r"(?<!\[)\b\w+View\b(?!\])", page())
    assert unknown == [], "no shapes of the API"


@pytest.mark.parametrize("words", ASKED)
def test_given_a_command_when_asked_for_json_then_the_names_of_the_page(
    command: Command, home: House, words: str
):
    printed = command(*words.split(), "--json").json

    assert printed.keys() == names_in(DOCUMENTS[ASKED[words]])


def test_given_files_when_asked_for_json_then_the_names_of_the_page(
    command: Command, tmp_path: Path
):
    made = command("init", str(tmp_path / "exits"), "--defaults", "--json").json
    checked = command("check", str(tmp_path / "exits"), "--json").json

    assert made.keys() == names_in(DOCUMENTS["init"])
    assert checked.keys() == names_in(DOCUMENTS["check"]) | {"findings"}
