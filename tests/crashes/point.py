"""Where a fire is broken, how, and what came of it."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Literal

from msgspec import Struct

from crashes.case import DEADLINE_S, Case, Died, Lost, Running, Unready
from crashes.squeeze import fill_for, limit_for, small_disk
from crashes.traced import READS, SYNCS, counted, injecting, threads, watching
from crashes.warm import Warm

How = Literal["kill", "pause", "eio", "full", "fsize", "tmpfs"]
#: Longer than any request window here: what was signed before is worth nothing.
PAUSE_S = 2.5
FULL_S = 1.0
#: Long: on a busy machine nodes of a chain answer late, and nothing is sure before.
SETTLED_S = 180.0
#: By then a disk is full, or a limit is set.
SQUEEZED_S = 0.1
#: A trouble that lasts is over by then: the fire is to end, and its calls to come.
MENDED_AFTER_S = 8.0
#: What a disk can refuse.
ON_DISK = ("pwrite64", "pwritev", "ftruncate", *SYNCS)
#: Those by which a disk, or a limit, has no room left for the n-th write.
BY_ROOM = ("fsize", "tmpfs")
WRITTEN = ("pwrite64",)

INJECTED: dict[str, str] = {
    "kill": "signal=KILL:when={n}",
    "pause": "signal=STOP:when={n}",
    "eio": "error=EIO:when={n}",
    "full": "error=ENOSPC:when={n}+",
}
#: What a daemon logs that was refused the disk.
REFUSED = ("store.failed", "store.full")


class Call(Struct, frozen=True):
    """The n-th call of a kind by one thread, from the crossing of the level on."""

    place: int
    name: str
    n: int


class Point(Struct, frozen=True):
    number: int
    call: Call
    how: How
    trouble: str

    def __str__(self) -> str:
        call = self.call
        where = f"{call.name} {call.n} of thread {call.place}"
        return f"{self.how} at {where}, {self.trouble or 'no'} trouble"


class Outcome(Struct, frozen=True):
    """What came of a point.

    `verdict` is `once`, `lost`, `doubled`, or why there was no fire; `was_reached` is
    whether it broke there.
    """

    point: Point
    verdict: str
    was_reached: bool
    why: str = ""


def is_over(case: Case, daemon: Running) -> bool:
    """Whether a daemon has logged the end of the fire."""
    case.answer()
    return daemon.has("trigger.done")


def is_settled(case: Case) -> bool:
    """Whether the daemon that runs says so, whichever of them ended it."""
    case.answer()
    return case.is_done()


def calls_of_a_fire(case: Case, warm: Warm, folder: Path) -> list[Call]:
    """Let one fire go well, and give all that it does, each thread's in order."""
    (folder / "dry").mkdir()
    case.open(folder / "dry")
    daemon = case.start(warm)
    case.arm(daemon)
    tids = threads(daemon.pid)
    output = folder / "calls"
    with watching(daemon.pid, output):
        case.cross()
        # By its log: to ask it would be among the calls.
        daemon.until(lambda: is_over(case, daemon), "the fire that nobody breaks")
    found: Counter[tuple[int, str]] = counted(daemon.pid, output, tids)
    assert case.closed() == case.expected, case.closed()
    daemon.end(signal.SIGTERM)
    case.shut()
    return [
        Call(place, name, n)
        for (place, name), count in sorted(found.items())
        for n in range(1, count + 1)
    ]


def is_fit(name: str, how: How) -> bool:
    """Whether a call can be broken in this way, or it makes a difference to."""
    if how == "kill":
        return True
    if how == "pause":
        return name not in READS
    return name in (WRITTEN if how in BY_ROOM else ON_DISK)


def chosen(
    calls: Sequence[Call], how: How, troubles: Sequence[str], count: int
) -> list[Point]:
    """Spread *count* points over all calls, with every trouble in turn; 0 is all."""
    fit = [call for call in calls if is_fit(call.name, how)]
    points = [
        Point(0, call, how, troubles[(index + turn) % len(troubles)])
        for turn in range(len(troubles))
        for index, call in enumerate(fit)
    ]
    if count:
        # At most once around, unless there are more points than calls.
        among = points[: max(len(fit), count)]
        points = [among[i * len(among) // count] for i in range(count)]
    return [Point(i, p.call, p.how, p.trouble) for i, p in enumerate(points, 1)]


def break_at(point: Point, case: Case, warm: Warm, folder: Path) -> Outcome:
    """Break one fire at a point, let the daemon recover, and count what was closed."""
    folder.mkdir()
    with ExitStack() as stack:
        if point.how == "tmpfs":
            stack.enter_context(small_disk(folder / "state"))
        return _break(point, case, warm, folder)


def _break(point: Point, case: Case, warm: Warm, folder: Path) -> Outcome:
    case.open(folder)
    daemons = [_armed(case, warm)]
    try:
        was_reached = _broken(point, case, daemons[0], folder / "state")
        if point.how == "kill" and was_reached:
            daemons.append(case.start(warm))
        case.mend()
        daemons[-1].until(lambda: is_settled(case), "the fire is over", SETTLED_S)
        daemons[-1].end(signal.SIGTERM)
    except Lost as lost:
        closed = case.closed()
        verdict = "doubled" if len(closed) > len(case.expected) else "lost"
        return Outcome(point, verdict, True, f"{lost}; closed {closed}")
    finally:
        for daemon in daemons:
            daemon.end()
        case.shut()
    closed = case.closed()
    if closed == case.expected:
        return Outcome(point, "once", was_reached)
    verdict = "lost" if not closed else "doubled"
    return Outcome(point, verdict, was_reached, f"closed {closed}")


def _armed(case: Case, warm: Warm) -> Running:
    """Start a daemon that watches its level.

    Raises:
        Unready: The machine is too busy for that.
        Died: It has ended by itself, which it must not.
    """
    with ExitStack() as undone:
        undone.callback(case.shut)
        try:
            daemon = case.start(warm)
            undone.callback(daemon.end)
            case.arm(daemon)
        except Died:
            raise
        except Lost as lost:
            raise Unready(str(lost)) from lost
        undone.pop_all()
    return daemon


def _broken(point: Point, case: Case, daemon: Running, state: Path) -> bool:
    """Cross the level, and let it happen; False when the fire was over before."""
    tid = threads(daemon.pid)[point.call.place]
    case.trap(point.trouble)
    if point.how in BY_ROOM:
        return _squeezed(point, case, daemon, state)
    what = INJECTED[point.how].format(n=point.call.n)
    with injecting(tid, point.call.name, what) as tracer:
        case.cross()
        if point.how == "kill":
            _until_dead_or(case, daemon)
            return daemon.is_dead()
        if point.how == "pause":
            return _paused(daemon)
        # Whoever asks for the disk meanwhile is refused, once or for a second.
        threading.Event().wait(FULL_S)
        tracer.detach()
    return True


def _squeezed(point: Point, case: Case, daemon: Running, state: Path) -> bool:
    """Leave room for what is written before the point, and no more, for a while."""
    pages = point.call.n - 1
    # By turns: whether others take the room that a daemon gives up for its fires.
    again = point.number % 2 == 0
    if point.how == "tmpfs":
        squeezing = Thread(
            target=fill_for, args=(state, pages, FULL_S), kwargs={"again": again}
        )
    else:
        where = (daemon.pid, state / "exitd.db", pages, FULL_S)
        squeezing = Thread(target=limit_for, args=where)
    squeezing.start()
    threading.Event().wait(SQUEEZED_S)
    case.cross()
    squeezing.join()
    return any(daemon.has(event) for event in REFUSED)


def _until_dead_or(case: Case, daemon: Running) -> None:
    """Wait for the kill, or for the end of a fire that never came to the point."""
    again = threading.Event()
    began_s = monotonic()
    is_mended = False
    while not daemon.is_dead():
        if is_over(case, daemon):
            # What is left to do after it has at most a moment.
            again.wait(0.2)
            return
        waited_s = monotonic() - began_s
        if waited_s > MENDED_AFTER_S and not is_mended:
            case.mend()
            is_mended = True
        if waited_s > DEADLINE_S:
            raise Lost("it was neither killed nor done")
        again.wait(0.05)


def _paused(daemon: Running) -> bool:
    """Let it stand still for longer than its request is good, once it has stopped."""
    again = threading.Event()
    until_s = monotonic() + MENDED_AFTER_S
    while not daemon.is_stopped():
        if monotonic() > until_s:
            return False
        again.wait(0.02)
    again.wait(PAUSE_S)
    os.kill(daemon.pid, signal.SIGCONT)
    return True
