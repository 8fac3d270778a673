"""Show what docs/reliability.md claims, and write what came of it into that page.

    python tests/reliability.py                    every part but the soak; hours
    python tests/reliability.py --quick            a little of each, in minutes
    python tests/reliability.py simulation --seeds 1000000
    python tests/reliability.py crashes-chain --how kill --points 0
    python tests/reliability.py soak

Each part has a table between two markers of the page. A run replaces the rows that it
has measured and keeps all others, with their dates. `--dry-run` writes nothing.

Exit status: 0 nothing was lost or doubled, 1 something was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import msgspec
from worlds import machine

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reliability.md"
PICTURE = ROOT / "docs" / "pictures" / "measured" / "soak.svg"
SECONDS_OF_A_MINUTE = 60
Result = Any

CLASSES = {
    "crashes-window": ("window", "request window (Backpack)"),
    "crashes-unique": ("unique", "unique client id (Alpaca)"),
    "crashes-chain": ("nonce", "nonce of a chain (SYMMIO)"),
}
HOWS = {
    "kill": "`kill -9`, then a new start",
    "pause": "SIGSTOP for 2.5 s, SIGCONT",
    "eio": "the call fails once with EIO",
    "full": "this call and all like it fail with ENOSPC for 1 s",
    "fsize": "RLIMIT_FSIZE for 1 s: EFBIG",
    "tmpfs": "a small disk, full for 1 s",
}


class Row(msgspec.Struct, frozen=True):
    """One line of a table, found again by its first cell.

    `is_bad`: it shows a loss, a double, or a goal that is not met.
    """

    cells: tuple[str, ...]
    is_bad: bool = False


class Part(msgspec.Struct, frozen=True):
    """One part: its program, its table, and how long it is by default and quickly."""

    head: tuple[str, ...]
    command: Callable[[argparse.Namespace], list[str]]
    rows: Callable[[Result], Iterator[Row]]
    is_default: bool = True


def simulation(asked: argparse.Namespace) -> list[str]:
    seeds = asked.seeds or (100 if asked.quick else 10_000)
    words = ["./exitd", "simulate", "--json", "--seeds", str(seeds)]
    return [*words, "--seed", str(asked.first)] if asked.first else words


def simulation_rows(found: Result) -> Iterator[Row]:
    first = found["first"]
    for name, tally in found["classes"].items():
        faults = ", ".join(sorted(tally["faults"]))
        yield Row(
            (
                name,
                f"{tally['seeds']:,}",
                f"{len(tally['faults'])}: {faults}",
                str(tally["violated"]),
            ),
            tally["violated"] > 0,
        )
    counts = ", ".join(f"{n:,} {name}" for name, n in found["counts"].items())
    violated = len(found["violated"])
    seeds = f"{found['seeds']:,}, from {first:,} on"
    yield Row(("all", seeds, counts, str(violated)), violated > 0)


def crashes(name: str) -> Callable[[argparse.Namespace], list[str]]:
    def command(asked: argparse.Namespace) -> list[str]:
        points = asked.points
        if points is None:
            points = 4 if asked.quick else 100
        words = ["python", "tests/crashes/run.py", "--class", name]
        for how in asked.how or HOWS:
            words += ["--how", how]
        return [*words, "--points", str(points), "--workers", str(asked.workers)]

    return command


def crash_rows(found: Result) -> Iterator[Row]:
    for row in found:
        yield Row(
            (
                HOWS[row["how"]],
                *(str(row[n]) for n in ("calls", "points", "reached", "once")),
                *(str(row[n]) for n in ("lost", "doubled", "not_started", "unready")),
            ),
            row["lost"] + row["doubled"] + row["not_started"] > 0,
        )


def power(asked: argparse.Namespace) -> list[str]:
    images = "100" if asked.quick else "2000"
    return ["python", "tests/crashes/power_loss.py", "--images", images]


def power_rows(found: Result) -> Iterator[Row]:
    cells = (f"{found['images']:,}", str(found["acts"]), str(found["wrong"]))
    yield Row(("a fire at Backpack", *cells), found["wrong"] > 0)


def silence(asked: argparse.Namespace) -> list[str]:
    rounds = "2" if asked.quick else "20"
    return ["python", "benchmarks/silence.py", "--rounds", rounds]


def silence_rows(found: Result) -> Iterator[Row]:
    what = "from a stale price to the first price of the second source"
    yield Row(
        (
            what,
            f"≤ {found['goal_s']:g} s",
            f"{found['over_mean_s']:.2f} s",
            f"{found['over_worst_s']:.2f} s",
            str(found["rounds"]),
        ),
        found["over_mean_s"] > found["goal_s"],
    )
    yield Row(
        (
            "from the last price of a silent stream to the order's hit by REST",
            f"`price_max_age` ({found['price_max_age_s']:g} s) and the above",
            f"{found['mean_s']:.2f} s",
            f"{found['worst_s']:.2f} s",
            str(found["rounds"]),
        )
    )


def startup(asked: argparse.Namespace) -> list[str]:
    return ["python", "benchmarks/startup.py", "--triggers", "10000"]


def startup_rows(found: Result) -> Iterator[Row]:
    yield Row(
        (
            f"from a start to armed, {found['triggers']:,} triggers, Python included",
            f"≤ {found['goal_s']} s",
            f"{found['mean_s']:.2f} s",
            f"{found['worst_s']:.2f} s",
            str(found["rounds"]),
        ),
        found["mean_s"] > found["goal_s"],
    )


def soak(asked: argparse.Namespace) -> list[str]:
    minutes = str(asked.minutes or (2 if asked.quick else 30))
    words = ["python", "tests/soak/run.py", "--minutes", minutes]
    return words if asked.dry_run else [*words, "--picture", str(PICTURE)]


def soak_rows(found: Result) -> Iterator[Row]:
    for one in found["findings"]:
        verdict = "holds" if one["holds"] else "**does not hold**"
        yield Row((one["rule"], one["found"], verdict), not one["holds"])


_CRASH_HEAD = (
    "kind of fault",
    "calls of a fire",
    "points",
    "reached",
    "closed once",
    "lost",
    "doubled",
    "did not start",
    "machine too busy",
)
_TIME_HEAD = ("what", "goal", "mean", "worst", "rounds")
PARTS = {
    "simulation": Part(
        ("class of the venue", "seeds", "faults drawn", "violated"),
        simulation,
        simulation_rows,
    ),
    **{
        part: Part(_CRASH_HEAD, crashes(name), crash_rows)
        for part, (name, _) in CLASSES.items()
    },
    "power": Part(("of", "images", "acts", "wrong"), power, power_rows),
    "silence": Part(_TIME_HEAD, silence, silence_rows),
    "startup": Part(_TIME_HEAD, startup, startup_rows),
    "soak": Part(("rule", "found", ""), soak, soak_rows, is_default=False),
}


def run(words: list[str]) -> Result:
    """Run a program of this checkout; gives the JSON that it leaves."""
    program = [sys.executable, *words[1:]] if words[0] == "python" else words
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "found.json"
        is_filed = "tests/crashes/" in " ".join(words)
        more = ["--json", str(file)] if is_filed else ["--json"]
        done = subprocess.run(
            [*program, *(more if "--json" not in program else [])],
            cwd=ROOT,
            env=_environment(),
            stdout=sys.stderr if is_filed else subprocess.PIPE,
            text=True,
            check=False,
        )
        # 1 is what a program says that has found something.
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}")
        if is_filed:
            return json.loads(file.read_text())
        return json.loads(done.stdout.splitlines()[-1])


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "tests")}


def markers(name: str) -> tuple[str, str]:
    return f"<!-- measured: {name}: begin -->", f"<!-- measured: {name}: end -->"


def kept(block: str) -> dict[str, str]:
    """Give the rows of a table by their first cell."""
    rows = [line for line in block.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in rows[1:]}


def merged(block: str, part: Part, rows: list[Row], words: str, day: str) -> str:
    """Put rows into what stands between two markers."""
    lines = kept(block)
    for row in rows:
        lines[row.cells[0]] = "| " + " | ".join((*row.cells, day)) + " |"
    head = "| " + " | ".join((*part.head, "on")) + " |"
    rule = "|" + "---|" * (len(part.head) + 1)
    return "\n".join((words, "", head, rule, *lines.values()))


def write(name: str, rows: list[Row], words: str, day: str) -> None:
    page = PAGE.read_text()
    begin, end = markers(name)
    before, rest = page.split(begin)
    block, after = rest.split(end)
    new = merged(block, PARTS[name], rows, words, day)
    PAGE.write_text(f"{before}{begin}\n\n{new}\n\n{end}{after}")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], help="all but the soak by default")
    add("--quick", action="store_true", help="a little of each")
    add("--seeds", type=int, help="of the simulation; 10,000 by default")
    add("--first", type=int, help="its first seed")
    add("--points", type=int, help="of each kind of crash; 100, 0 is all")
    add("--how", action="append", choices=HOWS, help="only this kind of crash")
    add("--workers", type=int, default=4, help="daemons broken at once")
    add("--minutes", type=float, help="of the soak; 30 by default")
    add("--json", action="store_true", help="what was found, on stdout")
    add("--dry-run", action="store_true", help="leave the page as it is")
    return parser.parse_args()


def main() -> int:
    asked = parsed()
    names = asked.parts or [n for n, part in PARTS.items() if part.is_default]
    bad: list[str] = []
    all_found: dict[str, Result] = {}
    for name in names:
        part = PARTS[name]
        words = part.command(asked)
        print(" ".join(words), file=sys.stderr, flush=True)
        began_s = time.monotonic()
        found = all_found[name] = run(words)
        took_min = (time.monotonic() - began_s) / SECONDS_OF_A_MINUTE
        rows = list(part.rows(found))
        bad += [f"{name}: {row.cells}" for row in rows if row.is_bad]
        day = time.strftime("%Y-%m-%d", time.gmtime())
        said = " ".join(words).replace(f"{ROOT}/", "").replace(" --json", "")
        line = f"`{said}`; the last run took {took_min:.1f} minutes on {machine()}."
        if not asked.dry_run:
            write(name, rows, line, day)
        print(*(" | ".join(row.cells) for row in rows), sep="\n", file=sys.stderr)
    if asked.json:
        print(json.dumps(all_found))
    print(*bad, sep="\n", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
