"""Whether a soak went well: every rule with what was found."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from exitd.app.threads import WORKERS
from soak.samples import (
    KIB_PER_MIB,
    Sample,
    own_mib_per_hour,
    second_half,
)

#: What an hour of this load may add to the memory, once it is warm.
MIB_PER_HOUR_MAX = 4.0
#: Readers and followers come and go; connections are opened again.
DESCRIPTORS_MORE_MAX = 10
#: The loop, the log, the store, two that watch the files and four of libuv that look
#: names up; and those that read, of which one more is started whenever all are at work.
THREADS_MAX = 9 + WORKERS
#: SQLite starts it over at four; a reader may hold it up for a while.
WAL_MIB_MAX = 16
LINES_PER_S_MAX = 100.0
SHOWN = 12


class Finding(Struct, frozen=True):
    """One rule, what was found, and whether it holds."""

    rule: str
    found: str
    holds: bool


class Fires(Struct, frozen=True):
    """Fires by what the daemon says, and what the exchange has executed for them."""

    hits: Counter[str]
    dones: Counter[str]
    executed: Counter[str]
    slice: str


def findings(
    samples: list[Sample],
    seen: list[Sample],
    parts: list[dict[str, int]],
    fires: Fires,
    odd: list[str],
    status: int,
) -> list[Finding]:
    """Judge a soak by its samples, its fires and its unexplained lines.

    `seen` are the samples after the warm-up. `parts` are those of memory, in KiB, as
    it was warm first and in the end.
    """
    return [
        _of_memory(seen, parts),
        *_of_the_rest(samples),
        *_of_fires(fires),
        Finding(
            "every warning is explained by what was done",
            f"{len(odd)} unexplained",
            not odd,
        ),
        Finding("it ends in order", f"exit status {status}", status == 0),
    ]


def _of_memory(seen: list[Sample], parts: list[dict[str, int]]) -> Finding:
    minutes = round((seen[-1].at_s - seen[0].at_s) / 60)
    before = round(seen[0].at_s / 60)
    grown = own_mib_per_hour(seen)
    least, most = min(s.own_kib for s in seen), max(s.own_kib for s in seen)
    first, last = (parts[0], parts[-1]) if parts else ({}, {})
    more = ", ".join(
        f"{part} {(last[part] - kib) / KIB_PER_MIB:+.1f}" for part, kib in first.items()
    )
    return Finding(
        f"own memory in {minutes} minutes after a warm-up of {before}, slope ≤"
        f" {MIB_PER_HOUR_MAX:g} MiB/h",
        f"{grown.slope:+.1f} MiB/h (95 %: {grown.least:+.1f} to {grown.most:+.1f}),"
        f" {least / KIB_PER_MIB:.1f} to {most / KIB_PER_MIB:.1f} MiB; of all that is in"
        f" RAM: {more} MiB",
        grown.slope <= MIB_PER_HOUR_MAX,
    )


def _of_the_rest(samples: list[Sample]) -> list[Finding]:
    half = second_half(samples)
    first = samples[: -len(half)] or samples
    before = max(s.descriptors for s in first)
    after = max(s.descriptors for s in half)
    wal = max(s.wal_kib for s in samples) / 1024
    span_s = samples[-1].at_s - samples[0].at_s or 1.0
    rate = (samples[-1].lines - samples[0].lines) / span_s
    threads = max(s.threads for s in samples)
    return [
        Finding(
            f"descriptors, at most {DESCRIPTORS_MORE_MAX} more in the second half",
            f"{before}, then {after}",
            after - before <= DESCRIPTORS_MORE_MAX,
        ),
        Finding(
            f"threads ≤ {THREADS_MAX}",
            f"{threads} at the most",
            threads <= THREADS_MAX,
        ),
        Finding(
            f"write-ahead log ≤ {WAL_MIB_MAX} MiB",
            f"{wal:.1f} MiB at the most",
            wal <= WAL_MIB_MAX,
        ),
        Finding(
            f"log ≤ {LINES_PER_S_MAX:g} lines a second",
            f"{rate:.1f}",
            rate <= LINES_PER_S_MAX,
        ),
    ]


def _of_fires(fires: Fires) -> list[Finding]:
    lost = sorted(fires.hits.keys() - fires.dones.keys())
    often = sorted(f for f, n in fires.hits.items() if n > 1)
    whole = fires.executed[fires.slice]
    other = {q: n for q, n in fires.executed.items() if q not in ("0", fires.slice)}
    return [
        Finding(
            "each fire hits once and ends",
            f"{len(fires.hits)} fires, {len(lost)} without an end {lost[:SHOWN]},"
            f" {len(often)} hit twice {often[:SHOWN]}",
            bool(fires.hits) and not lost and not often,
        ),
        Finding(
            "the exchange has closed each once",
            f"{whole} closes of {fires.slice}, {len(fires.dones)} ends, others {other}",
            whole == len(fires.dones) and not other,
        ),
    ]


def table(found: list[Finding]) -> str:
    lines = ["| rule | found | |", "|---|---|---|"]
    for one in found:
        verdict = "holds" if one.holds else "**does not hold**"
        lines.append(f"| {one.rule} | {one.found} | {verdict} |")
    return "\n".join(lines)
