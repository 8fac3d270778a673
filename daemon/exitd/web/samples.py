"""A quarter of an hour of each watched price, for the page's chart and sparklines."""

from collections import deque
from collections.abc import Iterable

from exitd.core.market import PriceSource
from exitd.core.state import State
from exitd.core.units import NS_PER_S, text

EVERY_S = 3
_KEPT = 300
_SOURCES_MAX = 200
#: What is told at once to a page that opens, or a close would wait for it.
_TOLD_MAX = 30

Sample = tuple[int, str]


class Samples:
    """Prices of every third second, while the daemon runs; the oldest go."""

    def __init__(self) -> None:
        self._taken: dict[PriceSource, deque[Sample]] = {}
        self._ts_taken_ns = 0

    def take(self, state: State, now_ns: int) -> None:
        """Note the prices of now, where it is time to."""
        if now_ns - self._ts_taken_ns < EVERY_S * NS_PER_S:
            return
        self._ts_taken_ns = now_ns
        # Even steps: the chart has no other measure of time.
        now_s = now_ns // NS_PER_S // EVERY_S * EVERY_S
        for source, book in state.books.items():
            if book.price is None or source.is_spread:
                continue
            taken = self._taken.get(source)
            if taken is None:
                if len(self._taken) >= _SOURCES_MAX:
                    continue
                taken = self._taken[source] = deque(maxlen=_KEPT)
            taken.append((now_s, text(book.price)))

    def of(self, sources: Iterable[PriceSource]) -> dict[str, list[Sample]]:
        """Give those of the first sources: seconds of the epoch, UTC, and the price."""
        found: dict[str, list[Sample]] = {}
        for source in sources:
            taken = self._taken.get(source)
            if taken is not None and len(found) < _TOLD_MAX:
                found[str(source)] = list(taken)
        return found
