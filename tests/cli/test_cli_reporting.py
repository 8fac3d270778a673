"""`exitd report`: what orders cost, as a table, as CSV and as pictures."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import pty
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from adapters.test_charts_costs import SOME, costs
from cli.conftest import Command
from cli.test_cli_looking import on_a_terminal
from e2e.house import House, house
from exitd.cli import reporting
from exitd.runtime.cost_views import CostRow

PAGE = Path(__file__).parents[2] / "docs" / "analytics.md"


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon that has closed 2 of 10."""
    with house(tmp_path_factory.mktemp("house")) as found:
        found.start_armed()
        found.command("close", "sol-core", "--quantity", "2", "--yes")
        found.until(lambda: found.held() == "8", "two are closed")
        yield found


@pytest.fixture
def home(traded: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("EXITD_SOCKET", str(traded.folder / "exitd.sock"))
    return traded


def test_given_an_exit_when_reported_on_a_terminal_then_tables_in_80_columns(
    home: House,
):
    text = on_a_terminal(home, "report", "--from", "1d", NO_COLOR="1")

    lines = text.splitlines()
    assert lines[0].split()[:3] == ["TIME", "ORDER", "SYMBOL"]
    assert "exit sell" in lines[1]
    assert any(line.startswith("MODE  STRATEGY") for line in lines)
    assert any(line.startswith("MODE  SYMBOL") for line in lines)
    assert max(map(len, lines)) <= 80


def test_given_an_exit_when_reported_as_csv_then_every_column_of_it(
    command: Command, home: House, tmp_path: Path
):
    path = tmp_path / "costs.csv"

    printed = command("report", "--csv", "-")
    written = command("report", "--csv", str(path))
    again = command("report", "--csv", str(path))

    (row,) = csv.DictReader(io.StringIO(printed.out))
    assert tuple(row) == CostRow.__struct_fields__
    assert (row["kind"], row["quantity"], row["quote"]) == ("exit", "2", "USDC")
    assert (row["on_paper"], row["strategy"]) == ("false", "")
    assert row["quality"] in ("excellent", "good", "fair", "poor")
    assert path.read_text() == printed.out
    assert "1 orders written" in written.err
    assert (written.out, again.status) == ("", 0)


def test_given_an_exit_when_reported_as_json_then_one_document(
    command: Command, home: House
):
    document = command("report", "--json").json

    assert document["rows"][0]["symbol"] == "SOL_USDC_PERP"
    assert document["groups"][0]["by"] == "all"


def test_given_an_exit_when_drawn_then_a_page_and_a_picture(
    command: Command, home: House, tmp_path: Path
):
    page, png = tmp_path / "costs.html", tmp_path / "costs.png"

    done = command("report", "--html", str(page), "--png", str(png))

    assert (done.status, done.out) == (0, "")
    assert "SOL_USDC_PERP" in page.read_text()
    with Image.open(png) as image:
        image.verify()


@pytest.mark.parametrize(
    "words",
    [
        ("--symbol", "AAPL"),
        ("--route", "tv"),
        ("--strategy", "x"),
        ("--mode", "paper"),
        ("--to", "2001-01-01"),
    ],
)
def test_given_nothing_that_is_meant_when_reported_then_a_note_and_no_table(
    command: Command, home: House, words
):
    done = command("report", "--from", "1970-01-01", *words)

    assert (done.status, done.out) == (0, "")
    assert "no entry and no exit" in done.err


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_given_a_file_that_cannot_be_written_when_reported_then_1_and_the_remedy(
    command: Command, home: House, tmp_path: Path, option
):
    done = command("report", option, str(tmp_path / "none" / "x"))

    assert done.status == 1
    assert "name another file" in done.err


def test_given_two_that_print_when_reported_then_wrong_usage(command: Command):
    done = command("report", "--json", "--csv", "-")

    assert done.status == 2
    assert "name a file" in done.err


def test_given_a_mode_that_is_none_when_reported_then_wrong_usage(command: Command):
    done = command("report", "--mode", "both")

    assert done.status == 2
    assert "--mode is live or paper" in done.err


def read_to_the_end(terminal: int) -> bytes:
    """Read what was written to a terminal that is closed at its other end."""
    with os.fdopen(terminal, "rb", buffering=0) as ours:
        parts: list[bytes] = []
        # Linux says at its end that the terminal has gone.
        with contextlib.suppress(OSError):
            while part := ours.read(4096):
                parts.append(part)
    return b"".join(parts)


def test_given_paper_and_long_names_on_a_terminal_when_said_then_marked_in_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    long = ("A strategy with a name that nobody would want to read", "100.33333333")
    found = costs(long, *SOME, is_paper=True)
    ours, theirs = pty.openpty()
    monkeypatch.setenv("NO_COLOR", "1")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        reporting._say(found)
        monkeypatch.undo()
    text = read_to_the_end(ours).decode()

    assert max(map(len, text.splitlines())) <= 80
    assert "PAPER" in text
    assert "100.33333" in text
    assert "0/1/0/0" in text or "0/0/1/0" in text
    modes = re.findall(r"^(LIVE|PAPER) .*\d/\d/\d/\d", text, re.MULTILINE)
    assert modes == ["LIVE", *["PAPER"] * 4, "LIVE", "PAPER"]
    assert "PAPER: 5 of 6 orders were simulated" in capsys.readouterr().err


def test_given_the_page_of_the_documentation_when_its_commands_run_then_each_works(
    command: Command, home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)

    assert block is not None
    commands = block[1].splitlines()
    for line in commands:
        program, *words = shlex.split(line)
        done = command(*words)
        assert (program, done.status) == ("exitd", 0), (line, done.err)
    assert (tmp_path / "costs.html").exists()


def test_given_the_page_of_the_documentation_then_it_tells_of_every_column():
    page = PAGE.read_text()
    told = page[page.index("## The columns") : page.index("## Over HTTP")]

    names = re.findall(r"`([a-z_]+)`", told)
    assert [n for n in CostRow.__struct_fields__ if n not in names] == []
