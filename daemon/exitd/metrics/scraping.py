"""One scrape: counts the triggers, then writes everything in the form asked for."""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from functools import partial

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from exitd.core.units import NS_PER_MS
from exitd.metrics.collecting import DaemonCollector, Triggers, count_triggers
from exitd.metrics.counts import Counts
from exitd.runtime.daemon import Daemon
from exitd.runtime.durations import Durations

#: A walk over all triggers that took longer is not taken again before twenty times as
#: long has passed: whoever scrapes often takes a twentieth of the processor at most.
_QUICK_NS = 20 * NS_PER_MS
_RESTS = 20


class Walks:
    """The latest count of the triggers, and a new one where that is cheap or due."""

    def __init__(
        self, count: Callable[[], Awaitable[Triggers]], monotonic_ns: Callable[[], int]
    ) -> None:
        self._count = count
        self._monotonic_ns = monotonic_ns
        self._latest: Triggers | None = None
        self._due_ns = 0

    async def latest(self) -> Triggers:
        began_ns = self._monotonic_ns()
        if self._latest is None or began_ns >= self._due_ns:
            self._latest = await self._count()
            ended_ns = self._monotonic_ns()
            took_ns = ended_ns - began_ns
            self._due_ns = ended_ns + (took_ns * _RESTS if took_ns > _QUICK_NS else 0)
        return self._latest


class Scrapes:
    """What answers /metrics. One at a time: each walks over all triggers."""

    def __init__(self, daemon: Daemon, counts: Counts, commits: Durations) -> None:
        """
        Args:
            commits: How long the commits of the store took.
        """
        self._daemon = daemon
        self.counts = counts
        self._commits = commits
        self._turn = asyncio.Lock()
        self._walks = Walks(partial(count_triggers, daemon), daemon.clock.monotonic_ns)
        daemon.loop.on_written(counts.facts_of(daemon.loop.engine.state))

    async def render(self, accept: str) -> tuple[bytes, str]:
        """Give the text and its media type: OpenMetrics, where *accept* wants it."""
        async with self._turn:
            triggers = await self._walks.latest()
            # A registry of each scrape's own: nothing is left of it, or shared.
            registry = CollectorRegistry(auto_describe=False)
            ProcessCollector(registry=registry)
            registry.register(
                DaemonCollector(
                    self._daemon,
                    self.counts,
                    self._commits,
                    triggers,
                    platform.python_version(),
                )
            )
            encode, media_type = choose_encoder(accept)
            return encode(registry), media_type
