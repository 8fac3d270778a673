"""Breaks a real daemon at every point of a fire; nothing may be lost or doubled.

    PYTHONPATH=tests python tests/crashes/run.py --class window --how kill --points 120

The daemon is the installed command, the venue a process of its own, and the faults are
real: kill -9 and SIGSTOP at the n-th system call, calls that a disk refuses, all by
strace; a limit on what files may grow to, and a small disk that is full, which takes
root. `--points 0` takes every call of a fire with every trouble of the venue's; the
gate takes a few of each. A failing point prints the words that run it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
from collections import Counter
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from time import monotonic

import msgspec

from crashes.case import Case, Died, Unready
from crashes.parent import end_with_parent
from crashes.point import Call, How, Outcome, Point, break_at, calls_of_a_fire, chosen
from crashes.squeeze import may_mount
from crashes.warm import Warm

CLASSES = ("window", "unique", "nonce")
TRIES = 3
HOWS: tuple[How, ...] = ("kill", "pause", "eio", "full", "fsize", "tmpfs")


def case_of(name: str, folder: Path) -> Case:
    """Start the venue of a class."""
    if name == "window":
        from crashes.backpack_case import BackpackCase

        return BackpackCase(folder)
    if name == "unique":
        from crashes.alpaca_case import AlpacaCase

        return AlpacaCase(folder)
    from crashes.chain_case import ChainCase

    return ChainCase(folder)


def work(name: str, points: Queue[Point | None], outcomes: Queue[Outcome]) -> None:
    """Break fires at one venue of one's own until there are no more points."""
    end_with_parent()
    with tempfile.TemporaryDirectory(prefix="exitd-crashes-") as place:
        folder = Path(place)
        warm = Warm()
        case = case_of(name, folder)
        try:
            while (point := points.get()) is not None:
                outcomes.put(tried(point, case, warm, folder))
        finally:
            case.close()
            warm.close()


def tried(point: Point, case: Case, warm: Warm, folder: Path) -> Outcome:
    """Break one fire; a machine too busy to come to it gets some more tries."""
    for number in range(TRIES):
        here = folder / f"{point.how}-{point.number}-{number}"
        try:
            return break_at(point, case, warm, here)
        except Unready as error:
            why = str(error)
        except Died as error:
            # By itself, before anything was broken: a fault, but not a trigger lost.
            return Outcome(point, "not started", False, str(error))
        finally:
            shutil.rmtree(here, ignore_errors=True)
    return Outcome(point, "unready", False, why)


def calls(name: str) -> list[Call]:
    with tempfile.TemporaryDirectory(prefix="exitd-crashes-") as place:
        folder = Path(place)
        warm = Warm()
        case = case_of(name, folder)
        try:
            return calls_of_a_fire(case, warm, folder)
        finally:
            case.close()
            warm.close()


def broken(name: str, todo: list[Point], workers: int) -> list[Outcome]:
    """Break one fire at each point, several at once; tells each that went wrong."""
    context = multiprocessing.get_context("spawn")
    points: Queue[Point | None] = context.Queue()
    outcomes: Queue[Outcome] = context.Queue()
    for point in [*todo, *[None] * workers]:
        points.put(point)
    hands = [
        context.Process(target=work, args=(name, points, outcomes), daemon=True)
        for _ in range(workers)
    ]
    for hand in hands:
        hand.start()
    found = []
    for done in range(1, len(todo) + 1):
        outcome = next_of(outcomes, hands)
        found.append(outcome)
        if outcome.verdict != "once":
            print(f"{outcome.verdict}: {outcome.point}: {outcome.why}")
            print(
                f"  again: --class {name} --how {outcome.point.how}"
                f" --only {outcome.point.number}"
            )
        if sys.stderr.isatty():
            print(f"\r{done}/{len(todo)}", end="", file=sys.stderr, flush=True)
        elif done % 10 == 0:
            print(f"{done} of {len(todo)}", flush=True)
    for hand in hands:
        hand.join(60)
    return found


def next_of(outcomes: Queue[Outcome], hands: list[SpawnProcess]) -> Outcome:
    """Wait for an outcome, as long as somebody works on one."""
    while True:
        try:
            return outcomes.get(timeout=2)
        except Empty:
            if any(hand.exitcode for hand in hands):
                raise RuntimeError("a worker has died; what it says is above") from None


def is_possible(how: How) -> bool:
    """Whether this machine lets us; says what is left out."""
    if how != "tmpfs" or may_mount():
        return True
    print("left out: tmpfs, a small disk: to mount one takes root", flush=True)
    return False


class Row(msgspec.Struct, frozen=True):
    """What came of one way of breaking at one class; `calls` are those of a fire."""

    name: str
    how: str
    calls: int
    points: int
    reached: int
    once: int
    lost: int
    doubled: int
    not_started: int
    unready: int

    def __str__(self) -> str:
        counts = f"{self.points:>6} {self.reached:>8} {self.once:>6}"
        counts += f" {self.lost:>5} {self.doubled:>8}"
        counts += f" {self.not_started:>12} {self.unready:>8}"
        return f"{self.name:<8} {self.how:<6} {counts}"


def row(name: str, how: str, calls: int, outcomes: list[Outcome]) -> Row:
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    return Row(
        name=name,
        how=how,
        calls=calls,
        points=len(outcomes),
        reached=sum(outcome.was_reached for outcome in outcomes),
        once=verdicts["once"],
        lost=verdicts["lost"],
        doubled=verdicts["doubled"],
        not_started=verdicts["not started"],
        unready=verdicts["unready"],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--class", dest="names", action="append", choices=CLASSES)
    parser.add_argument("--how", dest="hows", action="append", choices=HOWS)
    parser.add_argument("--points", type=int, default=0, help="of each; 0 is all")
    parser.add_argument("--workers", type=int, default=4, help="how many at once")
    parser.add_argument("--only", type=int, help="one point, by its number")
    parser.add_argument("--json", type=Path, help="a file for the table")
    asked = parser.parse_args()
    if shutil.which("strace") is None:
        print("strace is missing: apt-get install strace", file=sys.stderr)
        return 2
    rows: list[Row] = []
    bad = 0
    for name in asked.names or CLASSES:
        began_s = monotonic()
        there = calls(name)
        hows = tuple(how for how in asked.hows or HOWS if is_possible(how))
        todo = [
            point
            for how in hows
            for point in chosen(there, how, TROUBLE[name], asked.points)
            if asked.only in (None, point.number)
        ]
        found = broken(name, todo, min(asked.workers, len(todo)))
        bad += sum(outcome.verdict not in ("once", "unready") for outcome in found)
        # One that a busy machine did not come to proves nothing; many prove too little.
        unready = sum(outcome.verdict == "unready" for outcome in found)
        bad += unready > len(found) // 4
        rows += [
            row(name, how, len(there), [o for o in found if o.point.how == how])
            for how in hows
        ]
        took_s = monotonic() - began_s
        print(f"{name}: {len(there)} calls in a fire, {took_s:.0f} s", flush=True)
    print(
        "\nclass    how    points  reached   once  lost  doubled  not started  unready"
    )
    print(*rows, sep="\n")
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.encode(rows))
    return 1 if bad else 0


#: What becomes of an order at each class of venue, in turn; "" is nothing.
TROUBLE = {
    "window": ("", "lost_reply", "lost_request", "slow_reply", "delay"),
    "unique": ("", "lost_reply", "lost_request"),
    "nonce": ("", "lost_reply", "not_mined"),
}


if __name__ == "__main__":
    sys.exit(main())
