"""The tree of commands: help, wrong usage, exit codes, no daemon."""

import subprocess
import sys

import pytest

from cli.conftest import Command
from exitd import __version__

COMMANDS = (
    *("demo", "test", "run", "sim", "check", "plan", "apply", "schema", "init"),
    *("status", "ls", "show", "explain", "add", "amend", "pause", "resume"),
    *("cancel", "rearm", "close", "fire", "flatten", "take-profit", "import"),
    *("handover", "tail", "export", "notify", "token", "symmio", "schwab", "version"),
    "telegram",
)
# What is asked of the daemon, with arguments that are right.
ASKING = (
    ("status",),
    ("ls",),
    ("show", "sol-core/sl"),
    ("explain", "sol-core/sl"),
    ("add", "sol-core", "--sl", "131.25"),
    ("amend", "sol-core/sl", "--level", "131"),
    ("pause", "sol-core/sl"),
    ("resume", "sol-core/sl"),
    ("cancel", "sol-core/sl", "--yes"),
    ("rearm", "sol-core/sl"),
    ("close", "--all", "--yes"),
    ("fire", "sol-core/sl", "--yes"),
    ("flatten", "SOL_USDC_PERP", "--yes"),
    ("import",),
    ("handover", "--native", "--yes"),
    ("tail",),
    ("export", "csv"),
    ("notify", "test"),
    ("token", "new", "x", "--scope", "read"),
    ("token", "ls"),
    ("token", "revoke", "x", "--yes"),
    ("plan",),
    ("apply",),
    (
        *("take-profit", "SOL_USDC_PERP", "--side", "Ask"),
        *("--price", "150", "--quantity", "1", "--yes"),
    ),
)


def test_given_help_when_asked_then_every_command_is_listed(command: Command):
    done = command("--help")

    assert done.status == 0
    for name in COMMANDS:
        assert f" {name} " in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())


@pytest.mark.parametrize("name", [c for c in COMMANDS if c not in ("test", "version")])
def test_given_command_when_helped_then_examples_or_its_commands(
    command: Command, name: str
):
    done = command(name, "--help")

    assert done.status == 0
    assert "Examples:" in done.out or "Commands" in done.out


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_given_no_daemon_when_asked_then_69_one_sentence_and_no_answer(
    command: Command, words: tuple[str, ...], form: tuple[str, ...]
):
    done = command(*words, *form)

    assert done.status == 69
    assert done.out == ""
    assert done.err.startswith("exitd: error: no daemon answers at ")
    assert "exitd run" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("frob",), "no such command 'frob'; see `exitd --help`"),
        (("ls", "--frob"), "no such option: --frob"),
        (("show",), "missing argument 'ID'; see `exitd show --help`"),
        (("add",), "add --sl, --tp, --trailing, --above"),
        (("close",), "name one position, or say --all"),
        (("close", "sol-core", "--all"), "name one position, or say --all"),
        (("close", "--all", "--quantity", "1"), "--quantity is for one position"),
        (("amend", "x"), "nothing to change"),
        (("handover",), "exitd handover --native"),
        (("take-profit", "S", "--side", "Sell"), "is not one of 'Ask', 'Bid'"),
        (("add", "p", "--tp", "1", "--close", "1", "--close", "2"), "one --close for"),
        (("add", "p", "--tp", "1", "--tp", "2", "--name", "n"), "one trigger"),
        (("test",), "./exitd test"),
        (("export", "csv", "--from", "yesterday"), "'yesterday' is no time"),
        (("export", "csv", "--from", "2030-01-01T10:00:00"), "has no zone"),
    ],
)
def test_given_wrong_usage_when_run_then_2_and_a_remedy(
    command: Command, words: tuple[str, ...], says: str
):
    done = command(*words)

    assert done.status == 2
    assert done.out == ""
    assert says in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("cancel", "sol-core/sl"),
        ("close", "--all"),
        ("fire", "sol-core/sl"),
        ("import", "--apply"),
        ("handover", "--native"),
        ("token", "revoke", "x"),
    ],
    ids=lambda words: words[0],
)
def test_given_nobody_to_ask_when_it_trades_then_refused_without_yes(
    command: Command, words: tuple[str, ...]
):
    done = command(*words)

    assert done.status == 1
    assert "--yes" in done.err


def test_given_version_when_asked_then_text_or_json(command: Command):
    assert command("version").out == f"exitd {__version__}\n"
    assert command("--version").out == f"exitd {__version__}\n"
    assert command("version", "--json").json["version"] == __version__


def test_given_reader_that_leaves_when_printing_then_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -P -m exitd schema | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_given_simple_commands_when_started_then_nothing_heavy_is_imported():
    heavy = ("httpx", "fastapi", "uvicorn", "sqlalchemy", "nacl", "rich", "apprise")
    code = (
        "import sys; from exitd.cli.program import run; run(['version']);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"
