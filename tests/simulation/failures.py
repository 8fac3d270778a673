"""What can go wrong in a simulated world beyond `Rates`, and which rows that shows.

Each kind has its rows of the failure model (tests/failure_model.toml). A seed draws a
few kinds and how often each happens: where all of them happen at once, nothing would
ever come to its end.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

#: What becomes of one call: on its way there, and of its answer.
CALLS: dict[str, tuple[str, ...]] = {
    "cut before": ("N4",),
    "cut after": ("N4",),
    "garbled": ("N5",),
    "firewall": ("N7",),
    "unavailable": ("N9",),
    "refused": ("N10",),
    "unclear": ("N11",),
    "unclear after": ("N11",),
    "revoked": ("N14",),
    "no name": ("N16",),
    "no tls": ("N17",),
    "redirect": ("N18",),
    "another's": ("N19",),
    "slow": ("N25",),
    "endless": ("N26",),
    "wrong time": ("T5",),
}

#: What becomes of one frame, or of what is sent on the same connection.
FRAMES: dict[str, tuple[str, ...]] = {
    "twice": ("W4", "N21"),
    "late": ("W5", "N21"),
    "lost": ("W6",),
    "half": ("W7",),
    "other symbol": ("W7",),
    "no number": ("W7",),
    "huge": ("W9",),
    "binary": ("W10",),
    "unheard": ("W12",),
    "cut": ("W13",),
}

#: What is so for a while.
SPELLS: dict[str, tuple[str, ...]] = {
    "unavailable": ("N9",),
    "revoked": ("N14",),
    "no name": ("N16",),
    "refusing": ("W3",),
    "frozen peer": ("W2",),
    "halted": ("W14",),
}

#: What happens once, at its instant.
DEEDS: dict[str, tuple[str, ...]] = {
    "stand still": ("P6", "P7", "P8", "T4"),
    "stop": ("P4",),
    "bug": ("P9",),
    "break off": ("P10",),
    "burst": ("W11",),
    "liquidate": ("X4",),
    "foreign order": ("X8",),
    "locked": ("D14",),
}

#: Where the machine is killed, beside any instant: the n-th time that it comes there.
POINTS = ("before commit", "after commit", "sent", "executed")

#: What is drawn for a whole world.
WORLDS: dict[str, tuple[str, ...]] = {
    "accepted later": ("N12",),
    "few slots": ("N24",),
    "drift": ("T2",),
    "crash point": ("P1", "P3", "P11"),
}

#: Drawn by what `Rates`, `Choices` and `AlertChoices` have beside these: disks, lost
#: and late calls, histories that lag, clocks that are off or set, people, prices; and
#: by dates.py.
ELSEWHERE = (
    *("P2", "D1", "D4", "D6"),
    *("N1", "N2", "N3", "N6", "N8", "N13", "N20", "N21", "N22", "N23"),
    *("W1", "W8", "W15", "T1", "T3"),
    *("X1", "X2", "X3", "X5", "X6", "X7"),
)

#: What happens to the file of a world that has a real one (real_disk.py).
FILES: dict[str, tuple[str, ...]] = {
    "reader": ("D13",),
    "second daemon": ("D15",),
    "spoilt row": ("P12",),
}

#: What happens to nodes and blocks in the worlds of a chain (chain/choices.py).
CHAIN: dict[str, tuple[str, ...]] = {
    "unanswered": ("C1",),
    "drop": ("C2",),
    "fees": ("C3",),
    "tip": ("C3",),
    "reorg": ("C4",),
    "deep": ("C4",),
    "sleep": ("C6",),
    "moods": ("C7",),
    "nonce": ("C9",),
}

Share = tuple[str, float]


class Failures(Struct, frozen=True, kw_only=True):
    """What of it a seed draws; instants in seconds since the beginning."""

    calls: tuple[Share, ...] = ()
    frames: tuple[Share, ...] = ()
    spells: tuple[tuple[float, float, str], ...] = ()
    deeds: tuple[tuple[float, str, float], ...] = ()
    points: tuple[tuple[str, int], ...] = ()
    accepted_later_ms: int = 0
    slots: int = 0
    drift_ppm: int = 0


def simulated_rows() -> set[str]:
    """Name every row of the failure model that some seed shows."""
    drawn = (CALLS, FRAMES, SPELLS, DEEDS, WORLDS, FILES, CHAIN)
    rows = {row for kinds in drawn for named in kinds.values() for row in named}
    return rows | set(ELSEWHERE)


def draw_failures(seed: int, end_s: float) -> Failures:
    """Draw for a world whose faults heal at *end_s*; a part of all has none of it."""
    rng = Random(f"failures {seed}")
    if rng.random() < 0.15:
        return Failures()
    return Failures(
        calls=tuple(_shares(rng, CALLS, (0.02, 0.05, 0.15))),
        frames=tuple(_shares(rng, FRAMES, (0.02, 0.05, 0.15))),
        spells=tuple(_spells(rng, end_s)),
        deeds=tuple(_deeds(rng, end_s)),
        points=tuple(_points(rng)),
        accepted_later_ms=rng.choice((0, 0, 0, 300, 1_500)),
        slots=rng.choice((0, 0, 0, 0, 1, 3)),
        drift_ppm=rng.choice((0, 0, -500, 500)),
    )


def draw_lie_ms(seed: int) -> int:
    """Draw by how much each wrong time is off that a venue tells; 0 for any."""
    hour_ms = 3_600_000
    return Random(f"lie {seed}").choice((0, 0, 0, -hour_ms, -60_000, 60_000, hour_ms))


def _shares(
    rng: Random, kinds: dict[str, tuple[str, ...]], shares: tuple[float, ...]
) -> list[Share]:
    names = rng.sample(list(kinds), rng.choice((0, 0, 1, 1, 2, 3)))
    return [(name, rng.choice(shares)) for name in names]


def _spells(rng: Random, end_s: float) -> list[tuple[float, float, str]]:
    found = []
    for kind in rng.sample(list(SPELLS), rng.choice((0, 0, 0, 1, 1, 2))):
        at_s = rng.uniform(1.5, end_s - 1)
        found.append((at_s, min(at_s + rng.uniform(0.2, 6.0), end_s), kind))
    return found


def _deeds(rng: Random, end_s: float) -> list[tuple[float, str, float]]:
    """Each with a number of its own: for how long, mostly."""
    names = rng.sample(list(DEEDS), rng.choice((0, 0, 1, 1, 2, 3)))
    long_s = (0.05, 0.5, 2.0, 8.0)
    return [
        (rng.uniform(2.0, end_s - 0.5), name, rng.choice(long_s) * rng.uniform(0.3, 1))
        for name in names
    ]


def _points(rng: Random) -> list[tuple[str, int]]:
    count = rng.choice((0, 0, 0, 1, 1, 2))
    return [(rng.choice(POINTS), rng.randint(1, 12)) for _ in range(count)]
