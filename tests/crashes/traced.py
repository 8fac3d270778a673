"""strace on a daemon: what it does in a fire, and a fault at exactly one of it.

A tracer on one thread alone counts the calls of that thread alone, so `the third
pwrite64 of the writer` means the same in every run. Threads are told apart by their
order: they are started in the same one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Self

#: What leaves a process: to the disk, or to somebody else.
WRITES = ("write", "writev", "pwrite64", "pwritev", "ftruncate", "sendto", "sendmsg")
SYNCS = ("fdatasync", "fsync")
#: Where it waits for others; what stands between two of its own acts.
READS = ("read", "recvfrom", "recvmsg")
CALLS = (*WRITES, *SYNCS, *READS)
ATTACHED_S = 20
_LINE = re.compile(r"^(\d+)\s+(?:[\d.]+\s+)?(\w+)\(")


def threads(pid: int) -> list[int]:
    """Give the thread ids of a process, the main thread first."""
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


class Tracer:
    """strace, attached until `detach`; it ends by itself when its process does."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(
            ["strace", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        assert "attached" in said, f"strace is not attached: {said}"

    def detach(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(ATTACHED_S)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.detach()


def watching(pid: int, output: Path, *more: str) -> Tracer:
    """Note every call of every thread."""
    calls = ",".join(CALLS)
    words = ["-f", "-p", str(pid), "-o", str(output), "-e", f"trace={calls}", *more]
    return Tracer(words)


def injecting(tid: int, call: str, what: str) -> Tracer:
    """Let something happen at one call of one thread: `signal=KILL:when=3`."""
    inject = f"inject={call}:{what}"
    return Tracer(["-p", str(tid), "-e", f"trace={call}", "-e", inject, "-o/dev/null"])


def counted(pid: int, output: Path, tids: list[int]) -> Counter[tuple[int, str]]:
    """Count what was noted, by the place of the thread and the call."""
    places = {tid: place for place, tid in enumerate(tids)}
    found: Counter[tuple[int, str]] = Counter()
    for line in output.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is not None and int(match[1]) in places:
            found[places[int(match[1])], match[2]] += 1
    return found
