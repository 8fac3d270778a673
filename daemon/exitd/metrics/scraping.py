"""One scrape: counts the triggers, then writes everything in the form asked for."""

import asyncio
import platform

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from exitd.metrics.collecting import DaemonCollector
from exitd.metrics.counts import Counts
from exitd.runtime.control import Control
from exitd.runtime.durations import Durations


class Scrapes:
    """What answers /metrics, one at a time."""

    def __init__(self, control: Control, counts: Counts, commits: Durations) -> None:
        """
        Args:
            commits: How long the commits of the store took.
        """
        self._daemon = daemon = control.daemon
        self._census = control.census
        self.counts = counts
        self._commits = commits
        self._turn = asyncio.Lock()
        counts.begin(daemon.accounts, daemon.feeds)
        daemon.loop.on_written(counts.facts_of(daemon.loop.engine.state))

    async def render(self, accept: str) -> tuple[bytes, str]:
        """Give the text and its media type: OpenMetrics, where *accept* wants it."""
        async with self._turn:
            triggers = await self._census.latest()
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
