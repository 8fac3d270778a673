"""How often something took how long, in buckets: counted here, read by others."""

from bisect import bisect_left

from exitd.core.units import NS_PER_MS, NS_PER_US

#: From 1 µs up: what a price costs.
EVALUATION_NS = tuple(n * NS_PER_US for n in (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000))
#: From a tenth of a millisecond to five seconds.
SHORT_NS = tuple(
    n * NS_PER_US for n in (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000)
) + tuple(n * NS_PER_MS for n in (100, 250, 500, 1_000, 2_500, 5_000))


class Durations:
    """Counts by upper bound, inclusive and in ns, with one more for all beyond.

    To note one is a search among a dozen numbers and two additions; nothing is locked:
    one thread writes, and a reader may be one observation behind.
    """

    __slots__ = ("bounds_ns", "counts", "sum_ns")

    def __init__(self, bounds_ns: tuple[int, ...] = SHORT_NS) -> None:
        self.bounds_ns = bounds_ns
        self.counts = [0] * (len(bounds_ns) + 1)
        self.sum_ns = 0

    def note(self, took_ns: int) -> None:
        """Count one; what clocks that differ put below zero took no time."""
        took_ns = max(took_ns, 0)
        self.counts[bisect_left(self.bounds_ns, took_ns)] += 1
        self.sum_ns += took_ns

    def cumulative(self) -> list[tuple[int | None, int]]:
        """Give each bound with how many were no longer; None has no bound."""
        told: list[tuple[int | None, int]] = []
        count = 0
        for bound, counted in zip((*self.bounds_ns, None), self.counts, strict=True):
            count += counted
            told.append((bound, count))
        return told
