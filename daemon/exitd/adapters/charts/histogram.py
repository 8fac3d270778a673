"""How many numbers lie where: bins that several histograms share."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

BINS = 24
#: So much of the numbers at each end may lie beyond, and must not squeeze the rest.
_OUTER = 0.04
_MARGIN = 0.15


class Axis(Struct, frozen=True):
    """From where to where, in percent; it always has zero on it.

    `cuts_low` and `cuts_high`: the outermost bins hold numbers that lie beyond them.
    """

    low: float
    high: float
    cuts_low: bool = False
    cuts_high: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """Name both ends."""
        low, high = f"{self.low:.2f}", f"{self.high:.2f}"
        return (
            f"≤ {low}" if self.cuts_low else low,
            f"≥ {high}" if self.cuts_high else high,
        )

    @property
    def width(self) -> float:
        return (self.high - self.low) / BINS

    def bin_of(self, number: float) -> int:
        """Give the bin of a number; the outermost take what lies beyond them."""
        return max(0, min(BINS - 1, int((number - self.low) / self.width)))

    def middle_of(self, index: int) -> float:
        return self.low + (index + 0.5) * self.width

    def place_of(self, number: float) -> float:
        """Say how far along a number is, from 0 to 1."""
        return max(0.0, min(1.0, (number - self.low) / (self.high - self.low)))


def axis_of(numbers: Iterable[float]) -> Axis:
    """Choose an axis on which most of these can be told apart."""
    known = sorted(numbers)
    if not known:
        return Axis(-0.5, 0.5)
    outer = int(len(known) * _OUTER)
    low, high = min(known[outer], 0.0), max(known[-1 - outer], 0.0)
    # A bin must be worth looking at, however alike they are.
    margin = max((high - low) * _MARGIN, 0.05)
    low, high = low - margin, high + margin
    return Axis(low, high, known[0] < low, known[-1] > high)


def counts_of(numbers: Iterable[float], axis: Axis) -> Sequence[int]:
    """Count the numbers in each bin."""
    counts = [0] * BINS
    for number in numbers:
        counts[axis.bin_of(number)] += 1
    return counts
