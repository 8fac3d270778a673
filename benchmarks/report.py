"""Run every benchmark and write what came out into docs/performance.md.

    python benchmarks/report.py [--ccxt-python PATH] [--nautilus-python PATH]
        [--repeat 3] [--quick]

The table goes between two markers of that page; the words around it stay. --repeat runs
each benchmark so often and takes the run in which what needs nothing of ours was
quickest: a machine that others share is not as fast all the time. --quick takes fewer
rounds, to see that all of it runs.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rows import (
    Result,
    Row,
    arms_rows,
    book_rows,
    ingest_rows,
    latency_rows,
    page_rows,
    signing_rows,
    startup_rows,
    webhook_rows,
)
from tables import contenders_table, emulator_table, stages_table, table
from worlds import machine

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


class Benchmark(NamedTuple):
    """One program; `pace` is how long it took for what needs nothing of ours."""

    name: str
    options: tuple[str, ...]
    quick: tuple[str, ...]
    rows: Callable[[Result, str], Iterator[Row]]
    pace: Callable[[Result], float]


def scan_us(result: Result) -> float:
    return max(float(row["scan_us"]) for row in result["triggers"].values())


BENCHMARKS = (
    Benchmark("book", (), (), book_rows, scan_us),
    Benchmark(
        "latency",
        ("--stages",),
        ("--levels", "40", "--rounds", "1"),
        latency_rows,
        lambda result: float(result["contenders"]["raw"]["median_us"]),
    ),
    Benchmark(
        "ingest",
        (),
        ("--frames", "20000"),
        ingest_rows,
        lambda result: 1 / result["bare_frames_per_s"],
    ),
    Benchmark(
        "startup",
        (),
        ("--triggers", "10000"),
        startup_rows,
        lambda result: float(result["bare_read_s"]),
    ),
    Benchmark(
        "arms",
        (),
        ("--triggers", "2000", "--rounds", "1"),
        arms_rows,
        lambda result: 1 / result["bare_per_s"],
    ),
    Benchmark(
        "webhook",
        (),
        ("--alerts", "200", "--seconds", "2"),
        webhook_rows,
        lambda result: float(result["bare"]["answered"]["median_ms"]),
    ),
    Benchmark(
        "page",
        (),
        ("--seconds", "2", "--many", "2000"),
        page_rows,
        lambda result: float(result["bare_paint_ms"] or 0.0),
    ),
    # Too short for the machine to change its pace meanwhile.
    Benchmark("signing", (), ("--rounds", "100"), signing_rows, lambda result: 0.0),
)


def run(name: str, options: tuple[str, ...]) -> Result:
    script = str(HERE / f"{name}.py")
    done = subprocess.run(
        [sys.executable, script, "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: Result = json.loads(done.stdout.splitlines()[-1])
    return found


def write(measured: str) -> None:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ccxt-python", default="", help="a python that has ccxt")
    parser.add_argument(
        "--nautilus-python", default="", help="a python that has nautilus_trader"
    )
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    rows: list[Row] = []
    extra: list[str] = []
    for benchmark in BENCHMARKS:
        words = benchmark.options + (benchmark.quick if options.quick else ())
        command = " ".join(("python", f"benchmarks/{benchmark.name}.py", *words))
        if benchmark.name == "latency" and options.ccxt_python:
            words += ("--ccxt-python", options.ccxt_python)
            command += " --ccxt-python PATH"
        print(command, file=sys.stderr, flush=True)
        results = [run(benchmark.name, words) for _ in range(options.repeat)]
        result = min(results, key=benchmark.pace)
        rows += benchmark.rows(result, command)
        if benchmark.name == "latency":
            extra = [contenders_table(result), stages_table(result)]
    if options.nautilus_python:
        print("python benchmarks/emulator.py", file=sys.stderr, flush=True)
        beside = ("--nautilus-python", options.nautilus_python)
        few = ("--counts", "10", "--rounds", "2") if options.quick else ()
        extra.append(emulator_table(run("emulator", (*beside, *few))))
    day = time.strftime("%Y-%m-%d", time.gmtime())
    head = f"{day}, {machine()}."
    write("\n\n".join((head, table(rows), *extra)))
    missed = [row.what for row in rows if "missed" in row.verdict]
    for what in missed:
        print(f"missed: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
