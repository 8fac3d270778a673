"""Runs tests in children of a process that has loaded everything but the package.

    python tests/mutations/nursery.py

Reads one JSON object a line: the folder that holds the package, and the tests. Each
is run in a fork, which loads that package and nothing else anew, and answered with a
line: the exit status of pytest, or `timeout`; and the seconds of a core that it took.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
#: What tests and the package load; one that is not installed is loaded by nobody.
_LIBRARIES = (
    *("alembic", "apprise", "fastapi", "httptools", "httpx", "hypothesis", "msgspec"),
    *("nacl.signing", "pytest_asyncio"),
    *("pydantic", "pydantic_settings", "rich", "sqlalchemy", "structlog", "typer"),
    *("uvicorn", "watchfiles", "websockets", "yaml"),
)


#: Its plugins are loaded already, which pytest warns of.
OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


def load_libraries() -> None:
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    mine = [name for name in sys.modules if name.partition(".")[0] == "exitd"]
    assert not mine, f"the package itself must not be loaded yet: {mine[:3]}"


def run_in_child(package: str, nodes: list[str]) -> None:
    """Run the tests on *package* and end this process with pytest's exit status."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.environ["PYTHONPATH"] = package
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path.insert(0, package)
    os.chdir(ROOT)
    status = 3
    try:
        status = int(pytest.main([*OPTIONS, *nodes]))
    finally:
        os._exit(status)


def wait_for(child: int, deadline_s: float) -> str:
    """Wait for a child, and end it with all its own when it takes too long.

    Returns:
        Its exit status, or `timeout`; and the seconds that it kept a core busy.
    """
    watched = os.pidfd_open(child)
    try:
        is_done, _, _ = select.select([watched], [], [], deadline_s)
    finally:
        os.close(watched)
    if not is_done:
        os.killpg(child, signal.SIGKILL)
    _, status, spent = os.wait4(child, 0)
    words = str(os.waitstatus_to_exitcode(status)) if is_done else "timeout"
    return f"{words} {spent.ru_utime + spent.ru_stime:.2f}"


def main() -> None:
    load_libraries()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            run_in_child(asked["package"], asked["nodes"])
        sys.stdout.write(wait_for(child, asked["deadline_s"]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
