"""What else stands between fences: Python, units, a proxy's lines, what is printed."""

from __future__ import annotations

import ast
import configparser
import re

import pytest

from documentation.blocks import DOCS, Block, blocks
from exitd.api.rasa.described import OPERATIONS
from exitd.cli import program
from exitd.ports.answers import ASKED


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_given_python_of_a_page_when_run_then_its_names_are_there(block: Block):
    tree = ast.parse(block.text)
    # Of what speaks to a daemon only the imports: tests of the client have the rest.
    asks_a_daemon = "Client(" in block.text
    body = [
        node
        for node in tree.body
        if not asks_a_daemon or isinstance(node, ast.ImportFrom)
    ]

    exec(compile(ast.Module(body, []), str(block), "exec"), {})


@pytest.mark.parametrize("block", blocks("ini"), ids=str)
def test_given_lines_of_a_unit_when_read_then_its_sections_are_systemds(block: Block):
    unit = configparser.ConfigParser(strict=False, interpolation=None)

    unit.read_string(block.text)

    assert set(unit.sections()) <= {"Unit", "Service", "Install"}
    assert all(unit.options(section) for section in unit.sections())


@pytest.mark.parametrize("block", blocks("nginx"), ids=str)
def test_given_lines_of_a_proxy_then_they_pass_on_what_is_served(block: Block):
    found = re.search(r"location ~ (\S+) \{", block.text)
    assert found is not None
    passed = re.compile(found[1])

    served = [*OPERATIONS, "/ws/v1/subscribe", "/login/"]
    assert [path for path in served if not passed.search(path)] == []
    kept = ("/", "/v1/triggers", "/metrics", "/docs", "/-/ready")
    assert [path for path in kept if passed.search(path)] == []
    assert block.text.count("{") == block.text.count("}")


def shown(page: str, beginning: str) -> str:
    (text,) = (
        block.text
        for block in blocks("text")
        if block.page == DOCS / page and block.text.startswith(beginning)
    )
    return text


def test_given_what_the_doctor_says_when_shown_then_it_looks_at_each_of_these():
    page = (DOCS / "operating.md").read_text(encoding="utf-8")
    said = shown("operating.md", "ok      configuration")

    checks = re.findall(r"^(?:ok|warn|fail|unknown) +(\w+)", said, re.MULTILINE)
    assert len(checks) > 8
    assert [name for name in checks if f"| `{name}`" not in page] == []


def test_given_answers_of_a_venue_when_shown_then_each_question_is_asked():
    said = shown("operating.md", "a request that has expired")

    asked = [line.rpartition(": ")[0] for line in said.splitlines()]
    assert len(asked) == len(ASKED)
    assert [
        line
        for line in said.splitlines()
        if not line.startswith(tuple(f"{words}: " for words in ASKED.values()))
    ] == []


def test_given_a_case_of_exits_when_tried_then_what_the_page_shows_is_printed(
    capsys: pytest.CaptureFixture[str],
):
    path = DOCS.parent / "config" / "tests" / "sol.yaml"

    assert program.run(["test-rules", str(path)]) == 0

    printed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    # Names and heads of columns are for terminals.
    wanted = shown("rehearsing.md", "config/tests/sol.yaml").splitlines()[2:]
    assert [line for line in wanted if " ".join(line.split()) not in printed] == []
