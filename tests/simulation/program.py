"""Lives through many seeds on all cores: `./exitd simulate`.

Each seed is a world of its own, in virtual time: the real core, runtime and adapters
against a simulated exchange, with faults, crashes and people drawn from the seed. One
that breaks an invariant is told with what led to it, and how to see it again.

Exit status: 0 all hold, 1 a seed is violated, 2 the command was wrong.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec

from fakes.memory import folder_in_memory
from simulation.broken import BUILDS
from simulation.living import Counts, Lived, lived, replay_command, see_again
from simulation.progress import Progress
from simulation.tally import Tally
from simulation.worlds import FIRINGS

SEEDS = 1_000
#: Seeds that a process takes at once: few, so that the last ones end together.
CHUNK = 8
#: Objects between two looks for garbage.
GARBAGE = 50_000
_SEEDLESS = "PYTHONHASHSEED"


class Summary(msgspec.Struct):
    """What a run found; `seconds` is the time on the wall.

    `classes` are the same seeds by the class of their venue.
    """

    first: int
    seeds: int
    violated: list[dict[str, object]]
    counts: Counts
    seconds: float = 0.0
    classes: dict[str, Tally] = msgspec.field(default_factory=dict)

    def add(self, one: Lived, again: str) -> None:
        self.seeds += 1
        tally = self.classes.setdefault(one.venue_class, Tally())
        tally.add(bool(one.why), one.faults)
        for name, number in one.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        if one.why:
            self.violated.append({"seed": one.seed, "why": one.why, "again": again})


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="exitd simulate",
        description="Live through seeded worlds of faults and crashes, in virtual "
        "time, and check after every step that nothing is lost and nothing doubled.",
    )
    add = parser.add_argument
    add("--seeds", type=_count, metavar="N", help=f"how many seeds; {SEEDS} by default")
    add(
        "--seed",
        type=int,
        metavar="S",
        help="the first seed, 0 by default; without "
        "--seeds this one alone, with its whole history",
    )
    add("--processes", type=_count, metavar="P", help="one for each core by default")
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--stop", action="store_true", help="end at the first seed that is violated")
    add(
        "--firing",
        choices=FIRINGS,
        default="",
        help="how closes leave, for all seeds; by default one way in one half of them",
    )
    add("--broken", choices=BUILDS, help="break a rule first, to see it caught")
    return parser.parse_args(words)


def _count(written: str) -> int:
    if not written.isdigit() or int(written) < 1:
        raise argparse.ArgumentTypeError(f"{written} is no number of at least 1")
    return int(written)


def outcomes(
    seeds: Iterable[int], processes: int, broken: str, firing: str
) -> Iterator[Lived]:
    """Give what becomes of each seed, in their order."""
    live = partial(lived, firing=firing)
    if processes == 1:
        _begin(broken)
        yield from map(live, seeds)
        return
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(broken,)) as pool:
        yield from pool.map(live, seeds, chunksize=CHUNK)
        pool.shutdown(cancel_futures=True)


def _begin(broken: str) -> None:
    if broken:
        BUILDS[broken](setattr)
    # What is loaded now is never freed: nobody has to look through it again.
    gc.freeze()
    # A world leaves little behind: it is looked through once in some worlds.
    gc.set_threshold(GARBAGE)


def see(seed: int, broken: str, firing: str) -> int:
    """Tell the whole history of one seed."""
    _begin(broken)
    with folder_in_memory() as folder:
        one = see_again(seed, Path(folder) / "again", firing)
    sys.stdout.write("\n".join([f"seed {seed}", *one.history, ""]))
    verdict = f"VIOLATION: {one.why}" if one.why else "all invariants hold"
    sys.stdout.write(f"{verdict}\n")
    return 1 if one.why else 0


def survey(asked: argparse.Namespace) -> Summary:
    first, seeds = asked.seed or 0, asked.seeds or SEEDS
    processes = asked.processes or len(os.sched_getaffinity(0))
    summary = Summary(first, 0, [], {})
    progress = Progress(seeds, sys.stderr)
    begun_s = time.monotonic()
    broken, firing = asked.broken or "", asked.firing
    for one in outcomes(range(first, first + seeds), processes, broken, firing):
        again = replay_command(one.seed, broken, firing)
        summary.add(one, again)
        if one.why:
            progress.clear()
            tell(one, again)
            if asked.stop:
                break
        progress.show(summary.seeds, len(summary.violated))
    progress.clear()
    summary.seconds = round(time.monotonic() - begun_s, 1)
    return summary


def tell(one: Lived, again: str) -> None:
    """Tell a violated seed on stderr: stdout may be a JSON object."""
    said = [f"seed {one.seed}", *one.history, f"VIOLATION: {one.why}"]
    said.append(f"again: {again}\n\n")
    sys.stderr.write("\n".join(said))


def main() -> int:
    asked = parsed()
    if asked.seed is not None and asked.seeds is None and not asked.json:
        return see(asked.seed, asked.broken or "", asked.firing)
    if asked.seed is not None and asked.seeds is None:
        asked.seeds = 1
    summary = survey(asked)
    if asked.json:
        sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
    else:
        counted = ", ".join(f"{n} {name}" for name, n in summary.counts.items())
        sys.stdout.write(
            f"{len(summary.violated)} of {summary.seeds} seeds violated, from seed "
            f"{summary.first} on, in {summary.seconds:.0f} s\n{counted}\n"
        )
    return 1 if summary.violated else 0


if __name__ == "__main__":
    if os.environ.get(_SEEDLESS) != "0":
        # Sets have another order in each process otherwise, and a seed another story.
        os.environ[_SEEDLESS] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    raise SystemExit(main())
