"""Daemons that are served, ready to be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.daemons import POSITIONS_YAML, World, served, started


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A daemon with a long of 10 at 100, mark 100, nothing armed, served."""
    async with started(tmp_path) as running, served(running):
        yield running


@pytest.fixture
async def filed(tmp_path: Path) -> AsyncIterator[World]:
    """As `world`, with the stop `sol-core/sl` at 90 in a file."""
    async with started(tmp_path, exits=POSITIONS_YAML) as running, served(running):
        yield running
