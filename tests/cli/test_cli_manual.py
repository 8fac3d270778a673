"""`man` and `completion`: other ways to the words of `--help`."""

import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from cli.conftest import Command
from e2e.house import EXITD, House
from exitd.cli.ids import ids_of_triggers
from exitd.cli.manual import all_pages
from exitd.cli.program import app


def test_given_every_command_when_made_into_pages_then_all_its_options_are_there():
    pages = dict(all_pages(typer.main.get_command(app)))

    assert {"exitd", "exitd-ls", "exitd-webhook-preview", "exitd-man"} <= pages.keys()
    assert "\\-\\-positions" in pages["exitd-ls"]
    assert "exitd ls \\-\\-positions" in pages["exitd-ls"]
    assert "\\fBexitd\\-top\\fR(1)" in pages["exitd"]
    assert "prints one document: `state`, `copy`, `bytes`." in pages["exitd-backup"]
    assert ".SH JSON" in pages["exitd-take-profit"]
    assert ".SH JSON" in pages["exitd-service-status"]
    for page in pages.values():
        # Whatever begins with a dot is a request, and only ours may be one.
        requests = {line.split()[0] for line in page.splitlines() if line[:1] == "."}
        assert requests <= {".TH", ".SH", ".PP", ".TP", ".nf", ".fi"}


def test_given_a_folder_when_man_then_one_page_for_each(
    command: Command, tmp_path: Path
):
    done = command("man", "--to", str(tmp_path / "man1"))
    file = tmp_path / "taken"
    file.write_text("")
    refused = command("man", "--to", str(file))

    assert done.status == 0
    assert (tmp_path / "man1" / "exitd-explain.1").read_text().startswith(".TH ")
    assert refused.status == 1
    assert f"{file} cannot be written" in refused.err


def test_given_a_command_when_man_in_a_pipe_then_its_source(command: Command):
    done = command("man", "webhook", "preview")
    unknown = command("man", "dream")

    assert done.out.startswith('.TH EXITD-WEBHOOK-PREVIEW 1 "" "exitd ')
    assert unknown.status == 2
    assert "there is no page exitd-dream" in unknown.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_given_a_shell_when_completion_then_a_script_for_it(
    command: Command, shell: str
):
    done = command("completion", shell)

    assert done.status == 0
    assert "_EXITD_COMPLETE" in done.out


def test_given_bash_when_words_are_completed_then_commands_options_and_ids(
    home: House, tmp_path: Path
):
    bash = shutil.which("bash")
    assert bash is not None
    exitd = tmp_path / "exitd"
    exitd.write_text(f'#!/bin/sh\nexec {" ".join(EXITD)} "$@"\n')
    exitd.chmod(0o700)
    script = tmp_path / "completion"
    words = [str(exitd), "completion", "bash"]
    script.write_bytes(subprocess.check_output(words, env=home.environment))

    def completed(*line: str) -> list[str]:
        typed = " ".join(f"'{word}'" for word in line)
        program = (
            f"source {script}; COMP_WORDS=({typed}); COMP_CWORD={len(line) - 1};"
            f' _exitd_completion {exitd}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        )
        return subprocess.check_output(
            [bash, "-c", program], env=home.environment, text=True
        ).split()

    assert completed("exitd", "expl") == ["explain"]
    assert "--positions" in completed("exitd", "ls", "--p")
    assert completed("exitd", "explain", "sol-core/s") == ["sol-core/sl"]


def test_given_no_daemon_when_ids_are_completed_then_none():
    assert ids_of_triggers("") == []
