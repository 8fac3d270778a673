"""Keeping connections up: run, notice the end, wait a little, run again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from exitd.errors import FeedError

_FIRST_S, _MOST_S, _FACTOR = 0.1, 5.0, 1.7


def backoff(jitter: Callable[[], float]) -> Iterator[float]:
    """Give the waits between attempts, in seconds: 0.1 rising to 5, with jitter.

    Args:
        jitter: A number in [0, 1); spreads what reconnects at the same moment.
    """
    wait_s = _FIRST_S
    while True:
        yield wait_s * (0.75 + jitter() / 2)
        wait_s = min(wait_s * _FACTOR, _MOST_S)


class CameUp:
    """Whether a connection was up since somebody last asked."""

    def __init__(self) -> None:
        self._was_up = False

    def note(self) -> None:
        self._was_up = True

    def take(self) -> bool:
        """Say it, and forget it."""
        was_up, self._was_up = self._was_up, False
        return was_up


async def keep_running(
    run: Callable[[], Awaitable[None]],
    on_lost: Callable[[str], None],
    *,
    was_up: Callable[[], bool],
    waits: Callable[[], Iterator[float]],
) -> None:
    """Call *run* for ever; the waits start over after a connection that was up.

    *was_up* says whether the last run was up, and forgets it. Only `FeedError`
    is expected of *run*; anything else is a bug and passes through.
    """
    pauses = waits()
    while True:
        try:
            await run()
            reason = "the connection was closed"
        except FeedError as error:
            reason = str(error)
        _end_if_asked_to()
        on_lost(reason)
        if was_up():
            pauses = waits()
        await asyncio.sleep(next(pauses))


def _end_if_asked_to() -> None:
    """A connection that breaks while its task is cancelled tells of the break alone.

    A task group raises what its tasks raised, and the cancellation is lost in it: the
    next run would go on, and whoever waits for the task to end would wait for ever.

    Raises:
        CancelledError: The task was asked to end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
