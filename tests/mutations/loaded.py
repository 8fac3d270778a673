"""Runs tests in children of a process that has loaded the package and the tests.

    python tests/mutations/loaded.py PACKAGE TEST_FILE...

Says `loaded`, then reads one JSON object a line: the tests, and the file that has lost
a rule with its text before and after. The child exchanges what differs
(`swapping.py`) and runs nothing but these tests. The answer is the exit status of
pytest, `timeout`, or ANEW, which says that it takes a package that is loaded anew; and
the seconds of a core that it took. Most of a run of one test is to load what it needs:
three hundred runs do that once.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from types import FunctionType
from typing import IO, Any

import hypothesis
import pytest
from hypothesis import Phase

sys.path.insert(0, str(Path(__file__).parent.parent))

from mutations.nursery import OPTIONS, ROOT, wait_for
from mutations.swapping import exchange, find_functions

#: An exit status that pytest itself never has.
ANEW = 77


class Requests:
    """A plugin: in place of all the tests, those of one request in each child."""

    def __init__(self, package: str, asked: IO[str], answers: IO[str]) -> None:
        self._package = package
        self._asked = asked
        self._answers = answers
        self._functions: dict[str, list[FunctionType]] = {}
        self.is_child = False
        self.is_loaded = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Let one example that fails be enough: nobody reads the smallest."""
        found = [Phase.explicit, Phase.reuse, Phase.generate]
        hypothesis.settings.register_profile(
            "unread", hypothesis.settings.get_profile("exitd"), phases=found
        )
        hypothesis.settings.load_profile("unread")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Answer requests; in a child leave it to pytest to run what is left."""
        if session.testsfailed:
            return None  # pytest says what could not be loaded
        self._functions = find_functions(self._package)
        # What is there now stays: no child has to copy it to look for garbage.
        gc.collect()
        gc.freeze()
        self.is_loaded = True
        self._answer("loaded")
        for line in self._asked:
            asked = json.loads(line)
            sys.stdout.flush()
            child = os.fork()
            if not child:
                self._become_child(session, asked)
                return None
            self._answer(wait_for(child, asked["deadline_s"]))
        return True

    def _answer(self, words: str) -> None:
        self._answers.write(words + "\n")
        self._answers.flush()

    def _become_child(self, session: pytest.Session, asked: dict[str, Any]) -> None:
        self.is_child = True
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        if lost := asked.get("lost"):
            found = self._functions.get(lost["path"], [])
            if not exchange(lost["path"], lost["was"], lost["is"], found):
                os._exit(ANEW)
        nodes = set(asked["nodes"])
        session.items = [
            item for item in session.items if item.nodeid.partition("[")[0] in nodes
        ]
        if {item.nodeid.partition("[")[0] for item in session.items} != nodes:
            os._exit(int(pytest.ExitCode.USAGE_ERROR))


def main() -> None:
    package, *files = sys.argv[1:]
    asked = os.fdopen(os.dup(0))
    answers = os.fdopen(os.dup(1), "w")
    os.environ["PYTHONPATH"] = package
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path.insert(0, package)
    os.chdir(ROOT)
    requests = Requests(package, asked, answers)
    status = 3
    # What pytest says is of interest only where it cannot load the tests.
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 1)
        try:
            status = int(pytest.main([*OPTIONS, *files], plugins=[requests]))
        finally:
            if requests.is_child:
                os._exit(status)
        if not requests.is_loaded:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
    sys.exit(status)


if __name__ == "__main__":
    main()
