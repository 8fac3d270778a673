"""A bar for what takes longer than two seconds, on a terminal only."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from exitd.core.units import NS_PER_S

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from exitd.ports.clock import Clock

_PATIENCE_NS = 2 * NS_PER_S


class Waiting:
    """Shows on standard error how far something is; what is quick shows nothing."""

    def __init__(self, what: str, clock: Clock) -> None:
        self._what = what
        self._clock = clock
        self._began_ns = clock.monotonic_ns()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, total: int) -> None:
        """Say how much of the whole is done; cheap enough to be called often."""
        if self._bar is None:
            waited_ns = self._clock.monotonic_ns() - self._began_ns
            if waited_ns < _PATIENCE_NS or not sys.stderr.isatty():
                return
            self._bar, self._task = _start(self._what, total)
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)


def _start(what: str, total: int) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar, bar.add_task(what, total=total)
