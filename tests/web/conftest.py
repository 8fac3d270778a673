"""Pages that are served, ready to be looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.daemons import POSITIONS_YAML, World, started
from web.looking import Page, shown


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A daemon with a long of 10 at 100, mark 100, and the stop `sol-core/sl` at 90."""
    async with started(tmp_path, exits=POSITIONS_YAML) as running, shown(running) as it:
        await running.until(lambda: running.state_of("sol-core/sl") == "armed")
        yield it


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A daemon that is not served yet."""
    async with started(tmp_path) as running:
        yield running
