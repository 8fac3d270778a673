"""How long the daemon had to wait for the machine, which others may share."""

from __future__ import annotations

from pathlib import Path

_NS_PER_S = 1_000_000_000


class Processor:
    """What the kernel says of all threads of a process that could have run.

    Any of them may hold what the loop waits for, so their waits are added.
    """

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._waited_ns = self._now()

    def waited_s(self) -> float:
        """Say how long they have waited for a processor since the last question."""
        before, self._waited_ns = self._waited_ns, self._now()
        more_ns = sum(
            waited_ns - before.get(task, 0)
            for task, waited_ns in self._waited_ns.items()
        )
        return more_ns / _NS_PER_S

    def _now(self) -> dict[str, int]:
        found: dict[str, int] = {}
        try:
            for task in self._tasks.iterdir():
                # Time on a processor, time waiting for one, and how often.
                found[task.name] = int((task / "schedstat").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            # A thread has ended just now, or all of them.
            return found
        return found
