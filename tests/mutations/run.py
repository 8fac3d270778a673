"""Takes each money rule out of a copy of the package: its tests must then fail.

    python tests/mutations/run.py [--anew] [BEHAVIOUR...]

The checkout is never touched. Exit status 1 when a rule can go unnoticed, when its
text is no longer in the source, or when one of its tests does not exist. With --anew
the package is loaded anew for each rule, and not only where that matters.
"""

from __future__ import annotations

import os
import queue
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mutations.mutation import Mutation
from mutations.rules import MUTATIONS
from mutations.worker import PACKAGE, ROOT, Verdict, Worker

WORKERS = min(4, os.cpu_count() or 2)
_DEFINITION = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
Nodes = dict[str, list[str]]


def find_tests() -> Nodes:
    """Give the node ids of every test function of the suite by its name.

    Two adapters that keep the same rule have tests of the same name.
    """
    found: Nodes = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _DEFINITION.findall(path.read_text()):
            found.setdefault(name, []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def find_wrong(mutation: Mutation, tests: Nodes) -> str:
    """Say what there is to mend in an entry before it can be tried out."""
    missing = [name for name in mutation.tests if name not in tests]
    if missing:
        return f"there is no test {missing[0]}"
    if mutation.before not in (PACKAGE / mutation.file).read_text():
        return "its text is not in the source any more"
    return ""


def _nodes(names: Iterable[str], tests: Nodes) -> list[str]:
    return sorted({node for name in names for node in tests.get(name, [])})


def _files(nodes: Iterable[str]) -> list[str]:
    return sorted({node.partition("::")[0] for node in nodes})


class Trial:
    """Every rule taken out, one by one, by as many workers as there are."""

    def __init__(
        self, mutations: list[Mutation], folder: Path, *, is_always_anew: bool
    ) -> None:
        self._mutations = mutations
        self._is_always_anew = is_always_anew
        self._tests = find_tests()
        self._all = _nodes((n for m in mutations for n in m.tests), self._tests)
        files = _files(self._all)
        self._workers = [Worker(folder / str(n), files) for n in range(WORKERS)]
        self._idle: queue.Queue[Worker] = queue.Queue()

    def run(self) -> tuple[bool, list[Verdict]]:
        """Give whether all pass in an unchanged package, and each rule's verdict."""
        for worker in self._workers:
            assert worker.wait_until_loaded(), "the tests could not be loaded"
            self._idle.put(worker)
        parts = [self._all[n :: WORKERS * 2] for n in range(WORKERS * 2)]
        with ThreadPoolExecutor(WORKERS) as pool:
            unharmed = pool.map(self._pass_unchanged, [part for part in parts if part])
            verdicts = list(pool.map(self._try_out, self._mutations))
            is_unharmed = all(unharmed) and self._pass_anew(verdicts)
        for worker in self._workers:
            worker.close()
        return is_unharmed, verdicts

    def _pass_unchanged(self, nodes: list[str]) -> bool:
        worker = self._idle.get()
        try:
            return worker.pass_unchanged(nodes)
        finally:
            self._idle.put(worker)

    def _pass_anew(self, verdicts: list[Verdict]) -> bool:
        """Tell whether the tests that took a package loaded anew pass in that too."""
        both = zip(self._mutations, verdicts, strict=True)
        names = (n for m, verdict in both if verdict.is_anew for n in m.tests)
        nodes = _nodes(names, self._tests)
        return not nodes or self._workers[0].pass_unchanged(nodes, is_anew=True)

    def _try_out(self, mutation: Mutation) -> Verdict:
        if wrong := find_wrong(mutation, self._tests):
            return Verdict(wrong, 0, is_anew=False)
        nodes = _nodes(mutation.tests, self._tests)
        worker = self._idle.get()
        try:
            return worker.run_without(
                mutation, nodes, is_always_anew=self._is_always_anew
            )
        finally:
            self._idle.put(worker)


def main() -> int:
    started = time.monotonic()
    wanted = {int(word) for word in sys.argv[1:] if word != "--anew"}
    mutations = [m for m in MUTATIONS if not wanted or m.behaviour in wanted]
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(mutations, Path(folder), is_always_anew="--anew" in sys.argv)
        is_unharmed, verdicts = trial.run()
    say = sys.stdout.write
    # Those that went unnoticed come last, where they are seen.
    for mutation, verdict in sorted(
        zip(mutations, verdicts, strict=True), key=lambda each: bool(each[1].words)
    ):
        change = mutation.before.splitlines()[0].strip()
        say(f"{mutation.behaviour:4}  {verdict.words or 'caught':<10}  ")
        say(f"{verdict.spent_s:6.2f} s{' anew' if verdict.is_anew else '':5}  ")
        say(f"{mutation.file}: {change[:70]}\n")
    bad = sum(bool(verdict.words) for verdict in verdicts)
    took_s = round(time.monotonic() - started)
    say(f"{len(mutations) - bad} of {len(mutations)} caught in {took_s} s\n")
    if not is_unharmed:
        say("their tests fail in an unchanged package too; mend them first\n")
    return 1 if bad or not is_unharmed else 0


if __name__ == "__main__":
    raise SystemExit(main())
