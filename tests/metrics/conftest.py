"""A daemon that is scraped as Prometheus does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.daemons import POSITIONS_YAML, World, served, started
from exitd.api.metrics import metrics_routes
from exitd.metrics.counts import Counts
from exitd.metrics.scraping import Scrapes
from exitd.runtime.durations import Durations
from fakes.journal import Journal


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncIterator[World]:
    """A daemon with a long of 10 at 100, its stop at 90 in a file, served."""
    counts, journal = Counts(), Journal()
    journal.start(observe=counts.observe)
    commits = Durations()
    async with started(tmp_path, exits=POSITIONS_YAML) as world:
        scrapes = Scrapes(world.control, counts, commits)
        options = {
            "routers": [metrics_routes(scrapes.render)],
            "on_answered": counts.answered,
        }
        async with served(world, **options):
            yield world
    journal.close()
