"""Daemons that start at once: a process that has imported all, and forks for each.

What a fork runs is the installed command's own entry. `python -m crashes.warm` is the
process; `Warm` speaks to it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from crashes.parent import end_with_parent

TESTS = Path(__file__).parent.parent
#: All that any daemon imports: each fork would take seconds for it.
IMPORTED = (
    "exitd.app",
    "exitd.cli.program",
    "exitd.cli.running",
    "exitd.app.quotes",
    # What the first login needs.
    "eth_account.messages",
)


class Warm:
    """One such process; used by one thread."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "crashes.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            text=True,
        )

    def _ask(self, **request: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, config: Path, environment: dict[str, str], log: Path) -> int:
        """Start `exitd run`; returns its process id. Its output is added to *log*."""
        argv = ["exitd", "run", "--config", str(config)]
        return self._ask(argv=argv, env=environment, log=str(log))

    def reap(self, pid: int) -> int:
        """Wait for the end of a daemon; returns its exit status, -9 when killed."""
        return self._ask(reap=pid)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def _become_daemon(request: dict[str, Any]) -> None:
    end_with_parent()
    os.environ.clear()
    os.environ.update(request["env"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.close(nothing)
    os.close(log)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = request["argv"]

    from exitd.__main__ import main

    try:
        status = main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    os._exit(status or 0)


def _serve() -> None:
    """Import what a daemon imports, then fork and reap until the input ends."""
    end_with_parent()
    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        if "reap" in request:
            _, status = os.waitpid(request["reap"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _become_daemon(request)
        print(pid, flush=True)


if __name__ == "__main__":
    _serve()
