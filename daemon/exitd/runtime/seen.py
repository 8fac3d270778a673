"""Up to when prices were seen: written down, for the day this process dies."""

from collections.abc import Iterable

from exitd.core.hole_inputs import SourcesSeen
from exitd.core.market import PriceSource
from exitd.core.units import NS_PER_S
from exitd.runtime.freshness import PACED
from exitd.runtime.loop import EngineLoop


class Seen:
    """Notes, once a second, up to when each source of one feed was watched."""

    def __init__(self, loop: EngineLoop) -> None:
        self._loop = loop
        self._ts_noted_ns = 0

    def note(self, sources: Iterable[PriceSource], alive_ns: int) -> None:
        """Write down up to when these were watched.

        Where nothing is told while nothing trades, the connection proves it.

        Args:
            sources: What the stream tells, and is not silent about.
            alive_ns: When the peer last proved to be there, monotonic.
        """
        clock, state = self._loop.clock, self._loop.engine.state
        now_ns = clock.now_ns()
        if now_ns - self._ts_noted_ns < NS_PER_S:
            return
        self._ts_noted_ns = now_ns
        silent_ns = max(clock.monotonic_ns() - alive_ns, 0)
        seen = tuple(
            (
                source,
                state.ts_seen_ns(source)
                if source.kind in PACED
                else max(state.ts_seen_ns(source), now_ns - silent_ns),
            )
            for source in sources
        )
        self._loop.handle(SourcesSeen(seen, now_ns))
