"""Carrying out checks at the same time, none longer than its deadline."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

from msgspec import Struct

from exitd.app.doctor.verdict import Check, fail
from exitd.errors import ExitdError

DEADLINE_S = 8.0

T = TypeVar("T")
Work = Callable[[], Awaitable[Sequence[Check]]]
#: Called with what has ended of how many, and the names of what has not.
Progress = Callable[[int, int, Sequence[str]], None]


class Probe(Struct, frozen=True):
    """Some checks that belong together."""

    check: str
    about: str
    work: Work
    deadline_s: float = DEADLINE_S

    @property
    def name(self) -> str:
        return f"{self.check} {self.about}".strip()


async def carry_out(
    probes: Sequence[Probe], on_progress: Progress = lambda *_: None
) -> list[Check]:
    """Carry all of them out; what they found is in the order of the probes."""
    found: dict[int, Sequence[Check]] = {}

    async def one(number: int, probe: Probe) -> None:
        found[number] = await _carried_out(probe)
        left = [each.name for i, each in enumerate(probes) if i not in found]
        on_progress(len(found), len(probes), left)

    async with asyncio.TaskGroup() as group:
        for number, probe in enumerate(probes):
            group.create_task(one(number, probe), name=f"doctor: {probe.name}")
    return [check for number in sorted(found) for check in found[number]]


async def _carried_out(probe: Probe) -> Sequence[Check]:
    try:
        async with asyncio.timeout(probe.deadline_s):
            return await probe.work()
    except TimeoutError:
        text = f"no answer within {probe.deadline_s:g} s"
        remedy = "see what holds it up: the disk, the network, or the host itself"
    except (ExitdError, OSError) as error:
        # What no probe foresaw; the sentence of the error names the remedy.
        text, remedy = str(error), "mend that, then ask again"
    return [fail(probe.check, text, remedy, probe.about)]


async def in_thread(work: Callable[[], T]) -> T:
    """Run what blocks in a thread that nobody waits for when it hangs.

    A lookup of a name or a look at a dead file system cannot be cancelled; the threads
    of the loop's own executor would be waited for at the end.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[T] = loop.create_future()

    def settle(error: BaseException | None, value: Iterable[T]) -> None:
        if answered.done():
            return
        if error is not None:
            answered.set_exception(error)
        else:
            answered.set_result(next(iter(value)))

    def run() -> None:
        try:
            value = work()
        except BaseException as error:
            deliver(error, ())
            if not isinstance(error, ExitdError | OSError):
                raise
        else:
            deliver(None, (value,))

    def deliver(error: BaseException | None, value: Iterable[T]) -> None:
        with suppress(RuntimeError):  # The loop is over: nobody asks any more.
            loop.call_soon_threadsafe(settle, error, value)

    threading.Thread(target=run, daemon=True, name="doctor").start()
    return await answered
