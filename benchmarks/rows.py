"""The rows of the table in docs/performance.md: what was found, and its goal."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Result = dict[str, Any]
INFINITE = float("inf")

#: The machine on which the goals in seconds were set and met (AMD EPYC, 2 cores,
#: CPython 3.11.7, 2026-11-21), by what needs none of ours; see docs/adr/0010.
SCAN_OF_A_MILLION_US = 32_143
ROWS_READ_S = 0.22
BARE_ARMS_PER_S = 47_308


class Row(NamedTuple):
    """One line of the table; `floor` is what nothing could beat, or nearly so.

    A goal in seconds has its `share`: what was found as a share of the goal (met: 1 at
    the most), and `slower`: how many times as long as the machine of the goals this one
    takes for the yardstick of the row, measured in the same run.
    """

    what: str
    goal: str
    found: str
    share: float
    floor: str
    command: str
    slower: float = 1.0

    @property
    def verdict(self) -> str:
        if self.share <= 1:
            return "met"
        if self.share <= self.slower:
            return f"met at the pace of this machine ({self.slower:.1f} × as slow)"
        return "**missed**"


def book_rows(result: Result, command: str) -> Iterator[Row]:
    quiet = {int(n): row for n, row in result["triggers"].items()}
    most, few = max(quiet), min(quiet)
    slowest = max(row["quiet_tick_us"] for row in quiet.values())
    scan = quiet[most]["scan_us"]
    slower = scan / SCAN_OF_A_MILLION_US
    spread = result["largest_over_smallest"]
    yield Row(
        f"a quiet tick, engine only, {few} to {most:,} resting triggers, a third of"
        " them trailing",
        "≤ 1 µs, largest ≤ 1.5 × smallest",
        f"{slowest:.2f} µs, {spread} ×",
        slowest if spread <= 1.5 else INFINITE,
        f"two comparisons and a call; a scan of {most:,} levels takes {scan:,.0f} µs",
        command,
        slower,
    )
    high_us = quiet[most]["amortised_us"]
    yield Row(
        f"a new high every tick, {most:,} trailing stops",
        "≤ 2 µs amortised",
        f"{high_us:.2f} µs; without the one tick of"
        f" {quiet[most]['joining_tick_ms']:,.0f} ms that makes one group of all,"
        f" {quiet[most]['new_high_us']:.2f} µs",
        high_us / 2,
        f"with one trailing stop: {quiet[few]['new_high_us']:.2f} µs",
        command,
        slower,
    )
    at_once_ms = result["ten_thousand_at_once_ms"]
    yield Row(
        "10,000 triggers crossed by one tick: facts and intents returned",
        "≤ 50 ms",
        f"{at_once_ms} ms",
        at_once_ms / 50,
        f"making and storing 10,000 records and facts: {at_once_ms / 10:.1f} µs each",
        command,
        slower,
    )
    used = result["bytes_per_trigger"]
    yield Row(
        "memory per resting trigger",
        "≤ 1 KiB",
        f"{used:,} bytes",
        used / 1_024,
        "its definition and its record",
        command,
    )


def latency_rows(result: Result, command: str) -> Iterator[Row]:
    found, reference = result["contenders"], result["reference"]
    strict, less = found["exitd, strict"], found["exitd, strict, less one commit"]
    ahead, raw = found["exitd, overlapped"], found["raw"]
    base = found[reference]["median_us"]
    near = strict["median_us"] / raw["median_us"]
    yield Row(
        "frame on the socket → order bytes on the socket, whole daemon, overlapped (the"
        " default); a bare async script = 1",
        "≤ 0.9",
        f"{ahead['ratio']} ({ahead['median_us']:,.0f} µs; {reference} {base:,.0f} µs)",
        ahead["ratio"] / 0.9,
        f"prebuilt bytes on raw sockets, nothing durable: {raw['median_us']:,.0f} µs",
        command,
    )
    yield Row(
        "the same, strict, less one commit as measured in the run",
        "≤ 1.3",
        f"{less['ratio']} ({less['median_us']:,.0f} µs; {reference} {base:,.0f} µs)",
        less["ratio"] / 1.3,
        f"prebuilt bytes on raw sockets, nothing durable: {raw['median_us']:,.0f} µs;"
        f" with its commit, exitd takes {near:.1f} × that",
        command,
    )
    yield Row(
        "the same, overlapped, p99",
        "≤ 3 × median",
        f"{ahead['p99_over_median']} × ({ahead['p99_us']:,.0f} µs)",
        ahead["p99_over_median"] / 3,
        f"raw sockets: {raw['p99_over_median']} ×;"
        f" {reference}: {found[reference]['p99_over_median']} ×",
        command,
    )


def ingest_rows(result: Result, command: str) -> Iterator[Row]:
    yield Row(
        f"frames ingested, one core, {result['triggers']:,} armed",
        "≥ 50 % of the bare loop",
        f"{result['ratio']:.0%} ({result['exitd_frames_per_s']:,} /s)",
        0.5 / result["ratio"],
        f"`websockets` and msgspec alone: {result['bare_frames_per_s']:,} /s",
        command,
    )


def startup_rows(result: Result, command: str) -> Iterator[Row]:
    yield Row(
        f"start with {result['triggers']:,} triggers until ready",
        "≤ 5 s",
        f"{result['ready_s']} s",
        result["ready_s"] / 5,
        f"reading the same rows with sqlite3: {result['bare_read_s']} s",
        command,
        result["bare_read_s"] / ROWS_READ_S,
    )


def arms_rows(result: Result, command: str) -> Iterator[Row]:
    yield Row(
        f"durable arms through the API, in batches of {result['batch']}",
        "≥ 2,000 /s",
        f"{result['arms_per_s']:,} /s",
        2_000 / result["arms_per_s"],
        f"FastAPI that inserts the same JSON unchecked: {result['bare_per_s']:,} /s",
        command,
        BARE_ARMS_PER_S / result["bare_per_s"],
    )


def webhook_rows(result: Result, command: str) -> Iterator[Row]:
    ours, bare = result["exitd"], result["bare"]
    median_ms = ours["answered"]["median_ms"]
    yield Row(
        "an alert, from the request to the durable answer",
        "median < 5 ms",
        f"{median_ms} ms (p99 {ours['answered']['p99_ms']} ms)",
        median_ms / 5,
        "FastAPI that inserts the same JSON unchecked:"
        f" {bare['answered']['median_ms']} ms",
        command,
    )
    worst_ms = ours["sustained"]["worst_ms"]
    yield Row(
        f"{result['per_second']} alerts a second for {result['seconds']} s",
        "each answered within 3 s",
        f"median {ours['sustained']['median_ms']} ms, worst {worst_ms} ms",
        worst_ms / 3_000,
        f"the same: worst {bare['sustained']['worst_ms']} ms",
        command,
    )


def signing_rows(result: Result, command: str) -> Iterator[Row]:
    named = {
        "close_signed": "a close for a chain, written and signed",
        "login_checked": "a login with a wallet, checked",
    }
    for what, words in named.items():
        ours, theirs = result[what]["exitd"], result[what]["eth-account"]
        yield Row(
            words,
            "< 1 ms",
            f"{ours['median_us']:,} µs (p99 {ours['p99_us']:,} µs)",
            ours["median_us"] / result["goal_us"],
            f"eth-account does the same in {theirs['median_us']:,} µs",
            command,
        )


def page_rows(result: Result, command: str) -> Iterator[Row]:
    idle, one = result["costs"][0], result["costs"][1]
    goal = result["goal_cpu_percent"]
    yield Row(
        f"an open status page, {result['triggers']:,} triggers,"
        f" {result['prices_a_second']} prices a second: the whole daemon",
        f"≤ {goal} % of one core",
        f"{one['cpu_percent']} %",
        one["cpu_percent"] / goal,
        f"with no page open: {idle['cpu_percent']} %",
        command,
    )
    paint_ms = result["first_paint_ms"]
    if paint_ms is None:
        return
    yield Row(
        "the page, asked for on loopback, until its first paint in Chromium",
        f"≤ {result['goal_paint_ms']} ms",
        f"{paint_ms} ms (the slowest of {result['loads']}:"
        f" {result['worst_paint_ms']} ms)",
        paint_ms / result["goal_paint_ms"],
        f"a page of one word: {result['bare_paint_ms']} ms",
        command,
    )
