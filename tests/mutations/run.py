"""Takes each money rule out of a copy of the package: its tests must then fail.

    python tests/mutations/run.py [BEHAVIOUR...]

The checkout is never touched. Exit status 1 when a rule can go unnoticed, when its
text is no longer in the source, or when one of its tests does not exist.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mutations.mutation import Mutation
from mutations.rules import MUTATIONS

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "daemon" / "exitd"
WORKERS = min(4, os.cpu_count() or 2)
DEADLINE_S = 120
_DEFINITION = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def find_tests() -> dict[str, list[str]]:
    """Give the node ids of every test function of the suite by its name.

    Two adapters that keep the same rule have tests of the same name.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _DEFINITION.findall(path.read_text()):
            found.setdefault(name, []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def copy_package(folder: Path) -> Path:
    """Copy the package with its compiled files, so that each run starts quickly.

    It finds the files that it ships with beside its source root, as in a checkout.
    """
    shutil.copytree(PACKAGE, folder / "daemon" / "exitd")
    shutil.copytree(ROOT / "config", folder / "config")
    return folder / "daemon"


class Worker:
    """A copy of the package, and the process that runs tests on it."""

    def __init__(self, folder: Path) -> None:
        self.copy = copy_package(folder)
        self._nursery = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_tests(self, nodes: list[str]) -> str:
        """Give pytest's exit status, or `timeout`."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        asked = {"package": str(self.copy), "nodes": nodes, "deadline_s": DEADLINE_S}
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline().strip()

    def close(self) -> None:
        self._nursery.communicate()


def _nodes(names: Iterable[str], tests: dict[str, list[str]]) -> list[str]:
    return [node for name in names for node in tests[name]]


def try_out(mutation: Mutation, worker: Worker, tests: dict[str, list[str]]) -> str:
    """Take one rule out, run its tests, put it back; empty when they failed."""
    missing = [name for name in mutation.tests if name not in tests]
    if missing:
        return f"there is no test {missing[0]}"
    path = worker.copy / "exitd" / mutation.file
    source, times = path.read_text(), path.stat()
    if mutation.before not in source:
        return "its text is not in the source any more"
    path.write_text(source.replace(mutation.before, mutation.after, 1))
    try:
        status = worker.run_tests(_nodes(mutation.tests, tests))
    finally:
        path.write_text(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    # 1: tests ran and some failed. A rule whose absence makes its test hang is noticed
    # as well. Anything else says nothing of the rule.
    if status in ("1", "timeout"):
        return ""
    return "SURVIVED" if status == "0" else f"pytest ended with {status or 'nothing'}"


def unharmed(
    mutations: list[Mutation], worker: Worker, tests: dict[str, list[str]]
) -> str:
    """The same tests must pass while no rule is missing."""
    names = sorted({name for m in mutations for name in m.tests if name in tests})
    status = worker.run_tests(_nodes(names, tests))
    return "" if status == "0" else "its tests fail in an unchanged package too"


def main() -> int:
    started = time.monotonic()
    wanted = {int(number) for number in sys.argv[1:]}
    mutations = [m for m in MUTATIONS if not wanted or m.behaviour in wanted]
    tests = find_tests()
    with tempfile.TemporaryDirectory() as folder:
        idle: queue.Queue[Worker] = queue.Queue()
        workers = [Worker(Path(folder) / str(number)) for number in range(WORKERS)]
        for worker in workers:
            idle.put(worker)

        def one(mutation: Mutation) -> str:
            worker = idle.get()
            try:
                return try_out(mutation, worker, tests)
            finally:
                idle.put(worker)

        broken = unharmed(mutations, workers[0], tests)
        with ThreadPoolExecutor(WORKERS) as pool:
            verdicts = list(pool.map(one, mutations))
        for worker in workers:
            worker.close()
    say = sys.stdout.write
    for mutation, verdict in zip(mutations, verdicts, strict=True):
        change = mutation.before.splitlines()[0].strip()
        say(f"{mutation.behaviour:4}  {verdict or 'caught':<10}  {mutation.file}: ")
        say(f"{change[:70]}\n")
    bad = sum(bool(verdict) for verdict in verdicts)
    took_s = round(time.monotonic() - started)
    say(f"{len(mutations) - bad} of {len(mutations)} caught in {took_s} s\n")
    if broken:
        say(f"{broken}; run them and mend them first\n")
    return 1 if bad or broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
