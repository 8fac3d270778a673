"""What can go wrong, and which tests show what then happens.

`python tests/failure_table.py` writes docs/failure-model.md from failure_model.toml.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MODEL = TESTS / "failure_model.toml"
PAGE = ROOT / "docs" / "failure-model.md"

#: The rows of each group, by the letter that their ids begin with.
GROUPS = {
    "P": (13, "The process"),
    "D": (18, "The disk and the state"),
    "N": (26, "The venue"),
    "W": (15, "Prices"),
    "T": (5, "Time"),
    "X": (9, "The account"),
    "C": (10, "A chain"),
    "G": (9, "Files and people"),
    "H": (12, "A fleet on one database: exitd is one daemon on one file"),
    "A": (9, "The API and alerts"),
    "R": (5, "Resources over time"),
}
UNTESTED_MAX = 10

#: Groups of which a simulated world can hold something; the others are about files,
#: people and callers, which have tests of their own and no part in a world.
WORLDLY = "PDNWTXC"
#: Why no simulated world holds a row of those, by the word that stands in its place.
WHY_NOT = {
    "process": "signals, descriptors, pipes and other programs are those of a process:"
    " real ones are started",
    "file": "a file's bytes, its size and what a power cut leaves of it: real files are"
    " filled, cut, flipped and torn",
    "start": "the start is refused, and a world would end there: each refusal is asked"
    " for by itself",
    "hours": "worlds last a minute: what a disk needs that is full for longer is room,"
    " which is counted",
    "promise": "an older state takes back what was answered, and a world is judged by"
    " that: each thing that must be noticed is asked for by itself",
    "settings": "settings and keys are read by the program that puts the parts"
    " together; in a world the world does",
    "sides": "it is about what never meets: two sides, two accounts",
    "contract": "a contract that behaves otherwise: real contracts of each version are"
    " deployed",
}
_DEFINITION = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    One row of the model.

    Attributes:
        id: Letter of the group and number.
        fault: What goes wrong.
        must: What must happen then.
        instead: For what exitd has not, what stands in its place.
        tests: `FILE::TEST`, the file under tests/.
        programs: Under tests/, run by .ci/run.
        untested: Which hardware or service a test would need.
        simulated: Whether seeds of `./exitd simulate` draw it, beside its own tests.
        unsimulated: The word of `WHY_NOT` that says why none does.
    """

    id: str
    fault: str
    must: str = ""
    instead: str = ""
    tests: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    untested: str = ""
    simulated: bool = False
    unsimulated: str = ""


def rows() -> list[Row]:
    return msgspec.convert(tomllib.loads(MODEL.read_text())["row"], list[Row])


def ids() -> list[str]:
    """Name every row that there must be, in order."""
    return [
        f"{letter}{number}"
        for letter, (count, _) in GROUPS.items()
        for number in range(1, count + 1)
    ]


def missing(row: Row) -> list[str]:
    """Name the tests and programs of a row that are not there."""
    found = []
    for test in row.tests:
        file, _, name = test.partition("::")
        path = TESTS / file
        if not path.is_file() or name not in _DEFINITION.findall(path.read_text()):
            found.append(test)
    steps = (ROOT / ".ci" / "run").read_text()
    for program in row.programs:
        if not (TESTS / program).is_file() or f"tests/{program}" not in steps:
            found.append(program)
    return found


def page() -> str:
    lines = [
        "# The failure model",
        "",
        "What can go wrong, what must happen then, and which tests show that it does.",
        "The rows of a fleet say what stands in their place here.",
        "",
        "This page is made by `python tests/failure_table.py` out of",
        "`tests/failure_model.toml`; a test keeps the two equal, and finds every row",
        "that names no test. What is marked with a dot, the seeds of",
        "`./exitd simulate` draw as well, together with all other rows so marked. A",
        "word in its place says why no simulated world can hold that:",
        "",
        *(f"- *{word}*: {why}." for word, why in WHY_NOT.items()),
        "",
        "Files, people, callers and resources have no part in a simulated world.",
    ]
    for row in rows():
        if row.id[1:] == "1":
            title = GROUPS[row.id[0]][1]
            lines += ["", f"## {title}", "", "| | fault | then | seeds | shown by |"]
            lines.append("|---|---|---|---|---|")
        shown = [f"`{test.partition('::')[2]}`" for test in row.tests]
        shown += [f"`tests/{program}`" for program in row.programs]
        if row.untested:
            shown.append(f"untested: {row.untested}")
        then = row.must or row.instead
        cells = (row.id, row.fault, then, "•" if row.simulated else row.unsimulated)
        lines.append(f"| {' | '.join((*cells, '<br>'.join(shown)))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
