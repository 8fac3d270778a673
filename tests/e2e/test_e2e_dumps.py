"""A daemon that crashes leaves nothing of its memory behind: there are keys in it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.house import DaemonProcess, House

pytestmark = pytest.mark.e2e

_PR_GET_DUMPABLE = 3
ASK = f"""
import ctypes, resource
from exitd.adapters.system.memory import forbid_dumps
assert forbid_dumps()
print(ctypes.CDLL(None).prctl({_PR_GET_DUMPABLE}, 0, 0, 0, 0))
print(resource.getrlimit(resource.RLIMIT_CORE))
"""
CRASH = f"import os; os.kill(os.getpid(), {signal.SIGSEGV.value})"


@pytest.fixture
def dumping() -> Iterator[None]:
    """Let whatever is started leave as large a dump as it likes."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def has_dumped(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> bool:
    """Wait for the end, and say whether the kernel wrote the memory away."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return os.WCOREDUMP(status)


def crash(daemon: DaemonProcess) -> bool:
    daemon.signal(signal.SIGSEGV)
    dumped = has_dumped(daemon._process)
    daemon.log.close()
    return dumped


def test_given_a_daemon_when_it_runs_then_its_memory_is_written_nowhere(home: House):
    daemon = home.start()

    limits = Path(f"/proc/{daemon.pid}/limits").read_text()

    (core,) = [line for line in limits.splitlines() if "core file size" in line]
    assert core.split()[4:6] == ["0", "0"]
    assert daemon.stop() == 0


def test_given_a_machine_that_takes_dumps_when_the_daemon_crashes_then_none_is_left(
    home: House, dumping: None, tmp_path: Path
):
    # Where no program leaves a dump, this shows nothing; the other two do.
    with subprocess.Popen([sys.executable, "-c", CRASH], cwd=tmp_path) as other:
        can_dump = has_dumped(other)
    daemon = home.start()

    dumped = crash(daemon)

    assert not dumped, f"other programs here dump: {can_dump}"


def test_given_the_setting_when_read_back_then_the_kernel_has_taken_it(dumping: None):
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True
    )

    assert done.stdout.split("\n")[:2] == ["0", "(0, 0)"]
