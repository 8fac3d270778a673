"""A copy of the package to take rules out of, and what runs tests on that copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mutations.loaded import ANEW
from mutations.mutation import Mutation

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "daemon" / "exitd"
DEADLINE_S = 120
#: For many tests at once, on any machine.
_UNCHANGED_DEADLINE_S = 900
_HERE = Path(__file__).parent


class Verdict(NamedTuple):
    """What became of a rule that was taken out."""

    #: Empty when its tests failed, as they must.
    words: str
    #: Seconds that a core was busy with it.
    spent_s: float
    #: Whether the package was loaded anew for it.
    is_anew: bool


class Answer(NamedTuple):
    """Pytest's exit status, `timeout`, or nothing; and the seconds that it took."""

    status: str
    spent_s: float


def copy_package(folder: Path) -> Path:
    """Copy the package with its compiled files, so that each run starts quickly.

    It finds the files that it ships with beside its source root, as in a checkout.
    """
    shutil.copytree(PACKAGE, folder / "daemon" / "exitd")
    shutil.copytree(ROOT / "config", folder / "config")
    return folder / "daemon"


def _start(program: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(_HERE / program), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: subprocess.Popen[str], question: dict[str, object]) -> Answer:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    status, _, spent = process.stdout.readline().strip().partition(" ")
    return Answer(status, float(spent or 0))


class Worker:
    """A copy of the package, one process that has loaded it, and one that has not."""

    def __init__(self, folder: Path, files: Iterable[str]) -> None:
        self._copy = copy_package(folder)
        self._loaded = _start("loaded.py", str(self._copy), *files)
        self._nursery: subprocess.Popen[str] | None = None

    def wait_until_loaded(self) -> bool:
        assert self._loaded.stdout is not None
        return self._loaded.stdout.readline() == "loaded\n"

    def pass_unchanged(self, nodes: list[str], *, is_anew: bool = False) -> bool:
        """Tell whether the tests pass while no rule is missing."""
        deadline_s = _UNCHANGED_DEADLINE_S
        if is_anew:
            return self._ask_nursery(nodes, deadline_s).status == "0"
        question = {"nodes": nodes, "deadline_s": deadline_s}
        return _ask(self._loaded, question).status == "0"

    def run_without(
        self, mutation: Mutation, nodes: list[str], *, is_always_anew: bool
    ) -> Verdict:
        """Take one rule out, run its tests, and put it back."""
        path = self._copy / "exitd" / mutation.file
        source, times = path.read_text(), path.stat()
        changed = source.replace(mutation.before, mutation.after, 1)
        path.write_text(changed)
        try:
            if not is_always_anew:
                lost = {"path": str(path), "was": source, "is": changed}
                answer = self._ask_loaded(nodes, lost)
                # Only a package that is loaded anew can say that nobody noticed.
                if answer.status not in (str(ANEW), "0"):
                    return _verdict(answer, is_anew=False)
            return _verdict(self._ask_nursery(nodes), is_anew=True)
        finally:
            path.write_text(source)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def close(self) -> None:
        self._loaded.communicate()
        if self._nursery is not None:
            self._nursery.communicate()

    def _ask_loaded(self, nodes: list[str], lost: dict[str, str]) -> Answer:
        question = {"nodes": nodes, "lost": lost, "deadline_s": DEADLINE_S}
        return _ask(self._loaded, question)

    def _ask_nursery(self, nodes: list[str], deadline_s: int = DEADLINE_S) -> Answer:
        if self._nursery is None:
            self._nursery = _start("nursery.py")
        package = str(self._copy)
        question = {"package": package, "nodes": nodes, "deadline_s": deadline_s}
        return _ask(self._nursery, question)


def _verdict(answer: Answer, *, is_anew: bool) -> Verdict:
    # 1: tests ran and some failed. A rule whose absence makes its test hang is noticed
    # as well. Anything else says nothing of the rule.
    words = f"pytest ended with {answer.status or 'nothing'}"
    if answer.status in ("1", "timeout"):
        words = ""
    elif answer.status == "0":
        words = "SURVIVED"
    return Verdict(words, answer.spent_s, is_anew)
