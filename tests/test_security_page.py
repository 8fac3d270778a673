"""SECURITY.md: each row of the threat model names what holds it, and that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "SECURITY.md"
COLUMNS = 5
NAMED = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """Give the rows of the table below the heading of the threat model."""
    section = PAGE.read_text().partition("## Threat model")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def test_given_the_threat_model_when_read_then_each_row_says_all_there_is_to_say():
    head, *threats = rows()

    assert head[-1] == "held by"
    assert len(threats) >= 20
    for threat in threats:
        assert len(threat) == COLUMNS, threat
        assert all(threat), threat


def test_given_a_row_when_it_names_what_holds_it_then_that_is_there():
    for threat in rows()[1:]:
        named = NAMED.findall(threat[-1])

        assert named, threat[0]
        for name in named:
            path = ROOT / name
            assert path.is_file(), f"{threat[0]}: there is no {name}"
            if path.name.startswith("test_"):
                assert "def test_" in path.read_text(), name


def test_given_what_ci_runs_by_name_when_a_row_names_it_then_ci_runs_it():
    ci = (ROOT / ".ci" / "run").read_text()
    programs = {
        name
        for threat in rows()[1:]
        for name in NAMED.findall(threat[-1])
        if name.startswith("tests/third_party/")
    }

    assert programs
    for name in programs:
        assert name in ci
