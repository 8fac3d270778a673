"""The command as a process of its own, before there is anything to run."""

from __future__ import annotations

import subprocess
import sys

from exitd import __version__


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False
    )


def test_given_command_when_asked_then_it_says_its_version():
    done = run("-m", "exitd", "version")

    assert done.returncode == 0
    assert __version__ in done.stdout


def test_given_python_without_assertions_when_started_then_it_refuses():
    done = run("-O", "-m", "exitd", "version")

    assert done.returncode != 0
    assert done.stdout == ""
    assert "start it without -O" in done.stderr
